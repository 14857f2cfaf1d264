import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Simulator } from "../src/index.ts"
import { attempt, hello, jsonOf, post, sdk } from "./client.ts"

type Params = Partial<Anthropic.MessageCreateParamsNonStreaming>

const weather: Anthropic.Tool = {
  name: "weather",
  input_schema: {
    type: "object",
    properties: { city: { type: "string" }, unit: { enum: ["celsius", "fahrenheit"] }, days: { type: "integer" } },
    required: ["city", "unit"]
  }
}

const clock: Anthropic.Tool = { name: "clock", input_schema: { type: "object", properties: {} } }

const saying = (content: string | Array<Anthropic.ContentBlockParam>): Params => ({
  messages: [{ role: "user", content }]
})

/** What the SDK reads, whole and streamed: the same but for the id. */
const replyTo = Effect.fnUntraced(function*(params: Params) {
  const sim = yield* Simulator.Simulator
  const body = { ...hello, max_tokens: 4000, ...params }
  const created = yield* attempt(() => sdk(sim).messages.create(body))
  const streamed = yield* attempt(() => sdk(sim).messages.stream(body).finalMessage())
  const withoutIds = (message: Anthropic.Message) =>
    JSON.parse(JSON.stringify(message).replace(/_0[0-9A-Za-z]+/g, "_id"))
  assert.deepInclude(withoutIds(streamed), withoutIds(created))
  return created
})

const simulated = Effect.provide(Simulator.layer())

const typesOf = ({ content }: Anthropic.Message) => content.map(({ type }) => type)

const toolsIn = ({ content }: Anthropic.Message) =>
  content.flatMap((block) => block.type === "tool_use" ? [block.name] : [])

describe("a tool is used", () => {
  it.effect("where the choice demands it, with input that fits its schema", () =>
    Effect.gen(function*() {
      const message = yield* replyTo({
        tools: [clock, weather],
        tool_choice: { type: "tool", name: "weather" },
        model: "claude-opus-5"
      })
      assert.deepStrictEqual(typesOf(message), ["tool_use"])
      const [use] = message.content
      assert(use?.type === "tool_use")
      assert.match(use.id, /^toolu_/)
      assert.deepStrictEqual(use.caller, { type: "direct" })
      assert.deepInclude(use.input, { unit: "celsius", days: 0 })
      assert.match(String((use.input as { readonly city: unknown }).city), /^[a-z]+$/)
      assert.strictEqual(message.stop_reason, "tool_use")
    }).pipe(simulated))

  it.effect("where any has to be: the one that is named, or else the first", () =>
    Effect.gen(function*() {
      const any: Params = { tools: [weather, clock], tool_choice: { type: "any" }, model: "claude-opus-5" }
      assert.deepStrictEqual(toolsIn(yield* replyTo({ ...any, ...saying("Look at the clock!") })), ["clock"])
      assert.deepStrictEqual(toolsIn(yield* replyTo({ ...any, ...saying("Hello") })), ["weather"])
    }).pipe(simulated))

  it.effect("where the user names it, several at once unless that is off", () =>
    Effect.gen(function*() {
      const both: Params = { tools: [weather, clock], ...saying("Use weather and clock, not the weathervane") }
      assert.deepStrictEqual(toolsIn(yield* replyTo(both)), ["weather", "clock"])
      const single: Params = { ...both, tool_choice: { type: "auto", disable_parallel_tool_use: true } }
      assert.deepStrictEqual(toolsIn(yield* replyTo(single)), ["weather"])
      const none: Params = { ...both, tool_choice: { type: "none" } }
      assert.deepStrictEqual(typesOf(yield* replyTo(none)), ["text"])
      assert.deepStrictEqual(typesOf(yield* replyTo({ ...both, ...saying("Hello") })), ["text"])
    }).pipe(simulated))

  it.effect("once: its result is answered with a text, unless the user names another", () =>
    Effect.gen(function*() {
      const asked = { role: "user" as const, content: "What is the weather?" }
      const { content } = yield* replyTo({ tools: [weather], messages: [asked] })
      const [use] = content
      assert(use?.type === "tool_use")
      const result = { type: "tool_result" as const, tool_use_id: use.id, content: "The weather: rain" }
      const then = (...said: Array<Anthropic.ContentBlockParam>): Params => ({
        tools: [weather, clock],
        messages: [asked, { role: "assistant", content }, { role: "user", content: [result, ...said] }]
      })
      const answer = yield* replyTo(then())
      assert.deepStrictEqual(typesOf(answer), ["text"])
      assert.strictEqual(answer.stop_reason, "end_turn")
      assert.deepStrictEqual(toolsIn(yield* replyTo(then({ type: "text", text: "And the clock?" }))), ["clock"])
    }).pipe(simulated))

  it.effect("with ids that no other message has", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const params = { ...hello, tools: [weather], ...saying("weather, please") }
      const ids = yield* Effect.replicateEffect(
        Effect.map(attempt(() => sdk(sim).messages.create(params)), ({ content: [block] }) =>
          block?.type === "tool_use" ? block.id : ""),
        2
      )
      assert.strictEqual(new Set(ids).size, 2)
    }).pipe(simulated))

  it.effect("and cut off where the tokens end, in the middle of its input", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const params = { ...hello, max_tokens: 2, tools: [weather], ...saying("weather, please") }
      const message = yield* attempt(() => sdk(sim).messages.create(params))
      assert.strictEqual(message.stop_reason, "max_tokens")
      assert.deepInclude(message.content[0], { type: "tool_use", input: {} })
      const stream = yield* attempt(() => sdk(sim).messages.create({ ...params, stream: true }))
      const json = yield* attempt(async () => {
        let json = ""
        for await (const event of stream) {
          if (event.type === "content_block_delta" && event.delta.type === "input_json_delta") {
            json += event.delta.partial_json
          }
        }
        return json
      })
      assert.match(json, /^\{"city":"/)
      assert.throws(() => JSON.parse(json))
    }).pipe(simulated))
})

