/** The columns of a report. */
import type { Result } from "./Result.ts"
import * as Text from "./text.ts"

/**
 * What is said of a result, one column each: in the terminal, on the page and in the legend.
 *
 * @category columns
 * @since 0.1.0
 */
export const columns: ReadonlyArray<{
  readonly title: string
  readonly meaning: string
  readonly cell: (result: Result) => string
}> = [
  { title: "policy", meaning: "the retry policy", cell: (_) => _.policy },
  { title: "success", meaning: "clients that got their answer", cell: (_) => Text.percent(_.successRate) },
  { title: "calls", meaning: "calls made, retries included", cell: (_) => Text.count(_.calls) },
  { title: "per client", meaning: "calls a client: the amplification", cell: (_) => _.amplification.toFixed(2) },
  { title: "peak", meaning: "the most calls in a tenth of a second", cell: (_) => Text.count(_.peak) },
  { title: "p50", meaning: "the median time to an answer, of those that got one", cell: (_) => Text.time(_.p50) },
  { title: "p99", meaning: "99 of 100 answers took no longer", cell: (_) => Text.time(_.p99) },
  { title: "gave up", meaning: "the median time to a failure", cell: (_) => Text.time(_.gaveUpAfter) },
  { title: "end", meaning: "when the last client ended", cell: (_) => Text.time(_.end) },
  { title: "in vain", meaning: "tokens spent on calls that failed", cell: (_) => Text.short(_.tokensInVain) }
]
