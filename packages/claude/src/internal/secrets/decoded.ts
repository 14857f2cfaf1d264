/**
 * A text as it reads once all escapes in it are undone, those of JSON, URLs and HTML, in whatever order they were done.
 *
 * A secret is looked for in it in the same form, so that it is found however it was written: JSON within JSON, JSON in a
 * URL, a URL in a URL.
 */

export interface Decoded {
  readonly text: string
  /** Where in the original the characters from `start` to `end` stand. */
  readonly origin: (start: number, end: number) => readonly [start: number, end: number]
}

const escapePattern =
  /\\u([0-9a-fA-F]{4})|\\([bfnrt])|\\([^])?|%([0-9a-fA-F]{2})|&#(\d{1,6});|&#[xX]([0-9a-fA-F]{1,6});|&(amp|apos|gt|lt|quot);/g

const controls: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }

const entities: Readonly<Record<string, string>> = { amp: "&", apos: "'", gt: ">", lt: "<", quot: "\"" }

/** As often as anybody encodes what is encoded already. */
const maxPasses = 8

const fromCode = (digits: string, radix: number): string => {
  const code = Number.parseInt(digits, radix)
  return code <= 0x10ffff ? String.fromCodePoint(code) : ""
}

/** What an escape stands for. A backslash before anything else is dropped. Bytes of a URL are a character each. */
const unescaped = (
  [, unit, control, plain, byte, decimal, hexadecimal, entity]: ReadonlyArray<string | undefined>
): string => {
  const hex = unit ?? byte ?? hexadecimal
  if (hex !== undefined) return unit === undefined ? fromCode(hex, 16) : String.fromCharCode(Number.parseInt(hex, 16))
  if (decimal !== undefined) return fromCode(decimal, 10)
  return controls[control ?? ""] ?? entities[entity ?? ""] ?? plain ?? ""
}

/** Undoes escapes until there are none. */
export const decode = (original: string): Decoded => {
  let text = original
  let starts: Uint32Array | undefined
  for (let pass = 0; pass < maxPasses && /[\\%&]/.test(text); pass++) {
    const next = new Uint32Array(text.length + 1)
    let decoded = ""
    let done = 0
    const keep = (end: number): void => {
      for (let index = done; index < end; index++) next[decoded.length + index - done] = starts?.[index] ?? index
      decoded += text.slice(done, end)
    }
    for (const match of text.matchAll(escapePattern)) {
      keep(match.index)
      const plain = unescaped(match)
      for (let index = 0; index < plain.length; index++) {
        next[decoded.length + index] = starts?.[match.index] ?? match.index
      }
      decoded += plain
      done = match.index + match[0].length
    }
    if (done === 0) break
    keep(text.length)
    next[decoded.length] = original.length
    text = decoded
    starts = next
  }
  const found = starts
  return {
    text,
    origin: (start, end) => found === undefined ? [start, end] : [found[start] ?? 0, found[end] ?? original.length]
  }
}

const encoder = new TextEncoder()

/** What matches a character: a form writes a space as a plus, and bodies may be looked at byte by byte. */
const matching = (character: string): string => {
  if (character === "+" || character === " ") return "[+ ]"
  if (character <= "\x7f") return character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&")
  return `(?:${character}|${String.fromCharCode(...encoder.encode(character))})`
}

/** The source of a regular expression for a secret in a text that is decoded. */
export const patternOf = (secret: string): string => Array.from(decode(secret).text, matching).join("")
