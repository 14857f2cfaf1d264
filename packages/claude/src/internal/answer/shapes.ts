/**
 * What an answer must have: every field that this library or its helpers read, in its kind. What nobody reads, or only
 * telemetry, may be missing; other fields may be there.
 *
 * Each function gives the first problem in words, such as `content[0].text: expected a string, got null`.
 */
import type { FieldKind, Operation } from "../../Operation.ts"
import { isRecord } from "./parseEvent.ts"

export type Problem = string | undefined

const matches: Readonly<Record<FieldKind, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  number: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === "boolean",
  array: (value) => Array.isArray(value),
  object: (value) => isRecord(value) && !Array.isArray(value)
}

const words: Readonly<Record<FieldKind, string>> = {
  string: "a string",
  number: "a number",
  boolean: "a boolean",
  array: "an array",
  object: "an object"
}

const kindOf = (value: unknown): string => {
  if (value === undefined) return "nothing"
  if (value === null) return "null"
  if (typeof value === "number" && !Number.isFinite(value)) return "a number beyond all others"
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : `a ${typeof value}`
}

/** A text that a type promises, and a server may have said in another way. */
export const textIn = (value: unknown): string | null => typeof value === "string" ? value : null

/** A field of an object from outside, its own only: what a server says is never the name of an inherited one. */
export const field = (value: unknown, name: string): unknown =>
  isRecord(value) && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined

const expected = (path: string, what: string, value: unknown): string =>
  `${path}: expected ${what}, got ${kindOf(value)}`

/** A field that must be there. */
export const needs = (body: unknown, name: string, kind: FieldKind, path = name): Problem => {
  const value = field(body, name)
  return matches[kind](value) ? undefined : expected(path, words[kind], value)
}

/** A field that may be missing or `null`. */
const may = (body: unknown, name: string, kind: FieldKind, path = name): Problem => {
  const value = field(body, name)
  return value === undefined || value === null || matches[kind](value) ? undefined : expected(path, words[kind], value)
}

/** A field that must be there and may be `null`. */
const needsOrNull = (body: unknown, name: string, kind: FieldKind): Problem =>
  field(body, name) === null ? undefined : needs(body, name, kind)

const first = <A>(items: Iterable<A>, problemOf: (item: A) => Problem): Problem => {
  for (const item of items) {
    const problem = problemOf(item)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** What is read of the blocks of each type. Other blocks are handed on as they come. */
const blockFields: ReadonlyMap<unknown, ReadonlyArray<string>> = new Map([
  ["text", ["text"]],
  ["thinking", ["thinking"]],
  ["tool_use", ["id", "name"]],
  ["server_tool_use", ["id", "name"]],
  ["mcp_tool_use", ["id", "name"]]
])

export const problemOfBlock = (block: unknown, path: string): Problem => {
  if (!matches.object(block)) return expected(path, "an object", block)
  const type = field(block, "type")
  if (typeof type !== "string") return expected(`${path}.type`, "a string", type)
  return first(blockFields.get(type) ?? [], (name) => needs(block, name, "string", `${path}.${name}`)) ??
    (type === "text" ? may(block, "citations", "array", `${path}.citations`) : undefined)
}

const counters = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]

/** Gateways leave usage out. */
export const problemOfUsage = (body: unknown): Problem =>
  may(body, "usage", "object") ??
    first(counters, (name) => may(field(body, "usage"), name, "number", `usage.${name}`))

/** What every message has, from its first event on. */
export const problemOfMessageStart = (message: unknown): Problem => {
  if (!matches.object(message)) return expected("message", "an object", message)
  if (field(message, "type") !== "message") return expectedType("message", message)
  const content = field(message, "content")
  if (!Array.isArray(content)) return expected("content", "an array", content)
  return first(content.entries(), ([index, block]) => problemOfBlock(block, `content[${index}]`)) ??
    problemOfUsage(message)
}

/** A whole message. */
export const problemOfMessage = (message: unknown): Problem => problemOfMessageStart(message) ?? problemOfEnd(message)

/** Why the model has stopped. */
export const problemOfEnd = (end: unknown): Problem => needsOrNull(end, "stop_reason", "string")

const expectedType = (type: string, body: unknown): string => {
  const found = field(body, "type")
  return `type: expected "${type}", got ${typeof found === "string" ? JSON.stringify(found) : kindOf(found)}`
}

/** The cursors that the SDK's pages go on from. */
const cursors = ["first_id", "last_id", "next_page"]

const problemOfPage = (body: unknown): Problem => {
  const data = field(body, "data")
  if (!Array.isArray(data)) return expected("data", "an array", data)
  return first(
    data.entries(),
    ([index, item]) => matches.object(item) ? undefined : expected(`data[${index}]`, "an object", item)
  ) ??
    may(body, "has_more", "boolean") ??
    first(cursors, (name) => may(body, name, "string"))
}

/** What `batches.results` reads of a batch. */
const problemOfBatch = (body: unknown): Problem =>
  needs(body, "id", "string") ?? may(body, "processing_status", "string") ?? may(body, "results_url", "string")

const problemOfType = (type: string, body: unknown): Problem => {
  if (field(body, "type") !== type) return expectedType(type, body)
  return type === "message" ? problemOfMessage(body) : type === "message_batch" ? problemOfBatch(body) : undefined
}

/** What is wrong with a body, for what its method returns. */
export const problemOf = ({ fields = {}, returns, shape }: Operation, body: unknown): Problem => {
  if (!matches.object(body)) return expected("body", "an object", body)
  if (shape === "page") return problemOfPage(body)
  return (returns === undefined ? undefined : problemOfType(returns, body)) ??
    first(Object.entries(fields), ([name, kind]) => needs(body, name, kind))
}

/** A row of a batch's results. A kind of result that is not known yet passes. */
export const problemOfRow = (row: unknown): Problem => {
  const result = field(row, "result")
  const problem = needs(row, "custom_id", "string") ?? needs(row, "result", "object") ??
    needs(result, "type", "string", "result.type")
  if (problem !== undefined) return problem
  switch (field(result, "type")) {
    case "succeeded": {
      const wrong = problemOfMessage(field(result, "message"))
      return wrong === undefined ? undefined : `result.message: ${wrong}`
    }
    case "errored":
      return needs(result, "error", "object", "result.error")
    default:
      return undefined
  }
}

/** An event that a webhook brings. */
export const problemOfWebhook = (event: unknown): Problem =>
  !matches.object(event)
    ? expected("body", "an object", event)
    : field(event, "type") !== "event"
    ? expectedType("event", event)
    : needs(event, "id", "string") ?? needs(event, "data", "object") ??
      needs(field(event, "data"), "type", "string", "data.type")
