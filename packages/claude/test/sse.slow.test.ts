import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { decode, decodeWithSdk, Wire, write } from "./support/eventStreams.ts"
import { cut, Splits } from "./support/pieces.ts"

describe("SseDecoder", () => {
  it.effect.prop(
    "agrees with the SDK's decoder on 50,000 valid streams under random splits",
    { wire: Wire, splits: Splits },
    ({ splits, wire }) =>
      Effect.gen(function*() {
        const chunks = cut(write(wire), splits)
        const expected = yield* Effect.promise(() => decodeWithSdk(chunks))
        assert.deepStrictEqual(decode(chunks).filter(({ data }) => data !== ""), expected)
      }),
    { arbitrary: { runs: 50_000, seed: 2 } }
  )
})
