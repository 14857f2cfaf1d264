/**
 * The prices that Anthropic publishes for the Claude API, in US dollars: of a million tokens, and of a thousand searches.
 *
 * A row is in here when its source is known to have said so: `verified` is the last such day. A model whose price could not
 * be read is not: its usage has no cost, rather than a wrong one. `claude-mythos-5-2` and `claude-mythos-preview` are such.
 */
import type { ModelPrice } from "./table.ts"

const pricingPage = "https://platform.claude.com/docs/en/about-claude/pricing"

const overview = (model: string): string => `https://platform.claude.com/docs/en/models/${model}/overview`

/** Requests that may run in the US only cost a tenth more, of models since Opus 4.6: see the page on data residency. */
const us = 1.1

export const models: ReadonlyArray<ModelPrice> = [
  {
    ids: ["claude-fable-5-2"],
    input: 8,
    cacheWrite5m: 10,
    cacheWrite1h: 16,
    cacheRead: 0.2,
    output: 40,
    fast: 2,
    us,
    source: overview("fable-5-2"),
    verified: "2026-11-12",
    note:
      "Input and output as Anthropic's overview of models lists them; caches and fast mode as others quote the page."
  },
  {
    ids: ["claude-fable-5-1"],
    input: 10,
    cacheWrite5m: 12.5,
    cacheWrite1h: 20,
    cacheRead: 0.25,
    output: 50,
    us,
    source: pricingPage,
    verified: "2026-10-24"
  },
  {
    ids: ["claude-mythos-5-1"],
    input: 10,
    cacheWrite5m: 12.5,
    cacheWrite1h: 20,
    cacheRead: 0.25,
    output: 50,
    us,
    source: pricingPage,
    verified: "2026-10-24"
  },
  {
    ids: ["claude-fable-5"],
    input: 10,
    cacheWrite5m: 12.5,
    cacheWrite1h: 20,
    cacheRead: 1,
    output: 50,
    us,
    source: pricingPage,
    verified: "2026-10-24"
  },
  {
    ids: ["claude-mythos-5"],
    input: 10,
    cacheWrite5m: 12.5,
    cacheWrite1h: 20,
    cacheRead: 1,
    output: 50,
    us,
    source: pricingPage,
    verified: "2026-10-24"
  },
  {
    ids: ["claude-opus-5-5"],
    input: 4,
    cacheWrite5m: 5,
    cacheWrite1h: 8,
    cacheRead: 0.2,
    output: 20,
    fast: 2,
    us,
    source: overview("opus-5-5"),
    verified: "2026-10-24"
  },
  {
    ids: ["claude-opus-5"],
    input: 5,
    cacheWrite5m: 6.25,
    cacheWrite1h: 10,
    cacheRead: 0.5,
    output: 25,
    fast: 2,
    us,
    source: overview("opus-5"),
    verified: "2026-10-24"
  },
  {
    ids: ["claude-opus-4-8"],
    input: 5,
    cacheWrite5m: 6.25,
    cacheWrite1h: 10,
    cacheRead: 0.5,
    output: 25,
    fast: 2,
    us,
    source: pricingPage,
    verified: "2026-10-24",
    note: "Fast mode ends on 30 November 2026."
  },
  {
    ids: ["claude-opus-4-7"],
    input: 5,
    cacheWrite5m: 6.25,
    cacheWrite1h: 10,
    cacheRead: 0.5,
    output: 25,
    us,
    source: pricingPage,
    verified: "2026-10-24"
  },
  {
    ids: ["claude-opus-4-6"],
    input: 5,
    cacheWrite5m: 6.25,
    cacheWrite1h: 10,
    cacheRead: 0.5,
    output: 25,
    us,
    source: pricingPage,
    verified: "2026-10-24"
  },
  {
    ids: ["claude-opus-4-5", "claude-opus-4-5-20251101"],
    input: 5,
    cacheWrite5m: 6.25,
    cacheWrite1h: 10,
    cacheRead: 0.5,
    output: 25,
    source: pricingPage,
    verified: "2026-10-24"
  },
  {
    ids: ["claude-sonnet-5-5"],
    input: 2,
    cacheWrite5m: 2.5,
    cacheWrite1h: 4,
    cacheRead: 0.1,
    output: 10,
    us,
    source: pricingPage,
    verified: "2026-10-24",
    note: "Cache reads cost 0.20 until 7 October 2026."
  },
  {
    ids: ["claude-sonnet-5"],
    input: 2,
    cacheWrite5m: 2.5,
    cacheWrite1h: 4,
    cacheRead: 0.2,
    output: 10,
    us,
    source: pricingPage,
    verified: "2026-10-24"
  },
  {
    ids: ["claude-sonnet-4-6"],
    input: 3,
    cacheWrite5m: 3.75,
    cacheWrite1h: 6,
    cacheRead: 0.3,
    output: 15,
    us,
    source: pricingPage,
    verified: "2026-10-24"
  },
  {
    ids: ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929"],
    input: 3,
    cacheWrite5m: 3.75,
    cacheWrite1h: 6,
    cacheRead: 0.3,
    output: 15,
    longPrompt: { over: 200_000, input: 6, cacheWrite5m: 7.5, cacheWrite1h: 12, cacheRead: 0.6, output: 22.5 },
    source: pricingPage,
    verified: "2026-10-24",
    note: "Prompts of over 200,000 tokens have been refused since 30 April 2026; their price is that of before."
  },
  {
    ids: ["claude-haiku-5-5"],
    input: 0.1,
    cacheWrite5m: 0.125,
    cacheWrite1h: 0.2,
    cacheRead: 0.01,
    output: 0.5,
    longPrompt: { over: 100_000, input: 0.5, cacheWrite5m: 0.625, cacheWrite1h: 1, cacheRead: 0.05, output: 2.5 },
    us,
    source: pricingPage,
    verified: "2026-10-24"
  },
  {
    ids: ["claude-haiku-4-5", "claude-haiku-4-5-20251001"],
    input: 1,
    cacheWrite5m: 1.25,
    cacheWrite1h: 2,
    cacheRead: 0.1,
    output: 5,
    source: pricingPage,
    verified: "2026-10-24"
  }
]

/** Of a thousand requests. The web fetch tool costs its tokens alone. */
export const webSearches = 10

/** Batches cost half, in every kind of token. */
export const batch = 0.5
