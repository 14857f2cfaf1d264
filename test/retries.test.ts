import Anthropic from "@anthropic-ai/sdk"
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Deferred, Effect, Exit, Fiber, Layer, Random, Redacted, Schedule, Stream } from "effect"
import { Claude, ClaudeClient, type ClaudeConfig, ClaudeError, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { skippingWaits } from "./support/clock.ts"
import { hello, simulated } from "./support/simulated.ts"

/** So many retries, at once. */
const retries = (times: number) => RetryPolicy.exponential({ base: 0 }).pipe(Schedule.upTo({ times }))

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

const drain = Effect.flatMap(Claude.Claude, ({ messages }) => Stream.runDrain(messages.stream(hello)))

const script = (...faults: ReadonlyArray<Fault.Fault>) =>
  Effect.flatMap(Simulator.Simulator, (sim) => sim.script(faults))

const overloaded = (count: number) => script(...Array.from({ length: count }, () => Fault.overloaded()))

const requests = Effect.flatMap(Simulator.Simulator, ({ journal }) => journal)

/** How many requests the API got. */
const count = Effect.map(requests, ({ length }) => length)

/** When the API got them, in milliseconds of virtual time. */
const arrivals = Effect.map(requests, (entries) => entries.map(({ receivedAt }) => DateTime.toEpochMillis(receivedAt)))

/** The default policy, without a timeout whose timer would mix with the waits. */
const byDefault = { retry: RetryPolicy.standard, timeout: Infinity }

/** The service over a client of the SDK as its front page makes it. */
const overPlainSdk = (defaults?: ClaudeClient.Defaults) =>
  Layer.unwrap(Effect.map(Simulator.Simulator, (sim) => {
    const sdk = new Anthropic({ baseURL: sim.url, apiKey: Redacted.value(sim.apiKey), maxRetries: 2 })
    return Layer.provideMerge(Claude.layerClient, ClaudeClient.layerSdk(sdk, defaults))
  })).pipe(Layer.provideMerge(Simulator.layer()))

describe("Promise 2: one retry loop, and you own it", () => {
  const calls: ReadonlyArray<{
    readonly name: string
    readonly call: Effect.Effect<void, ClaudeError.ClaudeError, Claude.Claude | ClaudeClient.ClaudeClient>
  }> = [
    { name: "messages.create", call: Effect.asVoid(create) },
    { name: "messages.stream", call: drain },
    { name: "models.list", call: Effect.flatMap(Claude.Claude, ({ models }) => Stream.runDrain(models.list())) },
    {
      name: "use",
      call: Effect.flatMap(
        ClaudeClient.ClaudeClient,
        ({ use }) => Effect.asVoid(use((client, options) => client.get("/v1/models", options)))
      )
    }
  ]

  it.effect.each(calls)("the SDK retries nothing of $name", ({ call }) =>
    Effect.gen(function*() {
      yield* overloaded(3)
      yield* Effect.flip(call)
      assert.strictEqual(yield* count, 1)
    }).pipe(Effect.provide(simulated())))

  it.effect.each(calls)(
    "the SDK retries nothing of $name on a client with retries of its own",
    ({ call }) =>
      Effect.gen(function*() {
        yield* overloaded(3)
        yield* Effect.flip(call)
        assert.strictEqual(yield* count, 1)
      }).pipe(Effect.provide(overPlainSdk({ retry: RetryPolicy.none })))
  )

  it.effect("the SDK retries no later page of a list", () =>
    Effect.gen(function*() {
      yield* script(Fault.none, Fault.overloaded(), Fault.overloaded())
      const claude = yield* Claude.Claude
      yield* Effect.flip(Stream.runDrain(claude.models.list({ limit: 2 })))
      assert.strictEqual(yield* count, 2)
    }).pipe(Effect.provide(overPlainSdk({ retry: RetryPolicy.none }))))

  it.effect.each([{ times: 0 }, { times: 1 }, { times: 2 }, { times: 7 }])(
    "upTo({ times: $times }) makes one request more than that",
    ({ times }) =>
      Effect.gen(function*() {
        yield* overloaded(20)
        const claude = yield* Claude.Claude
        const error = yield* Effect.flip(claude.messages.create(hello, { retry: retries(times) }))
        assert.strictEqual(yield* count, times + 1)
        assert.strictEqual(error.attempts, times + 1)
      }).pipe(Effect.provide(simulated()))
  )

  it.effect("ends with the first success", () =>
    Effect.gen(function*() {
      yield* overloaded(2)
      const message = yield* create
      assert.strictEqual(message.type, "message")
      assert.strictEqual(yield* count, 3)
    }).pipe(Effect.provide(simulated({ retry: retries(7) }))))

  it.effect("each request tells which attempt it is", () =>
    Effect.gen(function*() {
      yield* overloaded(2)
      yield* create
      const told = (yield* requests).map(({ headers }) => headers["x-stainless-retry-count"])
      assert.deepStrictEqual(told, ["0", "1", "2"])
    }).pipe(Effect.provide(simulated({ retry: retries(2) }))))

  it.effect("a later page counts its attempts anew", () =>
    Effect.gen(function*() {
      yield* script(Fault.none, Fault.overloaded())
      const claude = yield* Claude.Claude
      const models = yield* Stream.runCollect(claude.models.list({ limit: 3 }))
      const told = (yield* requests).map(({ headers, query }) => [query.after_id, headers["x-stainless-retry-count"]])
      assert.strictEqual(models.length, 5)
      assert.deepStrictEqual(told, [[undefined, "0"], ["c", "0"], ["c", "1"]])
    }).pipe(Effect.provide(simulated({ retry: retries(2) }, { models: [..."abcde"].map((id) => ({ id })) }))))

  it.effect("each attempt has the whole timeout", () =>
    Effect.gen(function*() {
      yield* script(Fault.stallBeforeHeaders, Fault.stallBeforeHeaders)
      const sim = yield* Simulator.Simulator
      const fiber = yield* Effect.forkChild(create)
      yield* sim.awaitJournal(({ length }) => length === 1)
      yield* TestClock.adjust("10 seconds")
      yield* sim.awaitJournal(({ length }) => length === 2)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(yield* arrivals, [0, 10_000, 20_000])
    }).pipe(Effect.provide(simulated({ retry: retries(2), timeout: "10 seconds" }))))

  it.effect("Effect.retry takes a policy as well", () =>
    Effect.gen(function*() {
      yield* overloaded(5)
      yield* Effect.flip(Effect.retry(create, retries(2)))
      assert.strictEqual(yield* count, 3)
    }).pipe(Effect.provide(simulated())))
})

describe("the policy in force", () => {
  const cases: ReadonlyArray<
    {
      readonly name: string
      readonly call?: number
      readonly scope?: number
      readonly layer?: number
      expected: number
    }
  > = [
    { name: "the call's, before the scope's and the layer's", call: 1, scope: 2, layer: 3, expected: 1 },
    { name: "the call's, before the layer's", call: 1, layer: 3, expected: 1 },
    { name: "the scope's, before the layer's", scope: 2, layer: 3, expected: 2 },
    { name: "the layer's", layer: 3, expected: 3 },
    { name: "the call's, before the default", call: 1, expected: 1 },
    { name: "the scope's, before the default", scope: 2, expected: 2 },
    { name: "the default where there is none", expected: 6 }
  ]

  /** The requests that were retries, of a call or a stream under policies of so many retries. */
  const retriesOf = Effect.fnUntraced(
    function*(use: (options: Claude.CallOptions) => Effect.Effect<unknown, unknown, Claude.Claude>, { call, scope }: {
      readonly call?: number
      readonly scope?: number
    }) {
      yield* overloaded(20)
      const program = use({ timeout: Infinity, ...(call === undefined ? {} : { retry: retries(call) }) })
      yield* skippingWaits(scope === undefined ? program : Claude.withRetry(program, retries(scope)))
      return (yield* count) - 1
    }
  )

  const layerOf = (layer: number | undefined) =>
    Effect.provide(simulated({ retry: layer === undefined ? undefined : retries(layer) }))

  it.effect.each(cases)("of a call is $name", ({ expected, layer, ...given }) =>
    Effect.gen(function*() {
      const retries = yield* retriesOf(
        (options) => Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello, options)),
        given
      )
      assert.strictEqual(retries, expected)
    }).pipe(layerOf(layer)))

  it.effect.each(cases)("of a stream is $name", ({ expected, layer, ...given }) =>
    Effect.gen(function*() {
      const retries = yield* retriesOf(
        (options) => Effect.flatMap(Claude.Claude, ({ messages }) => Stream.runDrain(messages.stream(hello, options))),
        given
      )
      assert.strictEqual(retries, expected)
    }).pipe(layerOf(layer)))

  it.effect("can be given to a stream as a service", () =>
    Effect.gen(function*() {
      yield* overloaded(20)
      const claude = yield* Claude.Claude
      const stream = Stream.provideService(claude.messages.stream(hello), RetryPolicy.CurrentRetryPolicy, retries(2))
      yield* Effect.flip(Stream.runDrain(stream))
      assert.strictEqual(yield* count, 3)
    }).pipe(Effect.provide(simulated())))

  it.effect("is that of layerSdk where the client was brought", () =>
    Effect.gen(function*() {
      yield* overloaded(20)
      yield* Effect.flip(create)
      assert.strictEqual(yield* count, 4)
    }).pipe(Effect.provide(overPlainSdk({ retry: retries(3) }))))
})

