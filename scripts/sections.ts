/**
 * Writes the parts of Markdown files that are made of code, each between `<!-- name: … -->` and `<!-- /name -->`. With
 * `--check` it only names the files that differ.
 */
import { ClaudeError, Prices, Reason, Telemetry } from "effect-claude"
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import process from "node:process"
import {
  type Column,
  efforts,
  factsOf,
  pages,
  sourceOf,
  table as modelTable
} from "../packages/testing/src/internal/modelTable.ts"

const { statuses } = ClaudeError

const code = (text: string): string => `\`${text}\``

/** The error type, where it is the status's own. */
const typeOf = ({ status, types: [type] }: ClaudeError.StatusInfo): string =>
  statuses.find(({ types }) => types.includes(type))?.status === status ? code(type) : ""

/** Statuses with a code that is retried where the status is not, or the other way round. */
const withExceptions = new Set(
  [...Reason.errorCodes().values()].flatMap(({ retryable, status }) =>
    retryable === undefined || retryable === ClaudeError.statusInfo(status).transient ? [] : [status]
  )
)

const retriedByDefault = ({ notExecuted, status, tag, transient }: ClaudeError.StatusInfo): string =>
  [
    transient ? "yes" : "no",
    tag === "AuthenticationError" ? "¹" : "",
    transient && !notExecuted ? "²" : "",
    withExceptions.has(status) ? "³" : ""
  ].join("")

const statusRows = statuses.map((info) => [
  code(info.tag),
  info.covers ?? String(info.status),
  typeOf(info),
  retriedByDefault(info),
  info.advice
])

const otherRows = [
  ["`APIConnectionError`", "", "", "yes²", "check network and base URL"],
  ["`APIConnectionTimeoutError`", "", "", "yes²", "a longer `timeout`, or stream"],
  ["`InvalidResponseError`", "success", "", "cut bodies yes², others no", "check the base URL"],
  ["`StreamInterruptedError`", "success", "", "before the first block²", "go on from what arrived"],
  ["`StreamStalledError`", "success", "", "before the first block²", "go on from what arrived"],
  ["`RequestRejectedError`", "nothing sent", "", "no", "fix what `param` names"]
]

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

const usd = (price: number | undefined): string => price === undefined ? "" : `$${price}`

const factor = (times: number | undefined): string => times === undefined ? "" : `× ${times}`

/** Short prompts, then long ones where those cost more. */
const priceRows = Prices.published.models.flatMap(({ fast, ids, longPrompt, us, verified, ...rates }) =>
  [{ ...rates, over: undefined }, ...longPrompt === undefined ? [] : [longPrompt]].map((
    { cacheRead, cacheWrite1h, cacheWrite5m, input, output, over }
  ) => [
    over === undefined ? ids.map(code).join(" ") : `… over ${over / 1000}k tokens of prompt`,
    ...[input, cacheRead, cacheWrite5m, cacheWrite1h, output].map(usd),
    factor(fast),
    factor(us),
    verified
  ])
)

const metricRows = Object.values(Telemetry.instruments).map(({ description, name, type, unit }) => [
  code(name),
  type.toLowerCase(),
  code(unit),
  description
])
const words = (list: ReadonlyArray<string>): string => list.length === 0 ? "none" : list.map(code).join(", ")

const yes = (does: boolean): string => does ? "yes" : "no"

const samplings = { any: "all", one: "`temperature` or `top_p`", default: "the API's own" }

/** What the simulator's models take; `?` where nobody says. */
const modelRows = Object.entries(modelTable).map(([id, row]) => {
  const { contextWindow, effort, maxTokens, rules, thinking } = factsOf(id)
  const cell = (column: Column, text: string) => sourceOf(row, column) === "unknown" ? "?" : text
  const { effortWithoutThinking } = rules
  return [
    code(id),
    cell("contextWindow", `${contextWindow}`),
    cell("maxTokens", `${maxTokens}`),
    cell("thinking", words(thinking)),
    cell("effort", effort.length === efforts.length ? "every" : words(effort)),
    thinking.length > 1 && effort.length > 0 ? cell("effortWithoutThinking", code(effortWithoutThinking)) : "",
    cell("sampling", samplings[rules.sampling]),
    cell("prefill", yes(rules.prefill)),
    cell("forcedToolChoice", yes(rules.forcedToolChoice)),
    cell("refusedTools", words(rules.refusedTools))
  ]
})

const modelHead = [
  "model",
  "context",
  "`max_tokens`",
  "`thinking.type`",
  "`effort`",
  "without thinking, up to",
  "sampling",
  "prefill",
  "forced tools",
  "tools refused"
]

const sourceRows = Object.entries(pages).map((
  [column, page]
) => [column.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`), page.startsWith("https:") ? `<${page}>` : page])

const sections: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "docs/usage.md": {
    prices: table(
      ["model", "input", "cache read", "write 5m", "write 1h", "output", "fast", "US alone", "as of"],
      priceRows
    )
  },
  "docs/production.md": { metrics: table(["metric", "type", "unit", "what"], metricRows) },
  "README.md": {
    errors: table(["class", "status", "`type`", "retried by default", "what to do"], [...statusRows, ...otherRows])
  },
  "packages/testing/README.md": {
    models: table(modelHead, modelRows),
    "model sources": table(["of a model", "from"], sourceRows)
  }
}

const format = (markdown: string): string =>
  execFileSync("dprint", ["fmt", "--stdin", "md"], { input: markdown, encoding: "utf8" })

const fill = (file: string, markdown: string, name: string, content: string): string => {
  const section = new RegExp(`(<!-- ${name}:[^>]*-->\n)[^]*?(\n<!-- /${name} -->)`)
  if (!section.test(markdown)) throw new Error(`${file} has no section <!-- ${name}: … -->`)
  return markdown.replace(section, (_, begin: string, end: string) => `${begin}\n${content}\n${end}`)
}

const stale = Object.entries(sections).flatMap(([file, contents]) => {
  const before = readFileSync(file, "utf8")
  const after = format(
    Object.entries(contents).reduce((markdown, [name, content]) => fill(file, markdown, name, content), before)
  )
  if (!process.argv.includes("--check")) writeFileSync(file, after)
  return after === before ? [] : [file]
})

if (process.argv.includes("--check") && stale.length > 0) {
  console.error(`Run \`pnpm codegen\`: sections of these files do not say what the code says:\n${stale.join("\n")}`)
  process.exitCode = 1
}
