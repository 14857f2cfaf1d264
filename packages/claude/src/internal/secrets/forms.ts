/**
 * The forms in which a secret may stand in a text: as it is, in JSON, in a URL, in HTML and in base64.
 *
 * Every character has its own ways to be written, so that a mixture is found too (JSON within JSON, a URL within JSON).
 */

const escapeRegExp = (literal: string): string => literal.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")

const hex = (code: number, digits: number): string =>
  code.toString(16).padStart(digits, "0").replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)

const entities: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", "\"": "quot", "'": "apos" }

const shortEscapes: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f" }

const encoder = new TextEncoder()

/** What matches one character. Letters and digits are written as they are everywhere. */
const character = (text: string): string => {
  if (/^[A-Za-z0-9]$/.test(text)) return text
  const bytes = [...encoder.encode(text)]
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))
  const entity = entities[text]
  const short = shortEscapes[text]
  const code = text.codePointAt(0) ?? 0
  return `(?:${
    [
      // A quote, a slash or a backslash, escaped as often as it is nested.
      /^["/\\]$/.test(text) ? String.raw`\\*${escapeRegExp(text)}` : escapeRegExp(text),
      bytes.map((byte) => `%${hex(byte, 2)}`).join(""),
      units.map((unit) => String.raw`\\+u${hex(unit, 4)}`).join(""),
      `&#0*${code};`,
      `&#[xX]0*${hex(code, 1)};`,
      ...(entity === undefined ? [] : [`&${entity};`]),
      ...(short === undefined ? [] : [String.raw`\\+${short}`]),
      ...(text === " " ? [String.raw`\+`] : []),
      // The bytes of UTF-8, a character each, as cassettes look at bodies.
      ...(bytes.length > 1 ? [escapeRegExp(String.fromCharCode(...bytes))] : [])
    ].join("|")
  })`
}

const characters = (text: string): string => Array.from(text, character).join("")

const base64Alphabet: Readonly<Record<string, string>> = {
  "+": "(?:\\+|-|%2[bB]|\\\\+u002[bB])",
  "/": `(?:${character("/")}|_)`
}

/** Base64 in either alphabet. */
const base64Characters = (text: string): string => Array.from(text, (digit) => base64Alphabet[digit] ?? digit).join("")

const toBase64 = (bytes: ReadonlyArray<number>): string => btoa(String.fromCharCode(...bytes)).replaceAll("=", "")

/**
 * What base64 makes of a secret that begins `skipped` bytes into a group of three, without the digits at either end that
 * depend on what stands beside it.
 */
const base64Core = (bytes: ReadonlyArray<number>, skipped: number): string => {
  const digits = toBase64([...Array.from({ length: skipped }, () => 0), ...bytes])
  const start = Math.ceil(skipped * 8 / 6)
  return (skipped + bytes.length) % 3 === 0 ? digits.slice(start) : digits.slice(start, -1)
}

/** What may follow of the group in which the secret ends. */
const groupEnd = "(?:[A-Za-z0-9+/_-]?={1,2})?"

/** The sources of regular expressions for each form of a secret, the one that takes most of the text first. */
export const formsOf = (secret: string): ReadonlyArray<string> => {
  const bytes = [...encoder.encode(secret)]
  return [
    characters(secret),
    ...[0, 1, 2].map((skipped) => base64Characters(base64Core(bytes, skipped)) + groupEnd)
  ]
}