describe("the default policy", () => {
  it.effect.each([
    { what: "400", fault: Fault.error({ status: 400 }) },
    { what: "401", fault: Fault.error({ status: 401 }) },
    { what: "402", fault: Fault.error({ status: 402 }) },
    { what: "403", fault: Fault.error({ status: 403 }) },
    { what: "404", fault: Fault.error({ status: 404 }) },
    { what: "413", fault: Fault.error({ status: 413 }) },
    { what: "422", fault: Fault.error({ status: 422 }) },
    { what: "501", fault: Fault.error({ status: 501 }) },
    { what: "a status that nobody expects", fault: Fault.status(418) },
    { what: "a spend limit of the customer", fault: Fault.rateLimited({ code: "enforced_spend_limit_reached" }) },
    { what: "a spend limit of the contract", fault: Fault.rateLimited({ code: "contract_spend_limit_reached" }) },
    { what: "an answer of another kind", fault: Fault.html() },
    { what: "529 that says x-should-retry: false", fault: Fault.overloaded({ shouldRetry: false }) }
  ])("makes one request of $what", ({ fault }) =>
    Effect.gen(function*() {
      yield* script(fault)
      const { exit } = yield* skippingWaits(create)
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual(yield* count, 1)
    }).pipe(Effect.provide(simulated(byDefault))))

  it.effect.each([
    { what: "408", fault: Fault.error({ status: 408 }) },
    { what: "409", fault: Fault.error({ status: 409 }) },
    { what: "429", fault: Fault.rateLimited() },
    { what: "500", fault: Fault.internal() },
    { what: "503", fault: Fault.error({ status: 503 }) },
    { what: "504", fault: Fault.error({ status: 504 }) },
    { what: "529", fault: Fault.overloaded() },
    { what: "a reset", fault: Fault.resetBeforeHeaders },
    { what: "a body that is cut", fault: Fault.cutBody({ afterBytes: 40 }) },
    { what: "JSON that stops short", fault: Fault.truncatedJson({ afterBytes: 40 }) },
    {
      what: "400 that says x-should-retry: true",
      fault: Fault.error({ status: 400, shouldRetry: true })
    },
    {
      what: "a spend limit that says x-should-retry: true",
      fault: Fault.rateLimited({ code: "enforced_spend_limit_reached", shouldRetry: true })
    }
  ])("tries again after $what", ({ fault }) =>
    Effect.gen(function*() {
      yield* script(fault)
      const { exit } = yield* skippingWaits(create)
      assert.isTrue(Exit.isSuccess(exit))
      assert.strictEqual(yield* count, 2)
    }).pipe(Effect.provide(simulated(byDefault))))

  it.effect("waits anything up to 1, 2, 4, 8, 16 and 30 seconds", () =>
    Effect.gen(function*() {
      yield* overloaded(20)
      const { waits } = yield* skippingWaits(create)
      assert.strictEqual(waits.length, 6)
      ;[1000, 2000, 4000, 8000, 16_000, 30_000].forEach((most, index) => assert.isAtMost(waits[index] ?? NaN, most))
    }).pipe(Effect.provide(simulated(byDefault))))

  const waitsOf = (seed: string) => Effect.map(skippingWaits(Random.withSeed(create, seed)), ({ waits }) => waits)

  it.effect("waits the same under the same seed", () =>
    Effect.gen(function*() {
      yield* overloaded(100)
      assert.deepStrictEqual(yield* waitsOf("a"), yield* waitsOf("a"))
    }).pipe(Effect.provide(simulated(byDefault))))

  it.effect("waits otherwise under another seed", () =>
    Effect.gen(function*() {
      yield* overloaded(100)
      assert.notDeepEqual(yield* waitsOf("a"), yield* waitsOf("b"))
    }).pipe(Effect.provide(simulated(byDefault))))
})