describe("thinking", () => {
  it.effect("comes first, with a signature, and is counted", () =>
    Effect.gen(function*() {
      const message = yield* replyTo({ model: "claude-opus-4-6", thinking: { type: "enabled", budget_tokens: 2000 } })
      assert.deepStrictEqual(typesOf(message), ["thinking", "text"])
      const [thought] = message.content
      assert(thought?.type === "thinking")
      assert.strictEqual(thought.thinking.split(" ").length, 16)
      assert.match(thought.signature, /^[A-Za-z0-9+/]{43}=$/)
      assert.deepInclude(message.usage, { output_tokens: 36, output_tokens_details: { thinking_tokens: 16 } })
    }).pipe(simulated))

  it.effect("is left out where it is not wanted, but for its signature", () =>
    Effect.gen(function*() {
      const message = yield* replyTo({ thinking: { type: "adaptive", display: "omitted" } })
      assert.deepInclude(message.content[0], { type: "thinking", thinking: "" })
      assert.deepStrictEqual(typesOf(yield* replyTo({ model: "claude-opus-5", thinking: { type: "disabled" } })), [
        "text"
      ])
      assert.deepStrictEqual(
        typesOf(yield* replyTo({ model: "claude-sonnet-5-5", thinking: { type: "between_tools" } })),
        ["text"]
      )
    }).pipe(simulated))
})

describe("an output format", () => {
  it.effect("is kept to", () =>
    Effect.gen(function*() {
      const schema = {
        type: "object",
        properties: { name: { type: "string" }, age: { type: "integer", enum: [18] } },
        required: ["name", "age"],
        additionalProperties: false
      }
      const message = yield* replyTo({ output_config: { format: { type: "json_schema", schema } } })
      const [text] = message.content
      assert(text?.type === "text")
      assert.match(text.text, /^\{"name":"[a-z]+","age":18\}$/)
    }).pipe(simulated))
})

