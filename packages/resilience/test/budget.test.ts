/** Budgets against the simulator, in virtual time. */
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Layer, Result, Stream } from "effect"
import { Claude, ClaudeError, Interceptor, Prices, RetryPolicy, Usage } from "effect-claude"
import { TestClock } from "effect/testing"
import { Budget, Tokens } from "../src/index.ts"
import { claudeWith, hello, say } from "./support/programs.ts"

const budget = (...ceilings: ReadonlyArray<Budget.Ceiling>) =>
  Budget.layer({ ceilings }).pipe(Layer.provide(Budget.layerStoreMemory))

/** Reserves what the API counts. */
const counted = (options: Budget.Options) =>
  Interceptor.layer(
    Effect.flatMap(Claude.Claude, (claude) => Budget.make({ ...options, inputTokens: Tokens.counted(claude) }))
  ).pipe(Layer.provide(Layer.fresh(Claude.layerClient)), Layer.provide(Budget.layerStoreMemory))

/** What `hello` reserves. */
const reserved = 100 + Effect.runSync(Effect.orDie(Tokens.estimated({ params: hello } as never)))

const retrying = { retry: RetryPolicy.constant(0).pipe(RetryPolicy.whileRetryable) }

/** How many tokens are left, by a call that is too big. */
const left = Effect.gen(function*() {
  const { reason } = yield* Effect.flip(say({ max_tokens: 20_000 })).pipe(
    Effect.flatMap((error) => error._tag === "RequestRejectedError" ? Effect.succeed(error) : Effect.die(error))
  )
  return reason._tag === "BudgetExceeded" ? reason.remaining ?? NaN : NaN
})

const used = (message: { readonly model: string; readonly usage: object }) => {
  const { inputTokens, outputTokens } = Usage.of(message)
  return inputTokens + outputTokens
}

describe("a budget of tokens", () => {
  it.effect("is charged what the API has counted, and refuses what may not fit", () =>
    Effect.gen(function*() {
      const first = used(yield* say())
      assert.strictEqual(yield* left, 1000 - first)
      const { journal } = yield* Simulator.Simulator
      assert.strictEqual((yield* journal).length, 1)
    }).pipe(Effect.provide(claudeWith(budget({ tokens: 1000 })))))

  it.effect("takes what contains itself for a request that cannot be sent", () =>
    Effect.gen(function*() {
      const content: Array<unknown> = []
      content.push({ type: "tool_result", tool_use_id: "toolu_1", content })
      const error = yield* Effect.flip(say({ messages: [{ role: "user", content: content as never }] }))
      assert.strictEqual(error._tag, "RequestRejectedError")
      assert.strictEqual(yield* left, 1000)
    }).pipe(Effect.provide(claudeWith(budget({ tokens: 1000 })))))

  it.effect("says what is left and until when", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 10, 30, 22, 30))
      const error = yield* Effect.flip(say())
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      const until = DateTime.makeUnsafe("2026-12-01T00:00:00Z")
      assert.deepStrictEqual(error.reason, { _tag: "BudgetExceeded", name: "tokens per day", remaining: 10, until })
      assert.strictEqual(error.retryAfter && Duration.toMinutes(error.retryAfter), 90)
      assert.include(error.message, "2026-12-01T00:00:00.000Z")
    }).pipe(Effect.provide(claudeWith(budget({ tokens: 10, per: "day" })))))

  it.effect("knows what is spent where the clock is set back into a day that was over", () =>
    Effect.gen(function*() {
      const before = Date.UTC(2026, 10, 30, 23, 59, 59, 900)
      yield* TestClock.setTime(before)
      yield* say()
      const spent = yield* left
      yield* TestClock.setTime(before + 200)
      yield* say()
      yield* TestClock.setTime(before + 50)
      assert.strictEqual(yield* left, spent)
    }).pipe(Effect.provide(claudeWith(budget({ tokens: 1000, per: "day" })))))

  it.effect.each(
    [["hour", 3_600_000], ["day", 86_400_000], ["month", 31 * 86_400_000]] as const
  )("is whole again with the next %s", ([per, millis]) =>
    Effect.gen(function*() {
      yield* say()
      yield* TestClock.adjust(millis - 1)
      assert.isBelow(yield* left, 200)
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* left, 200)
    }).pipe(Effect.provide(claudeWith(budget({ tokens: 200, per })))))

  it.effect("is one for each key", () =>
    Effect.gen(function*() {
      const as = (user_id: string) => say({ metadata: { user_id } })
      yield* as("a")
      assert.strictEqual((yield* Effect.flip(as("a")))._tag, "RequestRejectedError")
      yield* as("b")
    }).pipe(
      Effect.provide(
        claudeWith(
          budget({ tokens: reserved, key: ({ params }) => String(Reflect.get(Object(params.metadata), "user_id")) })
        )
      )
    ))

  it.effect("takes from all ceilings or from none", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(say()))._tag, "RequestRejectedError")
      assert.strictEqual(yield* left, 1000)
    }).pipe(Effect.provide(claudeWith(budget({ tokens: 1000 }, { tokens: 100, name: "small" })))))

  it.effect("is never passed by calls at the same time, where the input is counted", () =>
    Effect.gen(function*() {
      const calls = Array.from({ length: 50 }, () => Effect.result(say({ max_tokens: 60 })))
      const results = yield* Effect.all(calls, { concurrency: "unbounded" })
      const spent = results.filter(Result.isSuccess).reduce((sum, { success }) => sum + used(success), 0)
      assert.isAtMost(spent, 700)
      assert.isAbove(results.filter(Result.isSuccess).length, 5)
      assert.strictEqual(yield* left, 700 - spent)
    }).pipe(Effect.provide(claudeWith(counted({ ceilings: [{ tokens: 700 }] })))), 20_000)

  it.effect("is charged as reserved for a stream that is cut", () =>
    Effect.gen(function*() {
      const { script } = yield* Simulator.Simulator
      yield* script([Fault.cutBody({ afterBytes: 900 })])
      const claude = yield* Claude.Claude
      const error = yield* Effect.flip(Stream.runDrain(claude.messages.stream(hello)))
      assert.strictEqual(error._tag, "StreamInterruptedError")
      assert.strictEqual(yield* left, 1000 - reserved)
    }).pipe(Effect.provide(claudeWith(budget({ tokens: 1000 })))))

  it.effect("is charged as reserved for a stream that its reader leaves", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* claude.messages.stream(hello).pipe(Stream.take(1), Stream.runDrain)
      assert.strictEqual(yield* left, 1000 - reserved)
    }).pipe(Effect.provide(claudeWith(budget({ tokens: 1000 })))))

  it.effect("is charged for an attempt that may have run as well as for the retry after it", () =>
    Effect.gen(function*() {
      const { script } = yield* Simulator.Simulator
      yield* script([Fault.resetBeforeHeaders])
      const spent = used(yield* say())
      assert.strictEqual(yield* left, 1000 - reserved - spent)
    }).pipe(
      Effect.provide(claudeWith(budget({ tokens: 1000 }), retrying))
    ))

  it.effect("refuses the retry of an attempt that may have run where there is no room for both", () =>
    Effect.gen(function*() {
      const { script } = yield* Simulator.Simulator
      yield* script([Fault.resetBeforeHeaders])
      const error = yield* Effect.flip(say())
      assert.strictEqual(error._tag, "RequestRejectedError")
    }).pipe(Effect.provide(claudeWith(budget({ tokens: reserved + 10 }), retrying))))

  it.effect("is charged nothing for what the API has refused", () =>
    Effect.gen(function*() {
      const { script } = yield* Simulator.Simulator
      yield* script([Fault.overloaded()])
      assert.strictEqual((yield* Effect.flip(say()))._tag, "OverloadedError")
      assert.strictEqual(yield* left, 1000)
    }).pipe(Effect.provide(claudeWith(budget({ tokens: 1000 })))))

  it.effect("gives back what a call reserved that went away before it was sent", () => {
    const waits = Interceptor.layer(Effect.succeed(Interceptor.make({ call: () => Effect.never })))
    return Effect.gen(function*() {
      const gone = yield* Effect.forkChild(say())
      yield* TestClock.adjust(1)
      yield* Fiber.interrupt(gone)
      const again = yield* Effect.forkChild(say())
      yield* TestClock.adjust(1)
      assert.isUndefined(again.pollUnsafe())
    }).pipe(Effect.provide(claudeWith(Layer.merge(budget({ tokens: reserved }), waits))))
  })

  it.effect("of a scope counts the calls within", () =>
    Effect.gen(function*() {
      const own = yield* Budget.memory({ ceilings: [{ tokens: reserved }] })
      const both = Effect.all([Effect.exit(say()), Effect.exit(say())]).pipe(Claude.withInterceptor(own))
      assert.deepStrictEqual((yield* both).map(({ _tag }) => _tag), ["Success", "Failure"])
      yield* say()
    }).pipe(Effect.provide(claudeWith(Layer.empty))))
})

