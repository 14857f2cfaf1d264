import { type AnthropicLanguageModelOptions, type AnthropicProvider, createAnthropic } from "@ai-sdk/anthropic"
import { assert, describe, it } from "@effect/vitest"
import { generateText, isStepCount, Output, streamText, type ToolSet } from "ai"
import { Effect, Redacted, Schema, Stream } from "effect"
import { Simulator } from "../../src/index.ts"
import { attempt, ClientError } from "../client.ts"

const simulated = Effect.provide(Simulator.layer())

/** The AI SDK's provider, with the simulator for its API. */
const anthropic: Effect.Effect<AnthropicProvider, never, Simulator.Simulator> = Effect.map(
  Simulator.Simulator,
  ({ apiKey, url }) => createAnthropic({ baseURL: `${url}/v1`, apiKey: Redacted.value(apiKey) })
)

// Today's models think before they answer, and may not be forced to call a tool: the AI SDK makes it "auto" for them.
const thinker = Effect.map(anthropic, (provider) => provider("claude-opus-5-5"))

const model = Effect.map(anthropic, (provider) => provider("claude-opus-5"))

/** A schema for the AI SDK, which checks by it what the simulator makes up. */
const standard = <S extends Schema.Codec<unknown, unknown>>(schema: S) =>
  Schema.toStandardSchemaV1(Schema.toStandardJSONSchemaV1(schema))

const City = standard(Schema.Struct({ city: Schema.Literal("Oslo"), unit: Schema.Literals(["C", "F"]) }))

const weather = { description: "The weather of a city", inputSchema: City }

const tools: ToolSet = { weather }

const runTools: ToolSet = { weather: { ...weather, execute: () => "Sunny" } }

const partsOf = <A>(stream: AsyncIterable<A>) =>
  Stream.runCollect(Stream.fromAsyncIterable(stream, (cause) => new ClientError({ cause })))

describe("a tool of the AI SDK", () => {
  it.effect.each([
    { how: "by name", toolChoice: { type: "tool", toolName: "weather" } as const },
    { how: "as any", toolChoice: "required" as const }
  ])("that must be called, $how, is called with an input of its schema", ({ toolChoice }) =>
    Effect.gen(function*() {
      const settings = { model: yield* model, prompt: "Go on", tools, toolChoice }
      const { finishReason, toolCalls } = yield* attempt((abortSignal) => generateText({ ...settings, abortSignal }))
      assert.deepStrictEqual(toolCalls.map(({ toolName }) => toolName), ["weather"])
      assert.deepInclude(toolCalls[0]?.input, { city: "Oslo" })
      assert.strictEqual(finishReason, "tool-calls")
    }).pipe(simulated))

  it.effect("is called by a model that thinks when the prompt names it", () =>
    Effect.gen(function*() {
      const settings = { model: yield* thinker, prompt: "What is the weather?", tools }
      const { toolCalls } = yield* attempt((abortSignal) => generateText({ ...settings, abortSignal }))
      assert.deepStrictEqual(toolCalls.map(({ toolName }) => toolName), ["weather"])
    }).pipe(simulated))

  it.effect("has its result answered with a text", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const settings = {
        model: yield* thinker,
        prompt: "What is the weather?",
        tools: runTools,
        stopWhen: isStepCount(5)
      }
      const { finishReason, steps, text } = yield* attempt((abortSignal) => generateText({ ...settings, abortSignal }))
      assert.deepStrictEqual(steps.map(({ finishReason }) => finishReason), ["tool-calls", "stop"])
      assert.strictEqual(finishReason, "stop")
      assert.notStrictEqual(text, "")
      const [, second] = yield* sim.journal
      assert.nestedPropertyVal(second?.body, "messages[2].content[0].tool_use_id", steps[0]?.toolCalls[0]?.toolCallId)
      assert.nestedPropertyVal(second?.body, "messages[2].content[0].content", "Sunny")
    }).pipe(simulated))

  it.effect("has its input streamed in parts", () =>
    Effect.gen(function*() {
      const settings = {
        model: yield* model,
        prompt: "Go on",
        tools,
        toolChoice: "required" as const,
        onError: () => {}
      }
      const parts = yield* partsOf(streamText(settings).fullStream)
      const deltas = parts.flatMap((part) => part.type === "tool-input-delta" ? [part.delta] : [])
      const call = parts.find((part) => part.type === "tool-call")
      assert.deepStrictEqual(JSON.parse(deltas.join("")), call?.input)
      assert.deepInclude(parts.at(-1), { type: "finish", finishReason: "tool-calls" })
    }).pipe(simulated))

  it.effect("has its result answered with a text in a stream", () =>
    Effect.gen(function*() {
      const settings = {
        model: yield* thinker,
        prompt: "What is the weather?",
        tools: runTools,
        stopWhen: isStepCount(5),
        onError: () => {}
      }
      const parts = yield* partsOf(streamText(settings).fullStream)
      assert.deepStrictEqual(
        parts.flatMap((part) => part.type === "finish-step" ? [part.finishReason] : []),
        ["tool-calls", "stop"]
      )
      assert.isTrue(parts.some((part) => part.type === "text-delta"))
    }).pipe(simulated))
})

