import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { constants, gunzipSync } from "node:zlib"
import { Fault } from "../src/index.ts"
import * as Answer from "../src/internal/answer.ts"
import * as ApiError from "../src/internal/apiError.ts"
import { inject } from "../src/internal/inject.ts"

const encoder = new TextEncoder()

const lines = `{"custom_id":"a","n":1}\n{"custom_id":"b","n":2}\n`

/** An answer that comes in pieces, as long results do, some of them empty. */
const inPieces = (length: number | undefined): Answer.Answer => ({
  status: 200,
  headers: { "content-type": "application/x-jsonl" },
  body: Answer.Body.Chunks({
    length,
    chunks: Stream.fromIterable(["", ...(lines.match(/[^]{1,7}/g) ?? []), ""].map((piece) => encoder.encode(piece)))
  })
})

/** What is sent of an answer under a fault, and how it ends. */
const sent = Effect.fnUntraced(function*(fault: Fault.Fault, normal: Answer.Answer) {
  const { body, headers } = yield* inject(fault, {
    requestId: "req_1",
    refusal: (error) => ApiError.answer("req_1", error),
    normal: Effect.succeed(normal),
    refuse: () => Effect.void
  })
  const pieces: Array<Uint8Array> = []
  const ending = yield* Stream.runForEach(Answer.chunks(body), (piece) => Effect.sync(() => pieces.push(piece))).pipe(
    Effect.result
  )
  return {
    bytes: Buffer.concat(pieces),
    length: Answer.length(body),
    headers,
    ending: Result.match(ending, { onFailure: ({ by }) => by, onSuccess: () => "end" })
  }
})

describe.each([lines.length, undefined])("a body in pieces of length %s", (length) => {
  it.effect.each([0, 1, 7, 20, lines.length - 3])(
    "is truncated after %i bytes, and ends well",
    (afterBytes) =>
      Effect.gen(function*() {
        const { bytes, ending, length: claimed } = yield* sent(Fault.truncatedJson({ afterBytes }), inPieces(length))
        assert.strictEqual(bytes.toString(), lines.slice(0, afterBytes))
        assert.deepStrictEqual([claimed, ending], [undefined, "end"])
      })
  )

  it.effect.each([lines.length - 1, lines.length, 1_000_000])(
    "loses part of its last line when truncated after %i bytes",
    (afterBytes) =>
      Effect.gen(function*() {
        const { bytes } = yield* sent(Fault.truncatedJson({ afterBytes }), inPieces(length))
        assert.strictEqual(bytes.toString(), lines.slice(0, -2))
      })
  )

  it.effect.each([{ afterBytes: 20, count: 20 }, { afterBytes: 1_000_000, count: lines.length - 2 }])(
    "claims what it did when cut after $afterBytes bytes",
    ({ afterBytes, count }) =>
      Effect.gen(function*() {
        const { bytes, ending, length: claimed } = yield* sent(Fault.cutBody({ afterBytes }), inPieces(length))
        assert.strictEqual(bytes.toString(), lines.slice(0, count))
        assert.deepStrictEqual([claimed, ending], [length, "cut"])
      })
  )

  it.effect.each([undefined, 0, 40, 1_000_000])(
    "is cut short as gzip after %s bytes",
    (afterBytes) =>
      Effect.gen(function*() {
        const { bytes, headers, length: claimed } = yield* sent(Fault.truncatedGzip({ afterBytes }), inPieces(length))
        assert.strictEqual(claimed, bytes.length)
        assert.strictEqual(headers["content-encoding"], "gzip")
        const content = gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString()
        assert.isTrue(lines.startsWith(content))
        assert.isBelow(content.length, lines.length - 1)
      })
  )

  it.effect("is whole in the end when it comes slowly", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(sent(Fault.slowBody({ bytesPerSecond: 1 }), inPieces(length)))
      yield* TestClock.adjust(`${lines.length - 1} seconds`)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      const { bytes, ending, length: claimed } = yield* Fiber.join(fiber)
      assert.deepStrictEqual([bytes.toString(), ending, claimed], [lines, "end", length])
    }))
})

describe("truncatedGzip", () => {
  it.effect.prop(
    "always loses part of the content",
    [Schema.Array(Schema.String), Schema.Int],
    ([words, seed]) =>
      Effect.gen(function*() {
        const text = JSON.stringify({ words, seed })
        const { bytes } = yield* sent(
          Fault.truncatedGzip({ afterBytes: 1_000_000 }),
          Answer.text(200, "text/plain", text)
        )
        const content = gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString()
        assert.isTrue(text.startsWith(content.replace(/\uFFFD$/, "")))
        assert.isBelow(content.length, text.length)
      }),
    { arbitrary: { seed: 1 } }
  )
})
