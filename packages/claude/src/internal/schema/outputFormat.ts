/** An Effect schema as the API's output format: the part of JSON Schema that structured outputs take. */
import { transformJSONSchema } from "@anthropic-ai/sdk/lib/transform-json-schema"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

type Json = Record<string, unknown>

/** A place in a schema that no output format can say. */
export interface Unsayable {
  readonly path: string
  readonly problem: string
}

export const outputFormat = (schema: Schema.Constraint): Result.Result<Messages.JSONOutputFormat, Unsayable> => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
  const whole = inlined(root, definitions)
  const unsayable = find(whole, "")
  if (unsayable !== undefined) return Result.fail(unsayable)
  return Result.succeed({ type: "json_schema", schema: transformJSONSchema(withPlainBounds(whole)) })
}

/** A class or a named schema is a reference at the root, where the answer's own schema should stand. */
const inlined = (root: Json, definitions: Json): Json => {
  const ref = typeof root.$ref === "string" ? root.$ref : ""
  const name = unescaped(ref.replace("#/$defs/", ""))
  const own = definitions[name]
  const { [name]: _, ...others } = definitions
  const schema = isRecord(own) ? own : root
  const $defs = isRecord(own) && !JSON.stringify(definitions).includes(JSON.stringify(ref)) ? others : definitions
  return Object.keys($defs).length === 0 ? schema : { ...schema, $defs }
}

/** A name as a JSON Pointer writes it (RFC 6901, section 4). */
const unescaped = (name: string): string => name.replaceAll("~1", "/").replaceAll("~0", "~")

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

/** What the SDK's transformation would leave out without a word, or throw at. */
const find = (schema: unknown, path: string): Unsayable | undefined => {
  if (!isRecord(schema)) return { path, problem: "says nothing of the value" }
  if (schema.prefixItems !== undefined) return { path, problem: "is a tuple: use a struct, or an array" }
  if (isRecord(schema.additionalProperties)) {
    return { path, problem: "is a record: use an array of structs with a key and a value" }
  }
  if (!said.some((keyword) => schema[keyword] !== undefined)) return { path, problem: "says nothing of the value" }
  return firstOf([
    ...entriesOf(schema.properties).map(([name, property]) => () => find(property, `${path}.${name}`)),
    ...entriesOf(schema.$defs).map(([name, definition]) => () => find(definition, `${path}#${name}`)),
    ...[schema.anyOf, schema.oneOf, schema.allOf].flat().filter(isRecord).map((member) => () => find(member, path)),
    ...(schema.items === undefined ? [] : [() => find(schema.items, `${path}[]`)])
  ])
}

const said = ["type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"]

const entriesOf = (value: unknown): ReadonlyArray<readonly [string, unknown]> =>
  isRecord(value) ? Object.entries(value) : []

const firstOf = (searches: ReadonlyArray<() => Unsayable | undefined>): Unsayable | undefined => {
  for (const search of searches) {
    const found = search()
    if (found !== undefined) return found
  }
  return undefined
}

/** What Effect's bounds mean to a reader of the schema. */
const withPlainBounds = (schema: Json): Json => JSON.parse(JSON.stringify(schema), (_, value) => plainBounds(value))

const plainBounds = (value: unknown): unknown =>
  !isRecord(value) ? value : Object.fromEntries(
    Object.entries(value).flatMap(([name, bound]) =>
      isSafe(name, bound) ? [] : [[name, name === "minLength" ? plainLength(bound, value.maxLength) : bound]]
    )
  )

/** `Schema.Int` says that it is safe. The SDK would put that into the description, where it only costs tokens. */
const isSafe = (name: string, bound: unknown): boolean =>
  (name === "maximum" && bound === Number.MAX_SAFE_INTEGER) || (name === "minimum" && bound === Number.MIN_SAFE_INTEGER)

/**
 * A text is as long as its UTF-16 code units, of which a character may have two. Effect says what no text that is long
 * enough can have less of: half as many characters. A model that kept to that would be too short.
 */
const plainLength = (least: unknown, most: unknown): unknown =>
  typeof least === "number" && least > 1 ? Math.min(2 * least, typeof most === "number" ? most : Infinity) : least
