/** A value that fits a JSON Schema: the plainest there is, and the same for the same seed. */
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Hash from "effect/Hash"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { inWords } from "./inWords.ts"
import type { JsonSchema } from "./jsonSchema.ts"
import { both, larger, listOf, numberOf, schemaOf, smaller, typesOf } from "./jsonSchema.ts"
import * as Text from "./text.ts"

/** So deep, or after so many values, optional things and lists end, and of several forms the simplest is taken. */
const deepest = 4
const plenty = 1000

/** No schema gets more: what has no end is longer than any answer. */
const deepestOfAll = 200
const most = 100_000

const two = (number: number): string => String(number).padStart(2, "0")

const dayOf = (variant: number): string => `2026-01-${two(2 + variant % 27)}`

const timeOf = (variant: number): string => `03:${two(4 + Math.trunc(variant / 27) % 56)}:05Z`

// RFC 3339, 5321, 9562…: examples of each format that structured outputs know, the same for the same number.
const formats = new Map<string, (variant: number) => string>(Object.entries({
  "date-time": (variant) => `${dayOf(variant)}T${timeOf(variant)}`,
  date: dayOf,
  time: timeOf,
  duration: (variant) => `PT${1 + variant}M`,
  email: (variant) => `someone${variant || ""}@example.com`,
  hostname: (variant) => `${variant === 0 ? "" : `host${variant}.`}example.com`,
  uri: (variant) => `https://example.com/${variant || ""}`,
  ipv4: (variant) => `192.0.2.${1 + variant % 254}`,
  ipv6: (variant) => `2001:db8::${(1 + variant).toString(16)}`,
  uuid: (variant) => `00000000-0000-4000-8000-${variant.toString(16).padStart(12, "0")}`,
  // "hello", and others.
  byte: (variant) => btoa(`hello${variant || ""}`)
}))

/** What a shell is given to run by these names changes nothing. */
const isCommand = (name: string): boolean => /^(command|cmd|script|shell_?command)$/i.test(name)

const inertCommand = "echo simulated"

class Sampler {
  readonly #root: JsonSchema
  readonly #seed: number
  #words = 0
  #left = most
  /** Which item of its array a value is in: items differ, where the schema leaves room. */
  #variant = 0

  constructor(root: JsonSchema, seed: string) {
    this.#root = root
    this.#seed = Hash.string(seed)
  }

