/** The limiter against the simulator's limits, in virtual time. */
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Stream } from "effect"
import { Claude, ClaudeError, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { setImmediate } from "node:timers/promises"
import { RateLimits } from "../src/index.ts"
import { claudeWith, say, statuses } from "./support/programs.ts"

const limiter = (options: RateLimits.LimiterOptions = {}) =>
  RateLimits.layerLimiter(options).pipe(Layer.provide(RateLimits.layerStoreMemory))

/** Of these requests a proxy says 502 by itself. */
const behindProxy = (fails: ReadonlyArray<number>, interceptor: Layer.Layer<never>, limits: Simulator.Limits) =>
  Layer.unwrap(Effect.map(Simulator.Simulator, ({ apiKey, fetch, url }) => {
    let requests = 0
    return Claude.layer({
      apiKey,
      baseURL: url,
      retry: RetryPolicy.none,
      fetch: (...request) =>
        fails.includes(++requests)
          ? Promise.resolve(new Response("<h1>Bad gateway</h1>", { status: 502 }))
          : fetch(...request)
    }).pipe(Layer.provide(interceptor))
  })).pipe(Layer.provideMerge(Simulator.layerFetch({ limits })))

/** Lets time go on step by step, each when as many requests are answered as should be. */
const paced = (counts: Iterable<number>, step: Duration.Input) =>
  Effect.gen(function*() {
    const { awaitJournal } = yield* Simulator.Simulator
    for (const count of counts) {
      yield* awaitJournal((entries) => entries.length >= count)
      yield* TestClock.adjust(step)
    }
  })

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe("120 calls against 50 requests a minute", () => {
  for (const [how, options] of [["configured", { requestsPerMinute: 50 }], ["learned", {}]] as const) {
    it.effect(`are all answered without a 429 where the limit is ${how}`, () =>
      Effect.gen(function*() {
        const calls = yield* Effect.forkChild(Effect.forEach(range(1, 120), () => say(), { concurrency: "unbounded" }))
        yield* paced(range(50, 119), "1200 millis")
        yield* Fiber.join(calls)
        assert.deepStrictEqual(yield* statuses, range(1, 120).map(() => 200))
      }).pipe(Effect.provide(claudeWith(limiter(options), { limits: { requestsPerMinute: 50 } }))))
  }
})

describe("the limiter", () => {
  it.effect("goes by input tokens, and gives back what was estimated too high", () =>
    Effect.gen(function*() {
      const calls = yield* Effect.forkChild(Effect.forEach(range(1, 20), () => say(), { concurrency: "unbounded" }))
      yield* paced(range(5, 19), "4 seconds")
      yield* Fiber.join(calls)
      assert.isTrue((yield* statuses).every((status) => status === 200))
    }).pipe(Effect.provide(claudeWith(limiter(), { limits: { inputTokensPerMinute: 150 } }))))

  it.effect("refuses a call that would wait for longer than it may, and says when to come back", () =>
    Effect.gen(function*() {
      yield* say()
      const error = yield* Effect.flip(say())
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.deepStrictEqual(error.reason, { _tag: "LimitExceeded", name: "default:opus-5" })
      assert.strictEqual(error.retryAfter && Duration.toSeconds(error.retryAfter), 60)
      // It took nothing: the next one goes when the first one's request has come back.
      yield* TestClock.adjust("1 minute")
      yield* say()
    }).pipe(Effect.provide(claudeWith(limiter({ requestsPerMinute: 1, maxWait: "30 seconds" })))))

  it.effect("refuses a call that has waited in line for as long as it may", () =>
    Effect.gen(function*() {
      yield* say()
      const waiting = yield* Effect.forkChild(say())
      const behind = yield* Effect.forkChild(Effect.flip(say()))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(waiting)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(behind))._tag, "RequestRejectedError")
    }).pipe(Effect.provide(claudeWith(limiter({ requestsPerMinute: 1, maxWait: "70 seconds" })))))

  it.effect("gives back what a waiter took that went away", () =>
    Effect.gen(function*() {
      yield* say()
      const gone = yield* Effect.forkChild(say())
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.interrupt(gone)
      const next = yield* Effect.forkChild(say())
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(next)
    }).pipe(Effect.provide(claudeWith(limiter({ requestsPerMinute: 1 })))))

  it.effect("makes who waits wait for a retry-after that arrives meanwhile", () =>
    Effect.gen(function*() {
      const { awaitJournal, script } = yield* Simulator.Simulator
      yield* script([Fault.delayed("5 seconds", Fault.rateLimited({ retryAfter: "90 seconds" }))])
      const refused = yield* Effect.forkChild(Effect.flip(say()))
      const waiting = yield* Effect.forkChild(say())
      yield* awaitJournal(({ length }) => length === 1)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(refused))._tag, "RateLimitError")
      // The bucket would let it go after a minute.
      yield* TestClock.adjust("89 seconds")
      assert.strictEqual((yield* statuses).length, 1)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(waiting)
    }).pipe(Effect.provide(claudeWith(limiter({ requestsPerMinute: 1 })))))

  it.effect("keeps groups of models apart", () =>
    Effect.gen(function*() {
      yield* say()
      yield* say({ model: "claude-sonnet-5-5" })
      assert.strictEqual((yield* Effect.flip(say({ model: "claude-opus-5" })))._tag, "RequestRejectedError")
    }).pipe(Effect.provide(claudeWith(limiter({ requestsPerMinute: 1, maxWait: 0 })))))

  it.effect("goes by what the API says where others use the limit too", () =>
    Effect.gen(function*() {
      const { apiKey, fetch, url } = yield* Simulator.Simulator
      const others = Claude.layer({ apiKey, baseURL: url, fetch })
      yield* Effect.forEach(range(1, 8), () => say(), { concurrency: "unbounded" }).pipe(Effect.provide(others))
      // Of the ten that the limiter knows of, this answer says, none is left but one.
      yield* say()
      yield* say()
      yield* say()
      assert.strictEqual((yield* Effect.flip(say()))._tag, "RequestRejectedError")
    }).pipe(
      Effect.provide(
        claudeWith(limiter({ requestsPerMinute: 10, maxWait: 0 }), { limits: { requestsPerMinute: 11 } })
      )
    ))

  it.effect("keeps what it has learned where a proxy answers, which tells nothing", () =>
    Effect.gen(function*() {
      yield* say()
      assert.strictEqual((yield* Effect.flip(say()))._tag, "InternalServerError")
      assert.strictEqual((yield* Effect.flip(say()))._tag, "RequestRejectedError")
    }).pipe(Effect.provide(behindProxy([2], limiter({ maxWait: 0 }), { requestsPerMinute: 2 }))))

  it.effect("asks with the next call where the first ones got no answer of the API", () =>
    Effect.gen(function*() {
      const { awaitJournal, script } = yield* Simulator.Simulator
      yield* script([Fault.delayed("5 seconds")])
      const calls = range(1, 5).map(() => Effect.exit(say()))
      const exits = yield* Effect.forkChild(Effect.all(calls, { concurrency: "unbounded" }))
      yield* awaitJournal((entries) => entries.length >= 1)
      for (let turns = 0; turns < 50; turns++) yield* Effect.promise(() => setImmediate())
      assert.strictEqual((yield* statuses).length, 1)
      yield* TestClock.adjust("5 seconds")
      const tags = (yield* Fiber.join(exits)).map(({ _tag }) => _tag)
      assert.deepStrictEqual(tags, ["Failure", "Failure", "Success", "Success", "Success"])
    }).pipe(Effect.provide(behindProxy([1, 2], limiter(), { requestsPerMinute: 3 }))))

  it.effect("counts a stream until it ends", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* Stream.runDrain(claude.messages.stream({
        model: "claude-opus-5-5",
        max_tokens: 100,
        messages: [{ role: "user", content: "Say hello in 20 words" }]
      }))
      // 20 words are no more than 30 tokens, of the 100 that were taken.
      yield* say({ max_tokens: 70 })
    }).pipe(Effect.provide(claudeWith(limiter({ outputTokensPerMinute: 100, maxWait: 0 })))))
})
