/**
 * What usage costs.
 *
 * **Details**
 *
 * {@link cost} prices a {@link module:Usage} by the table in the context, which is {@link published} unless the program
 * provides another: your contract's, or another platform's. What counts is what was served, as the API says it in the
 * answer: the model, fast mode, the tier (batches cost half), inference in the US alone, and the length of each prompt.
 *
 * A model is priced by its exact id. What the table has no price for costs `Option.none`, never zero: a model that it does
 * not know, the priority tier (a contract of its own), a speed or a place that the model has no price for.
 *
 * Sums are exact. They are made of integers and rounded once, to the nearest number of dollars: add usages rather than
 * costs.
 *
 * **Gotchas**
 *
 * - The prices are those of the Claude API. Over Bedrock, Vertex AI or Foundry, provide a table of your own.
 * - They are today's. Usage of before a change of prices is priced as if it were of now.
 * - What is not in an answer's usage is not in its cost: code execution beyond the free hours, and fallback credits.
 *
 * **Example** (The cost of an effect)
 *
 * ```ts
 * import { Effect, Option } from "effect"
 * import { Claude, Prices, Usage } from "effect-claude"
 *
 * const program = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   const { usage, value } = yield* Usage.track(claude.messages.create({
 *     model: "claude-opus-5-5",
 *     max_tokens: 256,
 *     messages: [{ role: "user", content: "Say hello." }]
 *   }))
 *   const cost = yield* Prices.cost(usage)
 *   yield* Effect.logInfo(Option.match(cost, { onNone: () => "no price", onSome: (usd) => `$${usd.toFixed(4)}` }))
 *   return value
 * })
 * ```
 *
 * **Example** (A price of a contract)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { Prices } from "effect-claude"
 *
 * export const ContractPrices = Layer.succeed(
 *   Prices.Prices,
 *   Prices.make({
 *     models: [...Prices.published.models, {
 *       ids: ["claude-mythos-5-2"],
 *       input: 8,
 *       cacheWrite5m: 10,
 *       cacheWrite1h: 16,
 *       cacheRead: 0.2,
 *       output: 40,
 *       source: "https://intranet.example.com/contracts/claude",
 *       verified: "2026-11-26"
 *     }]
 *   })
 * )
 * ```
 *
 * @since 0.1.0
 * @stability experimental
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Published from "./internal/prices/published.ts"
import * as Tables from "./internal/prices/table.ts"
import type { Line, Usage } from "./internal/usage/usage.ts"

export type { ModelPrice, Rates, Table, TableOptions } from "./internal/prices/table.ts"

/**
 * A table of prices. Throws a `RangeError` that names the model and the field where a price is not a number of at least 0 or has
 * too many decimals (6; a factor 3), where `longPrompt.over` is not a multiple of 10,000, and where two prices have the same id.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const make = (
  { batch = Published.batch, models, webSearches = Published.webSearches }: Tables.TableOptions
): Tables.Table => Tables.make({ batch, models, webSearches })

/**
 * The prices that Anthropic publishes, each with its source and the last day on which that is known to have said so.
 *
 * @category data
 * @stability experimental
 * @since 0.1.0
 */
export const published: Tables.Table = /* @__PURE__ */ make({ models: Published.models })

/**
 * The table by which {@link cost} prices. Default: {@link published}.
 *
 * @category services
 * @stability experimental
 * @since 0.1.0
 */
export const Prices: Context.Reference<Tables.Table> = Context.Reference<Tables.Table>("effect-claude/Prices", {
  defaultValue: () => published
})

/**
 * What usage costs in US dollars, by the table in the context. `None` where it has no price for a part of it: see
 * {@link unpriced}. Of usage that is not final, the cost of what has been counted.
 *
 * @category combinators
 * @stability experimental
 * @since 0.1.0
 */
export const cost = (usage: Usage): Effect.Effect<Option.Option<number>> =>
  Effect.map(Prices, (table) => costBy(usage, table))

/**
 * What usage costs in US dollars by a table.
 *
 * @category combinators
 * @stability experimental
 * @since 0.1.0
 */
export const costBy = (usage: Usage, table: Tables.Table): Option.Option<number> => {
  let sum = 0n
  for (const line of usage.lines) {
    const cost = Tables.costOfLine(table, line)
    if (cost === undefined) return Option.none()
    sum += cost
  }
  return Option.some(Tables.toDollars(sum))
}

/**
 * The lines that the table in the context has no price for: why a cost is `None`.
 *
 * @category combinators
 * @stability experimental
 * @since 0.1.0
 */
export const unpriced = (usage: Usage): Effect.Effect<ReadonlyArray<Line>> =>
  Effect.map(Prices, (table) => usage.lines.filter((line) => Tables.costOfLine(table, line) === undefined))
