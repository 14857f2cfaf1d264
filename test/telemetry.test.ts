import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Schedule, Stream, Tracer } from "effect"
import { Claude, ClaudeError, Interceptor, RetryPolicy, Telemetry } from "effect-claude"
import { skippingWaits } from "./support/clock.ts"
import { hello, simulated } from "./support/simulated.ts"
import { recording } from "./support/tracing.ts"

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

const events = Stream.unwrap(Effect.map(Claude.Claude, ({ messages }) => messages.stream(hello)))

/** Runs an effect to whatever end, and gives the spans that it made. */
const spansOf = Effect.fnUntraced(function*<A, E, R>(self: Effect.Effect<A, E, R>) {
  const { spans, traced } = recording()
  yield* traced(Effect.exit(self))
  return spans
})

/** The one span that an effect made. */
const spanOf = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.map(spansOf(self), (spans) => {
    assert.strictEqual(spans.length, 1)
    return spans[0] as Tracer.NativeSpan
  })

const attributesOf = (span: Tracer.NativeSpan) => Object.fromEntries(span.attributes)

const endOf = (span: Tracer.NativeSpan) => span.status._tag === "Ended" ? span.status.exit : undefined

const requestId = "req_011Simulated00000000001"

/** What the span of a message tells. */
const answered = (sim: Simulator.Simulator["Service"]) => ({
  "anthropic.request.id": requestId,
  "anthropic.response.service_tier": "standard",
  "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 0,
  "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": 0,
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "anthropic",
  "gen_ai.request.max_tokens": 100,
  "gen_ai.request.model": "claude-opus-5-5",
  "gen_ai.response.finish_reasons": ["end_turn"],
  "gen_ai.response.id": "msg_011Simulated00000000001",
  "gen_ai.response.model": "claude-opus-5-5",
  "gen_ai.usage.cache_write.input_tokens": 0,
  "gen_ai.usage.cache_read.input_tokens": 0,
  "gen_ai.usage.input_tokens": 9,
  "gen_ai.usage.output_tokens": 20,
  "gen_ai.usage.reasoning.output_tokens": 0,
  "http.request.method": "POST",
  "http.response.status_code": 200,
  "server.address": "127.0.0.1",
  "server.port": Number(new URL(sim.url).port),
  "url.template": "/v1/messages"
})

