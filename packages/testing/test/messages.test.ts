import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Simulator } from "../src/index.ts"
import { attempt, hello, helloStreamed, post, sdk, textOf } from "./client.ts"

const simulated = Effect.provide(Simulator.layer())

const saying = (content: string, max_tokens = 1000) => ({
  ...hello,
  max_tokens,
  messages: [{ role: "user" as const, content }]
})

const textIn = ({ content: [block] }: Anthropic.Message): string => block?.type === "text" ? block.text : ""

const wordsIn = (text: string): number => text.split(/\s+/).filter((word) => word !== "").length

const eventsIn = (body: string): ReadonlyArray<{ readonly event: string; readonly data: unknown }> =>
  body.split("\n\n").filter((block) => block !== "").map((block) => {
    const [event = "", data = ""] = block.split("\n")
    return { event: event.replace("event: ", ""), data: JSON.parse(data.replace("data: ", "")) }
  })

describe("a message", () => {
  it.effect("answers the SDK with one text block", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const message = yield* attempt(() => sdk(sim).messages.create(hello))
      assert.match(message.id, /^msg_/)
      assert.strictEqual(message.type, "message")
      assert.strictEqual(message.role, "assistant")
      assert.strictEqual(message.model, "claude-opus-5-5")
      assert.strictEqual(message.stop_reason, "end_turn")
      assert.deepStrictEqual(message.content.map((block) => block.type), ["text"])
    }).pipe(simulated))

  it.effect("has as many words as the last user turn asks for", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const message = yield* attempt(() =>
        sdk(sim).messages.create({
          ...hello,
          messages: [
            { role: "user", content: "Tell me a story in 50 words" },
            { role: "assistant", content: "Once upon a time." },
            { role: "user", content: [{ type: "text", text: "Say that in 7 words" }] }
          ]
        })
      )
      assert.strictEqual(wordsIn(textIn(message)), 7)
      assert.strictEqual(message.usage.output_tokens, 7)
    }).pipe(simulated))

  it.effect("stops at max_tokens", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const message = yield* attempt(() => sdk(sim).messages.create(saying("Tell me a story in 500 words", 12)))
      assert.strictEqual(message.stop_reason, "max_tokens")
      assert.strictEqual(message.usage.output_tokens, 12)
      assert.strictEqual(wordsIn(textIn(message)), 12)
    }).pipe(simulated))

  it.effect("is the same for the same request, in every simulator", () =>
    Effect.gen(function*() {
      const create = Effect.flatMap(Simulator.Simulator, (sim) => attempt(() => sdk(sim).messages.create(hello)))
      const [first, second] = yield* Effect.all([simulated(create), simulated(create)])
      assert.deepStrictEqual(first, second)
    }))

  it.effect("differs from request to request", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const [first, second] = yield* Effect.forEach(["Say hello", "Say goodbye"], (content) =>
        attempt(() => sdk(sim).messages.create(saying(content))))
      assert.notStrictEqual(first && textIn(first), second && textIn(second))
    }).pipe(simulated))

  it.effect("has the text that the layer was given", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const message = yield* attempt(() => sdk(sim).messages.create(hello))
      assert.strictEqual(textIn(message), "Hello,\n  claude-opus-5-5!\n")
    }).pipe(Effect.provide(Simulator.layer({ reply: ({ model }) => `Hello,\n  ${model}!\n` }))))

  it.effect("cuts a given text at max_tokens too", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const message = yield* attempt(() => sdk(sim).messages.create(saying("Hi", 2)))
      assert.strictEqual(textIn(message), "one two")
      assert.strictEqual(message.stop_reason, "max_tokens")
    }).pipe(Effect.provide(Simulator.layer({ reply: "one two three" }))))

  it.effect("cuts a long word where its tokens end", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const message = yield* attempt(() => sdk(sim).messages.create(saying("Hi", 3)))
      assert.strictEqual(textIn(message), "a  bcdefghijklmnopq")
      assert.strictEqual(message.usage.output_tokens, 3)
    }).pipe(Effect.provide(Simulator.layer({ reply: "a  bcdefghijklmnopqrstuvwxyz" }))))

  it.effect("turns a reply that throws into a 500", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* post(sim, "/v1/messages", hello)
      assert.strictEqual(response.status, 500)
      assert.include(yield* textOf(response), "The simulator failed: Error: no words")
    }).pipe(Effect.provide(Simulator.layer({
      reply: () => {
        throw new Error("no words")
      }
    }))))
})

describe("a streamed message", () => {
  it.effect("is the same message, in events", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { id: _, ...created } = yield* attempt(() => sdk(sim).messages.create(hello))
      const streamed: object = yield* attempt(() => sdk(sim).messages.stream(hello).finalMessage())
      assert.deepInclude(streamed, created)
    }).pipe(simulated))

  it.effect("has its events in the API's order", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const events = eventsIn(yield* Effect.flatMap(post(sim, "/v1/messages", helloStreamed), textOf))
      assert.deepStrictEqual(
        events.map(({ event }) => event).filter((event) => event !== "content_block_delta"),
        ["message_start", "content_block_start", "ping", "content_block_stop", "message_delta", "message_stop"]
      )
      assert.deepStrictEqual(events.slice(3, -3).map(({ event }) => event), Array(20).fill("content_block_delta"))
    }).pipe(simulated))

  it.effect("is sent as text/event-stream with the type in name and data", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* post(sim, "/v1/messages", helloStreamed)
      assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/)
      for (const { data, event } of eventsIn(yield* textOf(response))) assert.propertyVal(data, "type", event)
    }).pipe(simulated))

  it.effect("comes to its end at any length", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const params = saying("Tell me a story in 20000 words", 20_000)
      const stream = yield* attempt(() => sdk(sim).messages.create({ ...params, stream: true }))
      const text = yield* Stream.fromAsyncIterable(stream, (cause) => cause).pipe(
        Stream.runFold(() => "", (text, event) =>
          event.type === "content_block_delta" && event.delta.type === "text_delta" ? text + event.delta.text : text)
      )
      assert.strictEqual(wordsIn(text), 20_000)
    }).pipe(simulated))
})

describe("token counting", () => {
  it.effect("counts what a message's usage counts", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const prompt: Anthropic.MessageCountTokensParams = {
        model: "claude-opus-5-5",
        system: "You are a careful counter.",
        messages: [{ role: "user", content: [{ type: "text", text: "How many tokens is this?" }] }],
        tools: [{ name: "count", description: "Counts", input_schema: { type: "object" } }]
      }
      const counted = yield* attempt(() => sdk(sim).messages.countTokens(prompt))
      const { usage } = yield* attempt(() =>
        sdk(sim).messages.create({ ...prompt, tools: prompt.tools as Array<Anthropic.Tool>, max_tokens: 10 })
      )
      assert.isAbove(counted.input_tokens, 0)
      assert.strictEqual(counted.input_tokens, usage.input_tokens)
    }).pipe(simulated))

  it.effect("counts more for more", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const [less, more] = yield* Effect.forEach(["Hello", "Hello there, how are you?"], (content) =>
        attempt(() =>
          sdk(sim).messages.countTokens({ model: "claude-opus-5-5", messages: [{ role: "user", content }] })
        ))
      assert.isBelow(less?.input_tokens ?? NaN, more?.input_tokens ?? NaN)
    }).pipe(simulated))
})
