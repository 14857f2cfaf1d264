/** Circuit breakers over real sockets, in virtual time. */
import { Fault, Scenario, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Layer, Metric, Stream } from "effect"
import { Claude, ClaudeError } from "effect-claude"
import { TestClock } from "effect/testing"
import { CircuitBreaker } from "../src/index.ts"
import { hello, say } from "./support/programs.ts"
import { modelsAsked, overSocket } from "./support/sockets.ts"

const opus = "claude-opus-5-5"
const sonnet = "claude-sonnet-5-5"

const breaker = (options?: CircuitBreaker.Options) =>
  CircuitBreaker.layer(options).pipe(Layer.provide(CircuitBreaker.layerStoreMemory))

/** Opens after two failures in a row, for 10 seconds. */
const quick = breaker({ trip: CircuitBreaker.consecutive(2) })

const opusIsDown = { scenario: Scenario.make({ rules: [{ match: { model: opus }, overloaded: 1 }] }) }

const requests = Effect.map(modelsAsked, (models) => models.length)

const script = (...faults: ReadonlyArray<Fault.Fault>) =>
  Effect.flatMap(Simulator.Simulator, ({ script }) => script(faults))

const states = Effect.flatMap(
  CircuitBreaker.CircuitBreaker,
  ({ circuits }) => Effect.map(circuits, (circuits) => [...circuits.values()].map(({ _tag }) => _tag))
)

/** What a refusal says. */
const refused = Effect.map(Effect.flip(say()), (error) => {
  assert.instanceOf(error, ClaudeError.RequestRejectedError)
  assert.strictEqual(error.reason._tag, "CircuitOpen")
  assert.strictEqual(error.isRetryable, false)
  return error.retryAfter === undefined ? undefined : Duration.toSeconds(error.retryAfter)
})

const failed = Effect.map(Effect.flip(say()), ({ _tag }) => _tag)

describe("a circuit", () => {
  it.effect("opens after failures in a row, and then refuses without asking", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* failed, "OverloadedError")
      assert.strictEqual(yield* failed, "OverloadedError")
      assert.strictEqual(yield* refused, 10)
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(yield* refused, 6)
      assert.strictEqual(yield* requests, 2)
    }).pipe(Effect.provide(overSocket(quick, {}, opusIsDown))))

  it.effect("is one of a model", () =>
    Effect.gen(function*() {
      yield* failed
      yield* failed
      yield* refused
      yield* say({ model: sonnet })
      assert.deepStrictEqual(yield* modelsAsked, [opus, opus, sonnet])
    }).pipe(Effect.provide(overSocket(quick, {}, opusIsDown))))

  it.effect("is one of a client", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* script(Fault.overloaded(), Fault.overloaded())
      yield* failed
      yield* failed
      yield* refused
      const { interceptor } = yield* CircuitBreaker.CircuitBreaker
      const another = Claude.layer({ apiKey: sim.apiKey, baseURL: sim.url, interceptors: [interceptor] })
      yield* say().pipe(Effect.provide(another))
      yield* refused
    }).pipe(Effect.provide(overSocket(quick))))

  it.effect("closes when its probe is answered", () =>
    Effect.gen(function*() {
      yield* script(Fault.overloaded(), Fault.overloaded())
      yield* failed
      yield* failed
      assert.deepStrictEqual(yield* states, ["Open"])
      yield* TestClock.adjust("10 seconds")
      yield* say()
      assert.deepStrictEqual(yield* states, ["Closed"])
      yield* say()
      assert.strictEqual(yield* requests, 4)
    }).pipe(Effect.provide(overSocket(quick))))

  it.effect("opens for twice as long when its probe fails", () =>
    Effect.gen(function*() {
      yield* failed
      yield* failed
      yield* TestClock.adjust("10 seconds")
      yield* failed
      assert.strictEqual(yield* refused, 20)
      yield* TestClock.adjust("20 seconds")
      yield* failed
      assert.strictEqual(yield* refused, 40)
      assert.strictEqual(yield* requests, 4)
    }).pipe(Effect.provide(overSocket(quick, {}, opusIsDown))))

  it.effect("stays open for as long as the server asked, up to its own limit", () =>
    Effect.gen(function*() {
      yield* script(Fault.rateLimited({ retryAfter: "60 seconds" }))
      yield* failed
      assert.strictEqual(yield* refused, 60)
      yield* TestClock.adjust("60 seconds")
      yield* script(Fault.rateLimited({ retryAfter: "600 seconds" }))
      yield* failed
      assert.strictEqual(yield* refused, 300)
    }).pipe(Effect.provide(overSocket(breaker({ trip: CircuitBreaker.consecutive(1) })))))

  it.effect("takes an answer that refuses the request for a sign of life", () =>
    Effect.gen(function*() {
      yield* script(Fault.overloaded(), Fault.error({ status: 400 }), Fault.overloaded(), Fault.none)
      assert.strictEqual(yield* failed, "OverloadedError")
      assert.strictEqual(yield* failed, "BadRequestError")
      assert.strictEqual(yield* failed, "OverloadedError")
      yield* say()
    }).pipe(Effect.provide(overSocket(quick))))

  it.effect("counts connections that fail", () =>
    Effect.gen(function*() {
      yield* script(Fault.resetBeforeHeaders, Fault.resetBeforeHeaders)
      yield* failed
      yield* failed
      yield* refused
    }).pipe(Effect.provide(overSocket(quick))))

  it.effect("opens by default when half of the calls fail, after five of them", () =>
    Effect.gen(function*() {
      yield* script(Fault.none, Fault.none, Fault.overloaded(), Fault.overloaded(), Fault.overloaded())
      yield* say()
      yield* say()
      yield* failed
      yield* failed
      yield* failed
      yield* refused
    }).pipe(Effect.provide(overSocket(breaker()))))
})

