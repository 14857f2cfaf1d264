/** What calls have used: counts, and the lines of a bill that they come from. Sums are exact, whatever their order. */

/**
 * Tokens and tool requests by kind. Every kind is billed at its own price.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Counts {
  /** Input that no cache was read for or written to. */
  readonly uncachedInputTokens: number
  readonly cacheReadTokens: number
  /** Input written to a cache that lives for 5 minutes. */
  readonly cacheWrite5mTokens: number
  /** Input written to a cache that lives for an hour. */
  readonly cacheWrite1hTokens: number
  /** All output, reasoning included. */
  readonly outputTokens: number
  /** The part of `outputTokens` that was reasoning, whether or not it was shown. */
  readonly reasoningTokens: number
  /** Requests of the web search tool. */
  readonly webSearches: number
  /** Requests of the web fetch tool. */
  readonly webFetches: number
}

/**
 * What was used on the same terms, as the API says that it served it: these are what a price depends on.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Line extends Counts {
  /** The model that answered. `undefined` where that is not known. */
  readonly model: string | undefined
  /** `standard` or `fast`. */
  readonly speed: string
  /** `standard`, `priority` or `batch`. */
  readonly serviceTier: string
  /** Where the model ran, where the API says so: `us` or `global`. */
  readonly inferenceGeo: string | undefined
  /**
   * The size of the prompts, caches included, in steps of 10,000 tokens: 20,000 for a prompt of 10,001 to 20,000 tokens.
   * Some models cost more for long prompts.
   */
  readonly promptTokensUpTo: number
  /** Whether the API has counted this to the end. */
  readonly isFinal: boolean
}

/**
 * What one or more calls have used.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Usage extends Counts {
  /** All input: uncached, read from caches and written to them. */
  readonly inputTokens: number
  /**
   * Whether the API has counted everything to the end. `false` where an answer was cut, cancelled or lost: then these are
   * the counts that had arrived, and it may have used more.
   */
  readonly isFinal: boolean
  /** The same by terms: one line for each combination of model, speed, tier, place, size of prompts, and finality. */
  readonly lines: ReadonlyArray<Line>
}

/** The steps in which the size of prompts is kept. */
export const promptStep = 10_000

const nothing: Counts = {
  uncachedInputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  webSearches: 0,
  webFetches: 0
}

// Field by field: this runs for each call, and loops over names take ten times as long.
const plus = (a: Counts, b: Counts): Counts => ({
  uncachedInputTokens: a.uncachedInputTokens + b.uncachedInputTokens,
  cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
  cacheWrite5mTokens: a.cacheWrite5mTokens + b.cacheWrite5mTokens,
  cacheWrite1hTokens: a.cacheWrite1hTokens + b.cacheWrite1hTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  webSearches: a.webSearches + b.webSearches,
  webFetches: a.webFetches + b.webFetches
})

const promptOf = (counts: Counts): number =>
  counts.uncachedInputTokens + counts.cacheReadTokens + counts.cacheWrite5mTokens + counts.cacheWrite1hTokens

/** The step that the prompt of one request is in. */
export const promptTokensUpTo = (counts: Counts): number => Math.ceil(promptOf(counts) / promptStep) * promptStep

/** Different for different terms: with the lengths of the texts in front, none runs into the next. */
const keyOf = ({ inferenceGeo = "", isFinal, model = "", promptTokensUpTo, serviceTier, speed }: Line): string =>
  `${model.length} ${speed.length} ${serviceTier.length} ${model} ${speed} ${serviceTier} ${inferenceGeo} ` +
  `${promptTokensUpTo} ${isFinal}`

/** Adds up without copying what it has. */
export class Tally {
  readonly #lines = new Map<string, Line>()

  add({ lines }: Pick<Usage, "lines">): void {
    for (const line of lines) {
      const key = keyOf(line)
      const known = this.#lines.get(key)
      this.#lines.set(key, known === undefined ? line : { ...line, ...plus(known, line) })
    }
  }

  /** The lines are in the order of their keys, so that equal sums are equal values. */
  get usage(): Usage {
    return usageOf([...this.#lines].sort(([a], [b]) => a < b ? -1 : 1).map(([, line]) => line))
  }
}

const usageOf = (lines: ReadonlyArray<Line>): Usage => {
  const counts = lines.reduce(plus, nothing)
  return { ...counts, inputTokens: promptOf(counts), isFinal: lines.every((line) => line.isFinal), lines }
}

export const fromLines = (lines: ReadonlyArray<Line>): Usage => lines.length > 1 ? sum([{ lines }]) : usageOf(lines)

export const sum = (all: Iterable<Pick<Usage, "lines">>): Usage => {
  const tally = new Tally()
  for (const usage of all) tally.add(usage)
  return tally.usage
}

export const none: Usage = fromLines([])
