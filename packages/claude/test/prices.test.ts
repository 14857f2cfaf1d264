import type { Model } from "@anthropic-ai/sdk/resources/messages/messages"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Schema } from "effect"
import { Prices, Usage } from "../src/index.ts"
import { servedAs } from "./support/servedAs.ts"

const million = 1_000_000

const costOf = (usage: Usage.Usage, table = Prices.published): number | undefined =>
  Option.getOrUndefined(Prices.costBy(usage, table))

describe("the cost of a million tokens", () => {
  it.each([
    ["input", { input_tokens: million }, 4],
    ["output", { output_tokens: million }, 20],
    ["cache reads", { cache_read_input_tokens: million }, 0.2],
    ["cache writes for 5 minutes", { cache_creation: { ephemeral_5m_input_tokens: million } }, 5],
    ["cache writes for an hour", { cache_creation: { ephemeral_1h_input_tokens: million } }, 8],
    ["reasoning, which is output", {
      output_tokens: million,
      output_tokens_details: { thinking_tokens: million }
    }, 20],
    ["output in fast mode", { output_tokens: million, speed: "fast" }, 40],
    ["output in the US alone", { output_tokens: million, inference_geo: "us" }, 22],
    ["output anywhere", { output_tokens: million, inference_geo: "global" }, 20],
    ["output in a batch", { output_tokens: million, service_tier: "batch" }, 10],
    ["cache reads in a batch, in the US alone", {
      cache_read_input_tokens: million,
      service_tier: "batch",
      inference_geo: "us"
    }, 0.11],
    ["fast output in the US alone", { output_tokens: million, speed: "fast", inference_geo: "us" }, 44],
    ["a thousand web searches, wherever", {
      server_tool_use: { web_search_requests: 1000 },
      inference_geo: "us",
      service_tier: "batch"
    }, 10],
    ["a thousand web fetches", { server_tool_use: { web_fetch_requests: 1000 } }, 0]
  ])("of claude-opus-5-5: %s", (_, usage, expected) => {
    assert.strictEqual(costOf(servedAs("claude-opus-5-5", usage)), expected)
  })

  it.each([
    [100_000, 0.01],
    [100_001, 0.0500005]
  ])("of claude-haiku-5-5 depends on the length of the prompt: %d tokens", (tokens, expected) => {
    assert.strictEqual(costOf(servedAs("claude-haiku-5-5", { input_tokens: tokens })), expected)
  })

  it("goes by the length of each prompt, caches included, and not by their sum", () => {
    const short = servedAs("claude-haiku-5-5", { input_tokens: 60_000, output_tokens: 1000 })
    const long = servedAs("claude-haiku-5-5", {
      input_tokens: 1,
      cache_read_input_tokens: 100_000,
      output_tokens: 1000
    })
    assert.strictEqual(costOf(Usage.sum([short, short])), 0.013)
    assert.strictEqual(costOf(long), 0.0075005)
    assert.strictEqual(costOf(Usage.sum([short, long, short])), 0.0205005)
  })
})

describe("what has no price", () => {
  const cases: ReadonlyArray<readonly [what: string, model: string, usage: object]> = [
    ["a model that only begins like one that is known", "claude-sonnet-5-5-20270101", {}],
    ["a model that is newer than the table", "claude-sonnet-5-6", {}],
    ["another platform's id of a model", "anthropic.claude-opus-5-5-v1:0", {}],
    ["an alias that is not documented", "claude-opus-5-5[1m]", {}],
    ["a name that every object has", "constructor", {}],
    ["the priority tier", "claude-opus-5-5", { service_tier: "priority" }],
    ["a tier that is not known", "claude-opus-5-5", { service_tier: "flex" }],
    ["fast mode of a model that has none", "claude-haiku-5-5", { speed: "fast" }],
    ["fast mode in a batch", "claude-opus-5-5", { speed: "fast", service_tier: "batch" }],
    ["a speed that is not known", "claude-opus-5-5", { speed: "turbo" }],
    ["the US alone of a model that has no price there", "claude-opus-4-5", { inference_geo: "us" }],
    ["a place that is not known", "claude-opus-5-5", { inference_geo: "eu" }]
  ]

  it.effect.each(cases)("costs none, never zero: %s", ([, model, usage]) =>
    Effect.gen(function*() {
      const known = servedAs("claude-opus-5-5", { output_tokens: 7 })
      const unknown = servedAs(model, { output_tokens: 10, ...usage })
      assert.strictEqual(costOf(unknown), undefined)
      assert.strictEqual(costOf(Usage.sum([known, unknown])), undefined)
      assert.deepStrictEqual(yield* Prices.unpriced(Usage.sum([known, unknown])), unknown.lines)
    }))

  it.each([Number.NaN, 0.5, 2 ** 60, -1])(
    "costs none where a line that somebody has made holds no count: %d",
    (count) => {
      const { lines, ...usage } = servedAs("claude-opus-5-5", { output_tokens: 7 })
      const broken = { ...usage, lines: lines.map((line) => ({ ...line, outputTokens: count })) }
      assert.strictEqual(costOf(broken), undefined)
    }
  )

  it("is free where nothing was used", () => {
    assert.strictEqual(costOf(Usage.none), 0)
    assert.strictEqual(costOf(servedAs("claude-unknown", {})), 0)
  })
})