describe("a wait", () => {
  const policy = RetryPolicy.exponential({ base: "500 millis" }).pipe(
    RetryPolicy.respectRetryAfter({ cap: "60 seconds" }),
    Schedule.upTo({ times: 3 })
  )

  const patient = Effect.provide(simulated({ retry: policy, timeout: Infinity }))

  it.effect("is what the schedule says, on the test clock", () =>
    Effect.gen(function*() {
      yield* overloaded(3)
      const { waits } = yield* skippingWaits(create)
      assert.deepStrictEqual(waits, [500, 1000, 2000])
      assert.deepStrictEqual(yield* arrivals, [0, 500, 1500, 3500])
    }).pipe(patient))

  it.effect("lasts to its last millisecond", () =>
    Effect.gen(function*() {
      yield* overloaded(1)
      const chosen = yield* Deferred.make<void>()
      const telling = Schedule.tap(policy, () => Deferred.succeed(chosen, undefined))
      const claude = yield* Claude.Claude
      const fiber = yield* Effect.forkChild(claude.messages.create(hello, { retry: telling }))
      yield* Deferred.await(chosen)
      yield* TestClock.adjust("499 millis")
      // A request that had left early would be there before this one.
      yield* claude.models.retrieve("claude-opus-5-5")
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(fiber)
      const seen = (yield* requests).map(({ path, receivedAt }) => [path, DateTime.toEpochMillis(receivedAt)])
      assert.deepStrictEqual(seen, [["/v1/messages", 0], ["/v1/models/claude-opus-5-5", 499], ["/v1/messages", 500]])
    }).pipe(patient))

  it.effect.each([
    { what: "seconds", fault: Fault.rateLimited({ retryAfter: "2 seconds" }), wait: 2000 },
    { what: "milliseconds", fault: Fault.rateLimited({ retryAfterMs: 750 }), wait: 750 },
    { what: "a date", fault: Fault.rateLimited({ retryAfter: "Thu, 01 Jan 1970 00:00:30 GMT" }), wait: 30_000 },
    { what: "as much as the cap", fault: Fault.rateLimited({ retryAfter: "60 seconds" }), wait: 60_000 },
    { what: "less than the delay", fault: Fault.rateLimited({ retryAfterMs: 100 }), wait: 500 },
    { what: "a time gone by", fault: Fault.rateLimited({ retryAfter: "Thu, 01 Jan 1970 00:00:00 GMT" }), wait: 500 },
    { what: "nonsense", fault: Fault.rateLimited({ retryAfter: "soon" }), wait: 500 }
  ])("is at least what the server asks for: $what", ({ fault, wait }) =>
    Effect.gen(function*() {
      yield* script(fault)
      const { waits } = yield* skippingWaits(create)
      assert.deepStrictEqual(waits, [wait])
    }).pipe(patient))

  it.effect("over the cap is none: the call gives up at once", () =>
    Effect.gen(function*() {
      yield* script(Fault.rateLimited({ retryAfter: "61 seconds" }))
      const { exit, waits } = yield* skippingWaits(Effect.flip(create))
      assert.deepStrictEqual(waits, [])
      assert.instanceOf(yield* exit, ClaudeError.RateLimitError)
      assert.strictEqual(yield* count, 1)
    }).pipe(patient))
})

