import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Stream } from "effect"
import { Claude } from "effect-claude"
import { TestClock } from "effect/testing"
import { Fault, Replies, Simulator } from "../src/index.ts"
import { claudeOver, elapse, hello } from "./client.ts"

type Params = Anthropic.MessageCreateParamsNonStreaming

const ask = (params: Partial<Params> = {}) =>
  Effect.flatMap(Claude.Claude, ({ messages }) => messages.create({ ...hello, ...params }))

const textOf = ({ content }: Anthropic.Message): string =>
  content.map((block) => block.type === "text" ? block.text : block.type).join(" ")

const saying = (params: Partial<Params> = {}) => Effect.map(ask(params), textOf)

const user = (content: Anthropic.MessageParam["content"]): Anthropic.MessageParam => ({ role: "user", content })

const given = (replies: Replies.Encoded, options: Simulator.Options = {}) =>
  Effect.provide(claudeOver(Simulator.layerFetch({ ...options, replies: Replies.make(replies) })))

const weather: Anthropic.Tool = {
  name: "weather",
  input_schema: { type: "object", properties: { city: { type: "string" } } }
}

describe("a canned reply", () => {
  it.effect("is for a model, a text and a turn, and the first that fits counts", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* saying({ model: "claude-sonnet-5-5" }), "a sonnet")
      assert.strictEqual(yield* saying({ messages: [user("What is the WEATHER?")] }), "rain")
      const conversation: Array<Anthropic.MessageParam> = [
        user("Hi"),
        { role: "assistant", content: "Hi" },
        user("And?")
      ]
      assert.strictEqual(yield* saying({ messages: conversation }), "the second")
      assert.strictEqual(yield* saying({ messages: [user("Hi")] }), "nothing to say")
    }).pipe(given([
      { match: { model: "claude-sonnet-*" }, text: "a sonnet" },
      { match: { text: "weather" }, text: "rain" },
      { match: { turn: 2 }, text: "the second" },
      { text: "nothing to say" }
    ])))

  it.effect("uses a tool, and is for its result", () =>
    Effect.gen(function*() {
      const question = user("How is the weather?")
      const { content, stop_reason } = yield* ask({ tools: [weather], messages: [question] })
      assert.strictEqual(stop_reason, "tool_use")
      const [use] = content
      assert(use?.type === "tool_use")
      assert.deepStrictEqual(use.input, { city: "Oslo" })
      const answer = yield* saying({
        tools: [weather],
        messages: [
          question,
          { role: "assistant", content },
          user([{ type: "tool_result", tool_use_id: use.id, content: "rain" }])
        ]
      })
      assert.strictEqual(answer, "It rains in Oslo.")
    }).pipe(given([
      { match: { tool: "weather" }, text: "It rains in Oslo." },
      { match: { text: "weather" }, tools: [{ name: "weather", input: { city: "Oslo" } }] }
    ])))

  it.effect("is used up after so many times, and then the reply option answers", () =>
    Effect.gen(function*() {
      const said = yield* Effect.replicateEffect(saying(), 3)
      assert.deepStrictEqual(said, ["once", "always", "always"])
    }).pipe(given({ text: "once", times: 1 }, { reply: "always" })))

  it.effect("may say why it stops, and nothing", () =>
    Effect.gen(function*() {
      const { content, stop_reason } = yield* ask()
      assert.deepStrictEqual({ content, stop_reason }, { content: [], stop_reason: "refusal" })
    }).pipe(given({ stop_reason: "refusal" })))

  it.effect("may bring a fault, after those of the script", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.internal()])
      const errors = [yield* Effect.flip(ask()), yield* Effect.flip(ask())]
      assert.deepStrictEqual(errors.map(({ _tag }) => _tag), ["InternalServerError", "OverloadedError"])
      const journal = yield* sim.journal
      assert.deepStrictEqual(journal.map(({ error, fault }) => [fault, error?.type]), [
        ["Error", "api_error"],
        ["Error", "overloaded_error"]
      ])
    }).pipe(given({ fault: { _tag: "Error", status: 529 } })))

  it.effect("has a pace of its own", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.timed(ask()))
      yield* elapse(fiber, "1 second")
      const [time] = yield* Fiber.join(fiber)
      assert.strictEqual(Duration.toSeconds(time), 7)
    }).pipe(given({ text: "slow", pacing: { timeToFirstToken: "7 seconds" } })))

  it.effect("can be replaced, and comes back with a reset", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.answer(Replies.make({ text: "second" }))
      assert.strictEqual(yield* saying(), "second")
      yield* sim.reset
      assert.strictEqual(yield* saying(), "first")
    }).pipe(given({ text: "first" })))

  it.effect("is in the results of a batch, unless it is used up one day", () =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      const { id } = yield* messages.batches.create({ requests: [{ custom_id: "a", params: hello }] })
      yield* TestClock.adjust("1 minute")
      const [result] = yield* messages.batches.results(id).pipe(Stream.runCollect)
      assert(result?.result.type === "succeeded")
      assert.strictEqual(textOf(result.result.message), "always")
    }).pipe(given([{ text: "once", times: 1 }, { text: "always" }])))
})

describe("a file of replies", () => {
  it.effect.each([
    { what: "an array", text: `[{ "text": "a" },\n { "text": "b" }]`, count: 2 },
    { what: "one", text: `{ "$schema": "replies.schema.json",\n "text": "a" }`, count: 1 },
    { what: "JSONL", text: `{ "text": "a" }\n\n{ "text": "b", "times": 2 }\n`, count: 2 }
  ])("may be $what", ({ count, text }) =>
    Effect.gen(function*() {
      assert.lengthOf(yield* Replies.fromJson(text), count)
    }))

  it.effect.each([
    { text: `[{ "txt": "a" }]`, says: "[0].txt: this name means nothing here" },
    { text: `{ "match": { "turn": 0 }, "text": "a" }`, says: /^match\.turn: expected .*got 0$/ },
    { text: `{ "text": "a" }\n{ "text": 5 }`, says: /^line 2: text: expected .*got 5$/ },
    {
      text: `{ "fault": { "_tag": "Overload" } }`,
      says: /^fault\._tag: no fault is named "Overload"\. Those there are: None, Error,/
    },
    { text: `{ "match": { "text": "a" } }`, says: /a reply needs "text"/ },
    { text: `{`, says: /^no JSON: / }
  ])("says what is wrong with $text", ({ says, text }) =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(Replies.fromJson(text))
      if (typeof says === "string") assert.strictEqual(message, says)
      else assert.match(message, says)
    }))
})
