/** A retry budget that calls share, over a real socket. */
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schedule } from "effect"
import { Claude, RetryPolicy } from "effect-claude"
import { hello, simulated } from "./support/simulated.ts"

/** Three retries at once, where the budget has them. */
const policy = RetryPolicy.constant(0).pipe(Schedule.upTo({ times: 3 }), RetryPolicy.withinBudget)

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

const overloaded = (count: number) =>
  Effect.flatMap(
    Simulator.Simulator,
    ({ script }) => script(Array.from({ length: count }, () => Fault.overloaded()))
  )

const requests = Effect.flatMap(Simulator.Simulator, ({ journal }) => Effect.map(journal, ({ length }) => length))

describe("a retry budget", () => {
  it.effect("bounds the requests of all calls of the program together", () =>
    Effect.gen(function*() {
      yield* overloaded(100)
      yield* Effect.forEach([1, 2, 3, 4], () => Effect.flip(create)).pipe(
        Effect.provide(RetryPolicy.layerBudget({ capacity: 5, retryRatio: 0 }))
      )
      assert.strictEqual(yield* requests, 4 + 5)
    }).pipe(Effect.provide(simulated({ retry: policy }))))

  it.effect("is paid into by each call, also by those that succeed", () =>
    Effect.gen(function*() {
      const { reset } = yield* Simulator.Simulator
      yield* overloaded(4)
      assert.strictEqual((yield* Effect.flip(create)).attempts, 2)
      yield* reset
      yield* create
      yield* create
      yield* overloaded(4)
      assert.strictEqual((yield* Effect.flip(create)).attempts, 2)
    }).pipe(Effect.provide(
      Layer.provideMerge(simulated({ retry: policy }), RetryPolicy.layerBudget({ capacity: 1, retryRatio: 0.5 }))
    )))

  it.effect("binds the calls of a client whose layer it was given to", () =>
    Effect.gen(function*() {
      yield* overloaded(100)
      yield* Effect.forEach([1, 2, 3], () => Effect.flip(create))
      assert.strictEqual(yield* requests, 3 + 2)
    }).pipe(Effect.provide(
      Layer.provide(simulated({ retry: policy }), RetryPolicy.layerBudget({ capacity: 2, retryRatio: 0 }))
    )))

  it.effect("binds no policy that does not ask it", () =>
    Effect.gen(function*() {
      yield* overloaded(100)
      yield* Effect.flip(create).pipe(Effect.provide(RetryPolicy.layerBudget({ capacity: 0, retryRatio: 0 })))
      assert.strictEqual(yield* requests, 4)
    }).pipe(Effect.provide(simulated({ retry: RetryPolicy.constant(0).pipe(Schedule.upTo({ times: 3 })) }))))
})
