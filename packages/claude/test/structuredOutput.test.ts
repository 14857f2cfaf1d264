import type { Message } from "@anthropic-ai/sdk/resources/messages/messages"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Schema } from "effect"
import { StructuredOutput } from "effect-claude"

const Person = Schema.Struct({ name: Schema.String, age: Schema.Int })

const answer = (text: string, fields: object = {}): Message => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [{ type: "text", text, citations: null }],
  container: null,
  diagnostics: null,
  stop_reason: "end_turn",
  stop_sequence: null,
  stop_details: null,
  usage: {
    input_tokens: 10,
    output_tokens: 3,
    cache_creation: null,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
    inference_geo: null,
    output_tokens_details: null,
    server_tool_use: null,
    service_tier: null,
    speed: null
  },
  ...fields
})

const ada = "{\"name\": \"Ada\", \"age\": 36}"

describe("StructuredOutput.decode", () => {
  const decodePerson = StructuredOutput.decode(Person)

  const reasonOf = (message: Message) => Effect.map(Effect.flip(decodePerson(message)), ({ reason }) => reason)

  it.effect("gives the value", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* decodePerson(answer(ada)), { name: "Ada", age: 36 })
    }))

  it.effect("decodes what the schema transforms", () =>
    Effect.gen(function*() {
      const decode = StructuredOutput.decode(Schema.Struct({ at: Schema.DateTimeUtcFromString }))
      const { at } = yield* decode(answer("{\"at\": \"1815-12-10T00:00:00Z\"}"))
      assert.strictEqual(DateTime.formatIso(at), "1815-12-10T00:00:00.000Z")
    }))

  it.effect("takes the text after the last block of another kind", () =>
    Effect.gen(function*() {
      const text = (text: string) => ({ type: "text", text, citations: null })
      const content = [
        text("Let me search."),
        { type: "server_tool_use", id: "s", name: "web_search", input: {} },
        text(ada.slice(0, 9)),
        text(ada.slice(9))
      ]
      assert.deepStrictEqual(yield* decodePerson(answer("", { content })), { name: "Ada", age: 36 })
    }))

  it.effect("says where the schema does not accept it, and keeps the text and the answer", () =>
    Effect.gen(function*() {
      const message = answer("{\"name\": \"Ada\", \"age\": \"36\"}")
      const error = yield* Effect.flip(decodePerson(message))
      assert.deepInclude(error, {
        _tag: "StructuredOutputError",
        text: "{\"name\": \"Ada\", \"age\": \"36\"}",
        isRetryable: true
      })
      assert.strictEqual(error.response.usage.output_tokens, 3)
      assert.strictEqual(error.reason._tag, "Mismatch")
      if (error.reason._tag === "Mismatch") {
        assert.deepStrictEqual(error.reason.issues.map(({ path }) => path), [["age"]])
      }
    }))

  it.effect("is NotJson where the text is no JSON", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* reasonOf(answer("Ada was 36.")))._tag, "NotJson")
    }))

  it.effect("is Refused where the model declined, with the API's reason", () =>
    Effect.gen(function*() {
      const message = answer("I can", {
        stop_reason: "refusal",
        stop_details: { type: "refusal", category: "bio", explanation: "That could do harm." }
      })
      assert.deepStrictEqual(yield* reasonOf(message), {
        _tag: "Refused",
        category: "bio",
        explanation: "That could do harm."
      })
    }))

  it.effect("is Refused where the server says it in another way than the API", () =>
    Effect.gen(function*() {
      for (const stop_details of [5, { category: [], explanation: { why: 1 } }]) {
        const error = yield* Effect.flip(decodePerson(answer("", { stop_reason: "refusal", stop_details, model: 7 })))
        assert.deepStrictEqual(error.reason, { _tag: "Refused", category: null, explanation: null })
        assert.isUndefined(error.model)
      }
    }))

  it.effect("keeps an answer that is nested more deeply than it can be written", () =>
    Effect.gen(function*() {
      const deep = JSON.parse("[".repeat(20_000) + "]".repeat(20_000))
      const content = [{ type: "tool_use", id: "toolu_1", name: "write", input: deep }]
      const error = yield* Effect.flip(decodePerson(answer("", { content })))
      assert.strictEqual(error.reason._tag, "NotJson")
      assert.include(JSON.stringify(error), "nested too deeply")
    }))

  it.effect.each(["max_tokens", "model_context_window_exceeded"])(
    "is CutShort at %s, even if it could be read",
    (stopReason) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* reasonOf(answer(ada, { stop_reason: stopReason })), {
          _tag: "CutShort",
          stopReason
        })
      })
  )

  it.effect.each(["tool_use", "pause_turn"])("is Unanswered at %s", (stopReason) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* reasonOf(answer("", { stop_reason: stopReason })), {
        _tag: "Unanswered",
        stopReason
      })
    }))

  it.effect("has an error that goes to JSON and back", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(decodePerson(answer("{}")))
      const codec = Schema.toCodecJson(StructuredOutput.StructuredOutputError)
      const json = JSON.parse(JSON.stringify(yield* Schema.encodeEffect(codec)(error)))
      const back = yield* Schema.decodeEffect(codec)(json)
      assert.deepStrictEqual(back.reason, error.reason)
      assert.deepStrictEqual(back.response, error.response)
    }))
})
