import { MessageStream } from "@anthropic-ai/sdk/lib/MessageStream"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema, Stream } from "effect"
import { inputEndOf, MessageFold } from "../src/internal/stream/messageFold.ts"
import { toolInputs } from "../src/internal/stream/toolInput.ts"

type Event = Messages.RawMessageStreamEvent

type Events = ReadonlyArray<Event>

const start: Event = {
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-opus-5-5",
    content: [],
    container: null,
    diagnostics: null,
    stop_details: null,
    stop_reason: null,
    stop_sequence: null,
    usage: {
      cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 5 },
      cache_creation_input_tokens: 5,
      cache_read_input_tokens: 0,
      inference_geo: null,
      input_tokens: 10,
      output_tokens: 1,
      output_tokens_details: null,
      server_tool_use: null,
      service_tier: "standard",
      speed: null
    }
  }
}

const noUsage: Messages.MessageDeltaUsage = {
  cache_creation_input_tokens: null,
  cache_read_input_tokens: null,
  input_tokens: null,
  output_tokens: 20,
  output_tokens_details: null,
  server_tool_use: null
}

const ended: Messages.RawMessageDeltaEvent["delta"] = {
  container: null,
  stop_details: null,
  stop_reason: "end_turn",
  stop_sequence: null
}

const block = (index: number, content_block: Messages.RawContentBlockStartEvent["content_block"]): Event => ({
  type: "content_block_start",
  index,
  content_block
})

const delta = (index: number, delta: Messages.RawContentBlockDelta): Event => ({
  type: "content_block_delta",
  index,
  delta
})

const blockEnd = (index: number): Event => ({ type: "content_block_stop", index })

const end = (delta: Partial<Messages.RawMessageDeltaEvent["delta"]> = {}, usage = noUsage): Events => [
  { type: "message_delta", delta: { ...ended, ...delta }, usage },
  { type: "message_stop" }
]

const text = (text: string): Messages.RawContentBlockDelta => ({ type: "text_delta", text })
const thinking = (thinking: string): Messages.RawContentBlockDelta => ({ type: "thinking_delta", thinking })
const signature = (signature: string): Messages.RawContentBlockDelta => ({ type: "signature_delta", signature })
const json = (partial_json: string): Messages.RawContentBlockDelta => ({ type: "input_json_delta", partial_json })
const citation = (cited_text: string): Messages.CitationsDelta => ({
  type: "citations_delta",
  citation: {
    type: "char_location",
    cited_text,
    document_index: 0,
    document_title: null,
    start_char_index: 0,
    end_char_index: 5,
    file_id: null
  }
})

const emptyText = { type: "text", text: "", citations: null } as const
const emptyThinking = { type: "thinking", thinking: "", signature: "" } as const
const toolUse = { type: "tool_use", id: "toolu_1", name: "weather", input: {}, caller: { type: "direct" } } as const
const serverToolUse = {
  type: "server_tool_use",
  id: "srvtoolu_1",
  name: "web_search",
  input: {},
  caller: { type: "direct" }
} as const