describe("money", () => {
  it("loses nothing in a sum of thousands, nor in small change", () => {
    const one = servedAs("claude-opus-5-5", { input_tokens: 1 })
    const three = servedAs("claude-opus-5-5", {
      cache_read_input_tokens: 1,
      service_tier: "batch",
      inference_geo: "us"
    })
    assert.strictEqual(costOf(Usage.sum(Array.from({ length: 1000 }, () => one))), 0.004)
    assert.strictEqual(costOf(Usage.sum(Array.from({ length: 1000 }, () => three))), 0.00011)
    assert.strictEqual(costOf(servedAs("claude-haiku-5-5", { input_tokens: 3 })), 0.0000003)
  })

  const Tokens = Schema.Struct({
    input_tokens: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 })),
    output_tokens: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 128_000 })),
    service_tier: Schema.Literals(["standard", "batch"])
  })

  it.prop("is the same in any order, and the sum of its parts", [Schema.Array(Tokens)], ([all]) => {
    const usages = all.map((tokens) => servedAs("claude-haiku-5-5", tokens))
    const total = costOf(Usage.sum(usages)) ?? Number.NaN
    assert.strictEqual(total, costOf(Usage.sum(usages.toReversed())))
    const parts = usages.reduce((sum, usage) => sum + (costOf(usage) ?? Number.NaN), 0)
    assert.closeTo(total, parts, 1e-12 * Math.max(1, parts))
  }, { arbitrary: { runs: 300, seed: 7 } })
})

describe("tables", () => {
  const own = Prices.make({
    models: [{
      ids: ["my-model"],
      input: 1,
      cacheWrite5m: 1,
      cacheWrite1h: 1,
      cacheRead: 1,
      output: 3,
      source: "https://example.com",
      verified: "2026-11-26"
    }]
  })
  const usage = servedAs("my-model", { output_tokens: million })

  it.effect("are taken from the context", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Prices.cost(usage), Option.none())
      assert.deepStrictEqual(yield* Prices.cost(usage).pipe(Effect.provideService(Prices.Prices, own)), Option.some(3))
      const live = Layer.succeed(Prices.Prices, own)
      assert.deepStrictEqual(yield* Prices.cost(usage).pipe(Effect.provide(live)), Option.some(3))
    }))

  const [model] = own.models
  it.each([
    ["my-model: output: expected a number of at least 0", { ...model, output: -1 }],
    ["my-model: input: expected a number of at least 0", { ...model, input: Number.NaN }],
    ["my-model: cacheRead: expected a number of at least 0", { ...model, cacheRead: 0.123_456_7 }],
    ["my-model: fast: expected a number of at least 0", { ...model, fast: 1.000_1 }],
    ["my-model: longPrompt.over: expected a multiple of 10000", { ...model, longPrompt: { ...model, over: 128_001 } }],
    ["my-model: expected one price, got two", { ...model, ids: ["my-model", "my-model"] }]
  ])("refuse what is no price: %s", (message, price) => {
    assert.throws(() => Prices.make({ models: [price as Prices.ModelPrice] }), RangeError, message)
  })
})

/** The ids that the SDK names, without the string that stands for all others. */
type Named<M> = M extends string ? {} extends Record<M, unknown> ? never : M : never

describe("the published prices", () => {
  it("cover every model that the SDK names, but for those whose price could not be read", () => {
    const priced: Record<Named<Model>, boolean> = {
      "claude-fable-5-2": true,
      "claude-mythos-5-2": false,
      "claude-haiku-5-5": true,
      "claude-sonnet-5-5": true,
      "claude-fable-5-1": true,
      "claude-opus-5-5": true,
      "claude-mythos-5-1": true,
      "claude-sonnet-5": true,
      "claude-fable-5": true,
      "claude-mythos-5": true,
      "claude-opus-5": true,
      "claude-opus-4-8": true,
      "claude-opus-4-7": true,
      "claude-mythos-preview": false,
      "claude-opus-4-6": true,
      "claude-sonnet-4-6": true,
      "claude-haiku-4-5": true,
      "claude-haiku-4-5-20251001": true,
      "claude-opus-4-5": true,
      "claude-opus-4-5-20251101": true,
      "claude-sonnet-4-5": true,
      "claude-sonnet-4-5-20250929": true
    }
    const ids = Prices.published.models.flatMap(({ ids }) => ids)
    assert.sameMembers(ids, Object.keys(priced).filter((id) => priced[id as keyof typeof priced]))
  })

  it.each(Prices.published.models.map((price) => [price.ids[0], price] as const))(
    "say where and when the price of %s was read, and write caches at 1.25 and 2 times the input",
    (_, { cacheWrite1h, cacheWrite5m, input, longPrompt, source, verified }) => {
      assert.match(source, /^https:\/\/platform\.claude\.com\//)
      assert.match(verified, /^2026-\d\d-\d\d$/)
      for (const rates of [{ cacheWrite1h, cacheWrite5m, input }, ...longPrompt === undefined ? [] : [longPrompt]]) {
        assert.closeTo(rates.cacheWrite5m, rates.input * 1.25, 1e-12)
        assert.closeTo(rates.cacheWrite1h, rates.input * 2, 1e-12)
      }
    }
  )
})
