/** Which headers, query parameters and fields of bodies hold secrets, by their names. */
import { secretFields } from "../../generated/secretFields.ts"

/** Words that make the name of a header or a parameter that of a secret, alone or between dashes: `x-gateway-token`. */
const secretWord =
  /(?:^|[-_.])(?:apikey|assertion|auth|authorization|bearer|cookie|credentials?|jwt|key|passphrase|passwd|password|pwd|secret|sig|signature|token)(?:$|[-_.])/

/** The same, written without dashes: `XApiKey`, `accessToken`. */
const secretEnd = /(?:apikey|accesskey|(?:access|auth|refresh|secret|session)token|passwd|password|secret)$/

/** Keys that open nothing. */
const openNames: ReadonlySet<string> = new Set(["cache-key", "idempotency-key", "sec-websocket-key", "surrogate-key"])

const known = new Map<string, boolean>()

const remembered = (name: string): boolean => {
  const lower = name.toLowerCase()
  const isSecret = !openNames.has(lower) &&
    (lower === "set-cookie" || secretWord.test(lower) || secretEnd.test(lower.replaceAll(/[-_.]/g, "")))
  // A server cannot fill the memory with names of its own.
  if (known.size < 1000) known.set(name, isSecret)
  return isSecret
}

/** Whether a header with this name, in whatever case, holds a credential or a cookie. */
export const isSecretHeader = (name: string): boolean => known.get(name) ?? remembered(name)

/** Whether a query parameter with this name holds a key. */
export const isSecretParameter = isSecretHeader

/** What token endpoints take and give, and what people put into bodies, beside what the SDK's types name. */
const secretNames: ReadonlySet<string> = new Set([
  ...secretFields,
  "api_key",
  "apiKey",
  "assertion",
  "client_assertion",
  "id_token",
  "passphrase",
  "password",
  "private_key",
  "secret_key",
  "subject_token",
  "actor_token"
])

/** Whether a field of a body with this name holds a secret, if it holds a text. */
export const isSecretField = (name: string): boolean => secretNames.has(name)

/** The place of a secret in a text: its first character, and the one behind its last. */
export type Span = readonly [start: number, end: number]

const fieldNames = [...secretNames].join("|")

/** In JSON, and in JSON that is a text in JSON: there the quotes are escaped, and a secret has none. */
const fieldStart = new RegExp(String.raw`"(?:${fieldNames})"\s*:\s*"`, "g")
// From the first backslash of a row on: from each of them, a long row would take for ever.
const escapedField = new RegExp(String.raw`(?<!\\)(\\+"(?:${fieldNames})\\+"\s*:\s*\\+")([^"\\]+)`, "g")

/** Where the values of such fields stand in a text that is JSON, or holds some. */
export const secretFieldsIn = (text: string): ReadonlyArray<Span> =>
  text.includes("\"")
    ? [
      ...Array.from(text.matchAll(fieldStart), ({ 0: start, index }) => valueAt(text, index + start.length)),
      ...spansOf(text, escapedField)
    ].filter(([start, end]) => end > start)
    : []

/** A value of JSON, up to its quote. No pattern: of a long one with escapes it would overflow the stack. */
const valueAt = (text: string, start: number): Span => {
  let end = start
  while (end < text.length && text[end] !== "\"") end += text[end] === "\\" ? 2 : 1
  return [start, Math.min(end, text.length)]
}

const parameterPattern = /([?&;]([\w.-]+)=)([^&;#\s"'<>\\]+)/g

/** Where the values of query parameters that hold keys stand in a text. */
export const secretParametersIn = (text: string): ReadonlyArray<Span> =>
  text.includes("=")
    ? Array.from(text.matchAll(parameterPattern)).flatMap(({ 1: start = "", 2: name = "", 3: value = "", index }) => {
      const from = index + start.length
      return isSecretParameter(name) ? [[from, from + value.length] as const] : []
    })
    : []

const spansOf = (text: string, pattern: RegExp): ReadonlyArray<Span> =>
  Array.from(text.matchAll(pattern), ({ 1: start = "", 2: value = "", index }) => {
    const from = index + start.length
    return [from, from + value.length] as const
  })
