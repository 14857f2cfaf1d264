import { TestClaude } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import { Claude, Interceptor, Message, MessageStream } from "effect-claude"
import { hello } from "./client.ts"

const claude = Claude.Claude

const headers = { "request-id": "req_7", "anthropic-ratelimit-requests-remaining": "1" }

const greeting = TestClaude.response(TestClaude.reply("Hello!"), { headers })

const overloaded = TestClaude.response(
  { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
  { status: 529, headers: { "retry-after": "7" } }
)

describe("TestClaude.response", () => {
  it.effect("is read as one of the wire", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const { response, value } = yield* Claude.withResponse(messages.create(hello))
      assert.strictEqual(Message.text(value), "Hello!")
      assert.strictEqual(value.model, hello.model)
      assert.strictEqual(response?.requestId, "req_7")
      assert.strictEqual(response?.rateLimits?.requests?.remaining, 1)
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: greeting } }))))

  it.effect("has the events of a stream", () =>
    Effect.gen(function*() {
      const { beta, messages } = yield* claude
      const { events, response } = yield* MessageStream.open(messages.stream(hello))
      assert.strictEqual(response?.requestId, "req_7")
      assert.strictEqual(Message.text(yield* MessageStream.runMessage(events)), "Hello!")
      assert.strictEqual(Message.text(yield* MessageStream.runMessage(beta.messages.stream(hello))), "Hello!")
    }).pipe(
      Effect.scoped,
      Effect.provide(TestClaude.layer({ messages: { stream: greeting }, beta: { messages: { stream: greeting } } }))
    ))

  it.effect("has the hooks of an interceptor run", () => {
    const heard: Array<string> = []
    const interceptor = Interceptor.make({
      call: (call, next) => Effect.suspend(() => (heard.push("call"), next(call))),
      attempt: (attempt, next) => Effect.suspend(() => (heard.push(`attempt ${attempt.number}`), next(attempt))),
      answered: (_, { requestId, status }) => Effect.sync(() => heard.push(`answered ${status} ${requestId}`)),
      ended: (_, { _tag, attempts }) => Effect.sync(() => heard.push(`${_tag} ${attempts}`))
    })
    return Effect.gen(function*() {
      yield* (yield* claude).messages.create(hello)
      assert.deepStrictEqual(heard, ["call", "attempt 1", "answered 200 req_7", "Completed 1"])
    }).pipe(
      Claude.withInterceptor(interceptor),
      Effect.provide(TestClaude.layer({ messages: { create: greeting } }))
    )
  })

  it.effect("fails as the API does, once a call", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const error = yield* Effect.flip(messages.create(hello))
      assert.deepInclude(error, { _tag: "OverloadedError", status: 529, message: "Overloaded" })
      assert.strictEqual(Message.text(yield* messages.create(hello)), "Hello!")
      assert.lengthOf(yield* TestClaude.calls, 2)
    }).pipe(
      Effect.provide(TestClaude.layer({ messages: { create: TestClaude.sequence([overloaded, greeting]) } }))
    ))

  it.effect.each<readonly [string, string, TestClaude.Respond]>([
    [
      "a page of HTML",
      "InvalidResponseError",
      TestClaude.response("<html>", { headers: { "content-type": "text/html" } })
    ],
    ["another body", "InvalidResponseError", TestClaude.response({ type: "model", id: "m" })],
    ["an empty body", "InvalidResponseError", TestClaude.response("")]
  ])("%s is %s", ([, tag, stub]) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip((yield* claude).messages.create(hello)))._tag, tag)
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: stub } }))))

  it.effect("answers methods of every shape", () =>
    Effect.gen(function*() {
      const { files, messages, models } = yield* claude
      assert.deepStrictEqual((yield* Stream.runCollect(models.list())).map(({ id }) => id), ["m"])
      assert.deepStrictEqual((yield* models.listPage()).data.map(({ id }) => id), ["m"])
      const bytes = yield* Stream.runCollect(files.download("f"))
      assert.strictEqual(new TextDecoder().decode(bytes[0]), "text")
      const rows = yield* Stream.runCollect(messages.batches.results("b"))
      assert.deepStrictEqual(rows.map(({ custom_id, result }) => [custom_id, result.type]), [["a", "canceled"]])
      assert.strictEqual((yield* messages.countTokens({ model: "m", messages: hello.messages })).input_tokens, 3)
    }).pipe(Effect.provide(TestClaude.layer({
      models: {
        list: TestClaude.response({ data: [{ type: "model", id: "m" }], has_more: false }),
        listPage: TestClaude.response({ data: [{ type: "model", id: "m" }], has_more: false })
      },
      files: { download: TestClaude.response("text", { headers: { "content-type": "text/plain" } }) },
      messages: {
        batches: {
          results: TestClaude.response("{\"custom_id\":\"a\",\"result\":{\"type\":\"canceled\"}}\n", {
            headers: { "content-type": "application/x-jsonl" }
          })
        },
        countTokens: TestClaude.response({ input_tokens: 3 })
      }
    }))))

  it.effect("may be a function's answer, in many calls at once", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const results = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, index) => index),
        (index) => Effect.result(messages.create({ ...hello, max_tokens: index + 1 })),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        results.map((result) => Result.isSuccess(result) ? Message.text(result.success) : result.failure._tag),
        Array.from({ length: 20 }, (_, index) => `${index + 1}`)
      )
    }).pipe(Effect.provide(TestClaude.layer({
      messages: { create: ({ max_tokens }) => TestClaude.response(TestClaude.reply(`${max_tokens}`)) }
    }))))

  it.effect("is of no use to a method that sends nothing", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit((yield* claude).beta.webhooks.unwrap("{}", { headers: {} }))
      assert.match(String(exit), /beta\.webhooks\.unwrap cannot answer with a response/)
    }).pipe(Effect.provide(TestClaude.layer({ beta: { webhooks: { unwrap: greeting } } }))))
})
