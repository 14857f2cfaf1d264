import * as SDK from "@anthropic-ai/sdk"
import { BaseAnthropic } from "@anthropic-ai/sdk/client"
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Context,
  DateTime,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Schedule,
  Schema,
  Stream
} from "effect"
import { Claude, ClaudeClient, ClaudeError, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { skippingWaits } from "./support/clock.ts"
import { hello, simulated } from "./support/simulated.ts"

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

const drain = Effect.flatMap(Claude.Claude, ({ messages }) => Stream.runDrain(messages.stream(hello)))

const retrieve = Effect.flatMap(Claude.Claude, ({ models }) => models.retrieve("claude-opus-5-5"))

/** How a call fails that meets this fault. */
const failing = <A, E, R>(fault: Fault.Fault, call: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Simulator.Simulator, (sim) => Effect.andThen(sim.script([fault]), Effect.flip(call)))

/** The address of a server that is gone. */
const nobody = Effect.map(
  Effect.scoped(Layer.build(Layer.fresh(Simulator.layer()))),
  (context) => Context.get(context, Simulator.Simulator).url
)

const toNobody = Effect.provide(
  Layer.unwrap(Effect.map(nobody, (baseURL) => simulated({ baseURL })))
)

const statuses = [
  { status: 304, tag: "UnexpectedStatusError" },
  { status: 400, tag: "BadRequestError" },
  { status: 401, tag: "AuthenticationError" },
  { status: 402, tag: "PaymentRequiredError" },
  { status: 403, tag: "PermissionDeniedError" },
  { status: 404, tag: "NotFoundError" },
  { status: 408, tag: "RequestTimeoutError" },
  { status: 409, tag: "ConflictError" },
  { status: 412, tag: "PreconditionFailedError" },
  { status: 413, tag: "ContentTooLargeError" },
  { status: 418, tag: "UnexpectedStatusError" },
  { status: 422, tag: "UnprocessableEntityError" },
  { status: 429, tag: "RateLimitError" },
  { status: 431, tag: "RequestHeaderFieldsTooLargeError" },
  { status: 499, tag: "ClientClosedRequestError" },
  { status: 500, tag: "InternalServerError" },
  { status: 501, tag: "NotImplementedError" },
  { status: 502, tag: "InternalServerError" },
  { status: 503, tag: "ServiceUnavailableError" },
  { status: 504, tag: "GatewayTimeoutError" },
  { status: 529, tag: "OverloadedError" },
  { status: 599, tag: "InternalServerError" }
] as const

/** The tags that the rest of this file reaches. */
const others = [
  "APIConnectionError",
  "APIConnectionTimeoutError",
  "InvalidResponseError",
  "StreamInterruptedError",
  "StreamStalledError",
  "RequestRejectedError"
]

describe("Promise 1: the type tells the truth", () => {
  it("this file reaches every class of the error channel", () => {
    const tags = ClaudeError.ClaudeError.members.map((member) => member.identifier.replace("effect-claude/", ""))
    const noCalls = ["StructuredOutputError", "IncompleteMessageError", "WebhookVerificationError"]
    assert.sameMembers([...new Set([...statuses.map(({ tag }) => tag), ...others, ...noCalls])], tags)
  })

  it.effect.each(statuses)("$status is $tag", ({ status, tag }) =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.status(status, "no"), create)
      assert.isTrue(ClaudeError.isClaudeError(error))
      assert.deepInclude(error, { _tag: tag, status })
    }).pipe(Effect.provide(simulated())))

  it.effect.each(statuses)("$status is $tag where a stream was asked for", ({ status, tag }) =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.status(status, "no"), drain)
      assert.deepInclude(error, { _tag: tag, status })
    }).pipe(Effect.provide(simulated())))

  const everyFault: ReadonlyArray<Fault.Fault> = [
    ...statuses.map(({ status }) => Fault.status(status)),
    Fault.html(),
    Fault.html({ status: 502 }),
    Fault.status(200),
    Fault.status(204),
    ...["", "null", "[]", "1", "\"text\"", "{}", "{\"type\":\"error\"}", "{\"type\":\"error\",\"error\":null}"].map((
      text
    ) => Fault.body({ text })),
    Fault.body({ text: "event: error\ndata: null\n\n", contentType: "text/event-stream" }),
    Fault.body({ text: "data: 1\n\n", contentType: "text/event-stream" }),
    Fault.body({ text: "data: {\"type\":\"error\",\"error\":1}\n\n", contentType: "text/event-stream" }),
    Fault.error({ status: 400, type: "unheard_of", message: "", code: "", param: "" }),
    Fault.error({ status: 429, retryAfter: "never", headers: { "x-should-retry": "maybe" } }),
    Fault.resetBeforeHeaders,
    Fault.resetAfterHeaders,
    Fault.cutBody({ afterBytes: 40 }),
    Fault.truncatedJson({ afterBytes: 40 }),
    Fault.streamError({ afterEvents: 0, type: "unheard_of" }),
    Fault.streamEnds({ afterEvents: 0 })
  ]

  it.effect.each([
    { name: "messages.create", call: create },
    { name: "messages.stream", call: drain },
    {
      name: "messages.countTokens",
      call: Effect.flatMap(Claude.Claude, ({ messages }) => messages.countTokens(hello))
    },
    { name: "models.list", call: Effect.flatMap(Claude.Claude, ({ models }) => Stream.runDrain(models.list())) },
    { name: "models.retrieve", call: retrieve }
  ])("no fault makes $name die", ({ call }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const exits = yield* Effect.forEach(everyFault, (fault) => Effect.andThen(sim.script([fault]), Effect.exit(call)))
      const defects = exits.flatMap((exit) => Exit.isFailure(exit) && !Cause.hasFails(exit.cause) ? [exit.cause] : [])
      assert.deepStrictEqual(defects.map(Cause.pretty), [])
    }).pipe(Effect.provide(simulated())))

  it.effect.each([
    { name: "messages.create", fault: Fault.body({ text: "{\"type\":\"other\"}" }), call: create },
    { name: "models.retrieve", fault: Fault.body({ text: "{\"type\":\"message\"}" }), call: retrieve },
    {
      name: "models.list",
      fault: Fault.body({ text: "{}" }),
      call: Effect.flatMap(Claude.Claude, ({ models }) => Stream.runDrain(models.list()))
    }
  ])("JSON of another kind is no answer of $name", ({ call, fault }) =>
    Effect.gen(function*() {
      const error = yield* failing(fault, call)
      assert.instanceOf(error, ClaudeError.InvalidResponseError)
      assert.strictEqual(error.problem, "unexpected-shape")
    }).pipe(Effect.provide(simulated())))
})

