/** What the API tells of its limits, collected. */
import { Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Layer, Stream } from "effect"
import { Claude } from "effect-claude"
import { TestClock } from "effect/testing"
import { RateLimits } from "../src/index.ts"
import { say } from "./support/programs.ts"

const limits = { requestsPerMinute: 10, groups: { "haiku-5": { requestsPerMinute: 100 } } }

const watched = Claude.layerClient.pipe(
  Layer.provideMerge(RateLimits.layer),
  Layer.provideMerge(Simulator.layerClient({ limits }))
)

const left = ({ group, limits }: RateLimits.Told) => [group, limits.requests?.limit, limits.requests?.remaining]

describe("the limits that answers tell", () => {
  it.effect("are there by group, the newest of each", () =>
    Effect.gen(function*() {
      const { current } = yield* RateLimits.RateLimits
      assert.deepStrictEqual(yield* current, [])
      yield* say()
      yield* say({ model: "claude-haiku-5-5" })
      yield* TestClock.adjust(500)
      yield* say()
      const told = yield* current
      assert.deepStrictEqual(told.map(left), [["opus-5", 10, 8], ["haiku-5", 100, 99]])
      assert.deepStrictEqual(told.map(({ at }) => DateTime.toEpochMillis(at)), [500, 0])
      assert.isUndefined(told[0]?.workspace)
    }).pipe(Effect.provide(watched)))

  it.effect("arrive as they change, after those that are known", () =>
    Effect.gen(function*() {
      const { changes } = yield* RateLimits.RateLimits
      yield* say()
      const reading = yield* Effect.forkChild(Stream.runCollect(Stream.take(changes, 3)))
      yield* TestClock.adjust(1)
      yield* say()
      yield* say()
      assert.deepStrictEqual((yield* Fiber.join(reading)).map(left), [
        ["opus-5", 10, 9],
        ["opus-5", 10, 8],
        ["opus-5", 10, 7]
      ])
    }).pipe(Effect.provide(watched)))

  it.effect("say nothing where an answer says nothing", () =>
    Effect.gen(function*() {
      const { current } = yield* RateLimits.RateLimits
      const claude = yield* Claude.Claude
      yield* claude.models.retrieve("claude-opus-5-5")
      assert.deepStrictEqual(yield* current, [])
    }).pipe(Effect.provide(watched)))
})

describe("options of the limiter", () => {
  it("that make no sense are refused where they are written", () => {
    assert.throws(() => RateLimits.layerLimiter({ requestsPerMinute: 0 }), RangeError, "requestsPerMinute")
    assert.throws(
      () => RateLimits.limiter({ groups: { "opus-5": { inputTokensPerMinute: NaN } } }),
      RangeError,
      "groups.opus-5.inputTokensPerMinute"
    )
  })
})

describe("models", () => {
  it.each([
    ["claude-opus-5-5", "opus-5"],
    ["claude-opus-5", "opus-5"],
    ["claude-haiku-5-5-20260801", "haiku-5"],
    ["us.anthropic.claude-sonnet-5-5-v1:0", "sonnet-5"],
    ["gateway-model", "gateway-model"]
  ])("%s is of the group %s", (model, group) => {
    assert.strictEqual(RateLimits.modelGroup(model), group)
  })
})
