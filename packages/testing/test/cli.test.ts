import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"

const main = join(import.meta.dirname, "../src/bin/claude-simulator.ts")

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "claude-simulator-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

/** A process, what it has printed so far, and a wait for something in it. */
const run = (...args: ReadonlyArray<string>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] })),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    (child) => {
      let output = ""
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          output += text
        })
      }
      const closed = once(child, "close")
      return {
        child,
        printed: Effect.fnUntraced(function*(pattern: RegExp) {
          while (!pattern.test(output)) {
            assert.isNull(child.exitCode, output)
            yield* Effect.promise(() => Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), closed]))
          }
          return pattern.exec(output)?.[1] ?? ""
        }),
        ended: Effect.promise(async () => {
          const [code] = await closed
          return { code: Number(code), output }
        })
      }
    }
  )

const ask = (url: string, init: RequestInit = {}) =>
  Effect.promise(async () => {
    const headers = { "x-api-key": "secret", "anthropic-version": "2026-10-21", "content-type": "application/json" }
    const response = await fetch(url, { ...init, headers })
    return { status: response.status, body: await response.json() as unknown }
  })

const order = (url: string, orders: unknown) =>
  ask(`${url}/__simulator/faults`, { method: "POST", body: JSON.stringify(orders) })

describe("claude-simulator", () => {
  it.live("serves a scenario, takes orders, logs requests, shows the journal, and stops when told to", () =>
    Effect.gen(function*() {
      const file = join(yield* folder, "storm.json")
      yield* Effect.promise(() => writeFile(file, `{ "rules": [{ "overloaded": 1, "times": 1 }] }`))
      const sim = yield* run("--port", "0", "--scenario", file, "--api-key", "secret")
      const url = yield* sim.printed(/on (http:\/\/127\.0\.0\.1:\d+)/)

      assert.strictEqual((yield* ask(`${url}/v1/models`)).status, 529)
      assert.strictEqual((yield* ask(`${url}/v1/models`)).status, 200)
      const orders = yield* order(url, [{ _tag: "Error", status: 418 }])
      assert.deepStrictEqual(orders, { status: 200, body: { remaining: 1 } })
      assert.strictEqual((yield* ask(`${url}/v1/models`)).status, 418)
      assert.strictEqual((yield* order(url, { rules: [{ internal: 1 }] })).status, 200)
      assert.strictEqual((yield* ask(`${url}/v1/models`)).status, 500)
      assert.strictEqual((yield* order(url, [{ _tag: "Eror" }])).status, 400)
      assert.strictEqual((yield* order(url, { rules: [{ internl: 1 }] })).status, 400)

      yield* sim.printed(/GET {2}\/v1\/models {2}418 {2}Error {2}(answered)/)
      const { body } = yield* ask(`${url}/__simulator/journal`)
      assert.isArray(body)
      assert.deepStrictEqual((body as ReadonlyArray<{ status: number }>).map(({ status }) => status), [
        529,
        200,
        418,
        500
      ])
      assert.notInclude(JSON.stringify(body), "secret")

      sim.child.kill("SIGTERM")
      assert.strictEqual((yield* sim.ended).code, 0)
    }))

  it.live("explains itself", () =>
    Effect.gen(function*() {
      const { code, output } = yield* (yield* run("--help")).ended
      assert.strictEqual(code, 0, output)
      for (const flag of ["--port", "--host", "--scenario", "--api-key"]) assert.include(output, flag)
    }))

  it.live("complains of a scenario that is none, or not there", () =>
    Effect.gen(function*() {
      const file = join(yield* folder, "typo.json")
      yield* Effect.promise(() => writeFile(file, `{ "rules": [{ "overloadd": 1 }] }`))
      const typo = yield* (yield* run("--port", "0", "--scenario", file)).ended
      assert.strictEqual(typo.code, 1)
      assert.match(typo.output, /typo\.json is not a scenario.*overloadd/s)
      const nowhere = yield* (yield* run("--scenario", "/nowhere.json")).ended
      assert.strictEqual(nowhere.code, 1)
      assert.match(nowhere.output, /The scenario cannot be read/)
    }))

  it.live.each([["--api-key", ""], ["--tokens-per-second", "0"], ["--time-to-first-token", "soon"], [
    "--port",
    "70000"
  ]])(
    "refuses %s %j, by its name",
    ([flag, value]) =>
      Effect.gen(function*() {
        const { code, output } = yield* (yield* run(`${flag}=${value}`)).ended
        assert.strictEqual(code, 1)
        assert.match(output, new RegExp(`value for flag ${flag}`))
      })
  )

  it.live("says which port it cannot have", () =>
    Effect.gen(function*() {
      const port = yield* (yield* run("--port", "0")).printed(/on http:\/\/127\.0\.0\.1:(\d+)/)
      const second = yield* (yield* run("--port", port)).ended
      assert.strictEqual(second.code, 1)
      assert.match(second.output, new RegExp(`Cannot listen on 127\\.0\\.0\\.1:${port}.*EADDRINUSE`, "s"))
    }))
})