describe("an object of the AI SDK", () => {
  const Recipe = Schema.Struct({
    name: Schema.String,
    servings: Schema.Int,
    vegan: Schema.Boolean,
    kind: Schema.Literals(["soup", "cake"]),
    steps: Schema.Array(Schema.Struct({ text: Schema.String, minutes: Schema.Number }))
  })

  const output = Output.object({ schema: standard(Recipe) })

  it.effect("fits its schema", () =>
    Effect.gen(function*() {
      const settings = { model: yield* thinker, prompt: "Invent a recipe", output }
      const result = yield* attempt((abortSignal) => generateText({ ...settings, abortSignal }))
      assert.isTrue(Schema.is(Recipe)(result.output))
      assert.strictEqual(result.finishReason, "stop")
    }).pipe(simulated))

  it.effect("grows in a stream until it is whole", () =>
    Effect.gen(function*() {
      const settings = { model: yield* thinker, prompt: "Invent a recipe", output, onError: () => {} }
      const result = streamText(settings)
      const objects = yield* partsOf(result.partialOutputStream)
      assert.isAbove(objects.length, 1)
      assert.isTrue(Schema.is(Recipe)(objects.at(-1)))
      assert.deepStrictEqual(yield* attempt(async () => result.output), objects.at(-1))
    }).pipe(simulated))

  it.effect("may be the input of a tool instead", () =>
    Effect.gen(function*() {
      const anthropic = { structuredOutputMode: "jsonTool" } satisfies AnthropicLanguageModelOptions
      const settings = { model: yield* model, prompt: "Invent a recipe", output, providerOptions: { anthropic } }
      const result = yield* attempt((abortSignal) => generateText({ ...settings, abortSignal }))
      assert.isTrue(Schema.is(Recipe)(result.output))
    }).pipe(simulated))
})

