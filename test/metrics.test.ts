import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Latch, Metric, Schedule, Stream } from "effect"
import { Claude, Interceptor, RetryPolicy, Telemetry } from "effect-claude"
import { skippingWaits } from "./support/clock.ts"
import { hello, simulated } from "./support/simulated.ts"

const { attributes: names, instruments } = Telemetry

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

const events = Stream.unwrap(Effect.map(Claude.Claude, ({ messages }) => messages.stream(hello)))

const metered = (options: Telemetry.Options = {}, retry: RetryPolicy.Input = RetryPolicy.none) =>
  simulated({ interceptors: [Telemetry.make({ logs: false, ...options })], retry, timeout: Infinity })

const twice = RetryPolicy.exponential({ base: "1 second" }).pipe(Schedule.upTo({ times: 2 }))

/** Metrics of a test of its own. */
const fresh = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.provideService(self, Metric.MetricRegistry, new Map())

/** What a series holds: the count of a counter, the value of a gauge, the number of values in a histogram. */
const read = ({ state }: Metric.Metric.Snapshot): number =>
  "count" in state ? Number(state.count) : "value" in state ? Number(state.value) : NaN

/** The sum over the series of a metric that have these attributes. */
const total = (instrument: Telemetry.Instrument, attributes: Readonly<Record<string, string>> = {}) =>
  Effect.map(Metric.snapshot, (all) =>
    all.filter((series) =>
      series.id === instrument.name &&
      Object.entries(attributes).every(([name, value]) => series.attributes?.[name] === value)
    ).reduce((sum, series) => sum + read(series), 0))

const one = (instrument: Telemetry.Instrument) =>
  Effect.map(Metric.snapshot, (all) => {
    const found = all.filter(({ id }) => id === instrument.name)
    assert.strictEqual(found.length, 1, instrument.name)
    return found[0] as Metric.Metric.Snapshot
  })

describe("the metrics of a call", () => {
  it.effect("are those that the table lists for a message, each under its attributes", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* create
      const base = {
        [names.operation]: "chat",
        [names.provider]: "anthropic",
        [names.serverAddress]: "127.0.0.1",
        [names.serverPort]: new URL(sim.url).port,
        [names.requestModel]: "claude-opus-5-5"
      }
      const answered = { ...base, [names.responseModel]: "claude-opus-5-5" }
      const counted = { ...answered, [names.usageIsFinal]: "true" }
      const all = yield* Metric.snapshot
      assert.deepStrictEqual(
        all.map((series) => [series.id, read(series), series.attributes]).toSorted(),
        [
          [instruments.activeCalls.name, 0, { ...base, unit: "{call}" }],
          [instruments.attempts.name, 1, { ...base, unit: "{attempt}" }],
          [instruments.duration.name, 1, { ...answered, unit: "s" }],
          [instruments.inputTokens.name, 9, { ...counted, unit: "{token}" }],
          [instruments.outputTokens.name, 20, { ...counted, unit: "{token}" }]
        ]
      )
    }).pipe(Effect.provide(metered()), fresh))

  it.effect("tell of durations in seconds, by the convention's buckets", () =>
    Effect.gen(function*() {
      yield* create
      const { state, type } = yield* one(instruments.duration)
      assert.strictEqual(type, "Histogram")
      assert.deepStrictEqual(
        "buckets" in state ? state.buckets.map(([bound]) => bound) : [],
        [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
      )
    }).pipe(Effect.provide(metered()), fresh))

  it.effect("of another method are its duration and its attempts", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* claude.models.retrieve("claude-opus-5-5")
      const all = yield* Metric.snapshot
      assert.deepStrictEqual(
        all.map(({ attributes, id }) => [id, attributes?.[names.operation]]).toSorted(),
        [instruments.activeCalls, instruments.attempts, instruments.callDuration].map(({ name }) => [
          name,
          "models.retrieve"
        ])
      )
    }).pipe(Effect.provide(metered()), fresh))

  it.effect("count cached and reasoning tokens", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const usage = {
        input_tokens: 1,
        cache_read_input_tokens: 20,
        cache_creation_input_tokens: 300,
        output_tokens: 9,
        output_tokens_details: { thinking_tokens: 4 }
      }
      yield* sim.script([
        Fault.body({
          text: JSON.stringify({ type: "message", id: "msg_1", model: "m", content: [], stop_reason: null, usage })
        })
      ])
      yield* create
      const served = { [names.responseModel]: "m", [names.usageIsFinal]: "true" }
      assert.deepStrictEqual(
        [
          yield* total(instruments.inputTokens, served),
          yield* total(instruments.cacheReadTokens, served),
          yield* total(instruments.cacheWriteTokens, served),
          yield* total(instruments.outputTokens, served),
          yield* total(instruments.reasoningTokens, served)
        ],
        [321, 20, 300, 9, 4]
      )
    }).pipe(Effect.provide(metered()), fresh))

  it.effect.each(
    [
      { metrics: "current", current: 1, older: 0 },
      { metrics: "older", current: 0, older: 1 },
      { metrics: "both", current: 1, older: 1 },
      { metrics: "none", current: 0, older: 0 }
    ] as const
  )("have the names that are chosen: $metrics", ({ current, metrics, older }) =>
    Effect.gen(function*() {
      yield* create
      assert.deepStrictEqual(
        {
          duration: yield* total(instruments.duration),
          input: yield* total(instruments.inputTokens),
          olderDuration: yield* total(instruments.olderDuration),
          olderInput: yield* total(instruments.olderTokens, { [names.tokenType]: "input" })
        },
        { duration: current, input: current * 9, olderDuration: older, olderInput: older }
      )
    }).pipe(Effect.provide(metered({ metrics })), fresh))

  it.effect("keep the caller's own attributes and registry", () => {
    const registry = new Map()
    return Effect.gen(function*() {
      yield* create.pipe(
        Effect.provideService(Metric.CurrentMetricAttributes, { team: "search" }),
        Effect.provideService(Metric.MetricRegistry, registry)
      )
      assert.strictEqual((yield* Metric.snapshot).length, 0)
      const context = Context.make(Metric.MetricRegistry, registry)
      assert.isTrue(Metric.snapshotUnsafe(context).every(({ attributes }) => attributes?.team === "search"))
    }).pipe(Effect.provide(metered()), fresh)
  })

  it.effect("have a bounded number of models", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* Effect.forEach(
        Array.from({ length: 210 }, (_, index) => `model-${index}`),
        (model) => Effect.ignore(claude.messages.create({ ...hello, model })),
        { discard: true }
      )
      const all = yield* Metric.snapshot
      const models = new Set(all.map(({ attributes }) => attributes?.[names.requestModel]))
      assert.strictEqual(models.size, 201)
      assert.isTrue(models.has("_OTHER"))
      assert.strictEqual(yield* total(instruments.attempts, { [names.requestModel]: "_OTHER" }), 10)
    }).pipe(Effect.provide(metered()), fresh))
})

