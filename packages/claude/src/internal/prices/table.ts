/** Tables of prices, and what usage costs by them: in integers, so that nothing is lost before the sum is rounded. */
import type { Line } from "../usage/usage.ts"
import { promptStep } from "../usage/usage.ts"

/**
 * What a million tokens cost by kind, in US dollars.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Rates {
  readonly input: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  readonly cacheRead: number
  readonly output: number
}

/**
 * What a model costs.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface ModelPrice extends Rates {
  /** The ids that mean this model, each in full: no other id is priced by it, however it begins. */
  readonly ids: ReadonlyArray<string>
  /** What requests cost whose prompt, caches included, is longer than `over` tokens: a multiple of 10,000. */
  readonly longPrompt?: Rates & { readonly over: number }
  /** What multiplies the price in fast mode. Without it, what was served fast has no price. */
  readonly fast?: number
  /** What multiplies the price of inference in the US alone. Without it, what was served so has no price. */
  readonly us?: number
  /** Where the price was read. */
  readonly source: string
  /** The last day on which the source is known to have said so, as `2026-11-26`. */
  readonly verified: string
  readonly note?: string
}

/**
 * What {@link make} makes a table of.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface TableOptions {
  readonly models: ReadonlyArray<ModelPrice>
  /** What a thousand requests of the web search tool cost, in US dollars. Default: 10. */
  readonly webSearches?: number
  /** What multiplies the price of tokens in a batch. Default: 0.5. */
  readonly batch?: number
}

/**
 * Prices by model.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Table extends Required<TableOptions> {
  /** The price of a model, by its exact id. */
  readonly get: (model: string) => ModelPrice | undefined
}

/** Integers: a price in millionths of a dollar for a million tokens, a factor in thousandths. */
const priceUnit = 1e6
const factorUnit = 1000

const rates = ["input", "cacheWrite5m", "cacheWrite1h", "cacheRead", "output"] as const satisfies ReadonlyArray<
  keyof Rates
>

export const make = (options: Required<TableOptions>): Table => {
  const { batch, models, webSearches } = options
  const byId = new Map<string, ModelPrice>()
  refuse("webSearches", webSearches, priceUnit)
  refuse("batch", batch, factorUnit)
  for (const model of models) {
    const [name = "a model without ids"] = model.ids
    for (const rate of rates) refuse(`${name}: ${rate}`, model[rate], priceUnit)
    refuse(`${name}: fast`, model.fast ?? 1, factorUnit)
    refuse(`${name}: us`, model.us ?? 1, factorUnit)
    if (model.longPrompt !== undefined) {
      const { longPrompt } = model
      for (const rate of rates) refuse(`${name}: longPrompt.${rate}`, longPrompt[rate], priceUnit)
      if (!Number.isSafeInteger(longPrompt.over) || longPrompt.over < 0 || longPrompt.over % promptStep !== 0) {
        throw new RangeError(`${name}: longPrompt.over: expected a multiple of ${promptStep}, got ${longPrompt.over}`)
      }
    }
    for (const id of model.ids) {
      if (byId.has(id)) throw new RangeError(`${id}: expected one price, got two`)
      byId.set(id, model)
    }
  }
  return { batch, models, webSearches, get: (model) => byId.get(model) }
}

/** What would not be the same as an integer would make sums inexact. */
const refuse = (what: string, value: number, unit: number): void => {
  const integer = Math.round(value * unit)
  if (!(value >= 0) || !Number.isSafeInteger(integer) || Math.abs(integer / unit - value) > 1e-12) {
    throw new RangeError(
      `${what}: expected a number of at least 0 with at most ${Math.log10(unit)} decimals, got ${value}`
    )
  }
}

const integer = (value: number, unit: number): bigint => BigInt(Math.round(value * unit))

/** Dollars by 10^-21: a millionth of a millionth for a token, and three factors. */
const decimals = 21

/**
 * What a line costs, exactly. `undefined` where the table has no price for its terms, or where it holds what is no count:
 * anyone can make a line.
 */
export const costOfLine = (table: Table, line: Line): bigint | undefined => {
  const { cacheReadTokens, cacheWrite1hTokens, cacheWrite5mTokens, outputTokens, uncachedInputTokens } = line
  const counts = [uncachedInputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, outputTokens]
  if (![...counts, line.webSearches].every((count) => Number.isSafeInteger(count) && count >= 0)) return undefined
  if (counts.every((count) => count === 0) && line.webSearches === 0) return 0n
  const price = line.model === undefined ? undefined : table.get(line.model)
  if (price === undefined) return undefined
  const { longPrompt } = price
  const rates = longPrompt !== undefined && line.promptTokensUpTo > longPrompt.over ? longPrompt : price
  let total = cost(uncachedInputTokens, rates.input) +
    cost(cacheReadTokens, rates.cacheRead) +
    cost(cacheWrite5mTokens, rates.cacheWrite5m) +
    cost(cacheWrite1hTokens, rates.cacheWrite1h) +
    cost(outputTokens, rates.output)
  for (const factor of [tierOf(table, line), speedOf(price, line), placeOf(price, line)]) {
    if (factor === undefined) return undefined
    total *= integer(factor, factorUnit)
  }
  // A search costs a thousandth of its price, a token a millionth. No factor applies to searches.
  return total + cost(line.webSearches, table.webSearches) * 1000n * BigInt(factorUnit) ** 3n
}

const cost = (count: number, price: number): bigint => BigInt(count) * integer(price, priceUnit)

/** Priority is a contract of its own. */
const tierOf = ({ batch }: Table, { serviceTier }: Line): number | undefined =>
  serviceTier === "standard" ? 1 : serviceTier === "batch" ? batch : undefined

const speedOf = ({ fast }: ModelPrice, { serviceTier, speed }: Line): number | undefined =>
  speed === "standard" ? 1 : speed === "fast" && serviceTier === "standard" ? fast : undefined

const placeOf = ({ us }: ModelPrice, { inferenceGeo }: Line): number | undefined =>
  inferenceGeo === undefined || inferenceGeo === "global" ? 1 : inferenceGeo === "us" ? us : undefined

/** The number of dollars that is nearest to an exact sum. */
export const toDollars = (sum: bigint): number => Number(`${sum}e-${decimals}`)
