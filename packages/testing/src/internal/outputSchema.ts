/**
 * Which JSON Schemas the API takes for structured outputs and strict tools, after its documentation ("Structured outputs",
 * JSON Schema limitations). The words of the complaints are known for some, and guessed for the rest.
 */
import * as Predicate from "effect/Predicate"
import { type JsonSchema, listOf, schemaOf, typesOf } from "./jsonSchema.ts"

/** Keywords that a constrained answer cannot keep, by the type that they are about. */
const unsupported: Readonly<Record<string, ReadonlyArray<string>>> = {
  string: ["minLength", "maxLength"],
  integer: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  array: ["maxItems", "uniqueItems", "contains", "minContains", "maxContains", "prefixItems"],
  object: ["patternProperties", "propertyNames", "minProperties", "maxProperties", "dependentRequired"]
}

/** Why the API refuses a schema, or undefined. */
export const complaint = (schema: unknown): string | undefined => within(schemaOf(schema), schemaOf(schema), [])

const within = (schema: JsonSchema, root: JsonSchema, path: ReadonlyArray<string>): string | undefined =>
  aboutReference(schema, root, path) ?? aboutType(schema) ?? aboutEnum(schema) ??
    firstOf(partsOf(schema), (part) => within(part, root, path))

const firstOf = <A>(items: ReadonlyArray<A>, f: (item: A) => string | undefined): string | undefined => {
  for (const item of items) {
    const found = f(item)
    if (found !== undefined) return found
  }
  return undefined
}

const partsOf = (schema: JsonSchema): ReadonlyArray<JsonSchema> =>
  [
    ...Object.values(schemaOf(schema.properties)),
    schema.items,
    ...listOf(schema.anyOf),
    ...listOf(schema.allOf),
    ...listOf(schema.oneOf)
  ].filter((part) => part !== undefined).map(schemaOf)

const aboutReference = (schema: JsonSchema, root: JsonSchema, path: ReadonlyArray<string>): string | undefined => {
  const { $ref } = schema
  if (!Predicate.isString($ref)) return undefined
  if (path.includes($ref)) return `Circular reference detected in schema definitions: ${[...path, $ref].join(" -> ")}`
  const target = resolve($ref, root)
  if (target === undefined) return `Reference '${$ref}' does not point to a definition of the schema`
  return within(target, root, [...path, $ref])
}

/** `#`, or a pointer into the schema itself. */
const resolve = ($ref: string, root: JsonSchema): JsonSchema | undefined => {
  if (!/^#(?:\/|$)/.test($ref)) return undefined
  let found: unknown = root
  for (const key of $ref.split("/").slice(1)) {
    const name = decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~")
    found = Predicate.isObject(found) && Object.hasOwn(found, name) ? schemaOf(found)[name] : undefined
  }
  return Predicate.isObject(found) ? schemaOf(found) : undefined
}

const aboutType = (schema: JsonSchema): string | undefined => {
  const types = typesOf(schema) ?? []
  if (types.includes("object") && schema.additionalProperties !== false) {
    return "For 'object' type, 'additionalProperties' must be explicitly set to false"
  }
  if (types.includes("array") && schema.minItems !== undefined && schema.minItems !== 0 && schema.minItems !== 1) {
    return "For 'array' type, 'minItems' values other than 0 or 1 are not supported"
  }
  return firstOf(types.filter(Predicate.isString), (type) => {
    const found = Object.hasOwn(unsupported, type) ? unsupported[type]?.find((keyword) => keyword in schema) : undefined
    return found === undefined ? undefined : `For '${type}' type, property '${found}' is not supported`
  })
}

const aboutEnum = (schema: JsonSchema): string | undefined =>
  listOf(schema.enum).some((value) => typeof value === "object" && value !== null)
    ? "Enum values must be strings, numbers, booleans or null"
    : undefined
