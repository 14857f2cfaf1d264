/** Promise: what clients of others ask of each model, in loops of tools and for objects, is taken from each. */
import { type AnthropicProvider, createAnthropic } from "@ai-sdk/anthropic"
import { assert, describe, it } from "@effect/vitest"
import { ChatAnthropic } from "@langchain/anthropic"
import { type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages"
import { generateText, isStepCount, jsonSchema, Output, streamText, tool } from "ai"
import { Effect, Redacted } from "effect"
import { Simulator } from "../../src/index.ts"
import { attempt } from "../client.ts"
import { refusals } from "./installed.ts"

const models = [
  "claude-fable-5-2",
  "claude-opus-5-5",
  "claude-sonnet-5-5",
  "claude-haiku-5-5",
  "claude-opus-5",
  "claude-sonnet-5",
  "claude-opus-4-8",
  "claude-opus-4-6",
  "claude-haiku-4-5",
  "claude-sonnet-4-5-20250929"
]

const city = {
  type: "object",
  properties: { city: { type: "string" }, people: { type: "integer", minimum: 1, maximum: 9 } },
  required: ["city", "people"],
  additionalProperties: false
} as const

const prompt = "What is the weather?"

const weather = tool({
  description: "The weather of a city",
  inputSchema: jsonSchema<{ readonly city: string }>(city),
  execute: ({ city }) => `Sunny in ${city}`
})

const loop = { tools: { weather }, stopWhen: isStepCount(5), maxRetries: 0, prompt }

const output = Output.object({ schema: jsonSchema<{ readonly city: string }>(city) })

/** What an application asks of the AI SDK. */
const asked: Readonly<Record<string, (model: ReturnType<AnthropicProvider>) => Promise<unknown>>> = {
  "a loop of tools": async (model) => {
    const { steps } = await generateText({ ...loop, model })
    assert.deepStrictEqual(steps.map(({ finishReason }) => finishReason), ["tool-calls", "stop"])
  },
  "a loop of tools, streamed": async (model) => {
    const result = streamText({ ...loop, model })
    await result.consumeStream()
    assert.strictEqual((await result.steps).length, 2)
  },
  "a tool that must be used": (model) =>
    generateText({ ...loop, model, toolChoice: "required", stopWhen: isStepCount(1) }),
  "an object": async (model) => {
    const { output: object } = await generateText({ model, output, prompt: "Name a city", maxRetries: 0 })
    assert.isString(object.city)
  },
  "a sampling of its own": (model) => generateText({ model, prompt, temperature: 0.2, topP: 0.5, maxRetries: 0 }),
  "some reasoning": (model) => generateText({ model, prompt, reasoning: "high", maxRetries: 0 }),
  "no reasoning": (model) => generateText({ model, prompt, reasoning: "none", maxRetries: 0 })
}

/** LangChain forces a tool for it, which the documentation of these models says is a 400. */
const forcing = "an object, as it pleases"

const unforced = ["claude-fable-5-2", "claude-opus-5-5", "claude-sonnet-5-5"]

/** And what one asks of LangChain. */
const chatted: Readonly<Record<string, (model: ChatAnthropic) => Promise<unknown>>> = {
  "a loop of tools": async (model) => {
    const bound = model.bindTools([{ name: "weather", description: "The weather", input_schema: city }])
    const turns: Array<BaseMessage> = [new HumanMessage(prompt)]
    const call = await bound.invoke(turns)
    const results = (call.tool_calls ?? []).map(({ id = "" }) =>
      new ToolMessage({ tool_call_id: id, content: "Sunny" })
    )
    assert.strictEqual(results.length, 1)
    assert.notStrictEqual((await bound.invoke([...turns, call, ...results])).text, "")
  },
  "an object by its JSON schema": async (model) => {
    const object = await model.withStructuredOutput<{ readonly city: string }>(city, { method: "jsonSchema" })
      .invoke("Name a city")
    assert.isString(object.city)
  },
  [forcing]: async (model) => {
    const object = await model.withStructuredOutput<{ readonly city: string }>(city, { name: "city" })
      .invoke("Name a city")
    assert.isString(object.city)
  }
}

describe.each(models)("asked of %s", (id) => {
  it.effect.each(Object.entries(asked))("by the AI SDK, %s is answered", ([, ask]) =>
    Effect.gen(function*() {
      const { apiKey, url } = yield* Simulator.Simulator
      const provider = createAnthropic({ baseURL: `${url}/v1`, apiKey: Redacted.value(apiKey) })
      yield* attempt(() => ask(provider(id)))
      assert.deepStrictEqual(yield* refusals, [])
    }).pipe(Effect.provide(Simulator.layer())))

  const takes = Object.entries(chatted).filter(([what]) => what !== forcing || !unforced.includes(id))

  it.effect.each(takes)("by LangChain, %s is answered", ([, ask]) =>
    Effect.gen(function*() {
      const { apiKey, url } = yield* Simulator.Simulator
      const options = { apiKey: Redacted.value(apiKey), anthropicApiUrl: url, maxRetries: 0 }
      yield* attempt(() => ask(new ChatAnthropic({ ...options, model: id })))
      assert.deepStrictEqual(yield* refusals, [])
    }).pipe(Effect.provide(Simulator.layer())))
})