describe("a probe", () => {
  const opened = Effect.gen(function*() {
    yield* script(Fault.overloaded(), Fault.overloaded())
    yield* failed
    yield* failed
    yield* TestClock.adjust("10 seconds")
  })

  const stalled = Effect.gen(function*() {
    const { awaitJournal, script } = yield* Simulator.Simulator
    yield* opened
    yield* script([Fault.stallBeforeHeaders])
    const probe = yield* Effect.forkChild(say())
    yield* awaitJournal((entries) => entries.length === 3)
    return probe
  })

  it.effect("is alone: other calls are refused meanwhile", () =>
    Effect.gen(function*() {
      yield* stalled
      assert.deepStrictEqual(yield* states, ["HalfOpen"])
      assert.strictEqual(yield* refused, undefined)
    }).pipe(Effect.provide(overSocket(quick))))

  it.effect("that is cancelled lets the next call probe", () =>
    Effect.gen(function*() {
      const probe = yield* stalled
      yield* Fiber.interrupt(probe)
      yield* say()
      assert.deepStrictEqual(yield* states, ["Closed"])
    }).pipe(Effect.provide(overSocket(quick))))

  it.effect("that streams closes the circuit when it begins", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* opened
      yield* script(Fault.streamStalls({ afterEvents: 4 }))
      const reader = yield* claude.messages.stream(hello).pipe(Stream.runDrain, Effect.forkChild)
      const { changes } = yield* CircuitBreaker.CircuitBreaker
      yield* changes.pipe(Stream.takeUntil((circuits) => [...circuits.values()][0]?._tag === "Closed"), Stream.runDrain)
      yield* say()
      yield* Fiber.interrupt(reader)
    }).pipe(Effect.provide(overSocket(quick))))
})

describe("a stream", () => {
  const drained = Effect.flatMap(Claude.Claude, (claude) => Stream.runDrain(claude.messages.stream(hello)))

  it.effect("that breaks in the middle is a failure", () =>
    Effect.gen(function*() {
      yield* script(
        Fault.streamEnds({ afterEvents: 5 }),
        Fault.streamError({ afterEvents: 5, type: "overloaded_error" })
      )
      yield* Effect.flip(drained)
      yield* Effect.flip(drained)
      yield* refused
    }).pipe(Effect.provide(overSocket(quick))))

  it.effect("whose reader goes away does not count", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* script(Fault.overloaded(), Fault.streamStalls({ afterEvents: 4 }))
      yield* failed
      yield* claude.messages.stream(hello).pipe(Stream.runHead)
      yield* script(Fault.overloaded())
      yield* failed
      yield* refused
    }).pipe(Effect.provide(overSocket(quick))))
})

describe("the state of circuits", () => {
  it.effect("is a value, a stream and metrics", () =>
    Effect.gen(function*() {
      const { changes, circuits } = yield* CircuitBreaker.CircuitBreaker
      const sim = yield* Simulator.Simulator
      const name = `${new URL(sim.url).host} ${opus}`
      const seen = yield* changes.pipe(
        Stream.map((circuits) => circuits.get(name)?._tag),
        Stream.take(4),
        Stream.runCollect,
        Effect.forkChild({ startImmediately: true })
      )
      yield* script(Fault.overloaded(), Fault.overloaded())
      yield* failed
      yield* failed
      assert.deepStrictEqual((yield* circuits).get(name), { _tag: "Open", until: DateTime.makeUnsafe(10_000) })
      yield* refused
      const gauge = (yield* Metric.snapshot).find(({ id }) => id === "claude.circuit_breaker.state")
      assert.deepInclude(gauge?.state, { value: 2 })
      assert.strictEqual(gauge?.attributes?.circuit, name)
      yield* TestClock.adjust("10 seconds")
      yield* say()
      assert.deepStrictEqual(yield* Fiber.join(seen), [undefined, "Open", "HalfOpen", "Closed"])
    }).pipe(Effect.provide(overSocket(quick)), Effect.provideService(Metric.MetricRegistry, new Map())))
})

describe("wrong options", () => {
  it("are errors of the line that says them", () => {
    assert.throws(() => CircuitBreaker.consecutive(0), "failures")
    assert.throws(() => CircuitBreaker.make({ openFor: 0 }), "openFor")
  })
})
