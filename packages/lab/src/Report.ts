/**
 * What came of it, for people: a table for the terminal and a page with plots.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Chapter } from "./internal/Chapter.ts"
import { columns } from "./internal/columns.ts"
import { page } from "./internal/page.ts"
import * as Text from "./internal/text.ts"

export type { Chapter } from "./internal/Chapter.ts"
export { columns } from "./internal/columns.ts"

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
    Effect.map((drawn) => page(drawn, options.command))
  )
