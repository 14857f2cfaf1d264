import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Simulator } from "../src/index.ts"
import { ids } from "../src/internal/generated/models.ts"
import { type Column, pages, sourceOf, table } from "../src/internal/modelTable.ts"
import { attempt, get, hello, jsonOf, post, sdk } from "./client.ts"

const weather = { name: "weather", input_schema: { type: "object" } }

const forced = { tools: [weather], tool_choice: { type: "any" } }

const budget = { thinking: { type: "enabled", budget_tokens: 1024 }, max_tokens: 2000 }

const effort = (effort: string) => ({ output_config: { effort } })

const prefilled = { messages: [{ role: "user", content: "Hi" }, { role: "assistant", content: "Hello" }] }

interface Case {
  readonly why: string
  readonly model: string
  readonly body: object
  readonly says?: string
}

const refused: ReadonlyArray<Case & { readonly says: string }> = [
  {
    why: "more than it writes",
    model: "claude-haiku-5-5",
    body: { max_tokens: 128_001 },
    says: "max_tokens: 128001 > 128000, which is the maximum allowed number of output tokens for claude-haiku-5-5"
  },
  {
    why: "a budget, where it has none",
    model: "claude-opus-4-7",
    body: budget,
    says: "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and " +
      "\"output_config.effort\" to control thinking behavior."
  },
  {
    why: "no thinking, where it always thinks",
    model: "claude-opus-5-5",
    body: { thinking: { type: "disabled" } },
    says: "\"thinking.type.disabled\" is not supported for this model."
  },
  {
    why: "adaptive thinking, where it only has budgets",
    model: "claude-haiku-4-5",
    body: { thinking: { type: "adaptive" } },
    says: "adaptive thinking is not supported on this model"
  },
  {
    why: "no thinking with a high effort",
    model: "claude-opus-5",
    body: { thinking: { type: "disabled" }, ...effort("xhigh") },
    says:
      "output_config.effort 'xhigh' is not supported when thinking is disabled on this model. Use effort 'high' or " +
      "below, or enable thinking."
  },
  {
    why: "an effort, where it knows none",
    model: "claude-sonnet-4-5",
    body: effort("low"),
    says: "This model does not support the effort parameter."
  },
  {
    why: "an effort that it does not know",
    model: "claude-sonnet-4-6",
    body: effort("xhigh"),
    says: "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium."
  },
  ...[{ temperature: 0 }, { top_p: 0.5 }, { top_k: 5 }].map((body) => ({
    why: `${Object.keys(body)}, where it samples by itself`,
    model: "claude-opus-5-5",
    body,
    says: `\`${Object.keys(body)}\` is deprecated for this model.`
  })),
  {
    why: "a temperature and a top_p",
    model: "claude-sonnet-4-6",
    body: { temperature: 1, top_p: 1 },
    says: "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
  },
  {
    why: "a temperature with thinking",
    model: "claude-opus-4-6",
    body: { ...budget, temperature: 0 },
    says: "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode."
  },
  {
    why: "a top_p with thinking",
    model: "claude-opus-4-6",
    body: { ...budget, top_p: 0.9 },
    says: "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode."
  },
  {
    why: "a top_k with thinking",
    model: "claude-opus-4-6",
    body: { thinking: { type: "adaptive" }, top_k: 5 },
    says: "`top_k` must be unset when thinking is enabled or in adaptive mode."
  },
  ...["claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-1", "claude-mythos-5-2"].map((model) => ({
    why: "a tool that must be used",
    model,
    body: forced,
    says: "tool_choice forces tool use is not compatible with this model."
  })),
  {
    why: "a tool of a type that it left behind",
    model: "claude-sonnet-5-5",
    body: {
      tools: [{ type: "computer_20251124", name: "computer", display_width_px: 800, display_height_px: 600 }]
    },
    says: "'claude-sonnet-5-5' does not support tool types: computer_20251124."
  },
  {
    why: "a prefill",
    model: "claude-sonnet-4-6",
    body: prefilled,
    says: "This model does not support assistant message prefill. The conversation must end with a user message."
  }
]

const taken: ReadonlyArray<Case> = [
  { why: "all that it writes", model: "claude-haiku-5-5", body: { max_tokens: 128_000 } },
  { why: "a budget", model: "claude-haiku-4-5", body: budget },
  {
    why: "no thinking, with the effort for it",
    model: "claude-opus-5",
    body: { thinking: { type: "disabled" }, ...effort("high") }
  },
  {
    why: "no thinking, with any effort",
    model: "claude-opus-4-8",
    body: { thinking: { type: "disabled" }, ...effort("max") }
  },
  { why: "the API's own sampling", model: "claude-opus-5-5", body: { temperature: 1, top_p: 1 } },
  { why: "a temperature", model: "claude-haiku-4-5", body: { temperature: 0 } },
  { why: "a tool that must be used", model: "claude-haiku-5-5", body: forced },
  { why: "what nobody says of it", model: "claude-fable-5", body: forced },
  { why: "a prefill", model: "claude-opus-4-5", body: prefilled }
]

const betas = { "anthropic-beta": "computer-use-2025-11-24" }

const simulated = Effect.provide(Simulator.layer())

