/** Programs of others, installed from npm into a folder that goes away, and run with nothing of this machine's. */
import { assert } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { text } from "node:stream/consumers"
import { Simulator } from "../../src/index.ts"

export const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "installed-client-"))),
  // A child of the client's may still be writing.
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true, maxRetries: 10 }))
)

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command to its end, which comes after a minute at the latest: with its children it is killed then. */
export const run = (
  command: readonly [string, ...ReadonlyArray<string>],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }
): Effect.Effect<Ran> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const [program, ...args] = command
      return spawn(program, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] })
    }),
    (child) =>
      Effect.promise(async () => {
        const [stdout, stderr, [code]] = await Promise.all([
          text(child.stdout),
          text(child.stderr),
          once(child, "close")
        ])
        return { code: code === null ? null : Number(code), stdout, stderr }
      }).pipe(
        Effect.timeoutOrElse({
          duration: "1 minute",
          orElse: () => Effect.succeed({ code: null, stdout: "", stderr: `${command.join(" ")}: not done in a minute` })
        })
      ),
    (child) =>
      Effect.sync(() => {
        try {
          if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
        } catch {
          // It has ended, and so have its children.
        }
      })
  )

export const succeed = Effect.fnUntraced(function*(...args: Parameters<typeof run>) {
  const { code, stderr, stdout } = yield* run(...args)
  assert.strictEqual(code, 0, stdout + stderr)
  return stdout
})

/** The newest versions of a package, newest first; none where there is no registry. */
export const newestOf = (name: string, count: number): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(
    run(["npm", "view", name, "versions", "--json"], { cwd: tmpdir(), env: process.env }),
    ({ code, stdout }) => code === 0 ? (JSON.parse(stdout) as ReadonlyArray<string>).slice(-count).toReversed() : []
  )

/** A folder with packages in it. Their scripts do not run. */
export const installed = Effect.fnUntraced(
  function*(packages: ReadonlyArray<string>, flags: ReadonlyArray<string> = []) {
    const path = yield* folder
    yield* Effect.promise(() => writeFile(join(path, "package.json"), `{ "private": true, "type": "module" }`))
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]
    yield* succeed(["npm", "install", ...quiet, ...flags, ...packages], { cwd: path, env: process.env })
    return path
  }
)

/** What a client may know of the machine: an empty home, and where the simulated API is. */
export const environment = Effect.fnUntraced(function*(sim: Simulator.Simulator["Service"]) {
  const home = yield* folder
  const work = join(home, "work")
  yield* Effect.promise(() => mkdir(work))
  return {
    cwd: work,
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      TMPDIR: home,
      ANTHROPIC_BASE_URL: sim.url,
      ANTHROPIC_API_KEY: Redacted.value(sim.apiKey),
      CI: "1",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      DISABLE_ERROR_REPORTING: "1",
      DISABLE_TELEMETRY: "1"
    }
  }
})

/** The requests that were not answered as a program wants them answered. */
export const refusals = Effect.gen(function*() {
  const sim = yield* Simulator.Simulator
  const journal = yield* sim.journal
  assert.isNotEmpty(journal)
  return journal.filter(({ status }) => status === undefined || status >= 400)
    .map(({ method, path, status }) => `${method} ${path} ${status}`)
})
