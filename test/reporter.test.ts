/** Promise: the last line of a run is the count, and a run that leaves something out does not look complete. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { text } from "node:stream/consumers"

const root = join(import.meta.dirname, "..")
const vitest = join(root, "node_modules/vitest/vitest.mjs")
const reporter = join(root, "scripts/reporter.ts")
const services = join(import.meta.dirname, "support/services.ts")

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "reporter-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

/** Runs a file of tests, where no program is on PATH. */
const run = Effect.fnUntraced(function*(source: string, environment: Record<string, string> = {}) {
  const home = yield* folder
  return yield* Effect.promise(async () => {
    await writeFile(join(home, "some.test.js"), source)
    const options = ["run", "--root", home, "--globals", "--reporter", reporter]
    const child = spawn(process.execPath, [vitest, ...options], {
      env: { PATH: "", ...environment },
      stdio: ["ignore", "pipe", "pipe"]
    })
    const [stdout, , [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
    return { lines: stdout.trimEnd().split("\n"), code: Number(code) }
  })
})

const needsRedis = `import { describeWith, redis } from ${JSON.stringify(services)}
it("passes", () => {})
describeWith(redis, "the store", () => it("stores", () => {}))`

const reason = "skipped: the store > needs Redis (set REDIS_URL or install redis-server)"

describe("the last line of a run", () => {
  it.live("counts what passed and what failed", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run(`it("passes", () => {}); it("fails", () => { throw new Error("no") })`)
      assert.deepStrictEqual([code, lines.at(-1)], [1, "1 passed, 1 failed"])
    }))

  it.live("counts a file that does not load as failed", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run(`throw new Error("no")`)
      assert.deepStrictEqual([code, lines.at(-1)], [1, "0 passed, 1 failed"])
    }))

  it.live("counts what was skipped because a service is missing, and says before it what and why", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run(needsRedis)
      assert.deepStrictEqual([code, ...lines.slice(-2)], [0, reason, "1 passed, 0 failed, 1 skipped"])
    }))

  it.live("counts what was skipped as failed in CI", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run(needsRedis, { CI: "true" })
      assert.include(lines, reason)
      assert.deepStrictEqual([code, lines.at(-1)], [1, "1 passed, 1 failed"])
    }))

  it.live("skips nothing where the service is there", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run(needsRedis, { CI: "true", REDIS_URL: "redis://127.0.0.1:1" })
      assert.deepStrictEqual([code, lines.at(-1)], [0, "2 passed, 0 failed"])
    }))
})
