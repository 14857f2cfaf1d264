import { Fault, Simulator, TestTime } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Layer } from "effect"
import { Claude, RetryPolicy } from "effect-claude"

const retrieve = Effect.flatMap(Claude.Claude, ({ models }) => models.retrieve("claude-opus-5-5"))

const wait = Fault.rateLimited({ retryAfter: "30 seconds" })

describe("TestTime.elapse", () => {
  it.effect("lets virtual time pass until the effect ends", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* Effect.as(Effect.sleep("1 hour"), "done").pipe(TestTime.elapse({ step: "1 minute" })),
        "done"
      )
      assert.strictEqual(yield* Clock.currentTimeMillis, 3_600_000)
    }))

  it.effect("gives failures and defects", () =>
    Effect.gen(function*() {
      const late = <A, E>(effect: Effect.Effect<A, E>) => TestTime.elapse(Effect.delay(effect, "10 seconds"))
      assert.deepStrictEqual(yield* Effect.exit(late(Effect.fail("no"))), Exit.fail("no"))
      assert.deepStrictEqual(yield* Effect.exit(late(Effect.die("bug"))), Exit.die("bug"))
    }))

  it.effect("ends with its fiber", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(TestTime.elapse(Effect.never))
      yield* Fiber.interrupt(fiber)
      const now = yield* Clock.currentTimeMillis
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      assert.strictEqual(yield* Clock.currentTimeMillis, now)
    }))

  it.effect("waits as long as a server asks, without a socket", () =>
    Effect.gen(function*() {
      yield* (yield* Simulator.Simulator).script([wait, wait])
      assert.strictEqual((yield* TestTime.elapse(retrieve)).id, "claude-opus-5-5")
      assert.isAtLeast(yield* Clock.currentTimeMillis, 60_000)
    }).pipe(Effect.provide(Simulator.layerClaude())))

  it.effect("and with one", () =>
    Effect.gen(function*() {
      yield* (yield* Simulator.Simulator).script([wait])
      assert.strictEqual((yield* TestTime.elapse(retrieve, { step: "10 millis" })).id, "claude-opus-5-5")
      assert.isAtLeast(yield* Clock.currentTimeMillis, 30_000)
    }).pipe(Effect.provide(
      Layer.unwrap(
        Effect.map(Simulator.Simulator, ({ apiKey, url }) => Claude.layer({ apiKey, baseURL: url }))
      ).pipe(Layer.provideMerge(Simulator.layer()))
    )))
})

describe("Simulator.layerClaude", () => {
  it.effect("is the service, its client and the simulator", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([wait])
      assert.strictEqual((yield* Effect.flip(retrieve))._tag, "RateLimitError")
      assert.lengthOf(yield* sim.journal, 1)
    }).pipe(Effect.provide(Simulator.layerClaude({ retry: RetryPolicy.none }))))
})
