import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { ClaudeError } from "effect-claude"
import { Simulator } from "../src/index.ts"
import * as Storm from "./storm.ts"

const calls = 10_000

describe("a storm of 10,000 calls", () => {
  it.effect(
    "ends with every call answered or failed with a typed error, as the journal has it",
    () =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        const ended = yield* Storm.run(calls)
        let failures = 0
        for (const { requests, result } of ended) {
          // Every attempt says which one it is, and none is missing or made twice.
          assert.deepStrictEqual(
            requests.map(({ headers }) => headers["x-stainless-retry-count"]),
            requests.map((_, attempt) => String(attempt))
          )
          const [last, ...earlier] = requests.toReversed()
          for (const request of earlier) assert.isDefined(request.fault)
          if (Result.isSuccess(result)) {
            assert.propertyVal(result.success, "stop_reason", "end_turn")
            assert.deepInclude(last, { fault: undefined, status: 200, outcome: "answered" })
          } else {
            failures += 1
            assert.isTrue(ClaudeError.isClaudeError(result.failure))
            assert.strictEqual(result.failure.attempts, requests.length)
            assert.isDefined(last?.fault)
          }
        }
        const journal = yield* sim.journal
        assert.strictEqual(journal.length, ended.reduce((sum, { requests }) => sum + requests.length, 0))
        assert.strictEqual(journal.filter(({ fault }) => fault === undefined).length, calls - failures)
        assert.isAbove(failures, 0)
        assert.isBelow(failures, calls / 4)
        assert.strictEqual(yield* sim.openConnections, 0)
      }).pipe(Effect.provide(Storm.layer({ sockets: false })))
  )
})
