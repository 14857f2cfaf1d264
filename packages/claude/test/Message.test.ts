import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { ClaudeError, Message, MessageStream } from "effect-claude"

const blocks = {
  text: (text: string) => ({ type: "text", text, citations: null }),
  thinking: (thinking: string) => ({ type: "thinking", thinking, signature: "sig" }),
  use: (id: string) => ({ type: "tool_use", id, name: "look", input: {}, caller: null }),
  serverUse: { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} },
  mcpUse: { type: "mcp_tool_use", id: "mcptoolu_1", name: "look", server_name: "s", input: {} }
}

/** As much of a message as is looked at. */
const message = (content: ReadonlyArray<object>, fields: object = {}): Message.Any =>
  ({
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-opus-5-5",
    content,
    stop_reason: "end_turn",
    stop_sequence: null,
    stop_details: null,
    usage: { input_tokens: 1, output_tokens: 2 },
    ...fields
  }) as unknown as Message.Any

describe("a server that says it in another way", () => {
  it.effect("what declines and says why in no words is still a refusal", () =>
    Effect.gen(function*() {
      const declined = message([], { stop_reason: "refusal", stop_details: { category: 5, explanation: {} }, model: 7 })
      const error = yield* Effect.flip(Message.complete(declined))
      assert.deepStrictEqual(error.reason, { _tag: "Refusal", category: null, explanation: null })
      assert.isUndefined(error.model)
    }))

  it("a message without a stop_reason has not ended", () =>
    assert.deepStrictEqual(Message.stopReason(message([], { stop_reason: undefined })), { _tag: "NotEnded" }))
})

describe("reading", () => {
  const mixed = message([
    blocks.thinking("Hm. "),
    blocks.text("It is "),
    blocks.serverUse,
    blocks.mcpUse,
    blocks.thinking("Ah."),
    blocks.text("sunny."),
    blocks.use("toolu_1"),
    { type: "of_a_later_version", text: "not this" },
    blocks.use("toolu_2")
  ])

  it("text joins the blocks of text", () => assert.strictEqual(Message.text(mixed), "It is sunny."))

  it("thinking joins the blocks of thinking", () => assert.strictEqual(Message.thinking(mixed), "Hm. Ah."))

  it("toolUses are those of the caller's tools, in order", () =>
    assert.deepStrictEqual(Message.toolUses(mixed).map(({ id }) => id), ["toolu_1", "toolu_2"]))

  it("there may be nothing to read", () => {
    const empty = message([])
    assert.deepStrictEqual([Message.text(empty), Message.thinking(empty), Message.toolUses(empty)], ["", "", []])
  })
})

const details = { type: "refusal", category: "cyber", explanation: "No exploits." }

const cases: ReadonlyArray<readonly [object, Message.StopReason, string | undefined]> = [
  [{ stop_reason: "end_turn" }, { _tag: "EndTurn" }, undefined],
  [{ stop_reason: "stop_sequence", stop_sequence: "END" }, { _tag: "StopSequence", sequence: "END" }, undefined],
  [{ stop_reason: "tool_use" }, { _tag: "ToolUse" }, undefined],
  [{ stop_reason: "pause_turn" }, { _tag: "PauseTurn" }, "paused"],
  [{ stop_reason: "compaction" }, { _tag: "Compaction" }, "compacted"],
  [{ stop_reason: "max_tokens" }, { _tag: "MaxTokens" }, "max_tokens"],
  [{ stop_reason: "model_context_window_exceeded" }, { _tag: "ContextWindowExceeded" }, "context window"],
  [
    { stop_reason: "refusal", stop_details: details },
    { _tag: "Refusal", category: "cyber", explanation: "No exploits." },
    "No exploits."
  ],
  [{ stop_reason: "refusal" }, { _tag: "Refusal", category: null, explanation: null }, "declined"],
  [{ stop_reason: null }, { _tag: "NotEnded" }, "not ended"],
  [{ stop_reason: "bored" }, { _tag: "Unknown", stopReason: "bored" }, "bored"]
]

