/** Our prices beside those of a well-known package: what differs, and who is right. */
import { assert, describe, it } from "@effect/vitest"
import { calcPrice, type Usage as TheirUsage } from "@pydantic/genai-prices"
import { Option } from "effect"
import { Prices } from "../src/index.ts"
import { servedAs } from "./support/servedAs.ts"

/** The same usage for both. Theirs counts cached tokens as input. */
const usages: Readonly<Record<string, { readonly ours: object; readonly theirs: TheirUsage }>> = {
  input: { ours: { input_tokens: 90_000 }, theirs: { input_tokens: 90_000 } },
  output: { ours: { output_tokens: 1000 }, theirs: { output_tokens: 1000 } },
  "cache read": {
    ours: { cache_read_input_tokens: 90_000 },
    theirs: { input_tokens: 90_000, cache_read_tokens: 90_000 }
  },
  "cache write 5m": {
    ours: { cache_creation: { ephemeral_5m_input_tokens: 90_000 } },
    theirs: { input_tokens: 90_000, cache_write_tokens: 90_000 }
  },
  "cache write 1h": {
    ours: { cache_creation: { ephemeral_1h_input_tokens: 90_000 } },
    theirs: { input_tokens: 90_000, cache_write_tokens: 90_000, cache_write_1h_tokens: 90_000 }
  },
  "long prompt": {
    ours: { input_tokens: 250_000, output_tokens: 1000 },
    theirs: { input_tokens: 250_000, output_tokens: 1000 }
  },
  searches: {
    ours: { server_tool_use: { web_search_requests: 3 } },
    theirs: { input_tokens: 0, web_searches: 3 }
  },
  batch: { ours: { output_tokens: 1000, service_tier: "batch" }, theirs: { output_tokens: 1000 } },
  fast: { ours: { output_tokens: 1000, speed: "fast" }, theirs: { output_tokens: 1000 } },
  us: { ours: { output_tokens: 1000, inference_geo: "us" }, theirs: { output_tokens: 1000 } }
}

const models = [...Prices.published.models.flatMap(({ ids }) => ids), "claude-sonnet-5-6", "claude-opus-4-8-preview"]

const dollars = (cost: number | undefined): string => cost === undefined ? "none" : `$${Number(cost.toPrecision(12))}`

interface Difference {
  readonly model: string
  readonly kind: string
  readonly ours: string
  readonly theirs: string
}

const differences: ReadonlyArray<Difference> = models.flatMap((model) =>
  Object.entries(usages).flatMap(([kind, usage]) => {
    const ours = dollars(Option.getOrUndefined(Prices.costBy(servedAs(model, usage.ours), Prices.published)))
    const theirs = dollars(calcPrice(usage.theirs, model, { providerId: "anthropic" })?.total_price)
    return ours === theirs ? [] : [{ model, kind, ours, theirs }]
  })
)

/** Models that are on the pricing page and not in their data. We are right. */
const missing: ReadonlySet<string> = new Set([
  "claude-fable-5-2",
  "claude-mythos-5-1",
  "claude-mythos-5",
  "claude-haiku-5-5"
])

/** What was served on other terms costs them what it costs on the standard ones. We are right. */
const terms: ReadonlySet<string> = new Set(["batch", "fast", "us"])

/** They match by prefix, so that a model which is new costs them what an older one does. We are right. */
const prefixes: ReadonlySet<string> = new Set(["claude-sonnet-5-6", "claude-opus-4-8-preview"])

describe("beside @pydantic/genai-prices", () => {
  it("knows models that it does not", () => {
    const unknown = differences.filter(({ theirs }) => theirs === "none")
    assert.deepStrictEqual(new Set(unknown.map(({ model }) => model)), missing)
  })

  it("has no price for models that it takes for others", () => {
    const taken = differences.filter(({ model }) => prefixes.has(model))
    assert.strictEqual(taken.length, prefixes.size * Object.keys(usages).length)
    assert.isTrue(taken.every(({ ours, theirs }) => ours === "none" && theirs !== "none"))
  })

  it("differs in no other price but one, where it takes claude-sonnet-5-5 for claude-sonnet-5", () => {
    const rest = differences.filter(({ kind, model }) =>
      !missing.has(model) && !prefixes.has(model) && !terms.has(kind)
    )
    assert.deepStrictEqual(rest, [
      { model: "claude-sonnet-5-5", kind: "cache read", ours: "$0.009", theirs: "$0.018" }
    ])
  })

  it("knows what batches, fast mode and the US alone cost, which it does not", () => {
    const ofOpus = differences.filter(({ kind, model }) => model === "claude-opus-5-5" && terms.has(kind))
    assert.deepStrictEqual(ofOpus.map(({ kind, ours, theirs }) => [kind, ours, theirs]), [
      ["batch", "$0.01", "$0.02"],
      ["fast", "$0.04", "$0.02"],
      ["us", "$0.022", "$0.02"]
    ])
  })
})