describe("documents", () => {
  const document = (source: Anthropic.DocumentBlockParam["source"], title?: string): Anthropic.DocumentBlockParam => ({
    type: "document",
    source,
    citations: { enabled: true },
    ...(title === undefined ? {} : { title })
  })

  it.effect("are cited, each in its own way", () =>
    Effect.gen(function*() {
      const data = "The sky is blue. The sea as well."
      const message = yield* replyTo(saying([
        document({ type: "text", media_type: "text/plain", data }, "Colours"),
        document({ type: "base64", media_type: "application/pdf", data: "JVBERi0=" }),
        document({ type: "content", content: [{ type: "text", text: "One" }] }),
        { type: "document", source: { type: "text", media_type: "text/plain", data: "Not to be cited." } },
        document({ type: "file", file_id: "file_1" }),
        { type: "text", text: "Which colours are there?" }
      ]))
      const citations = message.content.flatMap((block) => block.type === "text" ? block.citations ?? [] : [])
      assert.deepStrictEqual(citations[0], {
        type: "char_location",
        cited_text: "The sky is blue.",
        document_index: 0,
        document_title: "Colours",
        file_id: null,
        start_char_index: 0,
        end_char_index: 16
      })
      assert.deepStrictEqual(
        citations.map((
          citation
        ) => [citation.type, "document_index" in citation ? citation.document_index : undefined]),
        [["char_location", 0], ["page_location", 1], ["content_block_location", 2], ["page_location", 4]]
      )
    }).pipe(Effect.provide(Simulator.layer({ files: [{ id: "file_1", filename: "a.pdf", content: "" }] }))))

  it.effect("are left alone unless citations are on", () =>
    Effect.gen(function*() {
      const source = { type: "text" as const, media_type: "text/plain" as const, data: "Blue." }
      const message = yield* replyTo(saying([{ type: "document", source }, { type: "text", text: "Which?" }]))
      assert.deepInclude(message.content[0], { type: "text", citations: null })
    }).pipe(simulated))
})

describe("thousands of documents", () => {
  it.effect("are all cited, within seconds", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const document = {
        type: "document",
        source: { type: "text", media_type: "text/plain", data: "It rains. ".repeat(20) },
        citations: { enabled: true }
      }
      const content = Array.from({ length: 5000 }, () => document)
      const body = { ...hello, max_tokens: 100_000, messages: [{ role: "user", content }] }
      const message = yield* Effect.flatMap(post(sim, "/v1/messages", body), jsonOf)
      assert.nestedPropertyVal(message, "content.length", 5000)
    }).pipe(simulated))
})

describe("a message stops", () => {
  it.effect("at the first stop sequence", () =>
    Effect.gen(function*() {
      const message = yield* replyTo({ stop_sequences: ["five", "three"] })
      assert.deepInclude(message, { stop_reason: "stop_sequence", stop_sequence: "three" })
      assert.deepInclude(message.content, { type: "text", text: "one two ", citations: null })
      assert.strictEqual(message.usage.output_tokens, 2)
    }).pipe(Effect.provide(Simulator.layer({ reply: "one two three four five" }))))

  it.effect("where the context ends", () =>
    Effect.gen(function*() {
      const message = yield* replyTo({})
      assert.strictEqual(message.stop_reason, "model_context_window_exceeded")
      assert.deepInclude(message.content[0], { text: "one two" })
      assert.strictEqual(message.usage.input_tokens + message.usage.output_tokens, 11)
    }).pipe(Effect.provide(
      Simulator.layer({ reply: "one two three four five", models: [{ id: hello.model, max_input_tokens: 11 }] })
    )))

  it.effect("without cutting a character in two", () =>
    Effect.gen(function*() {
      const { content } = yield* replyTo({ max_tokens: 1 })
      assert.deepInclude(content, { type: "text", text: "aaaaaaa", citations: null })
    }).pipe(Effect.provide(Simulator.layer({ reply: "aaaaaaa\u{1F600}" }))))

  it.effect("where the context ends between two blocks", () =>
    Effect.gen(function*() {
      const message = yield* replyTo({})
      assert.strictEqual(message.stop_reason, "model_context_window_exceeded")
      assert.deepStrictEqual(typesOf(message), ["text"])
    }).pipe(Effect.provide(Simulator.layer({
      reply: { content: [{ type: "text", text: "one two" }, { type: "text", text: "three" }] },
      models: [{ id: hello.model, max_input_tokens: 11 }]
    }))))

  it.effect("before it begins where there is no token to write", () =>
    Effect.gen(function*() {
      const message = yield* replyTo({ max_tokens: 0 })
      assert.deepInclude(message, { content: [], stop_reason: "max_tokens" })
      assert.strictEqual(message.usage.output_tokens, 0)
    }).pipe(simulated))
})

