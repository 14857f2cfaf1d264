/** Keeps secrets out of texts. */
import * as Redacted from "effect/Redacted"

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
