/** The bytes of a body under a fault: some of them, or all of them slowly. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Answer from "./answer.ts"

export type Bytes = Stream.Stream<Uint8Array, Answer.Disconnect>

/** How many bytes at the end say something: the last that is no white space, and what comes after it. */
const lastWord = (bytes: Uint8Array): number => bytes.length - Math.max(0, bytes.findLastIndex((byte) => byte > 0x20))

/** All but the end, whatever the pieces it comes in: without its last word no JSON, line or event is complete. */
const withoutEnd = (bytes: Bytes): Bytes =>
  Stream.mapAccum(bytes, (): Uint8Array => new Uint8Array(), (held, chunk) => {
    const known = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const end = known.length - lastWord(known)
    return [known.subarray(end), end === 0 ? [] : [known.subarray(0, end)]]
  })

/** Up to so many bytes, whatever the pieces they come in. */
const upTo = (bytes: Bytes, count: number): Bytes =>
  count <= 0 ? Stream.empty : bytes.pipe(
    Stream.mapAccum(() => count, (left, chunk) => {
      const taken = chunk.subarray(0, left)
      return [left - taken.length, [{ taken, last: taken.length === left }]]
    }),
    Stream.takeUntil(({ last }) => last),
    Stream.map(({ taken }) => taken)
  )

/** Up to so many bytes, but never what makes them complete. */
export const beginning = (bytes: Bytes, count: number): Bytes => upTo(withoutEnd(bytes), count)

/** All bytes in one piece. */
export const collected = (bytes: Bytes): Effect.Effect<Uint8Array<ArrayBuffer>, Answer.Disconnect> =>
  Effect.map(Stream.runCollect(bytes), (chunks) => Buffer.concat(chunks))

const piecesPerSecond = 10

function* split(bytes: Uint8Array, size: number) {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
}

/**
 * All bytes in small pieces, each at its time from now on. A clock that jumps brings all that is due by then, so that
 * time which goes by elsewhere counts.
 */
export const trickle = (bytes: Bytes, bytesPerSecond: number): Effect.Effect<Bytes> =>
  Effect.map(Clock.currentTimeMillis, (begin) => {
    const size = Math.max(1, Math.round(bytesPerSecond / piecesPerSecond))
    return bytes.pipe(
      Stream.flatMap((chunk) => Stream.fromIterable(split(chunk, size), { chunkSize: 1 })),
      Stream.mapAccum(() => 0, (sent, piece) => {
        const count = sent + piece.length
        return [count, [{ piece, due: begin + Math.ceil(1000 * count / bytesPerSecond) }]]
      }),
      Stream.mapEffect(({ due, piece }) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.as(Effect.sleep(Math.max(0, due - now)), piece))
      )
    )
  })