describe("a reply that is given", () => {
  const blocks: Simulator.MessageFields = {
    content: [
      { type: "thinking", thinking: "They want to know the weather." },
      { type: "redacted_thinking", data: "c2VjcmV0" },
      { type: "text", text: "Let me see." },
      {
        type: "server_tool_use",
        id: "srvtoolu_1",
        caller: { type: "direct" },
        name: "web_search",
        input: { query: "rain" }
      },
      { type: "web_search_tool_result", caller: { type: "direct" }, tool_use_id: "srvtoolu_1", content: [] },
      { type: "tool_use", name: "weather", input: { city: "Oslo", when: ["now", "then"] } }
    ]
  }

  it.effect("has every kind of block, whole and streamed", () =>
    Effect.gen(function*() {
      const message = yield* replyTo({})
      assert.deepStrictEqual(typesOf(message), [
        "thinking",
        "redacted_thinking",
        "text",
        "server_tool_use",
        "web_search_tool_result",
        "tool_use"
      ])
      assert.deepInclude(message.content.at(-1), { name: "weather", input: { city: "Oslo", when: ["now", "then"] } })
      assert.strictEqual(message.stop_reason, "tool_use")
    }).pipe(Effect.provide(Simulator.layer({ reply: blocks }))))

  it.effect("may stop for any reason, and cost anything", () =>
    Effect.gen(function*() {
      const message = yield* replyTo({})
      assert.strictEqual(message.stop_reason, "refusal")
      assert.deepStrictEqual(message.stop_details, { type: "refusal", category: "bio", explanation: null })
      assert.strictEqual(message.usage.output_tokens, 1234)
    }).pipe(Effect.provide(Simulator.layer({
      reply: {
        content: "I cannot",
        stop_reason: "refusal",
        stop_details: { type: "refusal", category: "bio", explanation: null },
        usage: { output_tokens: 1234 }
      }
    }))))

  it.effect("may depend on the request, and leave some to the simulator", () =>
    Effect.gen(function*() {
      const short = yield* replyTo(saying("ping"))
      assert.deepInclude(short.content[0], { text: "pong" })
      const other = yield* replyTo(saying("Say it in 3 words"))
      assert.strictEqual(other.usage.output_tokens, 3)
    }).pipe(Effect.provide(Simulator.layer({
      reply: ({ messages }) => messages[0]?.content === "ping" ? "pong" : undefined
    }))))
})

describe("the beta API", () => {
  it.effect("gets what its messages have more", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const params = { ...hello, betas: ["context-management-2025-06-27"] }
      const message = yield* attempt(() => sdk(sim).beta.messages.create(params))
      assert.isNull(message.context_management)
      assert.isNull(message.usage.iterations)
      const streamed = yield* attempt(() => sdk(sim).beta.messages.stream(params).finalMessage())
      assert.isNull(streamed.context_management)
    }).pipe(simulated))
})
