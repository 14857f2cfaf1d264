import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { Scenario } from "../src/index.ts"

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
      const flags = ["--port", "--host", "--scenario", "--replies", "--models", "--limits", "--files", "--api-key"]
      for (const flag of [...flags, ...Object.keys(Scenario.presets)]) assert.include(output, flag)
      assert.deepStrictEqual(output.split("\n").filter((line) => line.length > 80), [])
    }))

  it.live("complains of a scenario that is none, or not there", () =>
    Effect.gen(function*() {
      const file = join(yield* folder, "typo.json")
      yield* Effect.promise(() => writeFile(file, `{ "rules": [{ "overloadd": 1 }] }`))
      const typo = yield* (yield* run("--port", "0", "--scenario", file)).ended
      assert.strictEqual(typo.code, 1)
      assert.match(typo.output, /typo\.json is not valid as --scenario.*overloadd/s)
      const nowhere = yield* (yield* run("--scenario", "/nowhere.json")).ended
      assert.strictEqual(nowhere.code, 1)
      assert.match(nowhere.output, /The scenario cannot be read/)
    }))

  it.live("takes replies, models, limits and files, in files or as they are, and a scenario by its name", () =>
    Effect.gen(function*() {
      const path = yield* folder
      yield* Effect.promise(() =>
        writeFile(join(path, "replies.jsonl"), `{ "text": "canned", "times": 1 }\n{ "text": "last" }\n`)
      )
      yield* Effect.promise(() => writeFile(join(path, "models.json"), `[{ "id": "my-model" }]`))
      const sim = yield* run(
        "--port=0",
        "--api-key=secret",
        "--quiet",
        "--scenario=outage",
        `--replies=${join(path, "replies.jsonl")}`,
        `--models=${join(path, "models.json")}`,
        "--limits",
        `{ "requestsPerMinute": 2 }`,
        "--files",
        path
      )
      const url = yield* sim.printed(/on (http:\/\/127\.0\.0\.1:\d+)/)
      const body = JSON.stringify({ model: "my-model", max_tokens: 9, messages: [{ role: "user", content: "Hi" }] })
      const answers = yield* Effect.replicateEffect(ask(`${url}/v1/messages`, { method: "POST", body }), 3)
      assert.deepStrictEqual(answers.map(({ status }) => status), [200, 200, 429])
      assert.include(JSON.stringify(answers[0]), "canned")
      assert.include(JSON.stringify(answers[1]), "last")
      const files = yield* ask(`${url}/v1/files`)
      assert.include(JSON.stringify(files), "models.json")
    }))

  it.live.each([
    {
      args: ["--scenario", "strom"],
      says: /cannot be read.*Ready-made scenarios: storm, outage, brown-out, rate-limit/s
    },
    {
      args: ["--scenario", `{ "fault": { "_tag": "Eror" } }`],
      says: /--scenario: fault\._tag: no fault is named "Eror"/
    },
    { args: ["--replies", `[{ "txt": "a" }]`], says: /--replies: \[0\]\.txt: this name means nothing here/ },
    { args: ["--models", `[{ "name": "a" }]`], says: /--models: \[0\]\.name: this name means nothing here/ },
    { args: ["--limits", `{ "requestsPerMinute": 0 }`], says: /--limits: requestsPerMinute: expected .*got 0/ },
    { args: ["--files", "/nowhere"], says: /The files cannot be read/ }
  ])("refuses $args, and says why", ({ args, says }) =>
    Effect.gen(function*() {
      const { code, output } = yield* (yield* run("--port", "0", ...args)).ended
      assert.strictEqual(code, 1)
      assert.match(output, says)
    }))

  it.live("serves the models of a file", () =>
    Effect.gen(function*() {
      const file = join(yield* folder, "models.json")
      yield* Effect.promise(() => writeFile(file, `["claude-opus-5-5", { "id": "mine", "max_tokens": 5 }]`))
      const sim = yield* run("--port", "0", "--models", file, "--api-key", "secret")
      const url = yield* sim.printed(/on (http:\/\/127\.0\.0\.1:\d+)/)
      const { body } = yield* ask(`${url}/v1/models`)
      assert.deepInclude(body, { first_id: "claude-opus-5-5", last_id: "mine" })
      assert.nestedInclude(body, { "data[0].max_tokens": 128_000, "data[1].max_tokens": 5 })
    }))

  it.live("complains of models that are none, by the place", () =>
    Effect.gen(function*() {
      const file = join(yield* folder, "typo.json")
      yield* Effect.promise(() => writeFile(file, `["claude-opus-5-5", { "id": "mine", "max_tokns": 5 }]`))
      const { code, output } = yield* (yield* run("--port", "0", "--models", file)).ended
      assert.strictEqual(code, 1)
      assert.match(output, /typo\.json is not valid as --models: \[1\]\.max_tokns/s)
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