describe("Promise 1: what a server nests more deeply than the stack goes", () => {
  const nested = "[".repeat(3000) + "]".repeat(3000)
  const answer = (fault: { readonly status?: number; readonly contentType: string; readonly text: string }) =>
    failing(Fault.body(fault), drain)

  it.effect("is left out of the error of its status", () =>
    Effect.gen(function*() {
      const text = `{"type":"error","error":{"type":"api_error","message":"no","deep":${nested}}}`
      const error = yield* answer({ status: 500, contentType: "application/json", text })
      assert.instanceOf(error, ClaudeError.InternalServerError)
      assert.deepInclude(error, { message: "no", body: undefined })
    }).pipe(Effect.provide(simulated())))

  it.effect("is left out of the error of a stream's error event", () =>
    Effect.gen(function*() {
      const text = `data: {"type":"error","error":{"type":"overloaded_error","message":"no","deep":${nested}}}\n\n`
      const error = yield* answer({ contentType: "text/event-stream", text })
      assert.instanceOf(error, ClaudeError.OverloadedError)
      assert.deepInclude(error, { message: "no", body: undefined })
    }).pipe(Effect.provide(simulated())))

  it.effect("is left out of the error of a stream that is cut", () =>
    Effect.gen(function*() {
      const text =
        `data: {"type":"message_start","message":{"type":"message","content":[],"usage":{},"deep":${nested}}}\n\n`
      const error = yield* answer({ contentType: "text/event-stream", text })
      assert.instanceOf(error, ClaudeError.StreamInterruptedError)
      assert.strictEqual(error.events, 1)
      assert.deepStrictEqual(error.partial?.content, [])
      assert.include(JSON.stringify(error), "nested too deeply")
    }).pipe(Effect.provide(simulated())))

  it.effect("does not hide that the request ran", () =>
    Effect.gen(function*() {
      const text = [
        { type: "message_start", message: { type: "message", content: [], usage: {} } },
        {
          type: "content_block_start",
          index: 0,
          content_block: { type: "tool_use", id: "toolu_1", name: "write", input: {} }
        },
        {
          type: "content_block_delta",
          index: 0,
          delta: { type: "input_json_delta", partial_json: "[".repeat(100_000) }
        },
        { type: "error", error: { type: "overloaded_error", message: "no" } }
      ].map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")
      const error = yield* answer({ contentType: "text/event-stream", text })
      assert.instanceOf(error, ClaudeError.OverloadedError)
      assert.strictEqual(error.outcome, "executed")
      assert.deepNestedPropertyVal(error, "partial.content[0].name", "write")
    }).pipe(Effect.provide(simulated())))
})

