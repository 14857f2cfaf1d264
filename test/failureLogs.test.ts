import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, References, Schedule, Stream } from "effect"
import { Claude, Interceptor, RetryPolicy, Telemetry } from "effect-claude"
import { skippingWaits } from "./support/clock.ts"
import { hello, simulated } from "./support/simulated.ts"
import { recording } from "./support/tracing.ts"

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

const events = Stream.unwrap(Effect.map(Claude.Claude, ({ messages }) => messages.stream(hello)))

const logging = (options: Parameters<typeof simulated>[0] = {}) =>
  simulated({ interceptors: [Telemetry.make({ metrics: "none" })], timeout: Infinity, ...options })

interface Entry {
  readonly level: string
  readonly message: unknown
  readonly annotations: Readonly<Record<string, unknown>>
}

/** What an effect logs, to whatever end it comes. */
const logged = Effect.fnUntraced(function*<A, E, R>(self: Effect.Effect<A, E, R>) {
  const entries: Array<Entry> = []
  const logger = Logger.make(({ fiber, logLevel, message }) => {
    entries.push({ level: logLevel, message, annotations: fiber.getRef(References.CurrentLogAnnotations) })
  })
  yield* Effect.exit(Effect.provide(self, Logger.layer([logger])))
  return entries
})

const requestId = "req_011Simulated00000000001"

describe("a call that failed", () => {
  it.effect("is logged once, with what support and dashboards ask for", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.coded("RampLimitExceededError", { message: "Slow down" })])
      const entries = yield* logged(create)
      assert.deepStrictEqual(entries, [{
        level: "Warn",
        message: ["messages.create failed: RateLimitError: Slow down"],
        annotations: {
          "claude.operation": "messages.create",
          "gen_ai.request.model": "claude-opus-5-5",
          "http.response.status_code": 429,
          "error.type": "RateLimitError",
          "anthropic.request.id": requestId,
          "anthropic.error.type": "rate_limit_error",
          "anthropic.error.code": "ramp_limit_exceeded",
          "claude.attempts": 1
        }
      }])
    }).pipe(Effect.provide(logging())))

  it.effect("says which parameter was at fault, and who refused it", () =>
    Effect.gen(function*() {
      const spoiling = Interceptor.make({
        call: (call, next) => next(call.with({ params: { ...call.params, messages: [] } }))
      })
      const [entry] = yield* logged(
        create.pipe(Claude.withInterceptor(spoiling), Claude.withInterceptor(Telemetry.make()))
      )
      assert.strictEqual(entry?.level, "Error")
      assert.include(entry?.annotations, {
        "anthropic.error.param": "messages",
        "claude.rejection.reason": "InvalidParameter",
        "claude.attempts": 0
      })
    }).pipe(Effect.provide(simulated())))

  it.effect("is one line after its retries, each of which is a line at debug", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded(), Fault.overloaded(), Fault.overloaded()])
      const entries = yield* logged(skippingWaits(create)).pipe(
        Effect.provideService(References.MinimumLogLevel, "Debug")
      )
      assert.deepStrictEqual(entries.map(({ level }) => level), ["Debug", "Debug", "Warn"])
      assert.include(entries[2]?.annotations, { "claude.attempts": 3, "claude.given_up": true })
    }).pipe(
      Effect.provide(
        logging({ retry: RetryPolicy.exponential({ base: "1 second" }).pipe(Schedule.upTo({ times: 2 })) })
      )
    ))

  it.effect.each([
    { what: "an overload", fault: Fault.overloaded(), level: "Warn" },
    { what: "an internal error", fault: Fault.internal(), level: "Warn" },
    { what: "a lost connection", fault: Fault.resetBeforeHeaders, level: "Warn" },
    { what: "a rate limit", fault: Fault.rateLimited(), level: "Warn" },
    { what: "a bad request", fault: Fault.error({ status: 400 }), level: "Error" },
    { what: "a wrong key", fault: Fault.error({ status: 401 }), level: "Error" },
    { what: "no credit", fault: Fault.error({ status: 402 }), level: "Error" },
    { what: "a page of a proxy", fault: Fault.html(), level: "Error" }
  ])("is logged at the level of its class: $what at $level", ({ fault, level }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([fault])
      assert.deepStrictEqual((yield* logged(create)).map((entry) => entry.level), [level])
    }).pipe(Effect.provide(logging())))

  it.effect("is logged at warning where a limit of one's own did what it is for", () =>
    Effect.gen(function*() {
      const limit = Interceptor.make({
        call: (call) => Interceptor.reject(call, { reason: { _tag: "LimitExceeded" }, message: "Too many" })
      })
      const entries = yield* logged(
        create.pipe(Claude.withInterceptor(limit), Claude.withInterceptor(Telemetry.make()))
      )
      assert.deepStrictEqual(entries.map(({ level }) => level), ["Warn"])
    }).pipe(Effect.provide(simulated())))

  it.effect.each([
    { what: "a call", call: create },
    { what: "a stream", call: Stream.runDrain(events) }
  ])("keeps the caller's annotations, and is of the call's span: $what", ({ call }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      const { spans, traced } = recording()
      const entries = yield* logged(call.pipe(Effect.annotateLogs("tenant", "acme"), traced))
      assert.strictEqual(entries.length, 1)
      assert.include(entries[0]?.annotations, { tenant: "acme", "error.type": "OverloadedError" })
      assert.strictEqual(spans.length, 1)
    }).pipe(Effect.provide(logging())))

  it.effect("is logged where its stream breaks later", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamEnds({ afterEvents: 4 })])
      const entries = yield* logged(Stream.runDrain(events))
      assert.deepStrictEqual(
        entries.map((
          { annotations, level }
        ) => [level, annotations["error.type"], annotations["anthropic.request.id"]]),
        [["Warn", "StreamInterruptedError", requestId]]
      )
    }).pipe(Effect.provide(logging())))

  it.effect("does not repeat the body of somebody else's server, which may hold the prompt", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.status(503, "Cannot forward: Say hello in 20 words")])
      const entries = yield* logged(create)
      assert.deepStrictEqual(
        entries.map(({ message }) => message),
        [["messages.create failed: ServiceUnavailableError: a server answered 503, with a body that is not the API's"]]
      )
    }).pipe(Effect.provide(logging())))
})

describe("nothing is logged", () => {
  it.effect.each([
    { what: "a call that succeeds", self: create },
    { what: "a stream that is left", self: Stream.runDrain(Stream.take(events, 1)) },
    { what: "a call that is interrupted", self: Effect.raceFirst(create, Effect.void) }
  ])("of $what", ({ self }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* logged(self), [])
    }).pipe(Effect.provide(logging())))

  it.effect("where logs are off", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      assert.deepStrictEqual(yield* logged(create), [])
    }).pipe(Effect.provide(simulated({ interceptors: [Telemetry.make({ logs: false })] }))))
})
