import { BetaMessageStream } from "@anthropic-ai/sdk/lib/BetaMessageStream"
import { MessageStream as SdkStream } from "@anthropic-ai/sdk/lib/MessageStream"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { MessageStream } from "effect-claude"
import { readFileSync } from "node:fs"
import { SseDecoder } from "../src/internal/answer/sse.ts"
import { type AnyEvent, BetaScript, eventsOf, Script } from "./support/messageEvents.ts"

const lines = (events: ReadonlyArray<AnyEvent>) =>
  new ReadableStream({
    start: (controller) => {
      const encoder = new TextEncoder()
      events.forEach((event) => controller.enqueue(encoder.encode(`${JSON.stringify(event)}\n`)))
      controller.close()
    }
  })

interface Final {
  finalMessage(): Promise<object>
}

/** The SDK's message, without what its own helper adds for structured outputs. */
const finalMessage = (stream: Final) =>
  Effect.map(Effect.promise(() => stream.finalMessage()), (message) => {
    const { parsed_output: _, ...rest } = { parsed_output: undefined, ...message }
    return rest
  })

/** The events are made up: what is tested is what becomes of them. */
const asEvents = (events: ReadonlyArray<AnyEvent>) =>
  Stream.fromIterable(events) as Stream.Stream<unknown> as Stream.Stream<MessageStream.Event>

const recorded = (name: string): ReadonlyArray<AnyEvent> => {
  const decoder = new SseDecoder()
  const events = decoder.push(readFileSync(new URL(`./streams/${name}.sse`, import.meta.url)))
  return [...events, ...decoder.end()].filter(({ event }) => event !== "ping").map(({ data }) => JSON.parse(data))
}

/** With whole inputs: of one that is cut, the SDK leaves out the text at its end. */
const uncut = <S extends { readonly blocks: ReadonlyArray<object> }>(script: S): S => ({
  ...script,
  blocks: script.blocks.map((block) => "missing" in block ? { ...block, missing: 0 } : block)
})

describe("MessageStream.runMessage", () => {
  it.effect.prop(
    "is the SDK's finalMessage, with every kind of block",
    { script: Script },
    ({ script }) =>
      Effect.gen(function*() {
        const events = eventsOf(uncut(script))
        const ours = yield* MessageStream.runMessage(asEvents(events))
        const sdk = yield* finalMessage(SdkStream.fromReadableStream(lines(events)))
        assert.deepStrictEqual<object>(ours, sdk)
      }),
    { arbitrary: { runs: 500, seed: 1 } }
  )

  it.effect.prop(
    "is the SDK's finalMessage in beta, with every kind of block",
    { script: BetaScript },
    ({ script }) =>
      Effect.gen(function*() {
        const events = eventsOf(uncut(script))
        const ours = yield* MessageStream.runMessage(asEvents(events))
        const sdk = yield* finalMessage(BetaMessageStream.fromReadableStream(lines(events)))
        assert.deepStrictEqual<object>(ours, sdk)
      }),
    { arbitrary: { runs: 500, seed: 1 } }
  )

  it.effect.each(["text", "tool-use", "thinking", "web-search"])(
    "is the SDK's finalMessage on a recorded stream: %s",
    (name) =>
      Effect.gen(function*() {
        const ours = yield* MessageStream.runMessage(asEvents(recorded(name)))
        const sdk = yield* finalMessage(SdkStream.fromReadableStream(lines(recorded(name))))
        assert.deepStrictEqual<object>(ours, sdk)
      })
  )

  it.effect("has a tool's input that is no JSON as its text, where the SDK throws", () =>
    Effect.gen(function*() {
      const events = eventsOf({
        blocks: [{ _tag: "tool_use", id: "t", input: {}, missing: 0 }],
        delta: { stop_reason: "tool_use", stop_sequence: null, stop_details: null, container: null },
        usage: {
          input_tokens: 1,
          output_tokens: 1,
          cache_creation_input_tokens: null,
          cache_read_input_tokens: null,
          output_tokens_details: null,
          server_tool_use: null
        },
        more: {},
        splits: [40]
      }).map((event) =>
        event.type === "content_block_delta"
          ? { ...event, delta: { type: "input_json_delta", partial_json: "{oops}" } }
          : event
      )
      const { content } = yield* MessageStream.runMessage(asEvents(events))
      assert.deepInclude(content[0], { type: "tool_use", input: "{oops}{oops}" })
    }))

  it.effect("takes in 100,000 events in the order that they come", () =>
    Effect.gen(function*() {
      const words = Array.from({ length: 100_000 }, (_, index) => `${index} `)
      const events = [
        { type: "message_start", message: { content: [], usage: {} } },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "", citations: null } },
        ...words.map((text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }))
      ]
      const { content } = yield* MessageStream.runMessage(asEvents(events))
      assert.deepInclude(content[0], { text: words.join("") })
    }))
})