describe("a budget of money", () => {
  it.effect("is charged what the usage costs", () =>
    Effect.gen(function*() {
      const message = yield* say()
      const cost = yield* Prices.cost(Usage.of(message))
      const error = yield* Effect.flip(say({ max_tokens: 20_000 }))
      const reason = error._tag === "RequestRejectedError" && error.reason._tag === "BudgetExceeded"
        ? error.reason
        : undefined
      assert.closeTo(reason?.remaining ?? NaN, 0.1 - (cost._tag === "Some" ? cost.value : NaN), 1e-9)
    }).pipe(Effect.provide(claudeWith(budget({ usd: 0.1, per: "day" })))))

  it.effect("reserves what a prompt costs that is written to the cache", () =>
    Effect.gen(function*() {
      const text = "word ".repeat(3000)
      const plain = yield* Effect.exit(say({ messages: [{ role: "user", content: text }] }))
      assert.strictEqual(plain._tag, "Success")
      const block = { type: "text" as const, text, cache_control: { type: "ephemeral" as const } }
      const error = yield* Effect.flip(say({ messages: [{ role: "user", content: [block] }] }))
      assert.strictEqual(error._tag, "RequestRejectedError")
    }).pipe(Effect.provide(claudeWith(budget({
      usd: 0.04,
      per: "hour",
      key: ({ params }) => JSON.stringify(params).slice(0, 60)
    })))))

  it.effect("refuses a model that has no price", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(say({ model: "claude-unheard-of-1" }))
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.deepStrictEqual([error.reason._tag, error.param], ["Unsupported", "model"])
    }).pipe(Effect.provide(claudeWith(budget({ usd: 1 })))))
})

describe("options", () => {
  it("that make no sense are refused where they are written", () => {
    assert.throws(() => Budget.layer({ ceilings: [] }), RangeError, "at least one")
    assert.throws(() => Budget.layer({ ceilings: [{ tokens: -1 }] }), RangeError, "ceilings[0].tokens")
    assert.throws(() => Budget.layer({ ceilings: [{ tokens: 1 }, { tokens: 2 }] }), RangeError, "ceilings[1].name")
  })
})
