import type { BetaUsage } from "@anthropic-ai/sdk/resources/beta/messages/messages"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Usage } from "../src/index.ts"

const apiUsage: BetaUsage = {
  cache_creation: { ephemeral_1h_input_tokens: 30, ephemeral_5m_input_tokens: 20 },
  cache_creation_input_tokens: 50,
  cache_read_input_tokens: 1000,
  fallback_credit: null,
  inference_geo: "us",
  input_tokens: 10,
  iterations: null,
  output_tokens: 400,
  output_tokens_details: { thinking_tokens: 300 },
  server_tool_use: { web_fetch_requests: 1, web_search_requests: 2 },
  service_tier: "standard",
  speed: "fast"
}

const message = (usage: object, stopReason: string | null = "end_turn") => ({
  model: "claude-opus-5-5",
  stop_reason: stopReason,
  usage
})

const counts = {
  uncachedInputTokens: 10,
  cacheReadTokens: 1000,
  cacheWrite5mTokens: 20,
  cacheWrite1hTokens: 30,
  outputTokens: 400,
  reasoningTokens: 300,
  webSearches: 2,
  webFetches: 1
}

const nothing = { ...counts }
for (const kind of Object.keys(counts) as Array<keyof Usage.Counts>) nothing[kind] = 0

describe("Usage.of", () => {
  it("takes the tokens apart by kind, with the terms on which they were served", () => {
    assert.deepStrictEqual(Usage.of(message(apiUsage)), {
      ...counts,
      inputTokens: 1060,
      isFinal: true,
      lines: [{
        ...counts,
        model: "claude-opus-5-5",
        speed: "fast",
        serviceTier: "standard",
        inferenceGeo: "us",
        promptTokensUpTo: 10_000,
        isFinal: true
      }]
    })
  })

  it("is not final for a message that the API has not ended", () => {
    assert.isFalse(Usage.of(message(apiUsage, null)).isFinal)
  })

  it("counts cache writes that are not broken down as those of 5 minutes, the default", () => {
    const { cacheWrite1hTokens, cacheWrite5mTokens } = Usage.of(message({
      ...apiUsage,
      cache_creation: null
    }))
    assert.deepStrictEqual([cacheWrite5mTokens, cacheWrite1hTokens], [50, 0])
  })

  const uncached = { cache_creation: null, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
  const plain = { ...apiUsage, ...uncached }
  const linesOf = (usage: object) =>
    Usage.of(message(usage)).lines.map((line) => [line.model, line.uncachedInputTokens, line.outputTokens])

  it("counts compactions and advisors, which the API's totals leave out, each at its own model", () => {
    const usage = {
      ...plain,
      input_tokens: 1760,
      output_tokens: 531,
      iterations: [
        { ...uncached, type: "compaction", input_tokens: 180_000, output_tokens: 3500 },
        { ...uncached, type: "message", model: null, input_tokens: 412, output_tokens: 89 },
        { ...uncached, type: "advisor_message", model: "claude-fable-5-1", input_tokens: 823, output_tokens: 1612 },
        { ...uncached, type: "message", model: "claude-opus-5-5", input_tokens: 1348, output_tokens: 442 }
      ]
    }
    assert.sameDeepMembers(linesOf(usage), [
      ["claude-opus-5-5", 1760, 531],
      ["claude-opus-5-5", 180_000, 3500],
      ["claude-fable-5-1", 823, 1612]
    ])
    assert.strictEqual(Usage.of(message(usage)).webSearches, 2)
    assert.strictEqual(Usage.of(message(usage)).reasoningTokens, 300)
  })

  it("counts a model that declined before another answered, which the API's totals leave out", () => {
    assert.sameDeepMembers(
      linesOf({
        ...plain,
        input_tokens: 412,
        output_tokens: 264,
        iterations: [
          { ...uncached, type: "message", model: "claude-fable-5", input_tokens: 408, output_tokens: 3 },
          { ...uncached, type: "fallback_message", model: "claude-opus-5", input_tokens: 412, output_tokens: 264 }
        ]
      }),
      [["claude-fable-5", 408, 3], ["claude-opus-5", 412, 264]]
    )
  })

  it("goes by the size of each prompt of a loop of tools, not by their sum", () => {
    const turn = { ...uncached, type: "message", model: "claude-haiku-5-5", input_tokens: 60_000, output_tokens: 10 }
    const usage = { ...plain, input_tokens: 120_000, output_tokens: 20, iterations: [turn, turn] }
    assert.deepStrictEqual(
      Usage.of(message(usage)).lines.map(({ promptTokensUpTo }) => promptTokensUpTo),
      [60_000]
    )
  })

  it("keeps to the totals where the iterations do not account for them", () => {
    assert.deepStrictEqual(
      linesOf({
        ...plain,
        iterations: [{ type: "message" }, { type: "message", input_tokens: 3, output_tokens: 400 }]
      }),
      [["claude-opus-5-5", 10, 400]]
    )
  })

  it.each([
    null,
    [],
    {
      input_tokens: -1,
      output_tokens: Number.NaN,
      cache_read_input_tokens: "7",
      server_tool_use: 3,
      iterations: [null]
    },
    { input_tokens: 1.5, output_tokens: 2 ** 60, cache_creation: [], output_tokens_details: null },
    JSON.parse("{\"__proto__\":{\"input_tokens\":5},\"cache_creation_input_tokens\":-3}")
  ])("counts nothing of what is no count: %j", (usage) => {
    const { inputTokens, isFinal: _, lines: __, ...rest } = Usage.of(message(usage))
    assert.deepStrictEqual([inputTokens, rest], [0, nothing])
  })

  it("leaves the place out where the API has none", () => {
    const { lines } = Usage.of(message({ ...apiUsage, inference_geo: "not_available" }))
    assert.deepStrictEqual(lines.map(({ inferenceGeo }) => inferenceGeo), [undefined])
  })
})

const anyCount = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))

