/** Any `fetch`: npm's undici, Node's, one written by hand, and some that misbehave. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Fiber, Stream } from "effect"
import { Claude, type ClaudeConfig, ClaudeError, Interceptor, MessageStream } from "effect-claude"
import { TestClock } from "effect/testing"
import { type IncomingMessage, request } from "node:http"
import { buffer } from "node:stream/consumers"
import { fetch as undiciFetch } from "undici"
import { over } from "./support/every.ts"
import { json, refusal, withServer } from "./support/server.ts"
import { end, open, say, start } from "./support/wire.ts"

type Fetch = NonNullable<ClaudeConfig.Options["fetch"]>

const hello: Claude.MessageCreateParams = {
  model: "claude-opus-5-5",
  max_tokens: 16,
  messages: [{ role: "user", content: "Hello" }]
}

const message = { type: "message", id: "msg_1", content: [{ type: "text", text: "Hi" }], stop_reason: "end_turn" }

/** No class of the platform but what it is made of: plain headers, and a body that is an iterable of bytes. */
const byHand: Fetch = (url, init) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const headers = Object.fromEntries(new Headers(init?.headers))
    request(String(url), { method: init?.method ?? "GET", headers }, resolve).on("error", reject).end(init?.body)
  }).then((incoming): Response => {
    const values = new Map(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
    const text = async () => (await buffer(incoming)).toString()
    const response = {
      status: incoming.statusCode ?? 0,
      ok: incoming.statusCode === 200,
      url: String(url),
      headers: { get: (name: string) => values.get(name.toLowerCase()) ?? null, entries: () => values.entries() },
      body: incoming,
      text,
      json: async () => JSON.parse(await text())
    }
    return response as unknown as Response
  })

const fetches: ReadonlyArray<{ readonly name: string; readonly fetch: Fetch }> = [
  { name: "Node's fetch", fetch: globalThis.fetch },
  { name: "undici's fetch", fetch: undiciFetch as unknown as Fetch },
  { name: "a fetch written by hand", fetch: byHand }
]

describe.each(fetches)("over $name", ({ fetch }) => {
  it.effect("a message is a message", () =>
    withServer((_, response) => json(response, 200, message), ({ messages }) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* messages.create(hello)).id, "msg_1")
      }), { fetch }))

  it.effect("a refusal has its class, its headers and its words", () =>
    withServer(
      (_, response) =>
        response.writeHead(429, { "retry-after": "7", "request-id": "req_7" }).end(
          JSON.stringify(refusal("rate_limit_error"))
        ),
      ({ messages }) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(messages.create(hello))
          assert.instanceOf(error, ClaudeError.RateLimitError)
          assert.deepInclude(error, { type: "rate_limit_error", requestId: "req_7", retryAfter: Duration.seconds(7) })
        }),
      { fetch }
    ))

  it.effect("a stream is a stream, and a cut one fails", () =>
    withServer(({ number }, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.end(number === 1 ? start + open + say("Hi") + end : start + open + say("Hi"))
    }, ({ messages }) =>
      Effect.gen(function*() {
        const text = Stream.runCollect(MessageStream.text(messages.stream(hello)))
        assert.deepStrictEqual(yield* text, ["Hi"])
        assert.strictEqual((yield* Effect.flip(text))._tag, "StreamInterruptedError")
      }), { fetch }))
})

describe("headers that can do no more than the SDK asks of them", () => {
  it.effect("are read by interceptors and withResponse", () =>
    withServer((_, response) => json(response, 200, message), ({ messages }) =>
      Effect.gen(function*() {
        const seen: Array<string | undefined> = []
        const listening = Interceptor.make({
          answered: (_, { headers }) => Effect.sync(() => seen.push(headers["content-type"]))
        })
        const call = Claude.withInterceptor(messages.create(hello), listening)
        const { response } = yield* Claude.withResponse(call)
        assert.strictEqual(response?.headers["request-id"], "req_1")
        assert.deepStrictEqual(seen, ["application/json"])
      }), { fetch: byHand }))

  it.effect("tell of a redirect", () =>
    withServer(
      (_, response) => response.writeHead(307, { location: "/elsewhere" }).end(),
      ({ messages }) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(messages.create(hello))
          assert.strictEqual(error._tag, "UnexpectedStatusError")
          assert.include(error.message, "a redirect to another of its paths")
        }),
      { fetch: byHand }
    ))
})

const response = (body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { headers: { "content-type": "application/json", ...headers } })

const failed = (exit: Exit.Exit<unknown, ClaudeError.ClaudeError>): ClaudeError.ClaudeError => {
  const reason = Exit.isFailure(exit) ? exit.cause.reasons.find(Cause.isFailReason) : undefined
  return reason?.error ?? assert.fail(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "a success")
}

