/** What JSON Schemas say, read from whatever they are, and what two of them say together. */
import * as Predicate from "effect/Predicate"

export type JsonSchema = Readonly<Record<string, unknown>>

export const numberOf = (value: unknown, otherwise: number): number => Predicate.isNumber(value) ? value : otherwise

export const listOf = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

export const schemaOf = (value: unknown): JsonSchema => Predicate.isObject(value) ? value as JsonSchema : {}

export const typesOf = ({ type }: JsonSchema): ReadonlyArray<unknown> | undefined =>
  type === undefined ? undefined : Array.isArray(type) ? type : [type]

const isIn = (types: ReadonlyArray<unknown>) => (type: unknown): boolean =>
  types.includes(type) || (type === "integer" && types.includes("number"))

const commonTypes = (one: ReadonlyArray<unknown>, other: ReadonlyArray<unknown>): ReadonlyArray<unknown> => [
  ...new Set([...one.filter(isIn(other)), ...other.filter(isIn(one))])
]

const commonValues = (one: ReadonlyArray<unknown>, other: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const texts = new Set(other.map((value) => JSON.stringify(value)))
  return one.filter((value) => texts.has(JSON.stringify(value)))
}

const allOf = (one: unknown, other: unknown) => ({ allOf: [one, other] })

const allProperties = (one: JsonSchema, other: JsonSchema): JsonSchema => ({
  ...one,
  ...Object.fromEntries(
    Object.entries(other).map(([name, schema]) => [name, Object.hasOwn(one, name) ? allOf(one[name], schema) : schema])
  )
})

export const larger = (one: unknown, other: unknown) => Math.max(numberOf(one, -Infinity), numberOf(other, -Infinity))

export const smaller = (one: unknown, other: unknown) => Math.min(numberOf(one, Infinity), numberOf(other, Infinity))

/** How a keyword that is in two schemas reads in both of them. */
const combined: Readonly<Record<string, (one: unknown, other: unknown) => unknown>> = {
  allOf: (one, other) => [...listOf(one), ...listOf(other)],
  enum: (one, other) => commonValues(listOf(one), listOf(other)),
  type: (one, other) => commonTypes(typesOf({ type: one }) ?? [], typesOf({ type: other }) ?? []),
  properties: (one, other) => allProperties(schemaOf(one), schemaOf(other)),
  required: (one, other) => [...listOf(one), ...listOf(other)],
  items: allOf,
  minimum: larger,
  exclusiveMinimum: larger,
  minLength: larger,
  minItems: larger,
  maximum: smaller,
  exclusiveMaximum: smaller,
  maxLength: smaller,
  maxItems: smaller
}

/** What fits one schema and another. */
export const both = (one: JsonSchema, other: JsonSchema): JsonSchema => ({
  ...one,
  ...Object.fromEntries(
    Object.entries(other).map(([keyword, value]) => [
      keyword,
      Object.hasOwn(one, keyword) && Object.hasOwn(combined, keyword) ? combined[keyword]?.(one[keyword], value) : value
    ])
  )
})
