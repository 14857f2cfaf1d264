/** Looks for secrets in the base64 that a text holds: by decoding it, so that it does not matter what was encoded. */
import type { Span } from "./names.ts"

const digit = "[A-Za-z0-9+/_-]"

/** Digits of both alphabets, enough of them for a secret of a length. */
export const runsFor = (length: number): RegExp => new RegExp(`${digit}{${Math.ceil(length * 4 / 3)}}`, "g")

const more = new RegExp(`${digit}*`, "y")

/** The runs as long as they are. In two steps: of one over 8 MB a single pattern with a minimum overflows the stack. */
const runsIn = (text: string, runs: RegExp): ReadonlyArray<Span> => {
  const found: Array<Span> = []
  runs.lastIndex = 0
  for (let match = runs.exec(text); match !== null; match = runs.exec(text)) {
    more.lastIndex = runs.lastIndex
    more.test(text)
    runs.lastIndex = more.lastIndex
    found.push([match.index, runs.lastIndex])
  }
  return found
}

/** The places of what decodes to something that `find` finds. */
export const inBase64 = (
  text: string,
  runs: RegExp,
  find: (text: string) => ReadonlyArray<Span>
): ReadonlyArray<Span> =>
  runsIn(text, runs).flatMap(([index, end]) => {
    const run = text.slice(index, end)
    const digits = run.replaceAll("-", "+").replaceAll("_", "/")
    // What stands before the base64 may be digits too, so that it may begin at any of four places.
    return [0, 1, 2, 3].flatMap((skipped) =>
      find(bytesOf(digits.slice(skipped))).map(([start, end]): Span => [
        index + skipped + Math.floor(start / 3) * 4,
        index + Math.min(run.length, skipped + Math.ceil(end / 3) * 4)
      ])
    )
  })

/** A character each. */
const bytesOf = (digits: string): string => atob(digits.length % 4 === 1 ? digits.slice(0, -1) : digits)
