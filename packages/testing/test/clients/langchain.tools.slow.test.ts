import { assert, describe, it } from "@effect/vitest"
import { ChatAnthropic, type ChatAnthropicInput } from "@langchain/anthropic"
import { AIMessageChunk, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages"
import { Effect, Redacted, Schema, Stream } from "effect"
import { Simulator } from "../../src/index.ts"
import { attempt, ClientError } from "../client.ts"

const simulated = Effect.provide(Simulator.layer())

/** LangChain's model, with the simulator for its API. */
const chat = (options?: ChatAnthropicInput) =>
  Effect.map(Simulator.Simulator, ({ apiKey, url }) =>
    new ChatAnthropic({
      model: "claude-opus-5",
      apiKey: Redacted.value(apiKey),
      anthropicApiUrl: url,
      maxRetries: 0,
      ...options
    }))

const weather = {
  name: "weather",
  description: "The weather of a city",
  input_schema: {
    type: "object" as const,
    properties: { city: { type: "string", enum: ["Oslo"] }, unit: { type: "string", enum: ["C", "F"] } },
    required: ["city"]
  }
}

const joined = (chunks: ReadonlyArray<AIMessageChunk>): AIMessageChunk =>
  chunks.reduce((message, chunk) => message.concat(chunk), new AIMessageChunk(""))

const chunksOf = (stream: AsyncIterable<AIMessageChunk>) =>
  Stream.runCollect(Stream.fromAsyncIterable(stream, (cause) => new ClientError({ cause })))

describe("a tool of LangChain", () => {
  it.effect.each([
    { how: "by name", tool_choice: "weather" },
    { how: "as any", tool_choice: "any" }
  ])("that must be called, $how, is called with an input of its schema", ({ tool_choice }) =>
    Effect.gen(function*() {
      const model = (yield* chat()).bindTools([weather], { tool_choice })
      const { response_metadata, tool_calls } = yield* attempt((signal) => model.invoke("Go on", { signal }))
      assert.deepStrictEqual(tool_calls?.map(({ name }) => name), ["weather"])
      assert.deepInclude(tool_calls?.[0]?.args, { city: "Oslo" })
      assert.strictEqual(response_metadata["stop_reason"], "tool_use")
    }).pipe(simulated))

  it.effect("is called when the prompt names it, and its result is answered with a text", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const model = (yield* chat()).bindTools([weather])
      const turns: Array<BaseMessage> = [new HumanMessage("What is the weather?")]
      const call = yield* attempt((signal) => model.invoke(turns, { signal }))
      const tool_call_id = call.tool_calls?.[0]?.id ?? ""
      const result = new ToolMessage({ tool_call_id, content: "Sunny" })
      const answer = yield* attempt((signal) => model.invoke([...turns, call, result], { signal }))
      assert.notStrictEqual(answer.text, "")
      assert.deepStrictEqual(answer.tool_calls, [])
      const [, second] = yield* sim.journal
      assert.match(tool_call_id, /^toolu_/)
      assert.nestedPropertyVal(second?.body, "messages[2].content[0].tool_use_id", tool_call_id)
    }).pipe(simulated))

  it.effect("has its input streamed in chunks", () =>
    Effect.gen(function*() {
      const model = (yield* chat()).bindTools([weather], { tool_choice: "weather" })
      const whole = yield* attempt((signal) => model.invoke("Go on", { signal }))
      const chunks = yield* Effect.flatMap(attempt((signal) => model.stream("Go on", { signal })), chunksOf)
      assert.isAbove(chunks.filter(({ tool_call_chunks }) => (tool_call_chunks ?? []).length > 0).length, 1)
      const { tool_calls } = joined(chunks)
      assert.deepStrictEqual(tool_calls?.map(({ name }) => name), ["weather"])
      assert.deepStrictEqual(tool_calls?.[0]?.args, whole.tool_calls?.[0]?.args)
    }).pipe(simulated))
})

describe("a structured output of LangChain", () => {
  const Recipe = Schema.Struct({ name: Schema.String, servings: Schema.Int, steps: Schema.Array(Schema.String) })

  const schema = {
    type: "object",
    properties: {
      name: { type: "string" },
      servings: { type: "integer" },
      steps: { type: "array", items: { type: "string" } }
    },
    required: ["name", "servings", "steps"],
    additionalProperties: false
  }

  it.effect.each([{ method: "functionCalling" }, { method: "jsonSchema" }])(
    "fits its schema by $method",
    ({ method }) =>
      Effect.gen(function*() {
        const model = (yield* chat()).withStructuredOutput<Record<string, unknown>>(schema, { name: "recipe", method })
        const output = yield* attempt((signal) => model.invoke("Invent a recipe", { signal }))
        assert.isTrue(Schema.is(Recipe)(output))
      }).pipe(simulated)
  )
})

describe("LangChain gets", () => {
  it.effect("the thoughts of a model that was told to think, whole and in chunks", () =>
    Effect.gen(function*() {
      const model = yield* chat({
        model: "claude-sonnet-4-5",
        maxTokens: 4096,
        thinking: { type: "enabled", budget_tokens: 1024 }
      })
      const whole = yield* attempt((signal) => model.invoke("Think hard", { signal }))
      assert.nestedPropertyVal(whole.content, "[0].type", "thinking")
      assert.nestedPropertyVal(whole.content, "[1].type", "text")
      assert.match(String(Object.entries(whole.content[0] ?? {}).find(([key]) => key === "signature")?.[1]), /./)

      const chunks = yield* Effect.flatMap(attempt((signal) => model.stream("Think hard", { signal })), chunksOf)
      assert.strictEqual(joined(chunks).text, whole.text)
    }).pipe(simulated))
})

describe("a reply of choice reaches LangChain", () => {
  const seen = Simulator.layer({
    reply: {
      content: [
        { type: "text", text: "Let me look." },
        { type: "tool_use", name: "weather", input: { city: "Oslo", unit: "C" } },
        { type: "tool_use", name: "weather", input: { city: "Bergen" } }
      ]
    }
  })

  const calls = [
    { name: "weather", args: { city: "Oslo", unit: "C" } },
    { name: "weather", args: { city: "Bergen" } }
  ]

  const said = ({ text, tool_calls }: AIMessageChunk) => ({
    text,
    calls: tool_calls?.map(({ args, name }) => ({ name, args }))
  })

  it.effect("with a text and two calls at once, whole and in chunks", () =>
    Effect.gen(function*() {
      const model = (yield* chat()).bindTools([weather])
      const whole = yield* attempt((signal) => model.invoke("Go on", { signal }))
      assert.deepStrictEqual(said(whole), { text: "Let me look.", calls })
      const chunks = yield* Effect.flatMap(attempt((signal) => model.stream("Go on", { signal })), chunksOf)
      assert.deepStrictEqual(said(joined(chunks)), { text: "Let me look.", calls })
    }).pipe(Effect.provide(seen)))

  it.effect("up to a stop sequence", () =>
    Effect.gen(function*() {
      const model = yield* chat({ stopSequences: ["END"] })
      const { response_metadata, text } = yield* attempt((signal) => model.invoke("Count", { signal }))
      assert.strictEqual(text.trimEnd(), "one two")
      assert.strictEqual(response_metadata["stop_reason"], "stop_sequence")
      assert.strictEqual(response_metadata["stop_sequence"], "END")
    }).pipe(Effect.provide(Simulator.layer({ reply: "one two END three" }))))
})