  /** `name` is that of the property, if it is one's. */
  sample(schema: JsonSchema, depth: number, name = ""): unknown {
    if (depth > deepestOfAll || --this.#left < 0) return null
    const { $ref, ...rest } = schema
    if (Predicate.isString($ref)) return this.sample(both(rest, this.#resolve($ref)), depth + 1, name)
    const flat = this.#flat(schema, depth)
    if ("const" in flat) return flat.const
    // A model follows examples.
    for (const values of [listOf(flat.enum), listOf(flat.examples)]) {
      const value = values[this.#variant % values.length]
      if (value !== undefined) return value
    }
    return this.#ofType(flat, depth, name)
  }

  /** Whether there is room for more than what has to be. */
  #isRoomy(depth: number): boolean {
    return depth < deepest && this.#left > most - plenty
  }

  /** A schema in one piece, with one of its forms. */
  #flat(schema: JsonSchema, depth: number): JsonSchema {
    const { $ref, allOf, anyOf, oneOf, ...rest } = both(schema, inWords(schema.description))
    const parts = [
      ...(Predicate.isString($ref) ? [this.#resolve($ref)] : []),
      ...listOf(allOf).map(schemaOf),
      ...this.#choose(anyOf, depth),
      ...this.#choose(oneOf, depth)
    ]
    if (depth > deepestOfAll || (parts.length > 0 && --this.#left < 0)) return rest
    return parts.reduce<JsonSchema>((whole, part) => both(whole, this.#flat(part, depth + 1)), rest)
  }

  /** The first form, or where there is little room the one that ends soonest. */
  #choose(choices: unknown, depth: number): ReadonlyArray<JsonSchema> {
    const forms = listOf(choices).map(schemaOf)
    if (this.#isRoomy(depth)) return forms.slice(0, 1)
    const seen: Seen = new Map()
    for (let levels = 0; levels <= deepestChoice; levels++) {
      const form = forms.find((form) => this.#ends(form, levels, seen))
      if (form !== undefined) return [form]
    }
    return forms.slice(0, 1)
  }

  /** Whether some value of a schema is no deeper. */
  #ends(schema: JsonSchema, levels: number, seen: Seen): boolean {
    const known = seen.get(schema) ?? []
    seen.set(schema, known)
    return known[levels] ??= this.#endsWithin(schema, levels, seen)
  }

  #endsWithin(schema: JsonSchema, levels: number, seen: Seen): boolean {
    if ("const" in schema || listOf(schema.enum).length > 0) return true
    const { $ref, allOf, anyOf, items, minItems, oneOf, prefixItems, properties, required } = schema
    const parts = [
      ...(Predicate.isString($ref) ? [this.#resolve($ref)] : []),
      ...listOf(allOf),
      ...listOf(required).map((name) => schemaOf(properties)[String(name)]),
      ...(numberOf(minItems, 0) > 0 ? [items] : []),
      ...listOf(prefixItems)
    ].map(schemaOf)
    const forms = listOf(anyOf ?? oneOf).map(schemaOf)
    if (parts.length + forms.length === 0) return true
    const ends = (part: JsonSchema) => this.#ends(part, levels - 1, seen)
    return levels > 0 && parts.every(ends) && (forms.length === 0 || forms.some(ends))
  }

  #ofType(schema: JsonSchema, depth: number, name: string): unknown {
    switch (typesOf(schema)?.[0]) {
      case "string":
        return this.#string(schema, name)
      case "integer":
      case "number":
        return number(schema, this.#variant)
      case "boolean":
        return this.#variant % 2 === 0
      case "null":
        return null
      case "array":
        return this.#array(schema, depth, name)
      case "object":
        return this.#object(schema, depth)
      default:
        return Predicate.isObject(schema.properties) ? this.#object(schema, depth) : this.#word()
    }
  }

  #object(schema: JsonSchema, depth: number): Record<string, unknown> {
    const required = new Set(listOf(schema.required).filter(Predicate.isString))
    const properties = new Map(Object.entries(schemaOf(schema.properties)))
    const others = schemaOf(schema.additionalProperties)
    const isRoomy = this.#isRoomy(depth)
    const wanted = [...properties].flatMap(([name, property]) =>
      required.has(name) || (isRoomy && property !== false) ? [name] : []
    )
    const names = new Set([...wanted, ...required])
    const least = Math.min(numberOf(schema.minProperties, 0), plenty)
    for (let tries = least; names.size < least && tries > 0; tries--) {
      names.add(String(this.#nested(names.size, () => this.#string(schemaOf(schema.propertyNames)))))
    }
    return Object.fromEntries(
      [...names].map((name) => [name, this.sample(schemaOf(properties.get(name) ?? others), depth + 1, name)])
    )
  }

  #array(schema: JsonSchema, depth: number, name: string): ReadonlyArray<unknown> {
    const { items, maxItems, minItems, prefixItems } = schema
    const prefix = listOf(prefixItems)
    const least = Math.max(numberOf(minItems, 0), prefix.length, this.#isRoomy(depth) && items !== false ? 1 : 0)
    const length = Math.ceil(Math.min(least, numberOf(maxItems, least), this.#left))
    return Array.from(
      { length },
      (_, index) =>
        this.#nested(index, () => this.sample(schemaOf(index < prefix.length ? prefix[index] : items), depth + 1, name))
    )
  }

  #nested<A>(variant: number, value: () => A): A {
    const outer = this.#variant
    this.#variant = variant
    const made = value()
    this.#variant = outer
    return made
  }

  #string(schema: JsonSchema, name = ""): string {
    const { contentEncoding, contentMediaType, contentSchema, format, maxLength, minLength, pattern } = schema
    if (contentMediaType === "application/json") return JSON.stringify(sample(contentSchema, String(this.#seed)))
    const least = Math.min(numberOf(minLength, 0), most)
    const longest = numberOf(maxLength, Infinity)
    const example = formats.get(contentEncoding === "base64" ? "byte" : String(format))?.(this.#variant)
    const fits = (text: string) =>
      text.length >= least && text.length <= longest &&
      (!Predicate.isString(pattern) || matches(pattern, text))
    if (example !== undefined && fits(example)) return example
    return (Predicate.isString(pattern) ? this.#matching(pattern, least, longest) : undefined) ?? example ??
      (isCommand(name) ? inertCommand : this.#word()).padEnd(least, "x").slice(0, longest)
  }

  #matching(pattern: string, least: number, longest: number): string | undefined {
    if (longerThan(pattern) + least > longestMatch) return undefined
    const text = Effect.suspend(() => {
      const lengths = [
        ...(least > 0 ? [Schema.isMinLength(least)] : []),
        ...(longest < longestMatch ? [Schema.isMaxLength(longest)] : [])
      ]
      const matching = Schema.isPattern(regExpOf(pattern))
      return Arbitrary.sampleEffect(Arbitrary.schema(Schema.String.check(matching, ...lengths)), {
        count: 1,
        seed: this.#seed + this.#variant
      })
    })
    // What no text matches, or nothing can be made for, throws or fails.
    return Exit.match(Effect.runSyncExit(text), { onFailure: () => undefined, onSuccess: ([text]) => text })
  }

  #word(): string {
    return Text.words(`${this.#seed} ${this.#words++}`, 1).replace(".", "").toLowerCase()
  }

  /** A reference within the schema (RFC 6901). */
  #resolve(reference: string): JsonSchema {
    return decoded(reference).replace(/^#\/?/, "").split("/").filter((step) => step !== "").reduce<JsonSchema>(
      (schema, step) => schemaOf(schema[step.replaceAll("~1", "/").replaceAll("~0", "~")]),
      this.#root
    )
  }
}

/** What is known of the depth of schemas. */
type Seen = Map<JsonSchema, Array<boolean>>

/** Forms that go deeper are not told apart. */
const deepestChoice = 16

/** What a URI says, or that itself where it is malformed. */
const decoded = (uri: string): string => /%(?![\dA-F]{2})/i.test(uri) ? uri : decodeURIComponent(uri)

// Longer ones would take long to make.
const longestMatch = 256

/** How long a match is at least, by what its pattern repeats. Groups that repeat may be within each other. */
const longerThan = (pattern: string): number =>
  [...pattern.matchAll(/(\)?)\{(\d+)/g)].reduce(
    (length, [, group, count]) => group === "" ? length + Number(count) : Math.max(1, length) * Number(count),
    0
  )

// JSON Schema wants the flag, but not all patterns bear it.
const regExpOf = (pattern: string): RegExp =>
  Result.getOrElse(Result.try(() => new RegExp(pattern, "u")), () => new RegExp(pattern))

const matches = (pattern: string, text: string): boolean =>
  Result.getOrElse(Result.try(() => regExpOf(pattern).test(text)), () => false)

const number = (schema: JsonSchema, variant: number): number => {
  const { exclusiveMaximum, exclusiveMinimum, maximum, minimum, multipleOf, type } = schema
  const step = Math.abs(numberOf(multipleOf, 1)) || 1
  const least = larger(minimum, exclusiveMinimum)
  const most = smaller(maximum, exclusiveMaximum)
  // Without the error of a product such as 3 * 0.1.
  const times = (count: number) => Number((count * step).toPrecision(15)) + 0
  const first = times(Number.isFinite(least) ? Math.ceil(least / step) : Math.min(0, Math.floor(most / step)))
  const fits = (value: number) =>
    value >= least && value <= most && value !== exclusiveMinimum && value !== exclusiveMaximum
  const isWhole = type === "integer" || multipleOf !== undefined
  const between = isWhole ? [] : [least, most, least + (most - least) / (variant + 2)]
  const others = [variant, -variant, 1, -1].map((count) => times(Math.round(first / step) + count))
  const found = [...others, ...between].find((value) => Number.isFinite(value) && fits(value))
  return found ?? (Number.isFinite(first) ? first : 0)
}

/** Fits what structured outputs take: no negations, no conditions. What it cannot read is a word. */
export const sample = (schema: unknown, seed: string): unknown => {
  const root = schemaOf(schema)
  return new Sampler(root, seed).sample(root, 0)
}
