/** Keeps secrets out of logs, JSON and errors. What they are, a {@link Scrubber} knows. */
import type * as Schema from "effect/Schema"
import { writeJson } from "./answer/writeJson.ts"
import { isPrivateHeader, isSecretField } from "./secrets/names.ts"
import { placeholder, type Scrubber } from "./secrets/scrubber.ts"

export type Scrub = (text: string) => string

/** Bodies hold what people wrote, and requests hold more than belongs in a log. */
const isPrivateName = (name: string, secrets: Scrubber): boolean =>
  name === "body" || secrets.isSecretHeader(name) || isPrivateHeader(name) || isSecretField(name)

const maxDepth = 4

/** A copy of a value for a log: without credentials, cookies and bodies, and without what is no plain data. */
export const redact = (value: unknown, secrets: Scrubber, depth = 0): unknown => {
  if (typeof value === "string") return secrets.scrub(value)
  if (typeof value !== "object" || value === null) return typeof value === "function" ? undefined : value
  if (value instanceof Error) return { name: value.name, message: secrets.scrub(value.message) }
  if (value instanceof Headers) return redactFields([...value.entries()], secrets, depth)
  if (depth >= maxDepth) return "…"
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets, depth + 1))
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
    ? redactFields(Object.entries(value), secrets, depth)
    : Object.prototype.toString.call(value)
}

/** What the SDK logs beside a message. Bare texts are pieces of bodies, unless they are URLs. */
export const redactDetail = (detail: unknown, secrets: Scrubber): unknown => {
  if (Array.isArray(detail)) return detail.map((part) => redactDetail(part, secrets))
  return typeof detail === "string" && !/^https?:\/\/\S+$/.test(detail) ? placeholder : redact(detail, secrets)
}

const redactFields = (
  fields: ReadonlyArray<readonly [string, unknown]>,
  secrets: Scrubber,
  depth: number
): Record<string, unknown> =>
  Object.fromEntries(
    fields.map(([name, value]) => [
      secrets.scrub(name),
      isPrivateName(name, secrets) ? placeholder : redact(value, secrets, depth + 1)
    ])
  )

/** The same JSON without secrets. What is not JSON is `undefined`, and so is what is nested too deeply. */
export const scrubJson = (scrub: Scrub, value: unknown): Schema.Json | undefined => {
  const json = writeJson(value, (_, part) => scrubPart(scrub, part, false))
  return json === undefined ? undefined : JSON.parse(json)
}

/** The same, and without the texts in fields whose names say that they are secrets. */
export const scrubFields = (scrub: Scrub, value: unknown): Schema.Json | undefined => {
  const json = writeJson(value, (_, part) => scrubPart(scrub, part, true))
  return json === undefined ? undefined : JSON.parse(json)
}

/** A text, or an object by its names: numbers stay what they are. */
const scrubPart = (scrub: Scrub, part: unknown, byField: boolean): unknown => {
  if (typeof part === "string") return scrub(part)
  return typeof part !== "object" || part === null || Array.isArray(part)
    ? part
    : Object.fromEntries(
      Object.entries(part).map(([name, value]) => [
        scrub(name),
        byField && holdsSecret(name, value) ? placeholder : value
      ])
    )
}

/** Whether the name of a field says that its text is a secret. */
export const holdsSecret = (name: string, value: unknown): boolean =>
  typeof value === "string" && value !== "" && isSecretField(name)

/** What `JSON.parse` says, without the piece of the text that it quotes: half a secret might stand there. */
export const withoutExcerpt = (message: string): string =>
  message.replace(/,? (?:\.\.\.)?"[^]*"(?:\.\.\.)? is not valid JSON$/, " is not valid in JSON")