describe("a stream", () => {
  const drained = Effect.flatMap(
    Claude.Claude,
    ({ messages }) => Stream.runFold(messages.stream(hello), () => 0, (events) => events + 1)
  )

  const persistent = Effect.provide(simulated({ retry: retries(2) }))

  it.effect.each([
    { what: "an error event", fault: Fault.streamError({ afterEvents: 0, type: "overloaded_error" }) },
    {
      what: "an error event after message_start",
      fault: Fault.streamError({ afterEvents: 1, type: "overloaded_error" })
    },
    { what: "an end", fault: Fault.streamEnds({ afterEvents: 0 }) },
    { what: "an end after message_start", fault: Fault.streamEnds({ afterEvents: 1 }) },
    { what: "a reset", fault: Fault.resetAfterHeaders },
    { what: "a cut", fault: Fault.cutBody({ afterBytes: 10 }) },
    { what: "an error", fault: Fault.overloaded() }
  ])("starts again after $what before its first content block", ({ fault }) =>
    Effect.gen(function*() {
      yield* script(fault)
      yield* drained
      assert.strictEqual(yield* count, 2)
    }).pipe(persistent))

  it.effect("that starts again gives each event once", () =>
    Effect.gen(function*() {
      yield* script(Fault.streamError({ afterEvents: 0, type: "overloaded_error" }))
      const afterRetry = yield* drained
      assert.strictEqual(afterRetry, yield* drained)
    }).pipe(persistent))

  it.effect.each([
    { what: "an error event", fault: Fault.streamError({ afterEvents: 2, type: "overloaded_error" }) },
    { what: "an end", fault: Fault.streamEnds({ afterEvents: 2 }) },
    { what: "a cut", fault: Fault.cutBody({ afterBytes: 1200 }) }
  ])("fails after $what behind its first content block", ({ fault }) =>
    Effect.gen(function*() {
      yield* script(fault)
      yield* Effect.flip(drained)
      assert.strictEqual(yield* count, 1)
    }).pipe(persistent))

  it.effect("that stalls before its first event starts again", () =>
    Effect.gen(function*() {
      yield* script(Fault.stallBody({ afterBytes: 10 }))
      yield* Effect.raceFirst(drained, Effect.forever(Effect.andThen(TestClock.adjust("1 second"), Effect.yieldNow)))
      assert.strictEqual(yield* count, 2)
    }).pipe(Effect.provide(simulated({ retry: retries(2), timeout: Infinity }))))
})

