/** What is held to its word beside the table of `answers.test.ts`: `use`, downloads, retries of a fold, and what was said. */
import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Fiber, Layer, Redacted, Schedule, Stream } from "effect"
import { Claude, ClaudeClient, ClaudeError, MessageStream, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"
import { over } from "./support/every.ts"
import { refusal, withServer } from "./support/server.ts"
import { recording } from "./support/tracing.ts"
import { claudeServedBy, end, frame, open, say, start } from "./support/wire.ts"

const hello: Claude.MessageCreateParams = {
  model: "claude-opus-5-5",
  max_tokens: 16,
  messages: [{ role: "user", content: "Hello" }]
}

const retries = (times: number) => RetryPolicy.constant(0).pipe(RetryPolicy.whileRetryable, Schedule.upTo({ times }))

describe("use", () => {
  const used = (answer: () => Response | Promise<Response>, timeout: Duration.Input = "10 minutes") => {
    const client = ClaudeClient.layer({
      apiKey: Redacted.make("sk-test"),
      fetch: () => Promise.resolve(answer()),
      timeout
    })
    return Effect.flatMap(
      ClaudeClient.ClaudeClient,
      ({ use }) => use((client, options) => client.post("/v1/new", { ...options, body: {} }))
    ).pipe(
      Effect.provide(Layer.orDie(client))
    )
  }

  const jsonHeaders = { "content-type": "application/json" }

  it.effect("gives JSON", () =>
    Effect.gen(function*() {
      assert.deepInclude(yield* used(() => Response.json({ id: "new_1" })), { id: "new_1" })
    }))

  it.effect.each([
    { name: "HTML under 200", answer: () => new Response("<html>", { headers: { "content-type": "text/html" } }) },
    { name: "text under 200", answer: () => new Response("up", { headers: { "content-type": "text/plain" } }) },
    { name: "JSON that is cut", answer: () => new Response("{\"id\":", { headers: jsonHeaders }) },
    { name: "an empty body", answer: () => new Response("", { headers: jsonHeaders }) }
  ])("refuses $name", ({ answer }) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(used(answer))
      assert.strictEqual(error._tag, "InvalidResponseError")
      assert.strictEqual(error.outcome, "unknown")
    }))

  it.effect("says that JSON which is not called JSON would be read as text", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(used(() => new Response("{}", { headers: { "content-type": "text/plain" } })))
      assert.deepInclude(error, { _tag: "InvalidResponseError", problem: "not-json" })
      assert.include(error.message, "(content-type: text/plain)")
    }))

  it.effect("gives the text of JSON to who asks for the response", () =>
    Effect.gen(function*() {
      const text = yield* Effect.flatMap(
        ClaudeClient.ClaudeClient,
        ({ use }) =>
          use(async (client, options) => (await client.post("/v1/new", { ...options, body: {} }).asResponse()).text())
      ).pipe(Effect.provide(Layer.orDie(ClaudeClient.layer({
        apiKey: Redacted.make("sk-test"),
        fetch: () => Promise.resolve(Response.json({ id: "new_1" }))
      }))))
      assert.strictEqual(text, "{\"id\":\"new_1\"}")
    }))

  it.effect("fails with an error that comes under 200", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        (yield* Effect.flip(used(() => Response.json(refusal("overloaded_error")))))._tag,
        "OverloadedError"
      )
    }))

  it.effect("ends at a body that stalls", () =>
    Effect.gen(function*() {
      const call = yield* Effect.forkChild(
        Effect.flip(used(() => new Response(new ReadableStream(), { headers: jsonHeaders }), "1 minute"))
      )
      const ticks = Effect.forever(Effect.andThen(TestClock.adjust("10 seconds"), Effect.yieldNow))
      const error = yield* Effect.raceFirst(Fiber.join(call), ticks)
      assert.strictEqual(error._tag, "APIConnectionTimeoutError")
      assert.strictEqual(error.outcome, "unknown")
    }))
})

