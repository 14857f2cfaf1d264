/** Which headers, query parameters and fields of bodies hold secrets, by their names. */
import { secretFields } from "../../generated/secretFields.ts"

/** Words that make the name of a header or a parameter that of a secret, alone or between dashes: `x-gateway-token`. */
const secretWord =
  /(?:^|[-_.])(?:apikey|assertion|auth|authorization|bearer|cookie|credentials?|jwt|key|pass|passphrase|passwd|password|pwd|secret|sig|signature|token)(?:$|[-_.])/

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

/** Whether a header is to be shown to nobody. Where a redirect leads may be a secret as a whole. */
export const isPrivateHeader = (name: string): boolean => isSecretHeader(name) || name.toLowerCase() === "location"

/** Whether a query parameter with this name holds a key. */
export const isSecretParameter = isSecretHeader

/** What token endpoints take and give, and what people put into bodies, beside what the SDK's types name. */
const snakeNames: ReadonlyArray<string> = [
  ...secretFields,
  "api_key",
  "assertion",
  "client_assertion",
  "id_token",
  "passphrase",
  "password",
  "private_key",
  "secret_key",
  "subject_token",
  "actor_token"
]

/** In either spelling: gateways write `accessToken` too. */
const secretNames: ReadonlySet<string> = new Set(
  snakeNames.flatMap((name) => [name, name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())])
)

/** Whether a field of a body with this name holds a secret, if it holds a text. */
export const isSecretField = (name: string): boolean => secretNames.has(name)

/** The place of a secret in a text: its first character, and the one behind its last. */
export type Span = readonly [start: number, end: number]

const fieldNames = [...secretNames].join("|")

/**
 * In JSON, and in JSON that is a text in JSON: there the quotes are escaped, and a secret has none. What repeats is bounded:
 * a prompt may hold any number of spaces and backslashes.
 */
const fieldPattern = new RegExp(String.raw`"(?:${fieldNames})"\s{0,20}:\s{0,20}"`, "g")
const nestedPattern = new RegExp(
  String.raw`(?<!\\)\\{1,64}"(?:${fieldNames})\\{1,64}"\s{0,20}:\s{0,20}\\{1,64}"`,
  "g"
)

/** Where the values of such fields stand in a text that is JSON, or holds some. */
export const secretFieldsIn = (text: string): ReadonlyArray<Span> =>
  text.includes("\"")
    ? [...valuesBehind(text, fieldPattern, endOfText), ...valuesBehind(text, nestedPattern, endOfNestedText)]
    : []

const valuesBehind = (
  text: string,
  pattern: RegExp,
  endFrom: (text: string, start: number) => number
): ReadonlyArray<Span> =>
  Array.from(text.matchAll(pattern), ({ 0: before, index }): Span => {
    const start = index + before.length
    return [start, endFrom(text, start)]
  }).filter(([start, end]) => end > start)

/** The next quote that is not escaped, else the end. By hand: a regular expression has no room for a large value. */
const endOfText = (text: string, start: number): number => {
  let end = start
  while (end < text.length && text[end] !== "\"") end += text[end] === "\\" ? 2 : 1
  return Math.min(end, text.length)
}

const endOfNestedText = (text: string, start: number): number => {
  let end = start
  while (end < text.length && text[end] !== "\"" && text[end] !== "\\") end++
  return end
}

/** Of a query or of a fragment, where some servers put tokens. */
const parameterPattern = /([?&;#]([\w.-]{1,100})=)([^&;#\s"'<>\\]{1,100000})/g

/** Where the values of query parameters that hold keys stand in a text. */
export const secretParametersIn = (text: string): ReadonlyArray<Span> =>
  text.includes("=")
    ? Array.from(text.matchAll(parameterPattern)).flatMap(({ 1: start = "", 2: name = "", 3: value = "", index }) => {
      const from = index + start.length
      return isSecretParameter(name) ? [[from, from + value.length] as const] : []
    })
    : []

const userPattern = /(?<=:\/\/)[^\s/?#"'<>\\]{1,1000}(?=@)/g

/** Where the user names and passwords of URLs stand in a text. */
export const usersIn = (text: string): ReadonlyArray<Span> =>
  text.includes("://")
    ? Array.from(text.matchAll(userPattern), ({ 0: user, index }): Span => [index, index + user.length])
    : []