describe("a token from a provider", () => {
  /** Gives these tokens in turn, the last one for ever, and keeps what it was asked. */
  const providing = (...tokens: ReadonlyArray<string>) => {
    const asked: Array<boolean> = []
    const credentials: NonNullable<ClaudeConfig.Options["credentials"]> = (options) => {
      asked.push(options?.forceRefresh ?? false)
      return Promise.resolve({ token: tokens[asked.length - 1] ?? tokens.at(-1) ?? "", expiresAt: null })
    }
    return { asked, credentials }
  }

  const key = "sk-ant-right-0123456789"

  const accepting = { apiKey: Redacted.make(key) }

  it.effect("that the server refuses is replaced, and the call repeated, whatever the policy", () => {
    const { asked, credentials } = providing("stale-token", key)
    return Effect.gen(function*() {
      yield* create
      assert.strictEqual(yield* count, 2)
      assert.deepStrictEqual(asked, [false, true])
    }).pipe(Effect.provide(simulated({ credentials }, accepting)))
  })

  it.effect("that the server refuses is replaced for a stream too", () => {
    const { credentials } = providing("stale-token", key)
    return Effect.gen(function*() {
      yield* drain
      assert.strictEqual(yield* count, 2)
    }).pipe(Effect.provide(simulated({ credentials }, accepting)))
  })

  it.effect("is replaced no more than once in a call", () => {
    const { asked, credentials } = providing("stale-token")
    return Effect.gen(function*() {
      const error = yield* Effect.flip(create)
      assert.instanceOf(error, ClaudeError.AuthenticationError)
      assert.strictEqual(error.attempts, 2)
      assert.strictEqual(asked.length, 2)
    }).pipe(Effect.provide(simulated({ credentials, retry: RetryPolicy.standard }, accepting)))
  })

  it.effect("is replaced without using up a retry", () => {
    const { credentials } = providing("stale-token", key)
    return Effect.gen(function*() {
      yield* script(Fault.none, Fault.overloaded(), Fault.overloaded())
      yield* Effect.flip(create)
      assert.strictEqual(yield* count, 3)
    }).pipe(Effect.provide(simulated({ credentials, retry: retries(1) }, accepting)))
  })

  it.effect("is not the matter where a key is used: a 401 makes one request", () =>
    Effect.gen(function*() {
      yield* Effect.flip(create)
      assert.strictEqual(yield* count, 1)
    }).pipe(Effect.provide(simulated({ apiKey: Redacted.make("sk-ant-wrong") }))))
})

