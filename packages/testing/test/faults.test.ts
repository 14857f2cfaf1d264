import { APIError, InternalServerError, RateLimitError } from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { Claude } from "effect-claude"
import { TestClock } from "effect/testing"
import { Fault, Simulator } from "../src/index.ts"
import { attempt, claudeOver, get, hello, helloStreamed, jsonOf, post, sdk, textOf } from "./client.ts"

const simulated = Effect.provide(Simulator.layer())

const calling = Effect.provide(claudeOver(Simulator.layer()))

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

/** Every kind of fault. */
const all: ReadonlyArray<Fault.Fault> = [
  Fault.none,
  Fault.error({
    status: 400,
    type: "invalid_request_error",
    message: "no",
    code: "image_too_large",
    details: { max: 5 },
    param: "messages.0",
    retryAfterMs: 5,
    shouldRetry: false,
    headers: { "x-extra": "1" }
  }),
  Fault.rateLimited({ retryAfter: "2 seconds" }),
  Fault.rateLimited({ retryAfter: "Wed, 21 Oct 2026 07:28:00 GMT" }),
  Fault.overloaded(),
  Fault.internal(),
  Fault.status(418, "short and stout"),
  Fault.html({ status: 502 }),
  Fault.body({ text: "{" }),
  Fault.delayed("5 seconds", Fault.delayed("1 minute", Fault.overloaded())),
  Fault.refused("1 minute"),
  Fault.resetBeforeHeaders,
  Fault.resetAfterHeaders,
  Fault.cutBody({ afterBytes: 1 }),
  Fault.truncatedJson({ afterBytes: 1 }),
  Fault.stallBeforeHeaders,
  Fault.stallBody({ afterBytes: 1 }),
  Fault.emptyBody,
  Fault.badJson,
  Fault.truncatedGzip(),
  Fault.truncatedGzip({ afterBytes: 1 }),
  Fault.slowBody({ bytesPerSecond: 0.5 }),
  Fault.contentType("text/html"),
  Fault.duplicateEvent({ afterEvents: 1 }),
  Fault.streamError({ afterEvents: 1, type: "overloaded_error" }),
  Fault.streamEnds({ afterEvents: 1 }),
  Fault.streamStalls({ afterEvents: 1 }),
  Fault.unterminatedLastEvent
]

describe("a fault", () => {
  it.effect("of every kind survives JSON", () =>
    Effect.gen(function*() {
      const Json = Schema.fromJsonString(Schema.Array(Fault.Fault))
      const json = yield* Schema.encodeEffect(Json)(all)
      assert.deepStrictEqual(yield* Schema.decodeEffect(Json)(json), all)
    }))

  it.effect("can be written by hand", () =>
    Effect.gen(function*() {
      const fault = yield* Schema.decodeUnknownEffect(Fault.Fault)({
        _tag: "Delayed",
        duration: "5 seconds",
        fault: { _tag: "Error", status: 429, retryAfter: "2 seconds" }
      })
      assert.deepStrictEqual(fault, Fault.delayed("5 seconds", Fault.rateLimited({ retryAfter: "2 seconds" })))
    }))

  it("cannot be made of nonsense", () => {
    assert.throws(() => Fault.cutBody({ afterBytes: -1 }))
    assert.throws(() => Fault.status(99))
    assert.throws(() => Fault.truncatedGzip({ afterBytes: -1 }))
    assert.throws(() => Fault.slowBody({ bytesPerSecond: 0 }))
    assert.throws(() => Fault.slowBody({ bytesPerSecond: Infinity }))
    assert.throws(() => Fault.duplicateEvent({ afterEvents: 0.5 }))
  })

  it.each<[what: string, make: () => Fault.Fault]>([
    ["a content type", () => Fault.contentType("text/html\r\nx-other: 1")],
    ["a content type of a body", () => Fault.body({ contentType: "日本", text: "" })],
    ["a header", () => Fault.error({ status: 400, headers: { "x-name": "a\nb" } })],
    ["the name of a header", () => Fault.error({ status: 400, headers: { "x name": "a" } })],
    ["retry-after", () => Fault.rateLimited({ retryAfter: "soon\n" })]
  ])("does not take %s that cannot be sent", (_, make) => {
    assert.throws(make)
  })

  it.effect("strikes one request, in the order of the script", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.rateLimited(), Fault.none])
      yield* sim.script([Fault.overloaded()])
      const responses = yield* Effect.replicateEffect(get(sim, "/v1/models"), 4)
      assert.deepStrictEqual(responses.map(({ status }) => status), [429, 200, 529, 200])
    }).pipe(simulated))

  it.effect("strikes whatever the request is", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      const response = yield* attempt(() => fetch(`${sim.url}/nowhere`))
      assert.strictEqual(response.status, 529)
    }).pipe(simulated))
})

