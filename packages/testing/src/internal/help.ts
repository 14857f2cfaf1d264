/** The help of the command line, in 80 columns. */
import * as CliOutput from "effect/cli/CliOutput"
import * as Scenario from "../Scenario.ts"

const columns = 80
const left = 30

/** Words in lines of so many characters at most; a longer word has a line of its own. */
const wrap = (text: string, width: number): ReadonlyArray<string> =>
  text.match(new RegExp(`\\S.{0,${width - 1}}(?= |$)|\\S+`, "g")) ?? []

const row = (name: string, description: string): string => {
  const lines = wrap(description, columns - left)
  const first = name.length + 2 < left ? [name.padEnd(left) + lines[0], ...lines.slice(1)] : [name, ...lines]
  return [first[0], ...first.slice(1).map((line) => " ".repeat(left) + line)].join("\n")
}

/** A row of a table has two spaces before its name, and some between that and what it says. */
const narrowed = (line: string): string => {
  const [, name, description] = /^( {2}\S(?:.*?\S)?) {2,}(\S.*)$/.exec(line) ?? []
  if (name !== undefined && description !== undefined) return row(name, description)
  return line.length > columns
    ? wrap(line.trim(), columns - 2).map((line) => `  ${line}`).join("\n")
    : line
}

const scenarios = [
  "SCENARIOS",
  ...Object.entries(Scenario.presets).map(([name, { description }]) => row(`  ${name}`, description))
]

const usual = CliOutput.defaultFormatter({ colors: false, globalFlags: "none" })

export const formatter: CliOutput.Formatter = {
  ...usual,
  formatHelpDoc: (doc) =>
    usual.formatHelpDoc(doc).split("\n").map(narrowed).join("\n").replace(
      /(?=^EXAMPLES$)/m,
      `${scenarios.join("\n")}\n\n`
    )
}