describe("Promise 1: what a server says at length", () => {
  it.effect("is cut in every field of its error", () =>
    Effect.gen(function*() {
      const long = "\u00e9".repeat(1_000_000)
      const error = { type: long, message: long, param: long, details: { error_code: long, [long]: long } }
      const text = JSON.stringify({ type: "error", error, request_id: long })
      for (const status of [200, 529]) {
        const failure = yield* failing(Fault.body({ status, contentType: "application/json", text }), create)
        assert.isBelow(JSON.stringify(failure).length, 128 * 1024)
        assert.include(failure.message, "1000000 characters in all")
      }
    }).pipe(Effect.provide(simulated())))
})

describe("APIConnectionError", () => {
  it.effect("is what a refused connection gives, and says that nothing was sent", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(create)
      assert.instanceOf(error, ClaudeError.APIConnectionError)
      assert.isFalse(error.sent)
      assert.strictEqual(error.outcome, "not-executed")
    }).pipe(toNobody))

  it.effect("names the address and what happened", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(create)
      assert.match(error.message, /^No answer from 127\.0\.0\.1:\d+: connect ECONNREFUSED/)
    }).pipe(toNobody))

  it.effect("is what a reset before the headers gives, and says that the request may have run", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.resetBeforeHeaders, create)
      assert.instanceOf(error, ClaudeError.APIConnectionError)
      assert.isTrue(error.sent)
      assert.strictEqual(error.outcome, "unknown")
    }).pipe(Effect.provide(simulated())))

  it.effect("keeps the SDK's error as its cause", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.resetBeforeHeaders, create)
      assert.instanceOf(error.cause, SDK.APIConnectionError)
    }).pipe(Effect.provide(simulated())))

  it.effect("is what a stream gives that gets no answer", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.resetBeforeHeaders, drain)
      assert.instanceOf(error, ClaudeError.APIConnectionError)
    }).pipe(Effect.provide(simulated())))
})

describe("APIConnectionTimeoutError", () => {
  const stalls = [
    { where: "before the headers", fault: Fault.stallBeforeHeaders },
    { where: "in the body", fault: Fault.stallBody({ afterBytes: 20 }) }
  ]

  it.effect.each(stalls)(
    "ends a call that stalls $where when its timeout is up",
    ({ fault }) =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        const call = yield* Effect.forkChild(failing(fault, create))
        yield* sim.awaitJournal(([entry]) => entry !== undefined)
        yield* TestClock.adjust("599 seconds")
        assert.isUndefined(call.pollUnsafe())
        yield* TestClock.adjust("1 second")
        const error = yield* Fiber.join(call)
        assert.instanceOf(error, ClaudeError.APIConnectionTimeoutError)
      }).pipe(Effect.provide(simulated()))
  )

  it.effect.each(stalls)("takes the timeout of the call where it stalls $where", ({ fault }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      const call = yield* Effect.forkChild(failing(fault, claude.messages.create(hello, { timeout: "30 seconds" })))
      yield* sim.awaitJournal(([entry]) => entry !== undefined)
      yield* TestClock.adjust("30 seconds")
      const error = yield* Fiber.join(call)
      assert.instanceOf(error, ClaudeError.APIConnectionTimeoutError)
      assert.deepStrictEqual(error.timeout, Duration.seconds(30))
    }).pipe(Effect.provide(simulated({ timeout: "1 hour" }))))

  it.effect("ends a stream that gets no answer", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const call = yield* Effect.forkChild(failing(Fault.stallBeforeHeaders, drain))
      yield* sim.awaitJournal(([entry]) => entry !== undefined)
      yield* TestClock.adjust("10 minutes")
      assert.instanceOf(yield* Fiber.join(call), ClaudeError.APIConnectionTimeoutError)
    }).pipe(Effect.provide(simulated())))

  it.effect("says that the request may have run, and how long it took", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const call = yield* Effect.forkChild(failing(Fault.stallBeforeHeaders, create))
      yield* sim.awaitJournal(([entry]) => entry !== undefined)
      yield* TestClock.adjust("10 minutes")
      const error = yield* Fiber.join(call)
      assert.strictEqual(error.outcome, "unknown")
      assert.deepStrictEqual(error.elapsed, Duration.millis(600_000))
    }).pipe(Effect.provide(simulated())))
})