const sequences: Readonly<Record<string, Events>> = {
  "no content": [start, ...end()],
  "text": [start, block(0, emptyText), delta(0, text("Hel")), delta(0, text("lo \u{1f600}")), blockEnd(0), ...end()],
  "a block that starts with text": [
    start,
    block(0, { type: "text", text: "Once ", citations: null }),
    delta(0, text("upon")),
    blockEnd(0),
    ...end()
  ],
  "text with citations": [
    start,
    block(0, emptyText),
    delta(0, citation("one")),
    delta(0, text("It says so")),
    delta(0, citation("two")),
    blockEnd(0),
    ...end()
  ],
  "text that starts with no citations": [
    start,
    block(0, { ...emptyText, citations: [] }),
    delta(0, text("It says so")),
    blockEnd(0),
    block(1, { ...emptyText, citations: [] }),
    delta(1, citation("one")),
    blockEnd(1),
    ...end()
  ],
  "a block that starts with a citation": [
    start,
    block(0, { ...emptyText, citations: [citation("none").citation] }),
    delta(0, citation("one")),
    blockEnd(0),
    ...end()
  ],
  "text that cites the web": [
    start,
    block(0, emptyText),
    delta(0, {
      type: "citations_delta",
      citation: {
        type: "web_search_result_location",
        cited_text: "one",
        encrypted_index: "x",
        title: "A page",
        url: "https://example.com"
      }
    }),
    blockEnd(0),
    ...end()
  ],
  "thinking with its signature": [
    start,
    block(0, emptyThinking),
    delta(0, thinking("Let me ")),
    delta(0, thinking("see")),
    delta(0, signature("c2ln")),
    blockEnd(0),
    block(1, emptyText),
    delta(1, text("Yes")),
    blockEnd(1),
    ...end()
  ],
  "thinking that is left out": [
    start,
    block(0, emptyThinking),
    delta(0, signature("c2ln")),
    blockEnd(0),
    ...end()
  ],
  "thinking without a signature": [start, block(0, emptyThinking), delta(0, thinking("x")), blockEnd(0), ...end()],
  "redacted thinking": [start, block(0, { type: "redacted_thinking", data: "ZW5j" }), blockEnd(0), ...end()],
  "a tool": [
    start,
    block(0, toolUse),
    delta(0, json("")),
    delta(0, json("{\"city\": \"Z\u00fcr")),
    delta(0, json("ich\", \"days\": [1, ")),
    delta(0, json("2]}")),
    blockEnd(0),
    ...end({ stop_reason: "tool_use" })
  ],
  "a tool without input": [start, block(0, toolUse), blockEnd(0), ...end({ stop_reason: "tool_use" })],
  "a tool with an empty input": [start, block(0, toolUse), delta(0, json("")), blockEnd(0), ...end()],
  "a tool whose input comes with its start": [
    start,
    block(0, { ...toolUse, input: { city: "Z\u00fcrich" } }),
    blockEnd(0),
    ...end({ stop_reason: "tool_use" })
  ],
  "a tool whose input is cut": [
    start,
    block(0, toolUse),
    delta(0, json("{\"city\": \"Z\u00fcrich\", \"days\": [1, {\"a\": tr")),
    blockEnd(0),
    ...end({ stop_reason: "max_tokens" })
  ],
  "two tools at once": [
    start,
    block(0, toolUse),
    block(1, { ...toolUse, id: "toolu_2" }),
    delta(1, json("{\"b\":")),
    delta(0, json("{\"a\":")),
    delta(1, json("2}")),
    delta(0, json("1}")),
    blockEnd(1),
    blockEnd(0),
    ...end({ stop_reason: "tool_use" })
  ],
  "server tools": [
    start,
    block(0, serverToolUse),
    delta(0, json("{\"query\":")),
    delta(0, json("\"weather\"}")),
    blockEnd(0),
    block(1, {
      type: "web_search_tool_result",
      tool_use_id: "srvtoolu_1",
      caller: { type: "direct" },
      content: [{
        type: "web_search_result",
        encrypted_content: "x",
        page_age: null,
        title: "A page",
        url: "https://example.com"
      }]
    }),
    blockEnd(1),
    block(2, { ...serverToolUse, id: "srvtoolu_2", name: "code_execution" }),
    delta(2, json("{\"code\": \"1\\n\"}")),
    blockEnd(2),
    block(3, {
      type: "code_execution_tool_result",
      tool_use_id: "srvtoolu_2",
      content: { type: "code_execution_result", content: [], return_code: 0, stderr: "", stdout: "1" }
    }),
    blockEnd(3),
    block(4, { type: "container_upload", file_id: "file_1" }),
    blockEnd(4),
    ...end({ container: { id: "container_1", expires_at: "2026-11-20T10:00:00Z", skills: null } }, {
      ...noUsage,
      server_tool_use: { web_fetch_requests: 0, web_search_requests: 1 }
    })
  ],
  "a refusal": [
    start,
    block(0, emptyText),
    blockEnd(0),
    ...end({ stop_reason: "refusal", stop_details: { type: "refusal", category: "bio", explanation: "No." } })
  ],
  "a stop sequence": [start, ...end({ stop_reason: "stop_sequence", stop_sequence: "END" })],
  "totals of every kind": [
    start,
    ...end({}, {
      cache_creation_input_tokens: 7,
      cache_read_input_tokens: 8,
      input_tokens: 9,
      output_tokens: 30,
      output_tokens_details: { thinking_tokens: 4 },
      server_tool_use: { web_fetch_requests: 1, web_search_requests: 2 }
    })
  ],
  "totals that come twice": [
    start,
    { type: "message_delta", delta: { ...ended, stop_reason: null }, usage: { ...noUsage, input_tokens: 11 } },
    ...end({ stop_reason: "pause_turn" })
  ],
  "a container that is not taken back": [
    start,
    {
      type: "message_delta",
      delta: { ...ended, container: { id: "container_1", expires_at: "2026-11-20T10:00:00Z", skills: null } },
      usage: noUsage
    },
    ...end()
  ]
}