/** The events of a message with this end. */
const ending = (delta: object, ...texts: ReadonlyArray<string>) =>
  Stream.fromIterable(
    [
      { type: "message_start", message: message([], { stop_reason: null }) },
      { type: "content_block_start", index: 0, content_block: blocks.text("") },
      ...texts.map((text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta, usage: { output_tokens: 9 } },
      { type: "message_stop" }
    ] as never as ReadonlyArray<MessageStream.Event>
  )

describe.each(cases)("%j", (fields, reason, words) => {
  it("is a tagged reason", () => {
    assert.deepStrictEqual(Message.stopReason(message([], fields)), reason)
  })

  it.effect(words === undefined ? "is complete" : "is not complete", () =>
    Effect.gen(function*() {
      const whole = message([blocks.text("Once")], fields)
      const result = yield* Effect.result(Message.complete(whole))
      if (words === undefined) return assert.deepStrictEqual(result, yield* Effect.result(Effect.succeed(whole)))
      assert(result._tag === "Failure")
      assert.deepStrictEqual(result.failure.reason, reason)
      assert.include(result.failure.message, words)
      assert.deepStrictEqual(result.failure.partial, whole)
      assert.strictEqual(result.failure.isContextWindowExceeded, reason._tag === "ContextWindowExceeded")
    }))

  it.effect("textOrFail gives all text first", () =>
    Effect.gen(function*() {
      const said: Array<string> = []
      const run = ending(fields, "Once ", "upon").pipe(
        MessageStream.textOrFail,
        Stream.runForEach((piece) => Effect.sync(() => said.push(piece)))
      )
      const result = yield* Effect.result(run)
      assert.deepStrictEqual(said, ["Once ", "upon"])
      assert.strictEqual(result._tag, words === undefined ? "Success" : "Failure")
      if (result._tag === "Failure") {
        assert.deepStrictEqual(result.failure.reason, reason)
        assert.strictEqual(result.failure.partial?.usage.output_tokens, 9)
      }
    }))

  it.effect("parts end with the message that says it", () =>
    Effect.gen(function*() {
      const parts = yield* Stream.runCollect(MessageStream.parts(ending(fields, "Once ", "upon")))
      assert.deepStrictEqual(parts.slice(0, -1), [{ _tag: "Text", text: "Once " }, { _tag: "Text", text: "upon" }])
      const last = parts.at(-1)
      assert(last?._tag === "Complete")
      assert.strictEqual(Message.text(last.message), "Once upon")
      assert.deepStrictEqual(Message.stopReason(last.message), reason)
    }))

  it.effect("runText gives the text and the message", () =>
    Effect.gen(function*() {
      let said = ""
      const whole = yield* MessageStream.runText(ending(fields, "Once ", "upon"), (piece) =>
        Effect.sync(() => {
          said += piece
        }))
      assert.strictEqual(said, "Once upon")
      assert.strictEqual(Message.text(whole), "Once upon")
      assert.deepStrictEqual(Message.stopReason(whole), reason)
    }))
})

describe("a stream that breaks", () => {
  const interrupted = new ClaudeError.StreamInterruptedError({ message: "cut" })
  const cut = Stream.concat(Stream.take(ending({}, "Once"), 3), Stream.fail(interrupted))

  it.effect.each<readonly [string, Effect.Effect<unknown, ClaudeError.ClaudeError>]>([
    ["textOrFail", Stream.runDrain(MessageStream.textOrFail(cut))],
    ["parts", Stream.runDrain(MessageStream.parts(cut))],
    ["runText", MessageStream.runText(cut, () => Effect.void)]
  ])("is its own failure in %s", ([, run]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Effect.flip(run), interrupted)
    }))
})

describe("IncompleteMessageError", () => {
  it.effect("comes back from JSON", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Message.complete(message([blocks.text("Once")], { stop_reason: "max_tokens" })))
      const codec = Schema.toCodecJson(ClaudeError.ClaudeError)
      const json: unknown = JSON.parse(JSON.stringify(yield* Schema.encodeEffect(codec)(error)))
      const back = yield* Schema.decodeUnknownEffect(codec)(json)
      assert.instanceOf(back, ClaudeError.IncompleteMessageError)
      assert.deepStrictEqual([back.reason, back.partial], [error.reason, error.partial])
    }))
})