describe("InvalidResponseError", () => {
  it.effect.each([
    { what: "HTML", problem: "not-json", fault: Fault.html() },
    { what: "plain text", problem: "not-json", fault: Fault.status(200, "ok") },
    { what: "an empty body", problem: "malformed-json", fault: Fault.body({ text: "" }) },
    { what: "no body", problem: "malformed-json", fault: Fault.status(204) },
    { what: "JSON that stops short", problem: "malformed-json", fault: Fault.truncatedJson({ afterBytes: 60 }) },
    { what: "JSON of another kind", problem: "unexpected-shape", fault: Fault.body({ text: "{\"ok\":true}" }) },
    { what: "a connection that breaks in the body", problem: "unreadable", fault: Fault.cutBody({ afterBytes: 60 }) },
    { what: "a reset after the headers", problem: "unreadable", fault: Fault.resetAfterHeaders }
  ])("calls $what $problem", ({ fault, problem }) =>
    Effect.gen(function*() {
      const error = yield* failing(fault, create)
      assert.instanceOf(error, ClaudeError.InvalidResponseError)
      assert.strictEqual(error.problem, problem)
    }).pipe(Effect.provide(simulated())))

  it.effect("keeps status, content type, request id and the beginning of the body", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.html(), create)
      assert.instanceOf(error, ClaudeError.InvalidResponseError)
      const { contentType, requestId, snippet, status } = error
      assert.deepStrictEqual({ contentType, requestId, status }, {
        contentType: "text/html; charset=utf-8",
        requestId: "req_011Simulated00000000001",
        status: 200
      })
      assert.match(snippet ?? "", /^<!DOCTYPE html>/)
    }).pipe(Effect.provide(simulated())))

  it.effect.each([
    { what: "HTML", problem: "not-json", fault: Fault.html() },
    { what: "a message at once", problem: "unexpected-shape", fault: Fault.body({ text: "{\"type\":\"message\"}" }) },
    {
      what: "an event that is no JSON",
      problem: "malformed-json",
      fault: Fault.body({ text: "data: {\n\n", contentType: "text/event-stream" })
    },
    {
      what: "a stream that begins in the middle",
      problem: "unexpected-shape",
      fault: Fault.body({ text: "data: {\"type\":\"message_stop\"}\n\n", contentType: "text/event-stream" })
    }
  ])("calls $what instead of a stream $problem", ({ fault, problem }) =>
    Effect.gen(function*() {
      const error = yield* failing(fault, drain)
      assert.instanceOf(error, ClaudeError.InvalidResponseError)
      assert.strictEqual(error.problem, problem)
    }).pipe(Effect.provide(simulated())))
})

describe("StreamInterruptedError", () => {
  it.effect.each([
    { how: "properly, before its first event", fault: Fault.streamEnds({ afterEvents: 0 }), events: 0 },
    { how: "properly, after two events", fault: Fault.streamEnds({ afterEvents: 2 }), events: 2 },
    { how: "properly, in the middle of an event", fault: Fault.truncatedJson({ afterBytes: 700 }), events: 1 },
    { how: "with a cut connection", fault: Fault.cutBody({ afterBytes: 700 }), events: 1 },
    { how: "with a reset", fault: Fault.resetAfterHeaders, events: 0 }
  ])("is how a stream fails that ends $how", ({ events, fault }) =>
    Effect.gen(function*() {
      const error = yield* failing(fault, drain)
      assert.instanceOf(error, ClaudeError.StreamInterruptedError)
      assert.strictEqual(error.events, events)
    }).pipe(Effect.provide(simulated())))

  it.effect("comes after every event that had arrived", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* sim.script([Fault.streamEnds({ afterEvents: 2 })])
      const seen: Array<string> = []
      yield* claude.messages.stream(hello).pipe(
        Stream.runForEach((event) => Effect.sync(() => seen.push(event.type))),
        Effect.flip
      )
      assert.deepStrictEqual(seen, ["message_start", "content_block_start"])
    }).pipe(Effect.provide(simulated())))

  it.effect("keeps the request id", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.streamEnds({ afterEvents: 2 }), drain)
      assert.strictEqual(error.requestId, "req_011Simulated00000000001")
    }).pipe(Effect.provide(simulated())))
})

