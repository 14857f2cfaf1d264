import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Simulator } from "../src/index.ts"
import { attempt, hello, sdk } from "./client.ts"

type Tool = Anthropic.ToolUnion

const ask = (tool: Tool, messages: Array<Anthropic.MessageParam>) =>
  Effect.flatMap(
    Simulator.Simulator,
    (sim) => attempt(() => sdk(sim).messages.create({ ...hello, tools: [tool], messages }))
  )

const naming = (tool: Tool): Anthropic.MessageParam => ({
  role: "user",
  content: `Use ${"name" in tool ? tool.name : ""} please.`
})

describe("a tool that the API runs", () => {
  it.effect.each<{ readonly tool: Tool; readonly blocks: ReadonlyArray<string> }>([
    {
      tool: { type: "web_search_20250305", name: "web_search" },
      blocks: ["server_tool_use", "web_search_tool_result"]
    },
    { tool: { type: "web_fetch_20260318", name: "web_fetch" }, blocks: ["server_tool_use", "web_fetch_tool_result"] },
    {
      tool: { type: "code_execution_20250522", name: "code_execution" },
      blocks: ["server_tool_use", "code_execution_tool_result"]
    },
    {
      tool: { type: "code_execution_20260120", name: "code_execution" },
      blocks: ["server_tool_use", "bash_code_execution_tool_result"]
    },
    {
      tool: { type: "tool_search_tool_regex_20251119", name: "tool_search_tool_regex" },
      blocks: ["server_tool_use", "tool_search_tool_result"]
    }
  ])(
    "has its use and its result in the answer, and the conversation goes on: $tool.type",
    ({ blocks, tool }) =>
      Effect.gen(function*() {
        const first = yield* ask(tool, [naming(tool)])
        assert.deepStrictEqual(first.content.map(({ type }) => type), [...blocks, "text"])
        assert.strictEqual(first.stop_reason, "end_turn")
        const [use, result] = first.content
        assert(use?.type === "server_tool_use" && result !== undefined && "tool_use_id" in result)
        assert.strictEqual(result.tool_use_id, use.id)
        const answer = { role: "assistant" as const, content: first.content as Array<Anthropic.ContentBlockParam> }
        const second = yield* ask(tool, [naming(tool), answer, { role: "user", content: "Thanks" }])
        assert.strictEqual(second.stop_reason, "end_turn")
      }).pipe(Effect.provide(Simulator.layer()))
  )

  it.effect("is counted in the usage", () =>
    Effect.gen(function*() {
      const tool = { type: "web_search_20250305", name: "web_search" } as const
      const { usage } = yield* ask(tool, [naming(tool)])
      assert.deepStrictEqual(usage.server_tool_use, { web_fetch_requests: 0, web_search_requests: 1 })
    }).pipe(Effect.provide(Simulator.layer())))

  it.effect("may pause, and goes on from what was said", () =>
    Effect.gen(function*() {
      const tool = { type: "web_search_20250305", name: "web_search" } as const
      const paused = yield* ask(tool, [{ role: "user", content: "Search" }])
      assert.strictEqual(paused.stop_reason, "pause_turn")
      const answer = { role: "assistant" as const, content: paused.content as Array<Anthropic.ContentBlockParam> }
      const whole = yield* ask(tool, [{ role: "user", content: "Search" }, answer])
      assert.strictEqual(whole.stop_reason, "end_turn")
    }).pipe(Effect.provide(Simulator.layer({
      reply: ({ messages }) =>
        messages.length > 1 ? undefined : {
          stop_reason: "pause_turn",
          content: [{
            type: "server_tool_use",
            id: "srvtoolu_1",
            name: "web_search",
            input: { query: "sky" },
            caller: { type: "direct" }
          }]
        }
    }))))
})

describe("a tool of the API's that the client runs", () => {
  it.effect.each<{ readonly tool: Tool; readonly input: object }>([
    { tool: { type: "bash_20250124", name: "bash" }, input: { command: "echo simulated" } },
    {
      tool: { type: "text_editor_20250728", name: "str_replace_based_edit_tool" },
      input: { command: "view", path: "/simulated.txt" }
    },
    { tool: { type: "memory_20250818", name: "memory" }, input: { command: "view", path: "/memories" } }
  ])("is asked for nothing that changes anything: $tool.type", ({ input, tool }) =>
    Effect.gen(function*() {
      const { content, stop_reason } = yield* ask(tool, [naming(tool)])
      const [use] = content
      assert(use?.type === "tool_use")
      assert.deepStrictEqual(use.input, input)
      assert.strictEqual(stop_reason, "tool_use")
    }).pipe(Effect.provide(Simulator.layer())))
})
