/** The report: one page that needs nothing else. */
import type { Chapter } from "./Chapter.ts"
import { columns } from "./columns.ts"
import { style } from "./pageStyle.ts"
import type { Plot } from "./plots.ts"
import type { Result } from "./Result.ts"
import * as Text from "./text.ts"

const e = Text.escapeHtml

interface Drawn extends Chapter {
  readonly plots: ReadonlyArray<Plot>
}

export const page = (chapters: ReadonlyArray<Drawn>, command: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Retry policies in the lab</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Retry policies in the lab</h1>
<p>Each client makes one call and repeats it for as long as its policy says, in virtual time. Made by
<code>${e(command)}</code></p>
<nav>${chapters.map(({ scenario }) => `<a href="#${e(scenario.name)}">${e(scenario.name)}</a>`).join(" ")}</nav>
</header>
<main>
${chapters.map(section).join("\n")}
</main>
<footer>
<h2>What the columns say</h2>
<dl>${columns.slice(1).map(({ meaning, title }) => `<dt>${e(title)}</dt><dd>${e(meaning)}</dd>`).join("")}</dl>
</footer>
</body>
</html>
`

const section = ({ plots, policies, results, scenario }: Drawn): string => {
  const [first] = results
  const crowd = first === undefined ? "" : `${Text.count(first.clients)} clients, seed ${first.seed}`
  return `<section id="${e(scenario.name)}">
<h2>${e(scenario.name)} <small>${crowd}</small></h2>
<p>${e(scenario.description)}</p>
<table>
<thead><tr>${columns.map(({ title }) => `<th scope="col">${e(title)}</th>`).join("")}</tr></thead>
<tbody>
${results.map((result, index) => row(result, index, descriptionOf(policies, result.policy))).join("\n")}
</tbody>
</table>
<div class="plots">
${plots.map(figure).join("\n")}
</div>
</section>`
}

const descriptionOf = (policies: Chapter["policies"], name: string): string =>
  policies.find((policy) => policy.name === name)?.description ?? ""

const row = (result: Result, index: number, description: string): string => {
  const [, ...rest] = columns
  const cells = rest.map(({ cell, title }) => `<td data-title="${e(title)}">${e(cell(result))}</td>`)
  const chip = `<i style="background:var(--policy-${index})"></i>`
  return `<tr><th scope="row">${chip}<b>${e(result.policy)}</b><span>${e(description)}</span></th>${
    cells.join("")
  }</tr>`
}

const figure = ({ description, svg, title }: Plot): string =>
  `<figure><figcaption><b>${e(title)}</b> ${e(description)}</figcaption>${svg}</figure>`
