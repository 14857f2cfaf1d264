/**
 * What came of it, for people: a table for the terminal and a page with plots.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { page } from "./internal/page.ts"
import * as Text from "./internal/text.ts"
import type * as Lab from "./Lab.ts"
import type * as Policy from "./Policy.ts"
import type * as Scenario from "./Scenario.ts"

/**
 * The results of some policies in one scenario, all with the same clients.
 *
 * @category models
 * @since 0.1.0
 */
export interface Chapter {
  readonly scenario: Scenario.Scenario
  readonly policies: ReadonlyArray<Policy.Policy>
  readonly results: ReadonlyArray<Lab.Result>
}

/**
 * What is said of a result, one column each: in the terminal, on the page and in {@link legend}.
 *
 * @category columns
 * @since 0.1.0
 */
export const columns: ReadonlyArray<{
  readonly title: string
  readonly meaning: string
  readonly cell: (result: Lab.Result) => string
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

const width = 96

/**
 * What the columns mean, as lines of text.
 *
 * @category rendering
 * @since 0.1.0
 */
export const legend: string = Text.wrap(
  columns.slice(1).map(({ meaning, title }) => `${title}: ${meaning}.`).join(" "),
  width
)

/**
 * The results of a chapter as plain text of at most 96 columns (more only where a policy's name is long).
 *
 * @category rendering
 * @since 0.1.0
 */
export const table = ({ results, scenario }: Chapter): string => {
  const [first] = results
  const crowd = first === undefined ? "" : ` (${Text.count(first.clients)} clients, seed ${first.seed})`
  const rows = [columns.map(({ title }) => title), ...results.map((result) => columns.map(({ cell }) => cell(result)))]
  return [
    `${scenario.name}${crowd}`,
    Text.wrap(scenario.description, width),
    "",
    Text.columns(rows)
  ].join("\n")
}

/**
 * All chapters as one page with plots, which needs no network and no other file. `command` says how it was made.
 *
 * @category rendering
 * @since 0.1.0
 */
export const html = (chapters: ReadonlyArray<Chapter>, options: { readonly command: string }): Effect.Effect<string> =>
  Effect.promise(() => import("./internal/plots.ts")).pipe(
    Effect.flatMap(({ plots }) =>
      Effect.forEach(
        chapters,
        (chapter) => Effect.map(plots(chapter.results), (drawn) => ({ ...chapter, plots: drawn }))
      )
    ),
    Effect.map((drawn) => page(drawn, columns, options.command))
  )
