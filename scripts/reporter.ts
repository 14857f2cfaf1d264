/**
 * A Vitest reporter that makes `N passed, N failed` the last line of a run, after the names of the tests that were skipped
 * because something is missing. A run without tests is a failed one, and so is a run in CI that skips a test.
 */
import process from "node:process"
import type { Reporter, TestCase, TestModule } from "vitest/node"

const inCi = process.env["CI"] !== undefined && !["", "0", "false"].includes(process.env["CI"])

/** Tests that skip themselves say why. Those that `it.skip` or a filter leaves out do not. */
const reasonOf = (test: TestCase): string | undefined => {
  const result = test.result()
  return result.state === "skipped" ? result.note : undefined
}

export default class ClosingLine implements Reporter {
  /** What the closing line says when the run breaks off: that something failed. */
  private counts = { passed: 0, failed: 1, skipped: 0 }
  private reasons: ReadonlyArray<string> = []

  onInit() {
    process.once("exit", (code) => {
      const { failed, passed, skipped } = this.counts
      const brokenOff = code !== 0 && failed === 0 || passed + failed + skipped === 0
      if (brokenOff || failed > 0) process.exitCode = code === 0 ? 1 : code
      const closing = `${passed} passed, ${brokenOff ? 1 : failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`
      console.log([...this.reasons, closing].join("\n"))
    })
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<unknown>) {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    // A file that does not load, and a hook that throws, fail without a failed test.
    const brokenSuites = modules.flatMap((module) => [module, ...module.children.allSuites()])
      .filter((suite) => suite.errors().length > 0)
    const skipped = count("skipped")
    this.reasons = tests.flatMap((test) => {
      const reason = reasonOf(test)
      return reason === undefined ? [] : [`skipped: ${test.fullName} (${reason})`]
    })
    this.counts = {
      passed: count("passed"),
      failed: count("failed") + count("pending") + brokenSuites.length + unhandled.length + (inCi ? skipped : 0),
      skipped: inCi ? 0 : skipped
    }
    if (inCi && skipped > 0) {
      this.reasons = [...this.reasons, `In CI a skipped test counts as failed: ${skipped} skipped.`]
    }
  }
}