describe("a download", () => {
  const file = Buffer.from("a file ".repeat(2000))

  it.effect.each([
    { name: "gzip", whole: gzipSync(file) },
    { name: "br", whole: brotliCompressSync(file) },
    { name: "deflate", whole: deflateSync(file) },
    { name: "zstd", whole: zstdCompressSync(file) }
  ])("that is cut under $name fails, though fetch takes the part for the whole", ({ name, whole }) =>
    withServer(
      (_, response) =>
        response.writeHead(200, { "content-type": "application/octet-stream", "content-encoding": name })
          .end(whole.subarray(0, whole.length - 20)),
      ({ files }) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(Stream.runDrain(files.download("file_1")))
          assert.strictEqual(error._tag, "InvalidResponseError")
        })
    ))

  it.effect("asks for no compression", () =>
    withServer((_, response) => response.end(file), ({ files }, { headers }) =>
      Effect.gen(function*() {
        yield* Stream.runDrain(files.download("file_1"))
        assert.strictEqual(headers[0]?.["accept-encoding"], "identity")
      })))

  it.effect("over a connection that closes in the middle of a chunk fails, though fetch does not notice", () =>
    withServer((_, response) => {
      response.writeHead(200, { "content-type": "application/octet-stream", connection: "close" })
      response.write("half of it", () => response.socket?.end())
    }, ({ files }) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Stream.runDrain(files.download("file_1")))
        assert.deepInclude(error, { _tag: "InvalidResponseError", problem: "unreadable" })
        assert.isTrue(error.isRetryable)
      })))

  it.effect("of a page that is a file is one", () =>
    withServer(
      (_, response) =>
        response.writeHead(200, { "content-type": "text/html", "content-disposition": "attachment" }).end(file),
      ({ files }) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(Buffer.concat(yield* Stream.runCollect(files.download("file_1"))), file)
        })
    ))

  it.effect("of a file of JSON is one", () =>
    withServer(
      (_, response) => response.writeHead(200, { "content-type": "application/json" }).end("{\"a\":1}"),
      ({ files }) =>
        Effect.gen(function*() {
          assert.strictEqual(String(Buffer.concat(yield* Stream.runCollect(files.download("file_1")))), "{\"a\":1}")
        })
    ))
})

describe("MessageStream.runMessage", () => {
  const cutOnce = claudeServedBy(({ index, response }) => {
    response.end(start + open + (index === 0 ? say("Hal") : say("Hello") + end))
  }, { retry: retries(3) })

  it.effect("retries a stream just as its method gave it, until it is whole", () =>
    Effect.gen(function*() {
      const { claude, server } = yield* cutOnce
      const { content } = yield* MessageStream.runMessage(claude.messages.stream(hello))
      assert.deepNestedPropertyVal(content, "[0].text", "Hello")
      assert.strictEqual(server.requests(), 2)
    }))

  it.effect("runs a stream that was transformed once", () =>
    Effect.gen(function*() {
      const { claude, server } = yield* cutOnce
      const events = Stream.tap(claude.messages.stream(hello), () => Effect.void)
      assert.strictEqual((yield* Effect.flip(MessageStream.runMessage(events)))._tag, "StreamInterruptedError")
      assert.strictEqual(server.requests(), 1)
    }))
})

describe("what a cut answer had cost", () => {
  const counted = frame({ type: "message_delta", delta: { stop_reason: null }, usage: { output_tokens: 50 } })
  const overloaded = frame({ type: "error", error: { type: "overloaded_error", message: "no" } })

  it.effect.each([
    { name: "before it was counted", more: "", isFinal: false, tokens: 1 },
    { name: "once it was counted", more: counted, isFinal: true, tokens: 50 }
  ])("is in every error, and marked: $name", ({ isFinal, more, tokens }) =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(({ response }) =>
        response.end(start + open + say("Hi") + more + overloaded)
      )
      const { spans, traced } = recording()
      const error = yield* traced(Effect.flip(Stream.runDrain(claude.messages.stream(hello))))
      assert.instanceOf(error, ClaudeError.OverloadedError)
      assert.strictEqual(error.outcome, "executed")
      assert.strictEqual(error.isUsageFinal, isFinal)
      assert.strictEqual(error.partial?.usage.output_tokens, tokens)
      assert.strictEqual(spans[0]?.attributes.get("claude.usage.is_final"), isFinal)
    }))
})

describe("an event", () => {
  it.effect("beyond the limit fails, with what had arrived", () =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(
        ({ response }) => response.end(start + open + say("x".repeat(5000)) + end),
        { maxEventBytes: 1000 }
      )
      const error = yield* Effect.flip(Stream.runDrain(claude.messages.stream(hello)))
      assert.instanceOf(error, ClaudeError.InvalidResponseError)
      assert.include(error.message, "`maxEventBytes`")
      assert.isDefined(error.partial)
    }))
})