describe("StreamStalledError", () => {
  it.effect("is how a stream fails that falls silent for longer than its idle timeout", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* sim.script([Fault.streamStalls({ afterEvents: 2 })])
      const second = yield* Deferred.make<void>()
      const call = yield* claude.messages.stream(hello, { idleTimeout: "20 seconds" }).pipe(
        Stream.runForEach(({ type }) =>
          type === "content_block_start" ? Deferred.succeed(second, undefined) : Effect.void
        ),
        Effect.flip,
        Effect.forkChild
      )
      yield* Deferred.await(second)
      yield* TestClock.adjust("20 seconds")
      const error = yield* Fiber.join(call)
      assert.instanceOf(error, ClaudeError.StreamStalledError)
      assert.strictEqual(error.events, 2)
      assert.deepStrictEqual(error.idleTimeout, Duration.seconds(20))
    }).pipe(Effect.provide(simulated())))

  it.effect("is not how a stream fails whose reader takes its time", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const types = yield* claude.messages.stream(hello).pipe(
        Stream.mapEffect(({ type }) => Effect.as(TestClock.adjust("10 minutes"), type)),
        Stream.runCollect
      )
      assert.strictEqual(types.at(-1), "message_stop")
    }).pipe(Effect.provide(simulated())))

  it.effect("also is how a stream fails that never begins", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* sim.script([Fault.stallBody({ afterBytes: 10 })])
      const stream = claude.messages.stream(hello, { timeout: Infinity })
      const error = yield* Effect.raceFirst(
        Effect.flip(Stream.runDrain(stream)),
        Effect.forever(Effect.andThen(TestClock.adjust("1 second"), Effect.yieldNow))
      )
      assert.instanceOf(error, ClaudeError.StreamStalledError)
      assert.strictEqual(error.events, 0)
    }).pipe(Effect.provide(simulated())))
})

describe("RequestRejectedError", () => {
  it.effect("is what a parameter gives that the API is sure to refuse", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const error = yield* Effect.flip(claude.messages.create({ ...hello, messages: [] }))
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.strictEqual(error.param, "messages")
    }).pipe(Effect.provide(simulated())))

  it.effect("is what the SDK's guard against long requests gives", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const error = yield* Effect.flip(claude.messages.create({ ...hello, max_tokens: 100_000 }))
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.strictEqual(error.param, "max_tokens")
    }).pipe(Effect.provide(simulated())))

  it.effect("is what credentials give that cannot be had", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(create)
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.strictEqual(error.message, "Could not fetch an access token: no token today")
    }).pipe(Effect.provide(simulated({ credentials: () => Promise.reject(new Error("no token today")) }))))

  it.effect("is what a method gives that the client does not have", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(create)
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.strictEqual(error.message, "This client (BaseAnthropic) has no messages.create")
    }).pipe(
      Effect.provide(Layer.provide(Claude.layerClient, ClaudeClient.layerSdk(new BaseAnthropic({ apiKey: "sk-none" }))))
    ))

  it.effect("keeps its class where the server nests its refusal more deeply than the SDK can write", () =>
    Effect.gen(function*() {
      const depth = 10_000
      const text = `{"error": ${"[".repeat(depth)}${"]".repeat(depth)}}`
      const error = yield* failing(Fault.body({ status: 400, text }), create)
      assert.instanceOf(error, ClaudeError.BadRequestError)
    }).pipe(Effect.provide(simulated())))

  const throws = (after: boolean): SDK.Middleware => async (request, next) => {
    if (after) await next(request)
    throw new Error("Out of order")
  }

  it.effect.each<{ readonly when: string; readonly after: boolean; readonly outcome: ClaudeError.Outcome }>([
    { when: "before the request", after: false, outcome: "not-executed" },
    { when: "after the answer", after: true, outcome: "unknown" }
  ])("tells of a middleware that throws $when", ({ after, outcome }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      const middleware = [throws(after)]
      const ofTheCall = yield* Effect.flip(claude.messages.create(hello, { middleware }))
      const ofTheClient = yield* Effect.flip(create).pipe(
        Effect.provide(Claude.layer({ apiKey: sim.apiKey, baseURL: sim.url, middleware, retry: RetryPolicy.none }))
      )
      for (const error of [ofTheCall, ofTheClient]) {
        assert.instanceOf(error, ClaudeError.RequestRejectedError)
        assert.strictEqual(error.message, "Out of order")
        assert.strictEqual(error.outcome, outcome)
      }
      assert.strictEqual((yield* sim.journal).length, after ? 2 : 0)
    }).pipe(Effect.provide(simulated())))
})