describe("the AI SDK gets", () => {
  it.effect("the thoughts of a model that was told to think, and their signature", () =>
    Effect.gen(function*() {
      const provider = yield* anthropic
      const thinking = { thinking: { type: "enabled", budgetTokens: 1024 } } satisfies AnthropicLanguageModelOptions
      const settings = {
        model: provider("claude-sonnet-4-5"),
        prompt: "Think hard",
        providerOptions: { anthropic: thinking }
      }
      const { content, reasoningText } = yield* attempt((abortSignal) => generateText({ ...settings, abortSignal }))
      assert.deepStrictEqual(content.map(({ type }) => type), ["reasoning", "text"])
      assert.notStrictEqual(reasoningText, "")
      const thought = content.find((part) => part.type === "reasoning")
      assert.match(String(thought?.providerMetadata?.["anthropic"]?.["signature"]), /./)

      const parts = yield* partsOf(streamText({ ...settings, onError: () => {} }).fullStream)
      const deltas = parts.flatMap((part) => part.type === "reasoning-delta" ? [part.text] : [])
      assert.strictEqual(deltas.join(""), reasoningText)
    }).pipe(simulated))

  it.effect("the places in a document that an answer cites", () =>
    Effect.gen(function*() {
      const settings = { model: yield* thinker }
      const { sources } = yield* attempt((abortSignal) =>
        generateText({
          ...settings,
          abortSignal,
          messages: [{
            role: "user",
            content: [
              {
                type: "file",
                mediaType: "text/plain",
                filename: "sky.txt",
                data: { type: "text", text: "The sky is blue. The grass is green." },
                providerOptions: { anthropic: { citations: { enabled: true } } }
              },
              { type: "text", text: "What color is the sky?" }
            ]
          }]
        })
      )
      assert.isAbove(sources.length, 0)
      assert.deepInclude(sources[0], { sourceType: "document", mediaType: "text/plain" })
      const cited = String(sources[0]?.providerMetadata?.["anthropic"]?.["citedText"])
      assert.include("The sky is blue. The grass is green.", cited)
    }).pipe(simulated))

  it.effect("the tokens that were written to the cache, and then read from it", () =>
    Effect.gen(function*() {
      const settings = { model: yield* thinker, prompt: "Hello" }
      const system = {
        role: "system" as const,
        content: "Be kind. ".repeat(5000),
        providerOptions: { anthropic: { cacheControl: { type: "ephemeral" } } }
      }
      const call = attempt((abortSignal) => generateText({ ...settings, abortSignal, system }))
      const { inputTokenDetails: first } = (yield* call).usage
      const { inputTokenDetails: second } = (yield* call).usage
      assert.isAbove(first.cacheWriteTokens ?? 0, 0)
      assert.strictEqual(first.cacheReadTokens, 0)
      assert.strictEqual(second.cacheReadTokens, first.cacheWriteTokens)
      assert.strictEqual(second.cacheWriteTokens, 0)
    }).pipe(simulated))
})

describe("a reply of choice reaches the AI SDK", () => {
  const look = { description: "Looks at a thing", inputSchema: standard(Schema.Struct({ at: Schema.String })) }

  const seen = Simulator.layer({
    reply: ({ messages }) =>
      messages.length > 1 ? "Both are blue" : {
        content: [
          { type: "text", text: "Let me look." },
          { type: "tool_use", name: "look", input: { at: "the sky, far above" } },
          { type: "tool_use", name: "look", input: { at: "the sea" } }
        ]
      }
  })

  const settings = {
    prompt: "What is blue?",
    tools: { look: { ...look, execute: () => "Blue" } } satisfies ToolSet,
    stopWhen: isStepCount(5)
  }

  it.effect("with a text and two calls at once, and then a text", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const model = yield* thinker
      const { steps, text } = yield* attempt((abortSignal) => generateText({ ...settings, model, abortSignal }))
      assert.strictEqual(steps[0]?.text, "Let me look.")
      assert.deepStrictEqual(steps[0]?.toolCalls.map(({ input }) => input), [
        { at: "the sky, far above" },
        { at: "the sea" }
      ])
      assert.strictEqual(text, "Both are blue")
      const ids = new Set(steps[0]?.toolCalls.map(({ toolCallId }) => toolCallId))
      assert.strictEqual(ids.size, 2)
      const [, second] = yield* sim.journal
      assert.nestedPropertyVal(second?.body, "messages[2].content[1].type", "tool_result")
    }).pipe(Effect.provide(seen)))

  it.effect("in a stream", () =>
    Effect.gen(function*() {
      const model = yield* thinker
      const parts = yield* partsOf(streamText({ ...settings, model, onError: () => {} }).fullStream)
      assert.strictEqual(
        parts.flatMap((part) => part.type === "text-delta" ? [part.text] : []).join(""),
        "Let me look.Both are blue"
      )
      assert.deepStrictEqual(parts.flatMap((part) => part.type === "tool-call" ? [part.input] : []), [
        { at: "the sky, far above" },
        { at: "the sea" }
      ])
    }).pipe(Effect.provide(seen)))

  it.effect("up to a stop sequence", () =>
    Effect.gen(function*() {
      const settings = { model: yield* thinker, prompt: "Count", stopSequences: ["END"] }
      const { providerMetadata, rawFinishReason, text } = yield* attempt((abortSignal) =>
        generateText({ ...settings, abortSignal })
      )
      assert.strictEqual(text.trimEnd(), "one two")
      assert.strictEqual(rawFinishReason, "stop_sequence")
      assert.deepInclude(providerMetadata?.["anthropic"], { stopSequence: "END" })
    }).pipe(Effect.provide(Simulator.layer({ reply: "one two END three" }))))
})
