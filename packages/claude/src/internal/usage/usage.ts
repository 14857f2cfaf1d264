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

export const kinds = [
  "uncachedInputTokens",
  "cacheReadTokens",
  "cacheWrite5mTokens",
  "cacheWrite1hTokens",
  "outputTokens",
  "reasoningTokens",
  "webSearches",
  "webFetches"
] as const satisfies ReadonlyArray<keyof Counts>

const promptOf = (counts: Counts): number =>
  counts.uncachedInputTokens + counts.cacheReadTokens + counts.cacheWrite5mTokens + counts.cacheWrite1hTokens

/** The step that the prompt of one request is in. */
export const promptTokensUpTo = (counts: Counts): number => Math.ceil(promptOf(counts) / promptStep) * promptStep

const keyOf = ({ inferenceGeo, isFinal, model, promptTokensUpTo, serviceTier, speed }: Line): string =>
  JSON.stringify([model, speed, serviceTier, inferenceGeo, promptTokensUpTo, isFinal])

const addLines = (a: Line, b: Line): Line => ({ ...a, ...sumOf(kinds, (kind) => a[kind] + b[kind]) })

const sumOf = (names: typeof kinds, sum: (kind: keyof Counts) => number): Counts =>
  Object.fromEntries(names.map((kind) => [kind, sum(kind)])) as Record<keyof Counts, number>

/** Adds up without copying what it has. */
export class Tally {
  readonly #lines = new Map<string, Line>()

  add(usage: Usage): void {
    for (const line of usage.lines) {
      const key = keyOf(line)
      const known = this.#lines.get(key)
      this.#lines.set(key, known === undefined ? line : addLines(known, line))
    }
  }

  get usage(): Usage {
    return usageOf(this.#lines)
  }
}

/** Of lines by their keys. Their order is that of the keys, so that equal sums are equal values. */
const usageOf = (byKey: ReadonlyMap<string, Line>): Usage => {
  const lines = [...byKey].sort(([a], [b]) => a < b ? -1 : 1).map(([, line]) => line)
  const counts = sumOf(kinds, (kind) => lines.reduce((sum, line) => sum + line[kind], 0))
  return { ...counts, inputTokens: promptOf(counts), isFinal: lines.every((line) => line.isFinal), lines }
}

export const fromLines = (lines: ReadonlyArray<Line>): Usage => sum([{ lines }])

export const sum = (all: Iterable<Pick<Usage, "lines">>): Usage => {
  const tally = new Tally()
  for (const usage of all) tally.add(usage as Usage)
  return tally.usage
}

export const none: Usage = fromLines([])