describe("an error", () => {
  it.effect.each([
    { status: 400, type: "invalid_request_error" },
    { status: 401, type: "authentication_error" },
    { status: 402, type: "billing_error" },
    { status: 403, type: "permission_error" },
    { status: 404, type: "not_found_error" },
    { status: 409, type: "conflict_error" },
    { status: 413, type: "request_too_large" },
    { status: 418, type: "invalid_request_error" },
    { status: 429, type: "rate_limit_error" },
    { status: 500, type: "api_error" },
    { status: 503, type: "api_error" },
    { status: 504, type: "timeout_error" },
    { status: 529, type: "overloaded_error" }
  ])("with status $status is a $type", ({ status, type }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.error({ status })])
      const { cause } = yield* Effect.flip(attempt(() => sdk(sim).messages.create(hello)))
      assert.instanceOf(cause, APIError)
      assert.deepInclude<object>(cause, { status, type })
    }).pipe(simulated))

  it.effect("says all that it is told to", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([
        Fault.error({
          status: 429,
          type: "custom_error",
          message: "Slow down",
          code: "ramp_limit_exceeded",
          details: { limit: 5 },
          param: "model",
          retryAfterMs: 1500,
          shouldRetry: false,
          headers: { "X-Extra": "1", "request-id": "req_mine" }
        })
      ])
      const response = yield* get(sim, "/v1/models")
      assert.deepNestedPropertyVal(yield* jsonOf(response), "error", {
        type: "custom_error",
        message: "Slow down",
        param: "model",
        details: { error_code: "ramp_limit_exceeded", limit: 5 }
      })
      assert.strictEqual(response.headers.get("retry-after-ms"), "1500")
      assert.strictEqual(response.headers.get("x-should-retry"), "false")
      assert.strictEqual(response.headers.get("x-extra"), "1")
      assert.strictEqual(response.headers.get("request-id"), "req_mine")
    }).pipe(simulated))

  it.effect("with a code is of the SDK's class for the code", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.rateLimited({ code: "ramp_limit_exceeded" })])
      const { cause } = yield* Effect.flip(attempt(() => sdk(sim).messages.create(hello)))
      assert.instanceOf(cause, RateLimitError)
      assert.propertyVal(cause, "errorCode", "ramp_limit_exceeded")
    }).pipe(simulated))

  it.effect.each<{ readonly retryAfter: NonNullable<Fault.ErrorOptions["retryAfter"]>; readonly header: string }>([
    { retryAfter: "2 seconds", header: "2" },
    { retryAfter: 1500, header: "1.5" },
    { retryAfter: { minutes: 2 }, header: "120" },
    { retryAfter: "Wed, 21 Oct 2026 07:28:00 GMT", header: "Wed, 21 Oct 2026 07:28:00 GMT" },
    { retryAfter: "banana", header: "banana" }
  ])("sends retry-after: $header", ({ header, retryAfter }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.rateLimited({ retryAfter })])
      const { headers, status } = yield* get(sim, "/v1/models")
      assert.deepStrictEqual([status, headers.get("retry-after")], [429, header])
    }).pipe(simulated))

  it.effect.each([
    { name: "rateLimited", fault: Fault.rateLimited(), errorClass: RateLimitError },
    { name: "overloaded", fault: Fault.overloaded(), errorClass: InternalServerError },
    { name: "internal", fault: Fault.internal(), errorClass: InternalServerError }
  ])("has the shorthand $name", ({ errorClass, fault }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([fault])
      const { cause } = yield* Effect.flip(attempt(() => sdk(sim).messages.create(hello)))
      assert.instanceOf(cause, errorClass)
    }).pipe(simulated))
})