describe("RetryPolicy.sdk", () => {
  it.effect.each([
    Fault.error({ status: 400 }),
    Fault.error({ status: 404 }),
    Fault.error({ status: 408, retryAfterMs: 1 }),
    Fault.error({ status: 409, retryAfterMs: 1 }),
    Fault.rateLimited({ retryAfterMs: 1 }),
    Fault.rateLimited({ retryAfterMs: 1, code: "enforced_spend_limit_reached" }),
    Fault.rateLimited({ retryAfterMs: 1, shouldRetry: false }),
    Fault.error({ status: 400, retryAfterMs: 1, shouldRetry: true }),
    Fault.error({ status: 500, retryAfterMs: 1 }),
    Fault.error({ status: 501, retryAfterMs: 1 }),
    Fault.error({ status: 503, retryAfterMs: 1 }),
    Fault.error({ status: 529, retryAfterMs: 1 }),
    Fault.html()
  ])("makes as many requests as the SDK itself, case %#", (fault) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const sdk = new Anthropic({ baseURL: sim.url, apiKey: Redacted.value(sim.apiKey), logLevel: "off" })
      yield* sim.script([fault, fault, fault])
      yield* Effect.exit(Effect.tryPromise(() => sdk.messages.create(hello)))
      const bySdk = yield* count
      yield* sim.reset
      yield* sim.script([fault, fault, fault])
      yield* skippingWaits(create)
      assert.strictEqual(yield* count, bySdk)
    }).pipe(Effect.provide(simulated({ retry: RetryPolicy.sdk, timeout: Infinity }))))
})
