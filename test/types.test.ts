/**
 * Runs the type tests of the workspace, the files `*.tst.ts`, and reports each of them as a test. TSTyche needs the
 * JavaScript API of TypeScript, which 7.0 does not have: it gets TypeScript 6, a dependency of this package alone.
 */
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"
import type { DescribeResult, TestResult } from "tstyche/api"
import { it } from "vitest"

process.env["TSTYCHE_TYPESCRIPT_MODULE"] = pathToFileURL(createRequire(import.meta.url).resolve("typescript")).href
const { Config, diagnosticText, EventEmitter, Runner, Scribbler, Select } = await import("tstyche/api")

const config = Config.resolve({ configFileOptions: { testFileMatch: ["**/*.tst.ts"], quiet: true, reporters: [] } })
const scribbler = new Scribbler({ noColor: true })
let file = "type tests"
let problems: Array<string> = []

const nameOf = (result: DescribeResult | TestResult): string =>
  (result.parent === undefined ? `${file} > ` : `${nameOf(result.parent)} > `) +
  ("test" in result ? result.test.name : result.describe.name)

const report = (name: string, test: typeof it | typeof it.skip = it) => {
  const message = problems.join("\n")
  problems = []
  test(name, () => {
    if (message !== "") throw new Error(message)
  })
}

new EventEmitter().addHandler({
  on([event, payload]) {
    if ("diagnostics" in payload) problems.push(...payload.diagnostics.map((_) => scribbler.render(diagnosticText(_))))
    switch (event) {
      case "file:start":
        file = payload.result.file.path.slice(config.rootPath.length + 1)
        break
      case "test:pass":
      case "test:fail":
      case "test:error":
      case "test:fixme":
        return report(nameOf(payload.result))
      case "test:skip":
      case "test:todo":
        return report(nameOf(payload.result), it.skip)
      case "test:start":
      case "file:end":
      case "run:end":
        if (problems.length > 0) report(`${file} > outside of a test`)
    }
  }
})
await new Runner(config).run(await Select.selectFiles(config))
