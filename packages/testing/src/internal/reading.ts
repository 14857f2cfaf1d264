/** Reads JSON that a person wrote: what is wrong with it is said by its path, with what may be there instead. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { Cases } from "./faultCases.ts"

/**
 * Why a JSON is refused: where it is wrong, what is there, and what may be.
 *
 * @category errors
 * @since 0.1.0
 */
export class JsonProblem extends Data.TaggedError("JsonProblem")<{ readonly message: string }> {}

const problem = (message: string): JsonProblem => new JsonProblem({ message })

export const parse = (text: string): Effect.Effect<unknown, JsonProblem> =>
  Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: (cause) => problem(`no JSON: ${cause instanceof Error ? cause.message : String(cause)}`)
  })

const format = SchemaIssue.makeFormatterStandardSchemaV1()

type Path = ReadonlyArray<PropertyKey>

const at = (json: unknown, path: Path): unknown =>
  path.reduce((value: unknown, key) => Predicate.hasProperty(value, key) ? value[key] : undefined, json)

/** `rules[0].fault`. */
const written = (path: Path): string =>
  path.map((key, index) => Predicate.isNumber(key) ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`).join("")

const tags = Object.keys(Cases.cases).concat("Delayed")

/** What the words of the schema do not say: which tag is unknown, and which name means nothing. */
const explained = (json: unknown, path: Path, message: string): readonly [Path, string] => {
  const value = at(json, path)
  if (message.startsWith("Expected { readonly \"_tag\"")) {
    const tag = Predicate.hasProperty(value, "_tag") ? value._tag : undefined
    return tag === undefined
      ? [path, `a fault is an object with a "_tag", one of ${tags.join(", ")}`]
      : [[...path, "_tag"], `no fault is named ${JSON.stringify(tag)}. Those there are: ${tags.join(", ")}`]
  }
  if (message === "Expected no excess property") return [path, "this name means nothing here"]
  if (message === "Missing key") return [path, "is missing"]
  const given = Predicate.isObject(value) || value === undefined ? "" : `, got ${JSON.stringify(value)}`
  return [path, `${message.charAt(0).toLowerCase()}${message.slice(1)}${given}`]
}

const complaint = (json: unknown, error: Schema.SchemaError): JsonProblem => {
  const [issue] = format(error.issue).issues
  const keys = issue?.path?.map((key): PropertyKey => typeof key === "object" ? key.key : key) ?? []
  const [path, message] = explained(json, keys, issue?.message ?? "unexpected")
  return problem(path.length === 0 ? message : `${written(path)}: ${message}`)
}

const strict = { onExcessProperty: "error" } as const

/** Reads a JSON by its schema. Names that mean nothing are refused: a typo would be something that never happens. */
export const reading = <A, I>(schema: Schema.Codec<A, I>): (json: unknown) => Effect.Effect<A, JsonProblem> => {
  const decode = Schema.decodeUnknownEffect(schema, strict)
  return (json) =>
    Effect.suspend(() => decode(json)).pipe(
      Effect.mapError((error) => complaint(json, error)),
      // What is nested without end overflows the stack.
      Effect.catchDefect((defect) =>
        defect instanceof RangeError ? Effect.fail(problem("nested too deeply")) : Effect.die(defect)
      )
    )
}

/** The members of a JSON without the `$schema` that editors look for. */
export const withoutSchema = (json: unknown): unknown => {
  if (!Predicate.isObject(json) || Array.isArray(json) || !("$schema" in json)) return json
  const { $schema: _, ...rest } = json
  return rest
}