describe("the metrics of failures", () => {
  it.effect("count attempts, retries by class, and the failure that was given up", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded(), Fault.rateLimited(), Fault.overloaded()])
      yield* skippingWaits(create)
      assert.deepStrictEqual(
        {
          attempts: yield* total(instruments.attempts),
          overloaded: yield* total(instruments.retries, { [names.errorType]: "OverloadedError" }),
          limited: yield* total(instruments.retries, { [names.errorType]: "RateLimitError" }),
          failures: yield* total(instruments.failures, { [names.errorType]: "OverloadedError" }),
          giveUps: yield* total(instruments.giveUps, { [names.errorType]: "OverloadedError" }),
          duration: yield* total(instruments.duration, { [names.errorType]: "OverloadedError" }),
          active: yield* total(instruments.activeCalls)
        },
        { attempts: 3, overloaded: 1, limited: 1, failures: 1, giveUps: 1, duration: 1, active: 0 }
      )
    }).pipe(Effect.provide(metered({}, twice)), fresh))

  it.effect("have the code where the API documents it", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([
        Fault.coded("RampLimitExceededError"),
        Fault.body({
          status: 429,
          text: JSON.stringify({
            type: "error",
            error: { type: "rate_limit_error", message: "No", details: { error_code: "made_up" } }
          })
        })
      ])
      yield* Effect.flip(create)
      yield* Effect.flip(create)
      const all = yield* Metric.snapshot
      assert.deepStrictEqual(
        all.filter(({ id }) => id === instruments.failures.name).map(({ attributes }) =>
          attributes?.[names.apiErrorCode]
        ),
        ["ramp_limit_exceeded", undefined]
      )
    }).pipe(Effect.provide(metered()), fresh))

  it.effect("record no tokens as 0, so that the series is there", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      yield* Effect.flip(create)
      const { attributes, state } = yield* one(instruments.inputTokens)
      assert.strictEqual("count" in state ? Number(state.count) : NaN, 0)
      assert.strictEqual(attributes?.[names.errorType], "OverloadedError")
    }).pipe(Effect.provide(metered()), fresh))

  it.effect("are retries while the call still waits", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      const heard = yield* Latch.make()
      const listening = Interceptor.make({ retrying: () => Effect.asVoid(heard.open) })
      const fiber = yield* Effect.forkChild(Claude.withInterceptor(create, listening))
      yield* heard.await
      yield* Effect.yieldNow
      assert.strictEqual(yield* total(instruments.retries), 1)
      assert.strictEqual(yield* total(instruments.activeCalls), 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* total(instruments.activeCalls), 0)
      assert.strictEqual(yield* total(instruments.failures), 0)
    }).pipe(Effect.provide(metered({}, twice)), fresh))
})

describe("the metrics of a stream", () => {
  it.effect("tell of its first piece, of the time between pieces, and of its tokens", () =>
    Effect.gen(function*() {
      yield* Stream.runDrain(events)
      assert.deepStrictEqual(
        {
          first: yield* total(instruments.timeToFirstChunk),
          between: yield* total(instruments.timePerOutputChunk),
          duration: yield* total(instruments.duration),
          output: yield* total(instruments.outputTokens, { [names.usageIsFinal]: "true" })
        },
        { first: 1, between: 1, duration: 1, output: 20 }
      )
    }).pipe(Effect.provide(metered()), fresh))

  it.effect.each([
    { how: "cut", fault: Fault.streamEnds({ afterEvents: 4 }), read: events },
    { how: "left", fault: Fault.streamStalls({ afterEvents: 4 }), read: Stream.take(events, 3) }
  ])("that is $how do not count its tokens as final", ({ fault, read }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([fault])
      yield* Effect.exit(Stream.runDrain(read))
      assert.strictEqual(yield* total(instruments.inputTokens, { [names.usageIsFinal]: "false" }), 9)
      assert.strictEqual(yield* total(instruments.inputTokens, { [names.usageIsFinal]: "true" }), 0)
      assert.strictEqual(yield* total(instruments.activeCalls), 0)
    }).pipe(Effect.provide(metered()), fresh))

  it.effect("count it as in flight until it has been read", () =>
    Effect.gen(function*() {
      const active: Array<number> = []
      yield* Stream.runForEach(events, () =>
        Effect.map(total(instruments.activeCalls), (value) => {
          active.push(value)
        }))
      assert.strictEqual(active[0], 1)
      assert.strictEqual(yield* total(instruments.activeCalls), 0)
    }).pipe(Effect.provide(metered()), fresh))
})