const AnyMessage = Schema.Struct({
  model: Schema.Literals(["claude-opus-5-5", "claude-haiku-5-5", "a\u0000b"]),
  stop_reason: Schema.NullOr(Schema.Literal("end_turn")),
  usage: Schema.Struct({
    input_tokens: anyCount,
    cache_read_input_tokens: anyCount,
    cache_creation_input_tokens: anyCount,
    output_tokens: anyCount,
    service_tier: Schema.Literals(["standard", "batch"]),
    speed: Schema.NullOr(Schema.Literal("fast")),
    inference_geo: Schema.NullOr(Schema.Literal("us"))
  })
})

const AnyMessages = Schema.Array(AnyMessage)

const usagesOf = (messages: typeof AnyMessages.Type) => messages.map(Usage.of)

const seeded = { arbitrary: { runs: 300, seed: 7 } }

describe("sums of usage", () => {
  it("keep apart what a server names so that it would run together", () => {
    const one = { model: "a fast", stop_reason: null, usage: { output_tokens: 1, speed: "b", service_tier: "c" } }
    const two = { model: "a", stop_reason: null, usage: { output_tokens: 1, speed: "fast b", service_tier: "c" } }
    assert.strictEqual(Usage.sum([Usage.of(one), Usage.of(two)]).lines.length, 2)
  })

  it.prop("do not depend on how they are grouped", [AnyMessages, AnyMessages, AnyMessages], ([a, b, c]) => {
    const sum = (...all: ReadonlyArray<Usage.Usage>) => Usage.sum(all)
    const [x, y, z] = [Usage.sum(usagesOf(a)), Usage.sum(usagesOf(b)), Usage.sum(usagesOf(c))]
    assert.deepStrictEqual(sum(sum(x, y), z), sum(x, sum(y, z)))
  }, seeded)

  it.prop("do not depend on the order", [AnyMessages], ([messages]) => {
    const usages = usagesOf(messages)
    assert.deepStrictEqual(Usage.sum(usages), Usage.sum(usages.toReversed()))
  }, seeded)

  it.prop("have nothing as their zero", [AnyMessage], ([message]) => {
    const usage = Usage.of(message)
    assert.deepStrictEqual(Usage.sum([Usage.none, usage, Usage.none]), usage)
  }, seeded)

  it.prop("add up every kind, in total and by line", [AnyMessages], ([messages]) => {
    const { inputTokens, lines, outputTokens } = Usage.sum(usagesOf(messages))
    const input = messages.map(({ usage }) =>
      usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens
    )
    const output = messages.map(({ usage }) => usage.output_tokens)
    const total = (all: ReadonlyArray<number>) => all.reduce((sum, each) => sum + each, 0)
    assert.strictEqual(inputTokens, total(input))
    assert.strictEqual(outputTokens, total(output))
    assert.strictEqual(outputTokens, total(lines.map((line) => line.outputTokens)))
  }, seeded)

  it.prop("are final as far as their parts are", [AnyMessages], ([messages]) => {
    const usage = Usage.sum(usagesOf(messages))
    const ended = messages.filter((message) => message.stop_reason !== null)
    assert.strictEqual(usage.isFinal, ended.length === messages.length)
    assert.deepStrictEqual(Usage.finalOnly(usage), Usage.sum(usagesOf(ended)))
  }, seeded)
})