describe("a raw body", () => {
  it.effect("comes with a bare status", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.status(418, "short and stout"), Fault.status(304)])
      const teapot = yield* get(sim, "/v1/models")
      assert.deepStrictEqual([teapot.status, yield* textOf(teapot)], [418, "short and stout"])
      assert.strictEqual((yield* get(sim, "/v1/models")).status, 304)
    }).pipe(simulated))

  it.effect("may be a page of HTML, which the SDK takes for a message", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.html()])
      const message: unknown = yield* attempt(() => sdk(sim).messages.create(hello))
      assert.match(String(message), /^<!DOCTYPE html>/)
    }).pipe(simulated))

  it.effect("of HTML may have another status", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.html({ status: 502 })])
      const { headers, status } = yield* get(sim, "/v1/models")
      assert.deepStrictEqual([status, headers.get("content-type")], [502, "text/html; charset=utf-8"])
    }).pipe(simulated))

  it.effect("is not sent with a 204", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.status(204, "ignored")])
      const response = yield* get(sim, "/v1/models")
      assert.deepStrictEqual([response.status, response.headers.get("content-length")], [204, null])
      assert.strictEqual(yield* textOf(response), "")
    }).pipe(simulated))

  it.effect("may be bad JSON, which the SDK throws as it is", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.badJson])
      const { cause } = yield* Effect.flip(attempt(() => sdk(sim).messages.create(hello)))
      assert.instanceOf(cause, SyntaxError)
    }).pipe(simulated))

  it.effect("may be no message, and is then a typed error of effect-claude", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.emptyBody, Fault.badJson, Fault.error({ status: 200, type: "overloaded_error" })])
      const errors = yield* Effect.replicateEffect(Effect.flip(create), 3)
      assert.deepStrictEqual(errors.map(({ _tag }) => _tag), [
        "InvalidResponseError",
        "InvalidResponseError",
        "OverloadedError"
      ])
      assert.match(errors.map(({ message }) => message).join("; "), /empty body; .*not complete JSON.*; Overloaded$/)
    }).pipe(calling))

  it.effect("may be an error with status 200, which the SDK takes for a message", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.error({ status: 200, type: "overloaded_error" })])
      const message: unknown = yield* attempt(() => sdk(sim).messages.create(hello))
      assert.deepNestedPropertyVal(message, "error", { type: "overloaded_error", message: "Overloaded" })
    }).pipe(simulated))

  it.effect("may be empty", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.body({ text: "", contentType: "text/event-stream" })])
      const response = yield* post(sim, "/v1/messages", helloStreamed)
      assert.strictEqual(response.headers.get("content-type"), "text/event-stream")
      assert.strictEqual(yield* textOf(response), "")
    }).pipe(simulated))
})

describe("delayed", () => {
  it.effect("waits on the clock, then answers", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.delayed("1 hour")])
      const call = yield* Effect.forkChild(get(sim, "/v1/models"))
      yield* sim.awaitJournal((entries) => entries.length === 1)
      yield* TestClock.adjust("59 minutes")
      assert.strictEqual((yield* sim.journal)[0]?.outcome, "pending")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(call)).status, 200)
    }).pipe(simulated))

  it.effect("may end in another fault", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.delayed("1 hour", Fault.overloaded())])
      const call = yield* Effect.forkChild(get(sim, "/v1/models"))
      yield* sim.awaitJournal((entries) => entries.length === 1)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(call)).status, 529)
    }).pipe(simulated))

  it.effect.each(["/v1/models", "/nowhere"])(
    "notes a client that goes away in between from %s",
    (path) =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.delayed("1 hour")])
        const call = yield* Effect.forkChild(get(sim, path))
        yield* sim.awaitJournal((entries) => entries.length === 1)
        yield* Fiber.interrupt(call)
        const [entry] = yield* sim.awaitJournal(([entry]) => entry?.outcome !== "pending")
        assert.deepInclude(entry, { outcome: "client-disconnected", status: undefined, fault: "Delayed" })
      }).pipe(simulated)
  )
})