describe("a fetch that misbehaves", () => {
  const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))
  const drain = Effect.flatMap(Claude.Claude, ({ messages }) => Stream.runDrain(messages.stream(hello)))

  const used = async (contentType: string): Promise<Response> => {
    const answer = response(message, { "content-type": contentType })
    await answer.text()
    return answer
  }

  it.effect.each([
    { name: "a message", call: create, contentType: "application/json" },
    { name: "a stream", call: drain, contentType: "text/event-stream" },
    { name: "JSON in place of a stream", call: drain, contentType: "application/json" }
  ])("gives a body that was read already: $name", ({ call, contentType }) =>
    Effect.gen(function*() {
      const error = failed(yield* Effect.exit(call))
      assert.include(["InvalidResponseError", "StreamInterruptedError"], error._tag)
      assert.isTrue(error.isRetryable)
    }).pipe(Effect.provide(over(() => used(contentType)))))

  it.effect.each<{ readonly name: string; readonly gives: unknown }>([
    { name: "nothing", gives: undefined },
    { name: "an object without a status", gives: { headers: new Headers() } },
    { name: "a response whose status is no number", gives: { status: NaN, headers: new Headers() } },
    { name: "a response without headers", gives: { status: 200, ok: true, body: null } }
  ])("gives no response: $name", ({ gives }) =>
    Effect.gen(function*() {
      for (const call of [create, drain]) {
        const error = failed(yield* Effect.exit(call))
        assert.strictEqual(error._tag, "APIConnectionError")
        assert.include(error.message, "the `fetch` in use gave")
        assert.strictEqual(error.outcome, "unknown")
      }
    }).pipe(Effect.provide(over(() => gives as Response))))

  const giving = (...pieces: ReadonlyArray<unknown>) =>
    over(() => ({
      status: 200,
      ok: true,
      url: "",
      headers: new Headers({ "content-type": "text/event-stream" }),
      async text() {
        return pieces.join("")
      },
      async json() {
        return JSON.parse(pieces.join(""))
      },
      body: {
        async *[Symbol.asyncIterator]() {
          yield* pieces
        }
      }
    } as unknown as Response))

  const download = Effect.flatMap(Claude.Claude, ({ files }) => Stream.runDrain(files.download("file_1")))

  it.effect.each([{ piece: 5 }, { piece: null }, { piece: undefined }, { piece: { length: 5 } }])(
    "gives a body of what is no bytes: $piece",
    ({ piece }) =>
      Effect.gen(function*() {
        for (const exit of [yield* Effect.exit(drain), yield* Effect.exit(download)]) {
          const error = failed(exit)
          assert.deepInclude(error, { _tag: "InvalidResponseError", problem: "unreadable" })
          assert.isTrue(error.isRetryable)
        }
      }).pipe(Effect.provide(giving(piece)))
  )

  it.effect("gives a body in texts, as Node's streams with an encoding do", () =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      assert.deepStrictEqual(yield* Stream.runCollect(MessageStream.text(messages.stream(hello))), ["Hi"])
    }).pipe(Effect.provide(giving(start + open, say("Hi") + end))))

  it.effect.each([
    { name: "that throws", next: () => assert.fail("out of order") },
    { name: "that gives nothing", next: () => Promise.resolve(null) }
  ])("has a body with a reader $name", ({ next }) =>
    Effect.gen(function*() {
      const error = failed(yield* Effect.exit(drain))
      assert.include(["InvalidResponseError", "StreamInterruptedError"], error._tag)
      assert.isTrue(error.isRetryable)
    }).pipe(
      Effect.provide(over(() => ({
        status: 200,
        ok: true,
        url: "",
        headers: new Headers({ "content-type": "text/event-stream" }),
        body: { [Symbol.asyncIterator]: () => ({ next }) }
      } as unknown as Response)))
    ))

  it.effect("ignores its signal: the silence of a stream ends it all the same", () =>
    Effect.gen(function*() {
      const call = yield* Effect.forkChild(drain)
      yield* Effect.yieldNow
      yield* Effect.raceFirst(
        Fiber.await(call),
        Effect.forever(Effect.andThen(TestClock.adjust("10 seconds"), Effect.yieldNow))
      )
      assert.strictEqual(failed(yield* Fiber.await(call))._tag, "StreamStalledError")
    }).pipe(
      Effect.provide(
        over(() =>
          new Response(
            new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(start)) }),
            {
              headers: { "content-type": "text/event-stream" }
            }
          )
        )
      )
    ))

  it.effect("fails with a cause that contains itself: the error is JSON all the same", () =>
    Effect.gen(function*() {
      const error = failed(yield* Effect.exit(create))
      assert.strictEqual(error._tag, "APIConnectionError")
      assert.include(JSON.stringify(error), "in circles")
    }).pipe(Effect.provide(over(() => {
      const cause = Object.assign(new Error("in circles"), { self: {} })
      cause.self = cause
      return Promise.reject(cause)
    }))))

  it.effect("answers 529 with a body that never ends", () =>
    withServer((_, response) => {
      response.writeHead(529, { "content-type": "application/json" }).write("{\"type\":\"error\",")
    }, ({ messages }, { givenUp }) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(messages.create(hello))
        assert.strictEqual(error._tag, "OverloadedError")
        assert.strictEqual(error.outcome, "unknown")
        yield* givenUp
      })))
})

describe("an error keeps at most 64 KB of what a server said", () => {
  const page = "x".repeat(6 * 1024 * 1024)

  const of = (body: string, contentType: string) =>
    Effect.flip(Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))).pipe(
      Effect.provide(over(() => new Response(body, { status: 502, headers: { "content-type": contentType } })))
    )

  it.effect("of a page, and says so", () =>
    Effect.gen(function*() {
      const error = yield* of(`<html>${page}`, "text/html")
      assert.isBelow(JSON.stringify(error).length, 140 * 1024)
      assert.include(JSON.stringify(error), "characters in all")
    }))

  it.effect("of JSON, with its error and its request id whole", () =>
    Effect.gen(function*() {
      const body = { type: "error", error: { type: "api_error", message: "no" }, request_id: "req_9", junk: page }
      const error = yield* of(JSON.stringify(body), "application/json")
      assert.isBelow(JSON.stringify(error).length, 140 * 1024)
      assert.deepInclude(error, { message: "no", requestId: "req_9" })
      assert.deepNestedPropertyVal(error, "body.error", { type: "api_error", message: "no" })
      assert.property(Reflect.get(error, "body"), "cut")
    }))
})