describe("the span of a call", () => {
  it.effect("is named after the operation and the model", () =>
    Effect.gen(function*() {
      const span = yield* spanOf(create)
      assert.strictEqual(span.name, "chat claude-opus-5-5")
    }).pipe(Effect.provide(simulated())))

  it.effect.each([
    {
      name: "messages.countTokens",
      call: Effect.flatMap(
        Claude.Claude,
        ({ messages }) => Effect.asVoid(messages.countTokens({ model: hello.model, messages: hello.messages }))
      )
    },
    {
      name: "models.retrieve",
      call: Effect.flatMap(Claude.Claude, ({ models }) => Effect.asVoid(models.retrieve("claude-opus-5-5")))
    },
    {
      name: "models.list",
      call: Effect.flatMap(Claude.Claude, ({ models }) => Effect.asVoid(models.listPage()))
    }
  ])("is named $name where there is no chat", ({ call, name }) =>
    Effect.gen(function*() {
      const span = yield* spanOf(call)
      assert.strictEqual(span.name, name)
      assert.strictEqual(span.attributes.get("gen_ai.operation.name"), name)
    }).pipe(Effect.provide(simulated())))

  it.effect("is that of a client", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* spanOf(create)).kind, "client")
    }).pipe(Effect.provide(simulated())))

  it.effect("tells request, answer and usage by the conventions, and nothing else", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      assert.deepStrictEqual(attributesOf(yield* spanOf(create)), answered(sim))
    }).pipe(Effect.provide(simulated())))

  it.effect("tells where the answer was to stop", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const span = yield* spanOf(claude.messages.create({ ...hello, stop_sequences: ["stop"] }))
      assert.deepStrictEqual(span.attributes.get("gen_ai.request.stop_sequences"), ["stop"])
    }).pipe(Effect.provide(simulated())))

  it.effect("counts cached tokens as input", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const usage = { input_tokens: 1, cache_read_input_tokens: 20, cache_creation_input_tokens: 300, output_tokens: 4 }
      yield* sim.script([
        Fault.body({
          text: JSON.stringify({ type: "message", id: "msg_1", model: "m", content: [], stop_reason: null, usage })
        })
      ])
      const span = yield* spanOf(create)
      assert.include(attributesOf(span), {
        "gen_ai.usage.input_tokens": 321,
        "gen_ai.usage.cache_read.input_tokens": 20,
        "gen_ai.usage.cache_write.input_tokens": 300,
        "gen_ai.usage.output_tokens": 4
      })
    }).pipe(Effect.provide(simulated())))

  it.effect("shows nothing that people wrote", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const span = yield* spanOf(
        claude.messages.create({
          ...hello,
          system: "my secret plan",
          messages: [{ role: "user", content: "my diary" }]
        })
      )
      assert.notMatch(JSON.stringify(attributesOf(span)), /my secret plan|my diary/)
    }).pipe(Effect.provide(simulated())))

  it.effect("has the caller's span as its parent", () =>
    Effect.gen(function*() {
      const [caller, span] = yield* spansOf(Effect.withSpan(create, "caller"))
      assert.strictEqual(Option.getOrThrow(span?.parent ?? Option.none()).spanId, caller?.spanId)
      assert.strictEqual(span?.traceId, caller?.traceId)
    }).pipe(Effect.provide(simulated())))

  it.effect("has no parent where the caller has no span", () =>
    Effect.gen(function*() {
      assert.isTrue(Option.isNone((yield* spanOf(create)).parent))
    }).pipe(Effect.provide(simulated())))

  it.effect("ends with the call, as it ends", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const succeeded = endOf(yield* spanOf(create))
      assert.isTrue(succeeded !== undefined && Exit.isSuccess(succeeded))
      yield* sim.script([Fault.overloaded()])
      const failed = endOf(yield* spanOf(create))
      assert.isTrue(failed !== undefined && Exit.isFailure(failed))
    }).pipe(Effect.provide(simulated())))

  it.effect("ends with the fiber where that is interrupted", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { spans, traced } = recording()
      yield* sim.script([Fault.stallBeforeHeaders])
      const fiber = yield* Effect.forkChild(traced(create))
      yield* sim.awaitJournal(({ length }) => length === 1)
      yield* Fiber.interrupt(fiber)
      const end = spans[0] === undefined ? undefined : endOf(spans[0])
      assert.isTrue(end !== undefined && Exit.hasInterrupts(end))
    }).pipe(Effect.provide(simulated())))

  it.effect.each([
    { fault: Fault.overloaded(), type: "OverloadedError" },
    { fault: Fault.html(), type: "InvalidResponseError" },
    { fault: Fault.resetBeforeHeaders, type: "APIConnectionError" }
  ])("names the class of its failure: $type", ({ fault, type }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([fault])
      const span = yield* spanOf(create)
      assert.strictEqual(span.attributes.get("error.type"), type)
    }).pipe(Effect.provide(simulated())))

  it.effect.each([
    {
      what: "the API's words",
      fault: Fault.coded("RampLimitExceededError"),
      told: {
        "error.type": "RateLimitError",
        "http.response.status_code": 429,
        "anthropic.request.id": requestId,
        "anthropic.error.type": "rate_limit_error",
        "anthropic.error.code": "ramp_limit_exceeded"
      }
    },
    {
      what: "a page of a proxy",
      fault: Fault.html({ status: 503 }),
      told: { "error.type": "ServiceUnavailableError", "http.response.status_code": 503 }
    }
  ])("tells status, request, type and code of its failure: $what", ({ fault, told }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([fault])
      assert.include(attributesOf(yield* spanOf(create)), told)
    }).pipe(Effect.provide(simulated())))

  it.effect("tells no status of an earlier attempt where the last had none", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded(), Fault.resetBeforeHeaders])
      const span = yield* spanOf(skippingWaits(create))
      assert.strictEqual(span.attributes.get("error.type"), "APIConnectionError")
      assert.isUndefined(span.attributes.get("http.response.status_code"))
      assert.isUndefined(span.attributes.get("anthropic.request.id"))
    }).pipe(Effect.provide(simulated({ retry: Schedule.recurs(1), timeout: Infinity }))))

  it.effect("is the parent of what hooks do, at the end of a stream too", () =>
    Effect.gen(function*() {
      const inside = Interceptor.make({
        call: (call, next) => Effect.andThen(Effect.withSpan(Effect.void, "call"), next(call)),
        attempt: (attempt, next) => Effect.withSpan(next(attempt), "attempt"),
        answered: () => Effect.withSpan(Effect.void, "answered"),
        ended: () => Effect.withSpan(Effect.void, "ended")
      })
      const [span, ...children] = yield* spansOf(Claude.withInterceptor(Stream.runDrain(events), inside))
      assert.deepStrictEqual(children.map(({ name }) => name), ["call", "attempt", "answered", "ended"])
      assert.deepStrictEqual(
        children.map(({ name, parent }) => [name, Option.getOrUndefined(parent)?.spanId === span?.spanId]),
        [["call", true], ["attempt", true], ["answered", false], ["ended", true]]
      )
    }).pipe(Effect.provide(simulated())))

  it.effect("names the conversation that it is given, of a stream too", () =>
    Effect.gen(function*() {
      const within = Telemetry.withConversation("conv_1")
      const spans = yield* spansOf(Effect.all([create.pipe(within), Stream.runDrain(events.pipe(within)), create]))
      assert.deepStrictEqual(
        spans.map(({ attributes }) => attributes.get("gen_ai.conversation.id")),
        ["conv_1", "conv_1", undefined]
      )
    }).pipe(Effect.provide(simulated())))

  it.effect("is asked for nothing where it is not sampled", () =>
    Effect.gen(function*() {
      const parent = Tracer.externalSpan({ spanId: "1", traceId: "2", sampled: false })
      const span = yield* spanOf(Effect.withParentSpan(create, parent))
      assert.deepStrictEqual(attributesOf(span), {})
    }).pipe(Effect.provide(simulated())))

  it.effect("is there for a call that was refused here", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const span = yield* spanOf(claude.messages.create({ ...hello, messages: [] }))
      assert.strictEqual(span.attributes.get("error.type"), "RequestRejectedError")
    }).pipe(Effect.provide(simulated())))

  it.effect("is one for each page of a list", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const spans = yield* spansOf(Stream.runDrain(claude.models.list({ limit: 2 })))
      assert.deepStrictEqual(spans.map(({ name }) => name), ["models.list", "models.list", "models.list"])
    }).pipe(Effect.provide(simulated({}, { models: [..."abcde"].map((id) => ({ id })) }))))
})

