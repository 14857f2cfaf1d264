/**
 * A text as it reads once escapes in it are undone, those of JSON, URLs and HTML, in whatever order they were done.
 *
 * A secret is looked for after each round, as it is and in the form in which it has no escapes of its own, so that it is
 * found however it was written: JSON within JSON, JSON in a URL, a URL in a URL. And as a secret that stands behind a
 * backslash or a percent sign may look like an escape itself, the text as it came counts too.
 */

/** A text after some rounds. */
export interface Decoded {
  readonly text: string
  /** Where in the original each character began, and at last where it ended. `undefined`: it is the original. */
  readonly origins: Uint32Array | undefined
}

/** As often as anybody encodes what is encoded already. */
const maxRounds = 8

const codes = { b: 8, f: 12, n: 10, r: 13, t: 9 } as const
const controls: ReadonlyMap<number, number> = new Map(
  Object.entries(codes).map(([letter, code]) => [letter.charCodeAt(0), code])
)
const entities: Readonly<Record<string, string>> = { amp: "&", apos: "'", gt: ">", lt: "<", quot: "\"" }

const entityPattern = /&(?:#(\d{1,6})|#[xX]([0-9a-fA-F]{1,6})|(amp|apos|gt|lt|quot));/y

const backslash = 92
const percent = 37
const ampersand = 38
const letterU = 117

/** Two or four hexadecimal digits as a number, `-1` where they are others. */
const hex = (text: string, start: number, count: number): number => {
  let value = 0
  for (let index = start; index < start + count; index++) {
    const code = text.charCodeAt(index)
    const lower = code | 32
    const digit = code >= 48 && code <= 57 ? code - 48 : lower >= 97 && lower <= 102 ? lower - 87 : -1
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

/** Strings cannot be made of all the units of a large text at once. */
const decoder = new TextDecoder("utf-16le", { ignoreBOM: true })

/** The text with one round of escapes undone; `undefined` where there are none. */
const undone = ({ origins: before, text }: Decoded): Decoded | undefined => {
  if (!/[\\%&]/.test(text)) return undefined
  const units = new Uint16Array(text.length)
  const origins = new Uint32Array(text.length + 1)
  let length = 0
  let index = 0
  const add = (unit: number): void => {
    origins[length] = before === undefined ? index : before[index] ?? index
    units[length++] = unit
  }
  while (index < text.length) {
    const unit = text.charCodeAt(index)
    if (unit === backslash) {
      const next = text.charCodeAt(index + 1)
      const code = next === letterU ? hex(text, index + 2, 4) : -1
      // A backslash before anything else is dropped.
      if (code >= 0) add(code)
      else if (index + 1 < text.length) add(controls.get(next) ?? next)
      index += code >= 0 ? 6 : 2
    } else if (unit === percent && hex(text, index + 1, 2) >= 0) {
      // Bytes of a URL are a character each.
      add(hex(text, index + 1, 2))
      index += 3
    } else if (unit === ampersand) {
      const [entity, plain] = entityAt(text, index)
      for (let at = 0; at < plain.length; at++) add(plain.charCodeAt(at))
      index += entity
    } else {
      add(unit)
      index++
    }
  }
  const end = before?.[text.length] ?? text.length
  if (length === text.length) return undefined
  origins[length] = end
  return { text: decoder.decode(units.subarray(0, length)), origins }
}

/** How long an entity is, and what it stands for. */
const entityAt = (text: string, index: number): readonly [length: number, plain: string] => {
  entityPattern.lastIndex = index
  const found = entityPattern.exec(text)
  if (found === null) return [1, "&"]
  const [entity, decimal, hexadecimal, name = ""] = found
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number.parseInt(decimal, 10)
  const plain = entities[name] ?? (code <= 0x10ffff ? String.fromCodePoint(code) : "")
  return [entity.length, plain]
}

/** The text as it is, and after each round until there are no escapes. */
export function* rounds(text: string): Generator<Decoded> {
  let current: Decoded | undefined = { text, origins: undefined }
  for (let round = 0; current !== undefined && round <= maxRounds; round++) {
    yield current
    current = undone(current)
  }
}

/** The text without escapes. */
export const decode = (text: string): string => {
  let last = text
  for (const round of rounds(text)) last = round.text
  return last
}

/** Where in the original the characters from `start` to `end` stand. */
export const placeOf = ({ origins }: Decoded, start: number, end: number): readonly [start: number, end: number] =>
  origins === undefined ? [start, end] : [origins[start] ?? 0, origins[end] ?? 0]
