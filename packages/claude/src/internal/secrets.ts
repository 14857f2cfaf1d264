/** Keeps secrets out of texts, JSON and errors. */
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import { writeJson } from "./answer/writeJson.ts"

export type Scrub = (text: string) => string

const placeholder = "<redacted>"

/**
 * A function that blanks every occurrence of the secrets, also as they stand in JSON. Short ones are left alone: they
 * would match by chance.
 */
export const makeScrub = (secrets: ReadonlyArray<Redacted.Redacted>): Scrub => {
  const values = secrets.map((secret) => Redacted.value(secret)).filter((value) => value.length >= 8)
  const written = values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
  // The longest first, or a secret that begins with another would keep its end.
  const texts = [...new Set(written)].sort((a, b) => b.length - a.length)
  return (text) => texts.reduce((clean, secret) => clean.replaceAll(secret, placeholder), text)
}

/** How many learned secrets count: those of calls under way, not all that a process has ever used. */
const maxLearned = 8

/** {@link makeScrub}, also for secrets that become known later. */
export const makeLearningScrub = (
  secrets: ReadonlyArray<Redacted.Redacted>
): { readonly scrub: Scrub; readonly learn: (secret: string) => void } => {
  const learned = new Set<string>()
  let scrub = makeScrub(secrets)
  return {
    scrub: (text) => scrub(text),
    learn: (secret) => {
      if (learned.has(secret)) return
      learned.add(secret)
      for (const oldest of [...learned].slice(0, -maxLearned)) learned.delete(oldest)
      scrub = makeScrub([...secrets, ...Array.from(learned, (value) => Redacted.make(value))])
    }
  }
}

const secretNames: ReadonlySet<string> = new Set([
  "api-key",
  "authorization",
  "cookie",
  "proxy-authorization",
  "set-cookie",
  "x-amz-security-token",
  "x-api-key"
])

const isSecretName = (name: string): boolean => secretNames.has(name.toLowerCase())

/** Bodies hold what people wrote, and requests hold more than belongs in a log. */
const isPrivateName = (name: string): boolean => name === "body" || isSecretName(name)

const maxDepth = 4

/** A copy of a value for a log: without credentials, cookies and bodies, and without what is no plain data. */
export const redact = (value: unknown, scrub: Scrub, depth = 0): unknown => {
  if (typeof value === "string") return scrub(value)
  if (typeof value !== "object" || value === null) return typeof value === "function" ? undefined : value
  if (value instanceof Error) return { name: value.name, message: scrub(value.message) }
  if (value instanceof Headers) return redactFields([...value.entries()], scrub, depth)
  if (depth >= maxDepth) return "…"
  if (Array.isArray(value)) return value.map((item) => redact(item, scrub, depth + 1))
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
    ? redactFields(Object.entries(value), scrub, depth)
    : Object.prototype.toString.call(value)
}

const redactFields = (
  fields: ReadonlyArray<readonly [string, unknown]>,
  scrub: Scrub,
  depth: number
): Record<string, unknown> =>
  Object.fromEntries(
    fields.map(([name, value]) => [name, isPrivateName(name) ? placeholder : redact(value, scrub, depth + 1)])
  )

/** The same JSON without secrets. What is not JSON is `undefined`, and so is what is nested too deeply. */
export const scrubJson = (scrub: Scrub, value: unknown): Schema.Json | undefined => {
  const json = writeJson(value, (_, part) => scrubPart(scrub, part))
  return json === undefined ? undefined : JSON.parse(json)
}

/** A text, or an object by its names: numbers stay what they are. */
const scrubPart = (scrub: Scrub, part: unknown): unknown => {
  if (typeof part === "string") return scrub(part)
  return typeof part !== "object" || part === null || Array.isArray(part)
    ? part
    : Object.fromEntries(Object.entries(part).map(([name, value]) => [scrub(name), value]))
}

/** The same error, or where it shows a secret one with only its name and its cleaned message. */
export const scrubError = (scrub: Scrub, error: unknown): unknown => {
  if (!(error instanceof Error)) return typeof error === "string" ? scrub(error) : error
  if (!shows(scrub, error)) return error
  const clean = new Error(scrub(error.message))
  clean.name = error.name
  delete clean.stack
  return clean
}

/** Whether a look at the value shows a secret: the SDK's errors keep the body and the headers of the answer. */
const shows = (scrub: Scrub, value: unknown): boolean => {
  const left = [value]
  const seen = new Set<unknown>()
  while (left.length > 0) {
    const part = left.pop()
    if (typeof part === "string" && scrub(part) !== part) return true
    if (typeof part !== "object" || part === null || seen.has(part)) continue
    seen.add(part)
    for (const inner of partsOf(part)) left.push(inner)
  }
  return false
}

const partsOf = (value: object): ReadonlyArray<unknown> =>
  value instanceof Headers
    ? [...value.values()]
    : value instanceof Error
    ? [value.message, value.cause, ...Object.values(value)]
    : Object.entries(value).flat()
