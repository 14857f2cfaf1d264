/** The methods that are more than a call: `parse`, the webhooks, and what is refused before it is sent. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Stream } from "effect"
import { Claude, ClaudeError, RetryPolicy } from "effect-claude"
import { createHmac } from "node:crypto"
import { over } from "./support/every.ts"

const hello: Claude.MessageCreateParams = {
  model: "claude-opus-5-5",
  max_tokens: 16,
  messages: [{ role: "user", content: "Hello" }]
}

const answer = (text: string) => ({
  type: "message",
  id: "msg_1",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [{ type: "text", text, citations: null }],
  stop_reason: "end_turn",
  usage: { input_tokens: 1, output_tokens: 1 }
})

const sum = {
  ...hello,
  output_config: {
    format: {
      type: "json_schema" as const,
      schema: {},
      parse: (text: string) => ({ sum: Number(JSON.parse(text).sum) })
    }
  }
}

describe.each(["messages", "beta"] as const)("parse (%s)", (kind) => {
  const parse = Effect.flatMap(
    Claude.Claude,
    (claude): Effect.Effect<{ readonly parsed_output: unknown }, Claude.Error<"messages.parse">> =>
      kind === "beta" ? claude.beta.messages.parse(sum) : claude.messages.parse(sum)
  )

  it.effect("gives the message, and what the caller's parser makes of it", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* parse).parsed_output, { sum: 4 })
    }).pipe(Effect.provide(over(() => Response.json(answer(`{"sum":4}`))))))

  it.effect.each([
    { name: "a text that the parser refuses", body: answer("four"), problem: "unexpected-shape" },
    { name: "a body that is no message", body: { type: "model" }, problem: "unexpected-shape" }
  ])("fails as an invalid response for $name", ({ body, problem }) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(parse)
      assert.instanceOf(error, ClaudeError.InvalidResponseError)
      assert.strictEqual(error.problem, problem)
      assert.isFalse(error.isRetryable)
    }).pipe(Effect.provide(over(() => Response.json(body)))))

  it.effect("fails for a page of a proxy like any call", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(parse)
      assert.instanceOf(error, ClaudeError.InvalidResponseError)
      assert.strictEqual(error.problem, "not-json")
    }).pipe(Effect.provide(over(() => new Response("<html>", { headers: { "content-type": "text/html" } })))))

  it.effect("is tried again like any call", () => {
    let count = 0
    const refusal = { type: "error", error: { type: "overloaded_error", message: "later" } }
    const layer = over(
      () => ++count === 1 ? Response.json(refusal, { status: 529 }) : Response.json(answer(`{"sum":4}`)),
      { retry: RetryPolicy.exponential({ base: "0 millis", cap: "0 millis" }) }
    )
    return Effect.gen(function*() {
      assert.deepStrictEqual((yield* parse).parsed_output, { sum: 4 })
      assert.strictEqual(count, 2)
    }).pipe(Effect.provide(layer))
  })
})

const key = `whsec_${Buffer.from("a key of the tests").toString("base64")}`
const body = JSON.stringify({ type: "event", id: "wevt_1", data: { type: "session.created", id: "sesn_1" } })

const signed = (text: string, seconds = Math.floor(Date.now() / 1000)) => ({
  "webhook-id": "msg_1",
  "webhook-timestamp": String(seconds),
  "webhook-signature": `v1,${
    createHmac("sha256", Buffer.from(key.slice(6), "base64")).update(`msg_1.${seconds}.${text}`).digest("base64")
  }`
})

const unwrap = (...args: Parameters<Claude.BetaWebhooks["unwrap"]>) =>
  Effect.flatMap(Claude.Claude, (claude) => claude.beta.webhooks.unwrap(...args))

const offline = (webhookKey?: string) =>
  over(
    () => assert.fail("nothing is sent"),
    webhookKey === undefined ? {} : { webhookKey: Redacted.make(webhookKey) }
  )

describe("beta.webhooks.unwrap", () => {
  it.effect("gives the event that the layer's key verifies", () =>
    Effect.gen(function*() {
      const event = yield* unwrap(body, { headers: signed(body) })
      assert.strictEqual(event.id, "wevt_1")
    }).pipe(Effect.provide(offline(key))))

  it.effect("prefers the key of the call", () =>
    Effect.gen(function*() {
      const event = yield* unwrap(body, { headers: signed(body), key: Redacted.make(key) })
      assert.strictEqual(event.id, "wevt_1")
    }).pipe(Effect.provide(offline(`whsec_${Buffer.from("another").toString("base64")}`))))

  it.effect.each([
    { name: "another body", text: body.replace("sesn_1", "sesn_2"), headers: signed(body), problem: "not-verified" },
    { name: "no signature", text: body, headers: {}, problem: "not-verified" },
    { name: "an old time", text: body, headers: signed(body, 1), problem: "not-verified" },
    { name: "a body that is no JSON", text: "oops", headers: signed("oops"), problem: "malformed-body" },
    { name: "a body of null", text: "null", headers: signed("null"), problem: "malformed-body" },
    { name: "a body without an event", text: "{}", headers: signed("{}"), problem: "malformed-body" }
  ])("fails for $name", ({ headers, problem, text }) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(unwrap(text, { headers }))
      assert.instanceOf(error, ClaudeError.WebhookVerificationError)
      assert.isTrue(ClaudeError.isClaudeError(error))
      assert.strictEqual(error.problem, problem)
      assert.notInclude(error.message, key)
    }).pipe(Effect.provide(offline(key))))

  it.effect("fails where there is no key, and says how to give one", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(unwrap(body, { headers: signed(body) }))
      assert.instanceOf(error, ClaudeError.WebhookVerificationError)
      assert.strictEqual(error.problem, "missing-key")
      assert.include(error.message, "ANTHROPIC_WEBHOOK_SIGNING_KEY")
    }).pipe(Effect.provide(offline())))
})

describe("refused before it is sent", () => {
  const empty = { ...hello, messages: [] }
  const big = Object.defineProperty(new File([], "big"), "size", { value: 500 * 1024 * 1024 + 1 })
  const refusals: ReadonlyArray<{
    readonly name: string
    readonly param: string
    readonly call: (claude: Claude.Methods) => Effect.Effect<unknown, ClaudeError.ClaudeError>
  }> = [
    { name: "messages.parse", param: "messages", call: ({ messages }) => messages.parse(empty) },
    { name: "beta.messages.create", param: "messages", call: ({ beta }) => beta.messages.create(empty) },
    { name: "beta.messages.parse", param: "messages", call: ({ beta }) => beta.messages.parse(empty) },
    {
      name: "beta.messages.stream",
      param: "messages",
      call: ({ beta }) => Stream.runDrain(beta.messages.stream(empty))
    },
    {
      name: "beta.messages.countTokens",
      param: "messages",
      call: ({ beta }) => beta.messages.countTokens({ model: "claude-opus-5-5", messages: [] })
    },
    {
      name: "messages.batches.create",
      param: "requests.1.params.max_tokens",
      call: ({ messages }) =>
        messages.batches.create({
          requests: [{ custom_id: "a", params: hello }, { custom_id: "b", params: { ...hello, max_tokens: -1 } }]
        })
    },
    {
      name: "messages.batches.create without requests",
      param: "requests",
      call: ({ messages }) => messages.batches.create({ requests: [] })
    },
    {
      name: "a header whose value is none",
      param: "headers.x-user",
      call: ({ models }) => models.retrieve("claude-opus-5-5", null, { headers: { "x-user": "a\nb" } })
    },
    {
      name: "a header whose name is none",
      param: "headers",
      call: ({ models }) => Stream.runDrain(models.list(null, { headers: { "x user": "a" } }))
    },
    {
      name: "files.upload",
      param: "file",
      call: ({ files }) => files.upload({ file: big })
    }
  ]

  it.effect.each(refusals)("$name", ({ call, param }) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.flatMap(Claude.Claude, call))
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.strictEqual(error.param, param)
    }).pipe(Effect.provide(offline())))
})