/** What the SDK has made of the events after each of them. */
const sdkMessages = (events: Events): Effect.Effect<ReadonlyArray<Messages.Message>> =>
  Effect.promise(async () => {
    const body = new Blob(events.map((event) => `${JSON.stringify(event)}\n`)).stream()
    const messages: Array<Messages.Message> = []
    await MessageStream.fromReadableStream(body)
      .on("streamEvent", (_, message) => messages.push(structuredClone(message)))
      .done()
    return messages
  })

const ourMessages = (events: Events): ReadonlyArray<Messages.Message | undefined> => {
  const fold = new MessageFold<Messages.RawMessageStreamEvent>()
  return events.map((event) => {
    fold.add(event)
    return fold.message
  })
}

const folded = (events: Events): Messages.Message | undefined => {
  const fold = new MessageFold<Messages.RawMessageStreamEvent>()
  for (const event of events) fold.add(event)
  return fold.message
}

const freeze = <A>(value: A): A => {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(freeze)
  return Object.freeze(value)
}

describe("MessageFold", () => {
  /** Of an input that has not come as a whole, the SDK leaves out the text at its end. */
  const withoutInputs = (events: Events, messages: ReadonlyArray<Messages.Message | undefined>) =>
    events.some(({ type }) => type === "content_block_delta") && JSON.stringify(events).includes("input_json_delta")
      ? messages.slice(-1)
      : messages

  it.effect.each(Object.entries(sequences).filter(([name]) => name !== "a tool whose input is cut"))(
    "makes of %s what the SDK makes of it, after every event",
    ([, events]) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(
          withoutInputs(events, ourMessages(events)),
          withoutInputs(events, yield* sdkMessages(events))
        )
      })
  )

  it.effect.each(Object.entries(sequences))(
    "makes of %s the same without being asked on the way",
    ([, events]) => Effect.sync(() => assert.deepStrictEqual(folded(events), ourMessages(events).at(-1)))
  )

  it.effect.each(Object.entries(sequences))("changes none of the events of %s", ([, events]) =>
    Effect.sync(() => {
      const frozen = freeze(structuredClone(events))
      assert.deepStrictEqual(folded(frozen), folded(events))
    }))

  it("says what it has made of a message", () => {
    assert.deepStrictEqual(folded(sequences["a tool"] ?? [])?.content, [
      { ...toolUse, input: { city: "Z\u00fcrich", days: [1, 2] } }
    ])
  })

  it("has no message before its first event", () => {
    assert.isUndefined(new MessageFold<Messages.RawMessageStreamEvent>().message)
  })

  it.effect("reads what it can of an input that is cut, wherever that is, as `toolInput` does", () =>
    Effect.gen(function*() {
      const whole =
        "{\"a\": \"\u00fc \\\"x\\\" \\u00e9\\n\", \"b\": [1, -2.5e3, true, false, null, {\"c\": []}], \"d\": {\"e\": \"\"}}"
      for (let at = 0; at <= whole.length; at++) {
        const events = [start, block(0, toolUse), delta(0, json(whole.slice(0, at))), blockEnd(0), ...end()]
        const [tool] = folded(events)?.content ?? []
        const last = (yield* Stream.runCollect(toolInputs(Stream.fromIterable(events)))).at(-1)
        assert.deepNestedPropertyVal(tool, "input", last?.input)
        assert.strictEqual(tool === undefined ? undefined : inputEndOf(tool), last?.end)
        assert.strictEqual(last?.end, at === 0 || at === whole.length ? "complete" : "cut", whole.slice(0, at))
      }
    }))

  it.effect.each([
    { name: "text", piece: text("lo"), whole: { type: "block_of_tomorrow", text: "Hello" } },
    { name: "thinking", piece: thinking("lo"), whole: { type: "block_of_tomorrow", thinking: "Hello" } }
  ])(
    "has the $name of a block of an unknown kind that begins with some",
    ({ name, piece, whole }) =>
      Effect.sync(() => {
        const unknown = JSON.parse(JSON.stringify({ ...whole, [name]: "Hel" }))
        const fold = new MessageFold()
        for (const event of [start, block(0, unknown), delta(0, piece), blockEnd(0), ...end()]) fold.add(event)
        assert.deepStrictEqual<unknown>(fold.message?.content, [whole])
      })
  )

  it.effect("reads the input of a tool of an unknown kind as `toolInput` does", () =>
    Effect.gen(function*() {
      const unknown = JSON.parse(JSON.stringify({ ...toolUse, type: "tool_use_of_tomorrow" }))
      const events = [start, block(0, unknown), delta(0, json("{\"a\": 1}")), blockEnd(0), ...end()]
      const last = (yield* Stream.runCollect(toolInputs(Stream.fromIterable(events)))).at(-1)
      assert.deepStrictEqual(last?.input, { a: 1 })
      assert.deepNestedPropertyVal(folded(events)?.content, "[0].input", { a: 1 })
    }))

  it.effect("keeps the text of an input that is no JSON, where the SDK fails", () =>
    Effect.gen(function*() {
      const events = [start, block(0, toolUse), delta(0, json("{\"a\": nope}")), blockEnd(0), ...end()]
      assert.deepStrictEqual(folded(events)?.content, [{ ...toolUse, input: "{\"a\": nope}" }])
      assert.isTrue(Exit.isFailure(yield* Effect.exit(sdkMessages(events))))
    }))

  it("leaves no gap for a block whose events were filtered out", () => {
    const events = (sequences["thinking with its signature"] ?? []).filter(
      (event) => !("index" in event) || event.index !== 0
    )
    assert.deepStrictEqual(folded(events)?.content, [{ ...emptyText, text: "Yes" }])
  })

  it("takes time linear in the number of events", () => {
    const fold = new MessageFold<Messages.RawMessageStreamEvent>()
    fold.add(start)
    fold.add(block(0, toolUse))
    fold.add(delta(0, json("[")))
    for (let n = 0; n < 200_000; n++) fold.add(delta(0, json("1,")))
    fold.add(delta(0, json("1]")))
    const [tool] = fold.message?.content ?? []
    assert.strictEqual(tool?.type === "tool_use" && Array.isArray(tool.input) && tool.input.length, 200_001)
  })
})