describe("a request", () => {
  it.effect("names the betas of the client, of the call and of its parameters", () =>
    Effect.gen(function*() {
      const headers: Array<Headers> = []
      yield* Effect.flatMap(Claude.Claude, ({ beta }) =>
        Effect.exit(beta.models.retrieve("m", { betas: ["of-params"] }, { headers: { "anthropic-beta": "of-call" } })))
        .pipe(
          Effect.provide(over((_, init) => {
            headers.push(new Headers(init.headers))
            return Response.json({ type: "model", id: "m" })
          }, { headers: { "anthropic-beta": "of-client" } }))
        )
      assert.sameMembers(headers[0]?.get("anthropic-beta")?.split(",") ?? [], ["of-client", "of-call", "of-params"])
    }))

  it.effect.each([
    { name: "sets", value: "7", expected: "7" },
    { name: "removes", value: null, expected: undefined }
  ])(
    "has the retry count that its caller $name",
    ({ expected, value }) =>
      withServer((_, response) => response.writeHead(529).end(), ({ messages }, { headers }) =>
        Effect.gen(function*() {
          yield* Effect.exit(messages.create(hello, { headers: { "X-Stainless-Retry-Count": value } }))
          assert.deepStrictEqual(headers.map((each) => each["x-stainless-retry-count"]), [expected, expected])
        }), { retry: retries(1) })
  )
})

describe("before it is sent, a request is refused", () => {
  const refused = (params: object, options: Claude.CallOptions = {}) =>
    Effect.flip(
      Effect.flatMap(Claude.Claude, ({ messages }) => messages.create({ ...hello, ...params }, options))
    ).pipe(Effect.provide(over(() => assert.fail("nothing is sent"))))

  it.effect("for half a character, wherever it is", () =>
    Effect.gen(function*() {
      const error = yield* refused({ messages: [{ role: "user", content: [{ type: "text", text: "cut \ud83d" }] }] })
      assert.deepInclude(error, { _tag: "RequestRejectedError", param: "messages.0.content.0.text" })
      assert.include(error.message, "lone surrogate")
    }))

  it.effect("for a header name that is none", () =>
    Effect.gen(function*() {
      const error = yield* refused({}, { headers: { "x team": "a" } })
      assert.deepInclude(error, { _tag: "RequestRejectedError", param: "headers" })
    }))

  it.effect("for a getter that throws, wherever it is", () =>
    Effect.gen(function*() {
      const throwing = {
        role: "user",
        get content(): string {
          throw new Error("not now")
        }
      }
      const error = yield* refused({ messages: [throwing] })
      assert.deepInclude(error, { _tag: "RequestRejectedError", param: "messages.0.content" })
      assert.include(error.message, "not now")
      const model = yield* Effect.flip(Effect.flatMap(Claude.Claude, ({ messages }) =>
        messages.create({
          max_tokens: 1,
          messages: [],
          get model(): string {
            throw new Error("not now")
          }
        }))).pipe(
          Effect.provide(over(() => assert.fail("nothing is sent")))
        )
      assert.strictEqual(model._tag, "RequestRejectedError")
    }))
})

describe("a request of many levels", () => {
  const ask = (levels: number) => {
    let deep: object = {}
    for (let level = 0; level < levels; level++) deep = { deep }
    const message = { type: "message", id: "msg_1", content: [], stop_reason: "end_turn" }
    const params = { ...hello, metadata: deep }
    return Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(params)).pipe(
      Effect.provide(over(() => Response.json(message)))
    )
  }

  it.effect("is sent", () =>
    Effect.map(ask(900), ({ id }) => {
      assert.strictEqual(id, "msg_1")
    }))

  it.effect("is refused, by its path, where there are too many to read", () =>
    Effect.map(Effect.flip(ask(2000)), (error) => {
      assert.strictEqual(error._tag, "RequestRejectedError")
      assert.match(error.message, /^metadata(\.deep)+: must not contain itself, or be nested in more than 1000 levels$/)
    }))
})

describe("a retry budget", () => {
  it.each([NaN, -1])("of %d is refused", (value) => {
    assert.throws(() => RetryPolicy.makeBudget({ capacity: value }), /capacity/)
    assert.throws(() => RetryPolicy.makeBudget({ retryRatio: value }), /retryRatio/)
    assert.throws(() => Layer.isLayer(RetryPolicy.layerBudget({ capacity: value })), /capacity/)
  })
})
