import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Fault, Simulator } from "../src/index.ts"
import { attempt, hello, sdk } from "./client.ts"

type Params = Omit<Anthropic.MessageCreateParamsNonStreaming, "max_tokens" | "model">

const ephemeral = { type: "ephemeral" as const }

/** So many tokens. */
const words = (count: number, word = "word") => `${word} `.repeat(count).trim()

const system = (text: string, cache_control?: Anthropic.CacheControlEphemeral): Array<Anthropic.TextBlockParam> => [
  cache_control === undefined ? { type: "text", text } : { type: "text", text, cache_control }
]

const user = (content: Anthropic.MessageParam["content"]): Params["messages"] => [{ role: "user", content }]

const usageOf = Effect.fnUntraced(function*(params: Params) {
  const sim = yield* Simulator.Simulator
  const { usage } = yield* attempt(() => sdk(sim).messages.create({ ...hello, ...params }))
  return {
    input: usage.input_tokens,
    written: usage.cache_creation_input_tokens,
    read: usage.cache_read_input_tokens,
    for5m: usage.cache_creation?.ephemeral_5m_input_tokens,
    for1h: usage.cache_creation?.ephemeral_1h_input_tokens
  }
})

const simulated = Effect.provide(Simulator.layer())

// "text" is a token of its own in a block, and each message has four more.
const overhead = 4

describe("the prompt cache", () => {
  it.effect("is written first and read after that, for five minutes from the last use", () =>
    Effect.gen(function*() {
      const params = { system: system(words(2000), ephemeral), messages: user("Hi") }
      const tail = 1 + overhead
      const written = { input: tail, written: 2001, read: 0, for5m: 2001, for1h: 0 }
      const read = { input: tail, written: 0, read: 2001, for5m: 0, for1h: 0 }
      assert.deepStrictEqual(yield* usageOf(params), written)
      assert.deepStrictEqual(yield* usageOf(params), read)
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual(yield* usageOf({ ...params, messages: user("Ho") }), read)
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual(yield* usageOf(params), read)
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* usageOf(params), written)
    }).pipe(simulated))

  it.effect("keeps what is to be kept for an hour", () =>
    Effect.gen(function*() {
      const params = { system: system(words(2000), { ...ephemeral, ttl: "1h" }), messages: user("Hi") }
      assert.deepInclude(yield* usageOf(params), { written: 2001, for1h: 2001 })
      yield* TestClock.adjust("59 minutes")
      assert.deepInclude(yield* usageOf(params), { read: 2001 })
    }).pipe(simulated))

  it.effect("grows with a conversation, marked as a whole", () =>
    Effect.gen(function*() {
      const question = { role: "user" as const, content: words(1500) }
      const turns = [
        question,
        { role: "assistant" as const, content: words(10, "yes") },
        { role: "user" as const, content: words(20, "more") }
      ]
      assert.deepInclude(yield* usageOf({ messages: [question], cache_control: ephemeral }), { written: 1500, read: 0 })
      assert.deepInclude(yield* usageOf({ messages: turns, cache_control: ephemeral }), {
        input: 3 * overhead,
        written: 30,
        read: 1500
      })
    }).pipe(simulated))

  it.effect("knows nothing of what begins otherwise, of another model, or of a short prompt", () =>
    Effect.gen(function*() {
      const params = { system: system(words(2000), ephemeral), messages: user("Hi") }
      yield* usageOf(params)
      assert.deepInclude(yield* usageOf({ ...params, system: system(words(2000, "other"), ephemeral) }), { read: 0 })
      assert.deepInclude(
        yield* usageOf({ ...params, tools: [{ name: "a", input_schema: { type: "object" } }] }),
        { read: 0 }
      )
      const sim = yield* Simulator.Simulator
      const { usage } = yield* attempt(() =>
        sdk(sim).messages.create({ ...hello, ...params, model: "claude-haiku-5-5" })
      )
      assert.strictEqual(usage.cache_read_input_tokens, 0)
      const short = { system: system(words(1000), ephemeral), messages: user("Hi") }
      yield* usageOf(short)
      assert.deepInclude(yield* usageOf(short), { read: 0, written: 0 })
      assert.deepInclude(yield* usageOf({ ...params, system: system(words(2000)) }), { read: 0, written: 0 })
    }).pipe(simulated))

  it.effect("is not written by a request that is refused", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      const params = { system: system(words(2000), ephemeral), messages: user("Hi") }
      yield* Effect.flip(usageOf(params))
      assert.deepInclude(yield* usageOf(params), { written: 2001 })
    }).pipe(simulated))

  it.effect("spares the limit on input tokens", () =>
    Effect.gen(function*() {
      const params = { system: system(words(2000), ephemeral), messages: user("Hi") }
      yield* usageOf(params)
      yield* usageOf(params)
      assert.deepInclude(yield* usageOf(params), { read: 2001 })
      yield* Effect.flip(usageOf({ messages: user(words(1000)) }))
    }).pipe(Effect.provide(Simulator.layer({ limits: { inputTokensPerMinute: 2500 } }))))
})