describe("a retry", () => {
  const retry = RetryPolicy.exponential({ base: "1 second" }).pipe(Schedule.upTo({ times: 2 }))

  const retrying = Effect.provide(simulated({ retry, timeout: Infinity }))

  it.effect("is an event of the one span of its call", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded(), Fault.rateLimited()])
      const span = yield* spanOf(skippingWaits(create))
      assert.deepStrictEqual(span.events, [
        ["retry", 0n, {
          "error.type": "OverloadedError",
          "anthropic.error.type": "overloaded_error",
          "claude.retry.attempt": 2,
          "claude.retry.delay_ms": 1000,
          "anthropic.request.id": requestId
        }],
        ["retry", 1_000_000_000n, {
          "error.type": "RateLimitError",
          "anthropic.error.type": "rate_limit_error",
          "claude.retry.attempt": 3,
          "claude.retry.delay_ms": 2000,
          "anthropic.request.id": "req_011Simulated00000000002"
        }]
      ])
    }).pipe(retrying))

  it.effect("is counted on the span", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded(), Fault.overloaded()])
      const span = yield* spanOf(skippingWaits(create))
      assert.strictEqual(span.attributes.get("http.request.resend_count"), 2)
    }).pipe(retrying))

  it.effect("that succeeds leaves no error on the span", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      const span = yield* spanOf(skippingWaits(create))
      assert.isUndefined(span.attributes.get("error.type"))
      assert.strictEqual(span.attributes.get("anthropic.request.id"), "req_011Simulated00000000002")
    }).pipe(retrying))

  it.effect("of a stream is an event of its span", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamError({ afterEvents: 0, type: "overloaded_error" })])
      const span = yield* spanOf(Stream.runDrain(events))
      assert.deepStrictEqual(span.events.map(([name, , facts]) => [name, facts["error.type"]]), [
        ["retry", "OverloadedError"]
      ])
    }).pipe(
      Effect.provide(simulated({ retry: RetryPolicy.exponential({ base: 0 }).pipe(Schedule.upTo({ times: 1 })) }))
    ))
})

