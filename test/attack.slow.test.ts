/** The attack of `attack.test.ts`, with a hundred thousand other cases. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { attack } from "./support/attack.ts"

describe("whatever a server sends is a typed failure or a true success, for long", () => {
  it.live.each(Array.from({ length: 50 }, (_, index) => 100 + index))("seed %i", (seed) =>
    Effect.gen(function*() {
      const { problems } = yield* attack(seed, 0, 2000)
      assert.deepStrictEqual(problems, [])
    }))
})
