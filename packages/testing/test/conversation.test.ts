import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Simulator } from "../src/index.ts"
import { hello, jsonOf, post } from "./client.ts"

const weather = { name: "weather", input_schema: { type: "object" } }

const user = (content: unknown) => ({ role: "user", content })

const assistant = (content: unknown) => ({ role: "assistant", content })

const use = (id: string) => ({ type: "tool_use", id, name: "weather", input: {} })

const result = (tool_use_id: string) => ({ type: "tool_result", tool_use_id, content: "Rain" })

const marked = { type: "text", text: "Hi", cache_control: { type: "ephemeral" } }

const cases: ReadonlyArray<{ readonly why: string; readonly body: object; readonly says: string }> = [
  {
    why: "a tool without a name",
    body: { tools: [{ input_schema: { type: "object" } }] },
    says: "tools.0.custom.name: Field required"
  },
  {
    why: "a tool without a schema",
    body: { tools: [{ name: "a" }] },
    says: "tools.0.custom.input_schema: Field required"
  },
  {
    why: "a tool with a bad name",
    body: { tools: [{ ...weather, name: "the weather" }] },
    says: "tools.0.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"
  },
  { why: "two tools of a name", body: { tools: [weather, weather] }, says: "tools: Tool names must be unique." },
  {
    why: "a choice without tools",
    body: { tool_choice: { type: "any" } },
    says: "tool_choice: may only be specified while providing tools."
  },
  {
    why: "a choice of an unknown tool",
    body: { tools: [weather], tool_choice: { type: "tool", name: "time" } },
    says: "Tool 'time' not found in provided tools"
  },
  {
    why: "a choice of no tool",
    body: { tools: [weather], tool_choice: { type: "tool" } },
    says: "tool_choice.tool.name: Field required"
  },
  {
    why: "a choice of an unknown kind",
    body: { tools: [weather], tool_choice: { type: "some" } },
    says: "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'"
  },
  {
    why: "thinking with a forced tool",
    body: {
      model: "claude-opus-5",
      tools: [weather],
      tool_choice: { type: "any" },
      thinking: { type: "adaptive" }
    },
    says: "Thinking may not be enabled when tool_choice forces tool use."
  },
  {
    why: "thinking without a budget",
    body: { thinking: { type: "enabled" } },
    says: "thinking.enabled.budget_tokens: Field required"
  },
  {
    why: "thinking with a small budget",
    body: { thinking: { type: "enabled", budget_tokens: 1000 } },
    says: "thinking.budget_tokens: Input should be greater than or equal to 1024"
  },
  {
    why: "thinking with more than there is to write",
    body: { model: "claude-opus-4-6", thinking: { type: "enabled", budget_tokens: 2000 }, max_tokens: 2000 },
    says: "`max_tokens` must be greater than `thinking.budget_tokens`."
  },
  {
    why: "an output format of another kind",
    body: { output_config: { format: { type: "xml" } } },
    says: "output_config.format.type: Input should be 'json_schema'"
  },
  {
    why: "a blank stop sequence",
    body: { stop_sequences: ["stop", " "] },
    says: "stop_sequences: each stop sequence must contain non-whitespace"
  },
  {
    why: "five marks for the cache",
    body: { messages: [user([marked, marked, marked, marked, marked])] },
    says: "A maximum of 4 blocks with cache_control may be provided. Found 5."
  },
  {
    why: "a mark for longer after one for shorter",
    body: { messages: [user([marked, { ...marked, cache_control: { type: "ephemeral", ttl: "1h" } }])] },
    says: "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are " +
      "processed in the following order: `tools`, `system`, `messages`."
  },
  {
    why: "a mark of another kind",
    body: { cache_control: { type: "persistent" } },
    says: "cache_control.type: Input should be 'ephemeral'"
  },
  {
    why: "a mark for another time",
    body: { system: [{ ...marked, cache_control: { type: "ephemeral", ttl: "2h" } }] },
    says: "system.0.cache_control.ttl: Input should be '5m' or '1h'"
  },
  ...[
    ["cache_control", "x", "a valid dictionary"],
    ["stop_sequences", "x", "a valid list"],
    ["stream", "x", "a valid boolean"],
    ["system", 1, "a valid string or list"],
    ["temperature", "x", "a valid number"],
    ["thinking", [], "a valid dictionary"],
    ["tool_choice", "auto", "a valid dictionary"],
    ["tools", {}, "a valid list"]
  ].map(([field, value, what]) => ({
    why: `${field} that is ${JSON.stringify(value)}`,
    body: { [String(field)]: value },
    says: `${field}: Input should be ${what}`
  })),
  {
    why: "a tool use without its result",
    body: { messages: [user("Hi"), assistant([use("toolu_1"), use("toolu_2")]), user([result("toolu_1")])] },
    says:
      "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_2. Each `tool_use` " +
      "block must have a corresponding `tool_result` block in the next message."
  },
  {
    why: "a result of no tool use",
    body: { messages: [user("Hi"), assistant("Hello"), user([result("toolu_1")])] },
    says:
      "messages.2: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. Each `tool_result` block must have " +
      "a corresponding `tool_use` block in the previous message."
  },
  {
    why: "a prefill that the model does not take",
    body: { messages: [user("Hi"), assistant("Hello")] },
    says: "This model does not support assistant message prefill. The conversation must end with a user message."
  },
  {
    why: "a prompt that is too long",
    body: { model: "claude-sonnet-4-5", messages: [user("word ".repeat(200_001))] },
    says: "prompt is too long: 200005 tokens > 200000 maximum"
  }
]

const simulated = Effect.provide(Simulator.layer())

describe("a request is refused for", () => {
  it.effect.each([...cases])("$why", ({ body, says }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* post(sim, "/v1/messages", { ...hello, ...body })
      assert.nestedPropertyVal(yield* jsonOf(response), "error.message", says)
      assert.strictEqual(response.status, 400)
    }).pipe(simulated))
})

describe("a request is answered with", () => {
  it.effect.each<{ readonly why: string; readonly body: object }>([
    {
      why: "results for every tool use",
      body: {
        messages: [
          user("Hi"),
          assistant([use("toolu_1"), use("toolu_2")]),
          user([result("toolu_1"), result("toolu_2")])
        ]
      }
    },
    {
      why: "results in several messages of a turn",
      body: {
        messages: [
          user("Hi"),
          assistant([use("toolu_1")]),
          assistant([use("toolu_2")]),
          user([result("toolu_2")]),
          user([result("toolu_1")])
        ]
      }
    },
    { why: "tools of the API's own", body: { tools: [{ type: "web_search_20260209", name: "web_search" }, weather] } },
    {
      why: "a prefill, where the model takes one",
      body: { model: "claude-sonnet-4-5", messages: [user("Hi"), assistant("Hello")] }
    },
    {
      why: "nulls for what is left out",
      body: { tools: null, tool_choice: null, thinking: null, stop_sequences: null }
    }
  ])("$why", ({ body }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      assert.strictEqual((yield* post(sim, "/v1/messages", { ...hello, ...body })).status, 200)
    }).pipe(simulated))
})
