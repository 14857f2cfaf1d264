import type Anthropic from "@anthropic-ai/sdk"
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema"
import { betaMemoryTool } from "@anthropic-ai/sdk/helpers/beta/memory"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Simulator } from "../../src/index.ts"
import { attempt, sdk } from "../client.ts"

type Params = Parameters<Anthropic["beta"]["messages"]["toolRunner"]>[0]

const calls: Array<string> = []

const weather = betaTool({
  name: "weather",
  description: "The weather of a city",
  inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  run: ({ city }) => {
    calls.push(city)
    return `Sunny in ${city}`
  }
})

const memory = betaMemoryTool({
  view: () => "nothing",
  create: () => "created",
  str_replace: () => "replaced",
  insert: () => "inserted",
  delete: () => "deleted",
  rename: () => "renamed"
})

const params = {
  model: "claude-opus-5-5",
  max_tokens: 1000,
  tools: [weather],
  messages: [{ role: "user", content: "What is the weather?" }]
} satisfies Params

type Client = Anthropic["beta"]["messages"]

/** Each way to run a loop of tools, and how many requests it sends. */
const modes: ReadonlyArray<readonly [string, number, (messages: Client) => Promise<unknown>]> = [
  ["awaited", 2, async (messages) => await messages.toolRunner(params)],
  ["run until done", 2, (messages) => messages.toolRunner(params).runUntilDone()],
  ["turn by turn", 2, async (messages) => {
    for await (const message of messages.toolRunner(params)) assert.notStrictEqual(message.content.length, 0)
  }],
  ["streamed", 2, async (messages) => {
    for await (const stream of messages.toolRunner({ ...params, stream: true })) {
      for await (const event of stream) assert.isString(event.type)
    }
  }],
  ["streamed, its tools run as soon as they are named", 2, async (messages) => {
    for await (const stream of messages.toolRunner({ ...params, stream: true, runToolsEagerly: true })) {
      await stream.finalMessage()
    }
  }],
  ["cut off after a turn", 1, (messages) => messages.toolRunner({ ...params, max_iterations: 1 }).runUntilDone()],
  ["with thinking", 2, (messages) => messages.toolRunner({ ...params, thinking: { type: "adaptive" } }).runUntilDone()],
  ["with the results made by hand", 2, async (messages) => {
    const runner = messages.toolRunner(params)
    for await (const message of runner) {
      const response = await runner.generateToolResponse()
      if (response !== null) {
        runner.setMessagesParams((now) => ({
          ...now,
          messages: [...now.messages, { role: "assistant", content: message.content }, response]
        }))
      }
    }
  }],
  ["with another question at the end", 3, async (messages) => {
    const runner = messages.toolRunner(params)
    let isAsked = false
    for await (const message of runner) {
      if (message.stop_reason === "tool_use" || isAsked) continue
      isAsked = true
      runner.pushMessages({ role: "assistant", content: message.content }, { role: "user", content: "And then?" })
    }
  }],
  ["with a tool that comes later", 2, async (messages) => {
    const runner = messages.toolRunner({ ...params, betas: ["mid-conversation-tool-changes-2026-07-01"] })
    const tide = betaTool({ name: "tide", description: "The tide", inputSchema: { type: "object" }, run: () => "High" })
    for await (const message of runner) {
      if (message.stop_reason === "tool_use") runner.addTools(tide)
    }
  }],
  ["with the memory tool", 2, (messages) =>
    messages.toolRunner({
      ...params,
      tools: [memory],
      messages: [{ role: "user", content: "Look into memory" }]
    }).runUntilDone()],
  ["with a tool of the API's own", 1, (messages) =>
    messages.toolRunner({
      ...params,
      tools: [weather, { type: "web_search_20250305", name: "web_search" }],
      messages: [{ role: "user", content: "Do a web_search" }]
    }).runUntilDone()]
]

const compact = ["compact-2026-01-12"]

describe("the SDK's tool runner", () => {
  it.effect.each([false, true])(
    "goes on from a summary of the conversation (streamed: %s)",
    (stream) =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        yield* attempt(async () => {
          const runner = sdk(sim).beta.messages.toolRunner({ ...params, stream, betas: compact })
          for await (const turn of runner) {
            const message = await ("finalMessage" in turn ? turn.finalMessage() : turn)
            if (message.stop_reason === "tool_use") runner.compactBeforeNextTurn()
          }
        })
        const [, asked, after] = yield* sim.journal
        assert.nestedPropertyVal(asked?.body, "compaction.type", "summarize")
        assert.nestedPropertyVal(after?.body, "messages[0].role", "assistant")
        assert.nestedPropertyVal(after?.body, "messages[0].content[0].type", "compaction")
      }).pipe(Effect.provide(Simulator.layer()))
  )

  it.effect.each([...modes])("%s gets to the end, without a refusal", ([, requests, run]) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* attempt(() => run(sdk(sim).beta.messages))
      const journal = yield* sim.journal
      assert.deepStrictEqual(journal.map(({ status }) => status), Array.from({ length: requests }, () => 200))
    }).pipe(Effect.provide(Simulator.layer())))
})
