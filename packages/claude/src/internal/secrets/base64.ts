/** Looks for secrets in the base64 that a text holds: by decoding it, so that it does not matter what was encoded. */
import type { Span } from "./names.ts"

/** The digits of both alphabets, by their codes. */
const isDigit = new Uint8Array(128)
for (const digit of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_") {
  isDigit[digit.charCodeAt(0)] = 1
}

/** The places of what decodes to something of at least `length` bytes that `find` finds. */
export const inBase64 = (
  text: string,
  length: number,
  find: (text: string) => ReadonlyArray<Span>
): ReadonlyArray<Span> => {
  const shortest = Math.ceil(length * 4 / 3)
  const spans: Array<Span> = []
  let start = 0
  // Not by a regular expression: it has no room for the digits of a large file.
  for (let end = 0; end <= text.length; end++) {
    if (isDigit[text.charCodeAt(end)] === 1) continue
    if (end - start >= shortest) addSpans(spans, text.slice(start, end), start, find)
    start = end + 1
  }
  return spans
}

const addSpans = (
  spans: Array<Span>,
  run: string,
  index: number,
  find: (text: string) => ReadonlyArray<Span>
): void => {
  const digits = run.replaceAll("-", "+").replaceAll("_", "/")
  // What stands before the base64 may be digits too, so that it may begin at any of four places.
  for (const skipped of [0, 1, 2, 3]) {
    for (const [start, end] of find(bytesOf(digits.slice(skipped)))) {
      spans.push([
        index + skipped + Math.floor(start / 3) * 4,
        index + Math.min(run.length, skipped + Math.ceil(end / 3) * 4)
      ])
    }
  }
}

/** A character each. */
const bytesOf = (digits: string): string => atob(digits.length % 4 === 1 ? digits.slice(0, -1) : digits)
