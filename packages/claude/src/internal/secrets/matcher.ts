/** Finds many known texts in a text, in one pass that costs the same however many they are. */
import type { Span } from "./names.ts"

/** How many characters the hash is of. Shorter texts cannot be found. */
export const shortest = 8

const base = 0x01000193

/** `base` to the power of `shortest`: what the character that leaves the window has been multiplied with. */
const leaving = Array.from({ length: shortest }).reduce<number>((power) => Math.imul(power, base), 1)

const space = 32
const plus = 43

/** A form writes a space as a plus. */
const unitAt = (text: string, index: number): number => {
  const unit = text.charCodeAt(index)
  return unit === space ? plus : unit
}

/** Of the end of a text: keys of a kind begin alike. */
const hashOf = (text: string): number => {
  let hash = 0
  for (let index = text.length - shortest; index < text.length; index++) {
    hash = (Math.imul(hash, base) + unitAt(text, index)) | 0
  }
  return hash
}

/** Whether `part` ends before `end`. */
const endsAt = (text: string, part: string, end: number): boolean => {
  const start = end - part.length
  if (start < 0) return false
  for (let index = part.length - 1; index >= 0; index--) {
    if (unitAt(part, index) !== unitAt(text, start + index)) return false
  }
  return true
}

export class Matcher {
  readonly #byHash = new Map<number, Set<string>>()
  /** Which hashes there are, by their upper half. */
  readonly #filter = new Uint8Array(1 << 16)

  get isEmpty(): boolean {
    return this.#byHash.size === 0
  }

  add(part: string): void {
    if (part.length < shortest) return
    const hash = hashOf(part)
    const parts = this.#byHash.get(hash)
    if (parts === undefined) this.#byHash.set(hash, new Set([part]))
    else parts.add(part)
    this.#filter[hash >>> 16] = 1
  }

  /** The filter keeps its mark, which costs a look at most. */
  delete(part: string): void {
    if (part.length < shortest) return
    const hash = hashOf(part)
    const parts = this.#byHash.get(hash)
    parts?.delete(part)
    if (parts?.size === 0) this.#byHash.delete(hash)
  }

  /** Where the known texts stand, in the order of their ends. They may overlap. */
  find(text: string): ReadonlyArray<Span> {
    const spans: Array<Span> = []
    if (this.isEmpty) return spans
    let hash = 0
    for (let index = 0; index < text.length; index++) {
      hash = (Math.imul(hash, base) + unitAt(text, index)) | 0
      if (index >= shortest) hash = (hash - Math.imul(unitAt(text, index - shortest), leaving)) | 0
      if (index < shortest - 1 || this.#filter[hash >>> 16] === 0) continue
      for (const part of this.#byHash.get(hash) ?? []) {
        if (endsAt(text, part, index + 1)) spans.push([index + 1 - part.length, index + 1])
      }
    }
    return spans
  }
}
