/** A Vitest reporter that makes `N passed, M failed` the last line of a run, and a run without tests a failed one. */
import process from "node:process"
import type { Reporter, TestModule } from "vitest/node"

export default class ClosingLine implements Reporter {
  /** What the closing line says when the run breaks off: that something failed. */
  private counts = { passed: 0, failed: 1, skipped: 0 }

  onInit() {
    process.once("exit", (code) => {
      const { failed, passed, skipped } = this.counts
      const brokenOff = code !== 0 && failed === 0 || passed + failed === 0
      if (brokenOff || failed > 0) process.exitCode = code === 0 ? 1 : code
      console.log(`${passed} passed, ${brokenOff ? 1 : failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`)
    })
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<unknown>) {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state))
    const count = (state: string) => tests.filter((_) => _ === state).length
    // A file that does not load, and a hook that throws, fail without a failed test.
    const brokenSuites = modules.flatMap((module) => [module, ...module.children.allSuites()])
      .filter((suite) => suite.errors().length > 0)
    this.counts = {
      passed: count("passed"),
      failed: count("failed") + count("pending") + brokenSuites.length + unhandled.length,
      skipped: count("skipped")
    }
  }
}