describe("an error of the API", () => {
  const spendLimit = Fault.rateLimited({
    message: "This organization has reached its spend limit.",
    code: "enforced_spend_limit_reached",
    details: { limit_type: "monthly" }
  })

  it.effect("has the API's own message", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.error({ status: 404, message: "model: claude-none" }), create)
      assert.strictEqual(error.message, "model: claude-none")
    }).pipe(Effect.provide(simulated())))

  it.effect("has the API's type", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.rateLimited(), create)
      assert.instanceOf(error, ClaudeError.RateLimitError)
      assert.strictEqual(error.type, "rate_limit_error")
    }).pipe(Effect.provide(simulated())))

  it.effect("has the documented error code as its reason, with the details", () =>
    Effect.gen(function*() {
      const error = yield* failing(spendLimit, create)
      assert.instanceOf(error, ClaudeError.RateLimitError)
      assert.deepStrictEqual<unknown>(error.reason, {
        _tag: "EnforcedSpendLimitReachedError",
        errorCode: "enforced_spend_limit_reached",
        details: { error_code: "enforced_spend_limit_reached", limit_type: "monthly" }
      })
    }).pipe(Effect.provide(simulated())))

  it.effect("is caught by its reason", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([spendLimit])
      const code = yield* create.pipe(
        Effect.catchReason("RateLimitError", "EnforcedSpendLimitReachedError", ({ errorCode }) =>
          Effect.succeed(errorCode))
      )
      assert.strictEqual(code, "enforced_spend_limit_reached")
    }).pipe(Effect.provide(simulated())))

  it.effect("keeps a code that nobody documents, as unspecified", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.rateLimited({ code: "brand_new_limit", details: { extra: 1 } }), create)
      assert.instanceOf(error, ClaudeError.RateLimitError)
      assert.deepStrictEqual<unknown>(error.reason, {
        _tag: "Unspecified",
        errorCode: "brand_new_limit",
        details: { error_code: "brand_new_limit", extra: 1 }
      })
    }).pipe(Effect.provide(simulated())))

  it.effect("keeps a code that this method does not document, as unspecified", () =>
    Effect.gen(function*() {
      const error = yield* failing(spendLimit, retrieve)
      assert.instanceOf(error, ClaudeError.RateLimitError)
      assert.strictEqual(error.reason._tag, "Unspecified")
      assert.strictEqual(error.reason.errorCode, "enforced_spend_limit_reached")
    }).pipe(Effect.provide(simulated())))

  it.effect("keeps a code that the API documents for another status, as unspecified", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.error({ status: 400, code: "enforced_spend_limit_reached" }), create)
      assert.instanceOf(error, ClaudeError.BadRequestError)
      assert.strictEqual(error.reason._tag, "Unspecified")
    }).pipe(Effect.provide(simulated())))

  it.effect("has an unspecified reason where there is no code", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.overloaded(), create)
      assert.instanceOf(error, ClaudeError.OverloadedError)
      assert.deepStrictEqual(error.reason, { _tag: "Unspecified", errorCode: undefined, details: undefined })
    }).pipe(Effect.provide(simulated())))

  it.effect("has the request id of the answer", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const error = yield* failing(Fault.overloaded(), create)
      assert.deepStrictEqual((yield* sim.journal).map(({ requestId }) => requestId), [error.requestId])
    }).pipe(Effect.provide(simulated())))

  it.effect.each([
    { call: create, operation: "messages.create", model: "claude-opus-5-5" },
    { call: drain, operation: "messages.stream", model: "claude-opus-5-5" },
    { call: retrieve, operation: "models.retrieve", model: undefined }
  ])("names its operation $operation and the model", ({ call, model, operation }) =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.overloaded(), call)
      assert.deepStrictEqual({ model: error.model, operation: error.operation }, { model, operation })
    }).pipe(Effect.provide(simulated())))

  it.effect.each([
    { how: "a field", fault: Fault.error({ status: 400, param: "messages.0.role" }) },
    {
      how: "the beginning of its message",
      fault: Fault.error({ status: 400, message: "messages.0.role: no such role" })
    }
  ])("names the parameter at fault where the API says it in $how", ({ fault }) =>
    Effect.gen(function*() {
      const error = yield* failing(fault, create)
      assert.instanceOf(error, ClaudeError.BadRequestError)
      assert.strictEqual(error.param, "messages.0.role")
    }).pipe(Effect.provide(simulated())))

  it.effect.each([
    { how: "in seconds", fault: Fault.rateLimited({ retryAfter: "2 seconds" }), expected: Duration.seconds(2) },
    { how: "in milliseconds", fault: Fault.rateLimited({ retryAfterMs: 250 }), expected: Duration.millis(250) },
    {
      how: "in both, milliseconds first",
      fault: Fault.rateLimited({ retryAfter: "2 seconds", retryAfterMs: 250 }),
      expected: Duration.millis(250)
    },
    {
      how: "as a date to come",
      fault: Fault.rateLimited({ retryAfter: "Thu, 01 Jan 1970 00:01:30 GMT" }),
      expected: Duration.millis(30_000)
    },
    {
      how: "as a date gone by",
      fault: Fault.rateLimited({ retryAfter: "Thu, 01 Jan 1970 00:00:30 GMT" }),
      expected: Duration.millis(0)
    },
    { how: "in words", fault: Fault.rateLimited({ retryAfter: "soon" }), expected: undefined },
    { how: "not at all", fault: Fault.rateLimited(), expected: undefined }
  ])("has the wait that the server asks for $how", ({ expected, fault }) =>
    Effect.gen(function*() {
      yield* TestClock.adjust("1 minute")
      const error = yield* failing(fault, create)
      assert.instanceOf(error, ClaudeError.RateLimitError)
      assert.deepStrictEqual(
        error.retryAfter === undefined ? undefined : Duration.toMillis(error.retryAfter),
        expected === undefined ? undefined : Duration.toMillis(expected)
      )
    }).pipe(Effect.provide(simulated())))

  it.effect.each([
    { shouldRetry: true },
    { shouldRetry: false },
    { shouldRetry: undefined }
  ])("has the server's word on retrying: $shouldRetry", ({ shouldRetry }) =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.overloaded({ shouldRetry }), create)
      assert.instanceOf(error, ClaudeError.OverloadedError)
      assert.strictEqual(error.shouldRetry, shouldRetry)
    }).pipe(Effect.provide(simulated())))

  it.effect("has the rate limits of the headers", () =>
    Effect.gen(function*() {
      const error = yield* failing(
        Fault.rateLimited({
          headers: {
            "anthropic-ratelimit-requests-limit": "50",
            "anthropic-ratelimit-requests-remaining": "0",
            "anthropic-ratelimit-requests-reset": "2026-11-22T10:00:00Z",
            "anthropic-ratelimit-output-tokens-remaining": "12"
          }
        }),
        create
      )
      assert.instanceOf(error, ClaudeError.RateLimitError)
      assert.deepStrictEqual(error.rateLimits?.requests, {
        limit: 50,
        remaining: 0,
        reset: DateTime.makeUnsafe("2026-11-22T10:00:00Z")
      })
      assert.strictEqual(error.rateLimits?.outputTokens?.remaining, 12)
    }).pipe(Effect.provide(simulated())))

  it.effect("has the body as the server sent it", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.overloaded(), create)
      assert.instanceOf(error, ClaudeError.OverloadedError)
      assert.deepStrictEqual(error.body, {
        type: "error",
        error: { type: "overloaded_error", message: "Overloaded" },
        request_id: "req_011Simulated00000000001"
      })
    }).pipe(Effect.provide(simulated())))

  it.effect("has the text of a body that is no JSON", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.status(502, "Bad gateway, sorry"), create)
      assert.instanceOf(error, ClaudeError.InternalServerError)
      assert.strictEqual(error.body, "Bad gateway, sorry")
    }).pipe(Effect.provide(simulated())))

  it.effect("says so where there is no body", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.status(502), create)
      assert.strictEqual(error.message, "The server answered 502 without a body.")
    }).pipe(Effect.provide(simulated())))

  it.effect("has the SDK's error as its cause", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.overloaded(), create)
      assert.instanceOf(error.cause, SDK.APIError)
      assert.strictEqual(error.cause.status, 529)
    }).pipe(Effect.provide(simulated())))

  it.effect("tells how many attempts there were and how long they took, waits included", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* sim.script([Fault.overloaded(), Fault.overloaded(), Fault.overloaded()])
      const policy = RetryPolicy.exponential({ base: "1 second" }).pipe(Schedule.upTo({ times: 2 }))
      const { exit } = yield* skippingWaits(
        Effect.flip(claude.messages.create(hello, { retry: policy, timeout: Infinity }))
      )
      const error = yield* exit
      assert.strictEqual(error.attempts, 3)
      assert.deepStrictEqual(error.elapsed, Duration.millis(3000))
    }).pipe(Effect.provide(simulated())))

  it.effect("comes back from JSON as it went", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.rateLimited({ retryAfter: "2 seconds" }), create)
      const Json = Schema.toCodecJson(ClaudeError.ClaudeError)
      const back = yield* Schema.decodeEffect(Json)(JSON.parse(JSON.stringify(yield* Schema.encodeEffect(Json)(error))))
      const { cause: _, ...sent } = error
      const { cause: __, ...received } = back
      assert.deepStrictEqual(JSON.stringify(received), JSON.stringify(sent))
      assert.instanceOf(back, ClaudeError.RateLimitError)
    }).pipe(Effect.provide(simulated())))
})