describe("the span of a stream", () => {
  it.effect("tells request, answer and usage as that of a call does", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { "gen_ai.response.time_to_first_chunk": first, ...attributes } = attributesOf(
        yield* spanOf(Stream.runDrain(events))
      )
      assert.deepStrictEqual(attributes, {
        ...answered(sim),
        "claude.usage.is_final": true,
        "gen_ai.request.stream": true
      })
      assert.isTrue(typeof first === "number" && first >= 0)
    }).pipe(Effect.provide(simulated())))

  it.effect("is named after the operation and the model", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* spanOf(Stream.runDrain(events))).name, "chat claude-opus-5-5")
    }).pipe(Effect.provide(simulated())))

  it.effect("lasts until the stream has ended", () =>
    Effect.gen(function*() {
      const { spans, traced } = recording()
      const states: Array<string | undefined> = []
      yield* traced(Stream.runForEach(events, () => Effect.sync(() => states.push(spans[0]?.status._tag))))
      assert.deepStrictEqual([...new Set(states), spans[0]?.status._tag], ["Started", "Ended"])
    }).pipe(Effect.provide(simulated())))

  it.effect("has the caller's span as its parent", () =>
    Effect.gen(function*() {
      const [caller, span] = yield* spansOf(Effect.withSpan(Stream.runDrain(events), "caller"))
      assert.strictEqual(Option.getOrThrow(span?.parent ?? Option.none()).spanId, caller?.spanId)
    }).pipe(Effect.provide(simulated())))

  it.effect.each([
    { when: "before its first event", fault: Fault.streamError({ afterEvents: 0, type: "overloaded_error" }) },
    { when: "after it", fault: Fault.streamError({ afterEvents: 2, type: "overloaded_error" }) }
  ])("names the class of its failure $when", ({ fault }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([fault])
      const span = yield* spanOf(Stream.runDrain(events))
      assert.strictEqual(span.attributes.get("error.type"), "OverloadedError")
      assert.strictEqual(span.attributes.get("http.response.status_code"), 200)
    }).pipe(Effect.provide(simulated())))

  it.effect("that was cut tells the end by the error, and no output that was not counted", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamEnds({ afterEvents: 4 })])
      const attributes = attributesOf(yield* spanOf(Stream.runDrain(events)))
      assert.deepInclude(attributes, {
        "error.type": "StreamInterruptedError",
        "anthropic.request.id": requestId,
        "gen_ai.response.finish_reasons": ["error"],
        "gen_ai.usage.input_tokens": 9,
        "claude.usage.is_final": false
      })
      assert.notProperty(attributes, "gen_ai.usage.output_tokens")
      assert.property(attributes, "gen_ai.response.time_to_first_chunk")
    }).pipe(Effect.provide(simulated())))

  it.effect("ends as the stream ends", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamEnds({ afterEvents: 2 })])
      const end = endOf(yield* spanOf(Stream.runDrain(events)))
      const failure = end === undefined ? undefined : Option.getOrUndefined(Exit.findErrorOption(end))
      assert.instanceOf(failure, ClaudeError.StreamInterruptedError)
    }).pipe(Effect.provide(simulated())))

  it.effect("has no error where the consumer has had enough", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamStalls({ afterEvents: 2 })])
      const span = yield* spanOf(Stream.runDrain(Stream.take(events, 1)))
      assert.isUndefined(span.attributes.get("error.type"))
      assert.strictEqual(span.status._tag, "Ended")
    }).pipe(Effect.provide(simulated())))
})