describe("a model", () => {
  it.effect.each([...refused])("$model is not asked for $why", ({ body, model, says }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* post(sim, "/v1/messages?beta=true", { ...hello, ...body, model }, betas)
      assert.nestedPropertyVal(yield* jsonOf(response), "error.message", says)
      assert.strictEqual(response.status, 400)
    }).pipe(simulated))

  it.effect.each([...taken])("$model is asked for $why", ({ body, model }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* post(sim, "/v1/messages", { ...hello, ...body, model })
      assert.strictEqual(response.status, 200, yield* attempt(() => response.text()))
    }).pipe(simulated))

  it.effect.each([
    { model: "claude-opus-5-5", beta: "output-300k-2026-03-24", body: { max_tokens: 300_000 } },
    {
      model: "claude-sonnet-4-5",
      beta: "context-1m-2025-08-07",
      body: { messages: [{ role: "user", content: "word ".repeat(200_001) }] }
    }
  ])("$model has a limit raised by $beta", ({ beta, body, model }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const request = { ...hello, ...body, model }
      assert.strictEqual((yield* post(sim, "/v1/messages?beta=true", request)).status, 400)
      const response = yield* post(sim, "/v1/messages?beta=true", request, { "anthropic-beta": beta })
      assert.deepInclude(yield* jsonOf(response), { stop_reason: "end_turn" })
    }).pipe(simulated))

  it.effect.each([...ids])(
    "%s takes the thinking and the efforts that it says it does, and no other",
    (id) =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        const { capabilities } = yield* attempt(() => sdk(sim).models.retrieve(id))
        assert(capabilities !== null)
        const requests = [
          ...Object.entries(capabilities.thinking.types).map(([type, { supported }]) => ({
            body: type === "enabled" ? budget : { thinking: { type } },
            supported
          })),
          ...Object.entries(capabilities.effort).flatMap(([level, support]) =>
            level === "supported" || support === null || typeof support === "boolean"
              ? []
              : [{ body: effort(level), supported: support.supported }]
          )
        ]
        assert.strictEqual(requests.length, 9)
        for (const { body, supported } of requests) {
          const { status } = yield* post(sim, "/v1/messages", { ...hello, ...body, model: id })
          assert.strictEqual(status, supported ? 200 : 400, JSON.stringify(body))
        }
      }).pipe(simulated)
  )

  it.effect.each([
    ["claude-haiku-4-5", "claude-haiku-4-5-20251001"],
    ["claude-opus-4-5", "claude-opus-4-5-20251101"],
    ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929"]
  ])("%s is %s by another name", ([alias, id]) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const [byAlias, byId] = yield* Effect.all([get(sim, `/v1/models/${alias}`), get(sim, `/v1/models/${id}`)])
      const model = yield* jsonOf(byAlias)
      assert.deepStrictEqual(model, yield* jsonOf(byId))
      assert.deepInclude(model, { id })
      const answer = yield* jsonOf(yield* post(sim, "/v1/messages", { ...hello, model: alias }))
      assert.deepInclude(answer, { model: id })
    }).pipe(simulated))

  it.effect.each(["claude-mythos-preview", "claude-opus-4-5", "claude-sonnet-4-5"])(
    "%s comes off the API on the day that the SDK says",
    (id) =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        const model: Anthropic.ModelInfo = yield* attempt(() => sdk(sim).models.retrieve(id))
        assert.strictEqual(model.lifecycle, "deprecated")
        assert.match(model.retires_at ?? "", /^202\d-\d\d-\d\dT/)
      }).pipe(simulated)
  )
})

describe("what is known of models", () => {
  it("has a row for each of the SDK's, and no other", () => {
    const undated = ids.map((id) => id.replace(/-20\d{6}$/, ""))
    assert.deepStrictEqual(Object.keys(table).toSorted(), [...new Set(undated)].toSorted())
  })

  it("says where each cell is from, or that nobody says", () => {
    const columns = Object.keys(pages) as ReadonlyArray<Column>
    const sources = new Set(Object.values(table).flatMap((row) => columns.map((column) => sourceOf(row, column))))
    const others = [...sources].filter((source) =>
      !/^https:\/\/(platform\.claude\.com\/docs\/en|github\.com\/anthropics)\/\S+$/.test(source)
    )
    assert.sameMembers(others, [
      "announcements",
      "answers of the API in public bug reports",
      "the documentation, as others quote it",
      "unknown"
    ])
  })
})

describe("a model of one's own", () => {
  const custom = Simulator.layer({
    models: [
      { id: "mine", aliases: ["my-latest"] },
      { id: "strict", rules: { sampling: "default", prefill: false }, max_tokens: 50 },
      { id: "claude-opus-5-5", max_tokens: 50 }
    ]
  })

  it.effect.each<Case & { readonly status: number }>([
    { why: "whatever there is", model: "mine", body: { temperature: 0, ...forced, ...effort("max") }, status: 200 },
    { why: "as the other name", model: "my-latest", body: {}, status: 200 },
    { why: "more than it writes", model: "strict", body: { max_tokens: 51 }, status: 400 },
    { why: "a temperature", model: "strict", body: { max_tokens: 50, temperature: 0 }, status: 400 },
    { why: "a tool that must be used", model: "strict", body: { max_tokens: 50, ...forced }, status: 200 },
    {
      why: "what the known model does not take",
      model: "claude-opus-5-5",
      body: { max_tokens: 50, ...forced },
      status: 400
    },
    { why: "anything, if it is not there", model: "claude-opus-5", body: {}, status: 404 }
  ])("$model, asked for $why, answers with $status", ({ body, model, status }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      assert.strictEqual((yield* post(sim, "/v1/messages", { ...hello, ...body, model })).status, status)
    }).pipe(Effect.provide(custom)))
})
