/** Keeps secrets out of logs, JSON and errors. What they are, a {@link Scrubber} knows. */
import type * as Schema from "effect/Schema"
import { writeJson } from "./answer/writeJson.ts"
import { isSecretField, isSecretHeader } from "./secrets/names.ts"
import { placeholder, type Scrubber } from "./secrets/scrubber.ts"

export type Scrub = (text: string) => string

/** Bodies hold what people wrote, and requests hold more than belongs in a log. */
const isPrivateName = (name: string, secrets: Scrubber): boolean =>
  name === "body" || secrets.isSecretHeader(name) || isSecretField(name)

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

/** Whether a field is a secret by its name. */
export const holdsSecret = (name: string, value: unknown): boolean =>
  typeof value === "string" && value !== "" && isSecretField(name)

/**
 * The same error without credentials and cookies among its headers, or where a look at it shows a secret, with only its
 * name and its cleaned message.
 */
export const scrubError = (scrub: Scrub, error: unknown): unknown => {
  if (!(error instanceof Error)) return typeof error === "string" ? scrub(error) : error
  const seen = lookAt(scrub, error)
  if (seen === "secret") return bare(scrub, error)
  return seen === "header" ? withCleanHeaders(error) ?? bare(scrub, error) : error
}

const bare = (scrub: Scrub, error: Error): Error => {
  const clean = new Error(scrub(error.message))
  clean.name = error.name
  delete clean.stack
  return clean
}

/** A copy, since the headers are those of the response itself. Headers that stand deeper are for nobody to clean. */
const withCleanHeaders = (error: Error): Error | undefined => {
  const headers = Reflect.get(error, "headers")
  if (!(headers instanceof Headers)) return undefined
  const clean = new Headers([...headers].filter(([name]) => !isSecretHeader(name)))
  const copy: Error = Object.create(Object.getPrototypeOf(error), {
    ...Object.getOwnPropertyDescriptors(error),
    headers: { value: clean, enumerable: true, configurable: true, writable: true }
  })
  return lookAt((text) => text, copy) === undefined ? copy : undefined
}

/**
 * What a look at the value shows: a secret, or a header that may hold one. The SDK's errors keep the body and the headers
 * of the answer.
 */
const lookAt = (scrub: Scrub, value: unknown): "secret" | "header" | undefined => {
  const left = [value]
  const seen = new Set<unknown>()
  let found: "header" | undefined
  while (left.length > 0) {
    const part = left.pop()
    if (typeof part === "string" && scrub(part) !== part) return "secret"
    if (typeof part !== "object" || part === null || seen.has(part)) continue
    seen.add(part)
    if (part instanceof Headers) {
      for (const [name, value] of part) {
        if (isSecretHeader(name)) found = "header"
        else left.push(value)
      }
      continue
    }
    if (Object.entries(part).some(([name, inner]) => holdsSecret(name, inner) && inner !== placeholder)) return "secret"
    for (const inner of partsOf(part)) left.push(inner)
  }
  return found
}

const partsOf = (value: object): ReadonlyArray<unknown> =>
  value instanceof Error ? [value.message, value.cause, ...Object.values(value)] : Object.entries(value).flat()

/** What `JSON.parse` says, without the piece of the text that it quotes: half a secret might stand there. */
export const withoutExcerpt = (message: string): string =>
  message.replace(/,? (?:\.\.\.)?"[^]*"(?:\.\.\.)? is not valid JSON$/, " is not valid in JSON")
