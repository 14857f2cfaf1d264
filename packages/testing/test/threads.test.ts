import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Simulator } from "../src/index.ts"
import { attempt, hello, sdk } from "./client.ts"

const simulated = Effect.provide(Simulator.layer())

const weather: Anthropic.Beta.BetaTool = { name: "weather", input_schema: { type: "object" } }

const continued = (previous_message_id: string): Anthropic.Beta.MessageCreateParamsNonStreaming => ({
  ...hello,
  betas: ["message-threads-2026-08-12"],
  thread: { type: "continue", previous_message_id }
})

describe("a thread", () => {
  it.effect("holds the conversation of the SDK's own helper", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const thread = sdk(sim).beta.messages.thread({ model: hello.model, max_tokens: 99, tools: [weather] })
      const first = yield* attempt(() => thread.send({ role: "user", content: "What does weather say?" }))
      const [use] = first.content
      assert(use?.type === "tool_use")
      const result = { type: "tool_result" as const, tool_use_id: use.id, content: "Rain" }
      const second = yield* attempt(() => thread.send({ role: "user", content: [result] }))
      assert.strictEqual(second.stop_reason, "end_turn")
      const [, sent] = yield* sim.journal
      assert.deepInclude(sent?.body as object, {
        messages: [{ role: "user", content: [result] }],
        thread: { type: "continue", previous_message_id: first.id }
      })
      assert.isAbove(second.usage.input_tokens, first.usage.input_tokens)
    }).pipe(simulated))

  it.effect("that nobody created is not found", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { cause } = yield* Effect.flip(attempt(() => sdk(sim).beta.messages.create(continued("msg_1"))))
      assert.deepInclude(cause, { status: 404, errorCode: "thread_not_found" })
    }).pipe(simulated))

  it.effect("is continued once", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { messages } = sdk(sim).beta
      const { id } = yield* attempt(() =>
        messages.create({ ...hello, betas: ["message-threads-2026-08-12"], thread: { type: "create" } })
      )
      yield* attempt(() => messages.create(continued(id)))
      const { cause } = yield* Effect.flip(attempt(() => messages.create(continued(id))))
      assert.deepInclude(cause, { status: 400, errorCode: "thread_already_continued" })
    }).pipe(simulated))
})
