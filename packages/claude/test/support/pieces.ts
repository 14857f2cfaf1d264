/** Ways to cut what arrives. */
import { Schema } from "effect"

/** Lengths of pieces, used over and over. */
export const Splits = Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 })))

export type Splits = typeof Splits.Type

interface Sliceable<A> {
  readonly length: number
  slice(start: number, end: number): A
}

export const cut = <A extends Sliceable<A>>(whole: A, splits: Splits): Array<A> => {
  const pieces: Array<A> = []
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const end = at + (splits[turn % splits.length] ?? 1)
    pieces.push(whole.slice(at, end))
    at = end
  }
  return pieces
}
