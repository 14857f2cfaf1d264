/** Reading messages: what each getter gives of either API's. */
import type Anthropic from "@anthropic-ai/sdk"
import type { BetaMessage, BetaToolUseBlock } from "@anthropic-ai/sdk/resources/beta/messages/messages"
import { Effect, type Stream } from "effect"
import { type Claude, type ClaudeError, Message, MessageStream } from "effect-claude"
import { describe, expect, test } from "tstyche"

declare const claude: Claude.Service
declare const params: Claude.MessageCreateParams
declare const message: Anthropic.Message
declare const beta: BetaMessage

type StreamFailure = Claude.Error<"messages.stream">

describe("Message", () => {
  test("reads messages of both APIs, parsed ones, and what had arrived of one", () => {
    for (const read of [Message.text, Message.thinking, Message.stopReason]) {
      expect(read).type.toBeCallableWith(message)
      expect(read).type.toBeCallableWith(beta)
      expect(read).type.toBeCallableWith({} as ClaudeError.PartialMessage)
    }
  })

  test("toolUses are blocks of the message's own API", () => {
    expect(Message.toolUses(message)).type.toBe<ReadonlyArray<Anthropic.ToolUseBlock>>()
    expect(Message.toolUses(beta)).type.toBe<ReadonlyArray<BetaToolUseBlock>>()
  })

  test("complete keeps the message and adds one failure", () => {
    expect(Effect.flatMap(claude.messages.create(params), Message.complete)).type.toBe<
      Effect.Effect<Anthropic.Message, Claude.Error<"messages.create"> | ClaudeError.IncompleteMessageError>
    >()
    expect(Message.complete(beta)).type.toBe<Effect.Effect<BetaMessage, ClaudeError.IncompleteMessageError>>()
  })

  test("a reason that is caught has its fields", () => {
    void Effect.catchReason(Message.complete(message), "IncompleteMessageError", "Refusal", ({ category }) => {
      expect(category).type.toBe<string | null>()
      return Effect.void
    })
  })
})

describe("MessageStream", () => {
  const stream = claude.messages.stream(params)

  test("textOrFail adds one failure", () => {
    expect(MessageStream.textOrFail(stream)).type.toBe<
      Stream.Stream<string, StreamFailure | ClaudeError.IncompleteMessageError>
    >()
  })

  test("parts are pieces of text and the message", () => {
    expect(MessageStream.parts(stream)).type.toBe<
      Stream.Stream<MessageStream.Text | MessageStream.Complete<Anthropic.Message>, StreamFailure>
    >()
  })

  test("runText gives the message, data first and last", () => {
    const print = (text: string) => text === "" ? Effect.fail("empty" as const) : Effect.void
    expect(MessageStream.runText(stream, print)).type.toBe<Effect.Effect<Anthropic.Message, StreamFailure | "empty">>()
    expect(stream.pipe(MessageStream.runText(print))).type.toBe<
      Effect.Effect<Anthropic.Message, StreamFailure | "empty">
    >()
    expect(MessageStream.runText(claude.beta.messages.stream(params), print)).type.toBe<
      Effect.Effect<BetaMessage, Claude.Error<"beta.messages.stream"> | "empty">
    >()
  })
})
