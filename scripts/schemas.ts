/**
 * Writes the JSON Schemas of the files that `claude-simulator` reads, for editors. With `--check` it only names the files that
 * differ.
 */
import { Predicate, Schema } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { Replies, Scenario } from "../packages/testing/src/index.ts"

type Json = Readonly<Record<string, unknown>>

/** What is left out of a file is not there: it is never null. */
const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!Predicate.isObject(value)) return value
  const entries = Object.entries(value).map(([name, each]) => [name, withoutNulls(each)] as const)
  const { anyOf, ...rest } = Object.fromEntries(entries) as Json
  if (!Array.isArray(anyOf)) return { ...rest }
  const unlike = anyOf.filter((each, index) =>
    !(Predicate.hasProperty(each, "type") && each.type === "null") &&
    anyOf.findIndex((other) => JSON.stringify(other) === JSON.stringify(each)) === index
  )
  return unlike.length === 1 ? { ...rest, ...unlike[0] as Json } : { ...rest, anyOf: unlike }
}

const schemaOf = (schema: Schema.Top): { readonly schema: Json; readonly definitions: Json } => {
  const document = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" })
  // The one definition there is: of faults, which hold each other.
  const text = JSON.stringify(withoutNulls(document)).replaceAll("Union_", "Fault")
  return JSON.parse(text) as { readonly schema: Json; readonly definitions: Json }
}

const dialect = "https://json-schema.org/draft/2020-12/schema"

const withProperties = (schema: Json, more: Json): Json => ({
  ...schema,
  properties: { ...more, ...schema.properties as Json }
})

const named = { $schema: { type: "string" } }

const scenario = (): Json => {
  const { definitions, schema } = schemaOf(Scenario.Scenario)
  const { rules, seed } = schema.properties as { readonly rules: { readonly items: Json }; readonly seed: unknown }
  return {
    $schema: dialect,
    title: "A scenario of claude-simulator",
    description: "Rules that say which requests fail, how and when; or a single rule.",
    anyOf: [withProperties(schema, named), withProperties(rules.items, { ...named, seed })],
    $defs: definitions
  }
}

const replies = (): Json => {
  const { definitions, schema } = schemaOf(Replies.Replies)
  return {
    $schema: dialect,
    title: "Replies of claude-simulator",
    description: "Canned answers to messages, the first that fits first; or a single one.",
    anyOf: [schema, withProperties(schema.items as Json, named)],
    $defs: definitions
  }
}

const files = { "scenario.schema.json": scenario(), "replies.schema.json": replies() }
const check = process.argv.includes("--check")

const stale = Object.entries(files).flatMap(([name, schema]) => {
  const path = join(import.meta.dirname, "../packages/testing", name)
  const text = `${JSON.stringify(schema, null, 2)}\n`
  if (existsSync(path) && readFileSync(path, "utf8") === text) return []
  if (!check) writeFileSync(path, text)
  return [path]
})
for (const path of stale) console.log(check ? `differs: ${path}` : `wrote ${path}`)
if (check && stale.length > 0) process.exitCode = 1
