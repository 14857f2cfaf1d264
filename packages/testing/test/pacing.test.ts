import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Stream } from "effect"
import { Claude } from "effect-claude"
import { TestClock } from "effect/testing"
import { Simulator } from "../src/index.ts"
import { elapse, hello } from "./client.ts"

const paced = (pacing: Simulator.Pacing) =>
  Effect.provide(Claude.layerClient.pipe(Layer.provideMerge(Simulator.layerClient({ pacing, reply: "one two three" }))))

/** When each delta of a stream comes, in milliseconds. */
const arrivals = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  const begin = yield* Clock.currentTimeMillis
  const stream = claude.messages.stream(hello).pipe(
    Stream.filter((event) => event.type === "content_block_delta"),
    Stream.mapEffect(() => Effect.map(Clock.currentTimeMillis, (now) => now - begin)),
    Stream.runCollect
  )
  const fiber = yield* Effect.forkChild(stream)
  yield* elapse(fiber, "10 millis")
  return yield* Fiber.join(fiber)
})

describe("a paced message", () => {
  it.effect("begins when its first token is due, and goes on at its rate", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* arrivals, [600, 700, 800])
    }).pipe(paced({ timeToFirstToken: "500 millis", tokensPerSecond: 10 })))

  it.effect("comes at once after its first token, without a rate", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* arrivals, [500, 500, 500])
    }).pipe(paced({ timeToFirstToken: "500 millis" })))

  it.effect("takes as long where it does not stream", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const fiber = yield* Effect.forkChild(claude.messages.create(hello))
      const sim = yield* Simulator.Simulator
      yield* sim.awaitJournal((entries) => entries.length === 1)
      yield* TestClock.adjust("799 millis")
      assert.strictEqual((yield* sim.journal)[0]?.outcome, "pending")
      yield* elapse(fiber, "1 millis")
      assert.strictEqual((yield* Fiber.join(fiber)).usage.output_tokens, 3)
    }).pipe(paced({ timeToFirstToken: "500 millis", tokensPerSecond: 10 })))
})
