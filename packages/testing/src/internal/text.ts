/** Text without a model: the same request always gets the same words, and their tokens can be counted. */
import * as Hash from "effect/Hash"

// At most seven letters each, so that a word and its full stop are one token.
const vocabulary = (
  "about above across after again along always amber among answer around because before begin below beside between " +
  "bright bring build carry center change clear close cloud color common could country course cover current dark " +
  "design detail early earth east effect either enough every exact field final find first five flow follow forest form " +
  "found frame garden general gentle give glass good great green ground group half hand harbor heart here high hill " +
  "house idea inside island keep kind large later leaf learn letter level light line little long love make many matter " +
  "measure might morning mount music near never night north often only open orange order other over own paper part path " +
  "people place plain point quiet quite rain reason rest right ring river road round second shape share shore short " +
  "signal silver simple small snow some sound south space spring stand star steady still stone story stream strong " +
  "summer sure table talk then thing think time together toward travel tree true turn under until upon value very voice " +
  "wait walk warm water wave west while white wide wind winter wonder word work world write year yellow young"
).split(" ").filter((word) => word.length <= 7)

const charactersPerToken = 8

const tokensOf = (piece: string): number => Math.ceil(piece.trim().length / charactersPerToken)

/** A deterministic estimate: one token for each word, more for long ones. */
export const countTokens = (text: string): number =>
  (text.match(/\S+/g) ?? []).reduce((total, word) => total + tokensOf(word), 0)

/** A bit mixer (murmur3's), so that neighbouring positions get unrelated words. */
export const mix = (seed: number): number => {
  let bits = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

const wordsPerSentence = 9

const wordAt = (seed: number, index: number): string =>
  vocabulary[mix(seed + Math.imul(index, 0x9e3779b1)) % vocabulary.length] ?? "word"

const capitalize = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

const pieceAt = (seed: number, index: number, count: number): string => {
  const word = wordAt(seed, index)
  const first = index % wordsPerSentence === 0
  const last = index % wordsPerSentence === wordsPerSentence - 1 || index === count - 1
  return (index === 0 ? "" : " ") + (first ? capitalize(word) : word) + (last ? "." : "")
}

/** So many words, the same for the same seed. */
export const words = (seed: string, count: number): string => {
  const number = Hash.string(seed)
  return Array.from({ length: count }, (_, index) => pieceAt(number, index, count)).join("")
}

/** What of a text fits in so many tokens. */
export interface Cut {
  readonly text: string
  readonly tokens: number
  readonly complete: boolean
}

/** Cuts a text where its tokens run out. */
export const cut = (text: string, maxTokens: number): Cut => {
  let tokens = 0
  for (const { 0: piece, index } of text.matchAll(/\s*\S+/g)) {
    const cost = tokensOf(piece)
    if (tokens + cost > maxTokens) {
      const room = (maxTokens - tokens) * charactersPerToken
      const end = room === 0 ? 0 : piece.length - piece.trimStart().length + room
      // No half of a character.
      const fitting = text.slice(0, index + end).replace(/[\uD800-\uDBFF]$/, "")
      return { text: fitting, tokens: maxTokens, complete: false }
    }
    tokens += cost
  }
  return { text, tokens, complete: true }
}

/** Whether a text is the pattern. A `*` at the end of that stands for any rest; no pattern fits all. */
export const fits = (pattern: string | undefined, text: string | undefined): boolean => {
  if (pattern === undefined) return true
  if (text === undefined) return false
  return pattern.endsWith("*") ? text.startsWith(pattern.slice(0, -1)) : text === pattern
}