describe("an error event of a stream", () => {
  const events = [
    { type: "invalid_request_error", status: 400, tag: "BadRequestError" },
    { type: "authentication_error", status: 401, tag: "AuthenticationError" },
    { type: "billing_error", status: 402, tag: "PaymentRequiredError" },
    { type: "permission_error", status: 403, tag: "PermissionDeniedError" },
    { type: "not_found_error", status: 404, tag: "NotFoundError" },
    { type: "conflict_error", status: 409, tag: "ConflictError" },
    { type: "request_too_large", status: 413, tag: "ContentTooLargeError" },
    { type: "rate_limit_error", status: 429, tag: "RateLimitError" },
    { type: "api_error", status: 500, tag: "InternalServerError" },
    { type: "timeout_error", status: 504, tag: "GatewayTimeoutError" },
    { type: "overloaded_error", status: 529, tag: "OverloadedError" },
    { type: "an_error_to_come", status: 500, tag: "InternalServerError" }
  ] as const

  it.effect.each(events)(
    "$type has the class and the status that it has over HTTP: $tag",
    ({ status, tag, type }) =>
      Effect.gen(function*() {
        const error = yield* failing(Fault.streamError({ afterEvents: 3, type }), drain)
        assert.deepInclude(error, { _tag: tag, status, type })
      }).pipe(Effect.provide(simulated()))
  )

  it.effect("is the same error before the first event of the stream", () =>
    Effect.gen(function*() {
      const error = yield* failing(Fault.streamError({ afterEvents: 0, type: "overloaded_error" }), drain)
      assert.instanceOf(error, ClaudeError.OverloadedError)
    }).pipe(Effect.provide(simulated())))

  it.effect("has its message, its reason and the request id", () =>
    Effect.gen(function*() {
      const error = yield* failing(
        Fault.streamError({
          afterEvents: 3,
          type: "rate_limit_error",
          message: "No more today.",
          code: "enforced_spend_limit_reached"
        }),
        drain
      )
      assert.instanceOf(error, ClaudeError.RateLimitError)
      assert.strictEqual(error.message, "No more today.")
      assert.strictEqual(error.reason._tag, "EnforcedSpendLimitReachedError")
      assert.strictEqual(error.requestId, "req_011Simulated00000000001")
    }).pipe(Effect.provide(simulated())))

  it.effect("under status 200 and as JSON is the same error for a call", () =>
    Effect.gen(function*() {
      const text = JSON.stringify({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } })
      const error = yield* failing(Fault.body({ text }), create)
      assert.instanceOf(error, ClaudeError.OverloadedError)
      assert.strictEqual(error.status, 529)
    }).pipe(Effect.provide(simulated())))
})