describe("any sequence", () => {
  const blocks: ReadonlyArray<Messages.RawContentBlockStartEvent["content_block"]> = [
    emptyText,
    { type: "text", text: "a", citations: [] },
    emptyThinking,
    { ...emptyThinking, signature: "s" },
    { type: "redacted_thinking", data: "x" },
    toolUse,
    serverToolUse,
    { type: "container_upload", file_id: "file_1" }
  ]

  const deltas = [
    text("a"),
    text(""),
    thinking("b"),
    signature("s1"),
    signature("s2"),
    citation("c"),
    json("[1,"),
    json("{\"a\":["),
    json("")
  ]

  const index = (length: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: length - 1 }))

  const Steps = Schema.Array(Schema.Struct({
    isBlock: Schema.Boolean,
    block: index(blocks.length),
    delta: index(deltas.length),
    target: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 99 }))
  }))

  it.effect.prop(
    "of blocks and deltas, fitting or not, makes what the SDK makes of it",
    [Steps],
    ([steps]) =>
      Effect.gen(function*() {
        let count = 0
        const events = steps.map((step): Event => {
          const started = blocks[step.block]
          const grown = deltas[step.delta]
          return grown !== undefined && (count > 0 && !step.isBlock || started === undefined)
            ? delta(step.target % count, grown)
            : block(count++, started ?? emptyText)
        })
        const all = [start, ...events, ...end()]
        assert.deepStrictEqual(ourMessages(all), yield* sdkMessages(all))
      }),
    { arbitrary: { runs: 300, seed: 6, size: 20 } }
  )
})
