/** Promise 1, by generation: nothing that a server can send is a defect or a false success. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { attack } from "./support/attack.ts"

describe("whatever a server sends is a typed failure or a true success", () => {
  it.live.each([1, 2, 3, 4])(
    "seed %i: prototypes untouched, no defect, no rejection, no socket left",
    (seed) =>
      Effect.gen(function*() {
        const { problems, successes } = yield* attack(seed, 0, 750)
        assert.deepStrictEqual(problems, [])
        // A good part of the cases are answers that are right, or right enough.
        assert.isAbove(successes, 75)
      })
  )
})
