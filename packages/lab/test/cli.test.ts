import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import process from "node:process"
import { text } from "node:stream/consumers"

const main = join(import.meta.dirname, "../src/bin/lab.ts")

/** A folder of a test's own, where policy files find the packages. */
const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(import.meta.dirname, ".cli-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

const lab = (...args: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] })
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
    return { stdout, stderr, code: Number(code) }
  })

/** Runs the lab with a policy file of this content. */
const withPolicy = (source: string, ...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const home = yield* folder
    const file = join(home, "my-policy.ts")
    yield* Effect.promise(() => writeFile(file, source))
    return yield* lab("--policy", file, "--out", join(home, "report.html"), "--clients", "200", ...args)
  })

/** One paragraph for people, and no stack. */
const assertComplaint = (run: { readonly stderr: string; readonly code: number }, message: RegExp) => {
  assert.match(run.stderr.replaceAll("\n", " "), message)
  assert.notMatch(run.stderr, /^\s+at /m)
  assert.isBelow(run.stderr.trim().split("\n").length, 8)
  assert.strictEqual(run.code, 1)
}

const imports = `import { Effect, Schedule } from "effect"\nimport { RetryPolicy } from "effect-claude"\n`

const bad: ReadonlyArray<readonly [string, string, RegExp]> = [
  ["exports no schedule", "export const times = 3", /exports times \(a number\), and none of it is a Schedule/],
  ["exports nothing", "export {}", /exports nothing/],
  [
    "exports an effect",
    `${imports}export default Effect.succeed(RetryPolicy.none)`,
    /an Effect; wrap it in Policy.make/
  ],
  ["throws", `throw new Error("boom")`, /does not load: Error: boom/],
  ["is no TypeScript", "export default =", /does not load: SyntaxError/],
  ["imports what is not there", `import "no-such-package"`, /does not load: .*no-such-package/],
  [
    "takes errors of another type",
    `${imports}export default Schedule.while(Schedule.forever, ({ input }: any) => input.response.status > 499)`,
    /"my-policy" failed .*reading 'status'/
  ],
  ["never ends", `${imports}export const stubborn = Schedule.spaced("1 second")`, /"stubborn" seems to never end/]
]

describe("pnpm lab", () => {
  it.live("prints a table and writes a report for a policy of one's own", () =>
    Effect.gen(function*() {
      const home = yield* folder
      const [policy, report] = [join(home, "patient.ts"), join(home, "report.html")]
      const source = `${imports}export default RetryPolicy.standard.pipe(Schedule.upTo({ times: 3 }))
setInterval(() => {}, 1000) // Left running: does not keep the lab open.`
      yield* Effect.promise(() => writeFile(policy, source))
      const run = yield* lab("--policy", policy, "-s", "outage-60s", "-s", "contention", "-n", "200", "--out", report)
      assert.strictEqual(run.code, 0, run.stderr)
      assert.strictEqual(run.stderr, "", "no progress where nobody looks")
      assert.match(run.stdout, /^outage-60s \(200 clients, seed 1\)$/m)
      for (const name of ["none", "sdk", "default", "patient"]) {
        assert.match(run.stdout, new RegExp(`^${name} +\\d`, "m"))
      }
      assert.match(run.stdout, /^contention \(100 clients/m)
      assert.notInclude(run.stdout, "\u001B", "plain when piped")
      assert.include(yield* Effect.promise(() => readFile(report, "utf8")), ">patient</text>")
    }))

  it.live.each(bad)("refuses a policy file that %s", ([, source, message]) =>
    Effect.gen(function*() {
      assertComplaint(yield* withPolicy(source, "--scenario", "outage-60s"), message)
    }))

  const misused: ReadonlyArray<readonly [string, ReadonlyArray<string>, RegExp]> = [
    [
      "a policy file that is not there",
      ["--policy", "./nowhere.ts"],
      /no policy "\.\/nowhere\.ts".*none, sdk, default/
    ],
    ["an unknown scenario", ["--scenario", "flood"], /no scenario "flood".* quiet, .*outage-60s.*contention/],
    ["a folder that is not there", ["--out", "/nowhere/report.html"], /cannot be written to \/nowhere\/report\.html/]
  ]

  it.live.each(misused)("complains of %s", ([, args, message]) =>
    Effect.gen(function*() {
      assertComplaint(yield* lab(...args), message)
    }))

  it.live("refuses a crowd of nobody", () =>
    Effect.gen(function*() {
      const run = yield* lab("--clients", "0")
      assert.strictEqual(run.code, 1)
      assert.match(run.stderr, /--clients/)
    }))
})
