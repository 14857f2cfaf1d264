import { Lab, Policy, Report, Scenario } from "@effect-claude/lab"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const chapters = Effect.forEach([Scenario.outage(), Scenario.quiet({ failureRate: 0 })], (scenario) =>
  Effect.map(
    Effect.forEach(Policy.builtIn, (policy) => Lab.run({ scenario, policy, clients: 200 })),
    (results): Report.Chapter => ({ scenario, policies: Policy.builtIn, results })
  ))

const page = Effect.flatMap(chapters, (chapters) => Report.html(chapters, { command: `pnpm lab --out "<b>.html"` }))

describe("Report.html", () => {
  it.effect("needs no network: no address but the namespace of SVG, no script, no style sheet, no image", () =>
    Effect.gen(function*() {
      const html = yield* page
      const addresses = html.match(/\b(?:https?:)?\/\/[^\s"'<>)]+/g) ?? []
      assert.deepStrictEqual([...new Set(addresses)], ["http://www.w3.org/2000/svg"])
      assert.notMatch(html, /<(?:script|link|img|iframe|object|embed)\b|@import|url\((?!#)/i)
    }))

  it.effect("has three plots a scenario, every policy in each, in the colors of the page", () =>
    Effect.gen(function*() {
      const html = yield* page
      for (const title of ["Calls a second", "Answers", "Delay of each retry"]) {
        assert.strictEqual(html.split(`aria-label="${title}"`).length - 1, 2, title)
      }
      for (const [, svg = ""] of html.matchAll(/aria-label="Calls a second"([^]*?)<\/svg>/g)) {
        for (const { name } of Policy.builtIn) assert.include(svg, `>${name}</text>`)
        assert.match(svg, /fill="var\(--policy-6\)"/)
      }
      assert.notMatch(html, /NaN|undefined/)
    }))

  it.effect("escapes what it is given", () =>
    Effect.gen(function*() {
      assert.include(yield* page, "pnpm lab --out &quot;&lt;b&gt;.html&quot;")
    }))
})

describe("Report.table", () => {
  it.effect("is aligned and fits 100 columns", () =>
    Effect.gen(function*() {
      const lines = (yield* chapters).flatMap((chapter) => Report.table(chapter).split("\n"))
      const longest = Math.max(...[...lines, ...Report.legend.split("\n")].map((line) => line.length))
      assert.isAtMost(longest, 100)
      const rows = lines.filter((line) => / \d+\.\d+% /.test(line))
      assert.strictEqual(rows.length, 2 * Policy.builtIn.length)
      assert.strictEqual(new Set(rows.map((row) => row.indexOf("%"))).size, 1, "one column of percents")
    }))
})
