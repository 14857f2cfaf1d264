/** A value that fits a JSON Schema: the plainest there is, and the same for the same seed. */
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Hash from "effect/Hash"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Text from "./text.ts"

type JsonSchema = Readonly<Record<string, unknown>>

/** So deep, optional things and lists end, and of several forms the simplest is taken. */
const deepest = 4

// RFC 3339, 5321, 4122…: one example of each format that structured outputs know.
const formats: Readonly<Record<string, string>> = {
  "date-time": "2026-01-02T03:04:05Z",
  date: "2026-01-02",
  time: "03:04:05Z",
  duration: "PT1M",
  email: "someone@example.com",
  hostname: "example.com",
  uri: "https://example.com/",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uuid: "00000000-0000-4000-8000-000000000000"
}

const numberOf = (value: unknown, otherwise: number): number => Predicate.isNumber(value) ? value : otherwise

const listOf = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

const schemaOf = (value: unknown): JsonSchema => Predicate.isObject(value) ? value as JsonSchema : {}

class Sampler {
  readonly #root: JsonSchema
  readonly #seed: number
  #made = 0

  constructor(root: JsonSchema, seed: string) {
    this.#root = root
    this.#seed = Hash.string(seed)
  }

  sample(schema: JsonSchema, depth: number): unknown {
    if ("const" in schema) return schema.const
    const [first] = listOf(schema.enum)
    if (first !== undefined) return first
    if (Predicate.isString(schema.$ref)) return this.sample(this.#resolve(schema.$ref), depth + 1)
    const { allOf, anyOf, oneOf, ...rest } = schema
    if (allOf !== undefined) return this.sample(merge([rest, ...listOf(allOf).map((part) => this.#plain(part))]), depth)
    const choices = listOf(anyOf ?? oneOf).map(schemaOf)
    if (choices.length > 0) return this.sample(merge([rest, choose(choices, depth)]), depth)
    return this.#ofType(schema, depth)
  }

  #ofType(schema: JsonSchema, depth: number): unknown {
    const type = listOf(schema.type)[0] ?? schema.type
    switch (type) {
      case "string":
        return this.#string(schema)
      case "integer":
      case "number":
        return number(schema)
      case "boolean":
        return true
      case "null":
        return null
      case "array":
        return this.#array(schema, depth)
      default:
        return type === "object" || Predicate.isObject(schema.properties) ? this.#object(schema, depth) : this.#word()
    }
  }

  #object(schema: JsonSchema, depth: number): Record<string, unknown> {
    const required = new Set(listOf(schema.required))
    const properties = Object.entries(schemaOf(schema.properties))
    const wanted = depth < deepest ? properties : properties.filter(([name]) => required.has(name))
    return Object.fromEntries(wanted.map(([name, property]) => [name, this.sample(schemaOf(property), depth + 1)]))
  }

  #array(schema: JsonSchema, depth: number): ReadonlyArray<unknown> {
    const prefix = listOf(schema.prefixItems).map((item) => this.sample(schemaOf(item), depth + 1))
    const least = Math.max(numberOf(schema.minItems, 0), depth < deepest ? 1 : 0)
    const length = Math.min(least, numberOf(schema.maxItems, least))
    const more = Array.from({ length: length - prefix.length }, () => this.sample(schemaOf(schema.items), depth + 1))
    return [...prefix, ...more]
  }

  #string({ format, maxLength, minLength, pattern }: JsonSchema): string {
    if (Predicate.isString(pattern)) return this.#matching(pattern)
    const example = Predicate.isString(format) ? formats[format] : undefined
    if (example !== undefined) return example
    return this.#word().padEnd(numberOf(minLength, 0), "x").slice(0, numberOf(maxLength, Infinity))
  }

  #matching(pattern: string): string {
    const arbitrary = Arbitrary.schema(Schema.String.check(Schema.isPattern(new RegExp(pattern, "u"))))
    const [text = ""] = Effect.runSync(Arbitrary.sampleEffect(arbitrary, { count: 1, seed: this.#seed }))
    return text
  }

  #word(): string {
    return Text.words(`${this.#seed} ${this.#made++}`, 1).replace(".", "").toLowerCase()
  }

  #plain(part: unknown): JsonSchema {
    const schema = schemaOf(part)
    return Predicate.isString(schema.$ref) ? this.#resolve(schema.$ref) : schema
  }

  /** A reference within the schema (RFC 6901). */
  #resolve(reference: string): JsonSchema {
    return reference.replace(/^#\/?/, "").split("/").filter((step) => step !== "").reduce<JsonSchema>(
      (schema, step) => schemaOf(schema[decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~")]),
      this.#root
    )
  }
}

const isSimple = ({ $ref, items, properties, type }: JsonSchema): boolean =>
  $ref === undefined && items === undefined && properties === undefined && type !== "object"

/** The first form, or where it is deep the first that does not go deeper. */
const choose = (choices: ReadonlyArray<JsonSchema>, depth: number): JsonSchema =>
  (depth < deepest ? undefined : choices.find(isSimple)) ?? choices[0] ?? {}

const merge = (schemas: ReadonlyArray<JsonSchema>): JsonSchema => ({
  ...Object.assign({}, ...schemas),
  properties: Object.assign({}, ...schemas.map(({ properties }) => properties)),
  required: schemas.flatMap(({ required }) => listOf(required))
})

const number = ({ exclusiveMaximum, exclusiveMinimum, maximum, minimum, multipleOf }: JsonSchema): number => {
  const step = numberOf(multipleOf, 1)
  const least = numberOf(minimum, numberOf(exclusiveMinimum, -Infinity))
  const most = numberOf(maximum, numberOf(exclusiveMaximum, Infinity))
  const above = Number.isFinite(least) ? Math.ceil(least / step) * step : Math.min(0, Math.floor(most / step) * step)
  if (above === exclusiveMinimum) return above + step
  return above === exclusiveMaximum ? above - step : above
}

/** Fits what structured outputs take: no negations, no conditions. What it cannot read is a word. */
export const sample = (schema: unknown, seed: string): unknown => {
  const root = schemaOf(schema)
  return new Sampler(root, seed).sample(root, 0)
}
