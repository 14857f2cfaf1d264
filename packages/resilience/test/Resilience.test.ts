/** The usual set over real sockets: that its parts stand in the order that the guide draws. */
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import { type Claude, type ClaudeError, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { Bulkhead, CircuitBreaker, Fallback, Resilience } from "../src/index.ts"
import { estimateInput } from "../src/internal/tokens.ts"
import { hello, say } from "./support/programs.ts"
import { modelsAsked, overSocket } from "./support/sockets.ts"

const opus = "claude-opus-5-5"
const sonnet = "claude-sonnet-5-5"

const script = (...faults: ReadonlyArray<Fault.Fault>) =>
  Effect.flatMap(Simulator.Simulator, ({ script }) => script(faults))

const asked = (count: number) =>
  Effect.flatMap(Simulator.Simulator, ({ awaitJournal }) => awaitJournal((entries) => entries.length === count))

const refusal = (call: Effect.Effect<unknown, ClaudeError.ClaudeError, Claude.Claude>) =>
  Effect.map(Effect.flip(call), (error) => error._tag === "RequestRejectedError" ? error.reason._tag : error._tag)

const trip = CircuitBreaker.consecutive(1)

const fallback = [Fallback.model(opus), Fallback.model(sonnet)] as const

describe("the usual set", () => {
  it.effect("lets calls through as they are", () =>
    Effect.gen(function*() {
      const message = yield* say()
      assert.strictEqual(message.model, opus)
      const { load } = yield* Bulkhead.Bulkhead
      assert.deepStrictEqual(yield* load, { inFlight: 0, waiting: 0 })
      const { circuits } = yield* CircuitBreaker.CircuitBreaker
      assert.strictEqual((yield* circuits).size, 0)
    }).pipe(Effect.provide(overSocket(Resilience.layer()))))

  it.effect("has nothing that is turned off", () =>
    Effect.gen(function*() {
      yield* script(Fault.overloaded(), Fault.overloaded())
      assert.strictEqual(yield* refusal(say()), "OverloadedError")
      assert.strictEqual(yield* refusal(say()), "OverloadedError")
      yield* say()
    }).pipe(Effect.provide(overSocket(
      Resilience.layer({ circuitBreaker: false, bulkhead: false, rateLimits: false })
    ))))
})

describe("the order of the usual set", () => {
  it.effect("fallback outside the circuit breaker: an open circuit leads to the next step", () =>
    Effect.gen(function*() {
      yield* script(Fault.overloaded())
      yield* say()
      // The fallback would try again now. The circuit is open for longer.
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* say()).model, sonnet)
      assert.deepStrictEqual(yield* modelsAsked, [opus, sonnet, sonnet])
    }).pipe(Effect.provide(overSocket(Resilience.layer({
      fallback,
      fallbackOptions: { cooldown: "1 second" },
      circuitBreaker: { trip, openFor: "1 minute" },
      rateLimits: false
    })))))

  it.effect("fallback outside the bulkhead: a step gives its place to the next one", () =>
    Effect.gen(function*() {
      yield* script(Fault.overloaded())
      assert.strictEqual((yield* say()).model, sonnet)
    }).pipe(Effect.provide(overSocket(
      Resilience.layer({ fallback, bulkhead: { concurrency: 1, queue: 0 }, rateLimits: false })
    ))))

  it.effect("circuit breaker outside the bulkhead: what a circuit refuses does not wait for a place", () =>
    Effect.gen(function*() {
      yield* script(Fault.overloaded(), Fault.stallBeforeHeaders)
      yield* Effect.flip(say())
      yield* Effect.forkChild(say({ model: sonnet }))
      yield* asked(2)
      assert.strictEqual(yield* refusal(say()), "CircuitOpen")
      // And a full bulkhead opens no circuit.
      assert.strictEqual(yield* refusal(say({ model: "claude-haiku-5-5" })), "TooManyWaiting")
      const { circuits } = yield* CircuitBreaker.CircuitBreaker
      assert.strictEqual((yield* circuits).size, 1)
    }).pipe(Effect.provide(overSocket(
      Resilience.layer({ circuitBreaker: { trip }, bulkhead: { concurrency: 1, queue: 0 }, rateLimits: false })
    ))))

  // Room for what one call may use and what another one has used, not for what two may use.
  const tokens = estimateInput(hello) + hello.max_tokens + 50

  it.effect("bulkhead outside the budget: who waits for a place has reserved nothing", () =>
    Effect.gen(function*() {
      yield* script(Fault.delayed("1 second"))
      const first = yield* Effect.forkChild(say())
      yield* asked(1)
      const second = yield* Effect.forkChild(say(), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(first)
      yield* Fiber.join(second)
    }).pipe(Effect.provide(overSocket(Resilience.layer({
      bulkhead: { concurrency: 1 },
      budget: { ceilings: [{ tokens }] },
      rateLimits: false
    })))))

  it.effect("circuit breaker outside the budget: what is spent opens no circuit", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusal(say()), "BudgetExceeded")
      assert.strictEqual(yield* refusal(say()), "BudgetExceeded")
      assert.deepStrictEqual(yield* modelsAsked, [])
    }).pipe(Effect.provide(overSocket(
      Resilience.layer({ circuitBreaker: { trip }, budget: { ceilings: [{ tokens: 1 }] } })
    ))))

  it.effect("rate limits inside the retries: each attempt waits for room", () =>
    Effect.gen(function*() {
      yield* script(Fault.overloaded())
      const call = yield* Effect.forkChild(say())
      yield* asked(1)
      yield* TestClock.adjust("59 seconds")
      assert.lengthOf(yield* modelsAsked, 1)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(call)
      assert.lengthOf(yield* modelsAsked, 2)
    }).pipe(Effect.provide(overSocket(
      Resilience.layer({ rateLimits: { requestsPerMinute: 1 } }),
      { retry: RetryPolicy.constant(0).pipe(Schedule.upTo({ times: 1 })) }
    ))))
})
