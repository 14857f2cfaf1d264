/** The examples, against a simulated API. Those of telemetry have tests of their own. */
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Console, Effect, Redacted } from "effect"
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import process from "node:process"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { format } from "node:util"
import { vi } from "vitest"

const main = vi.hoisted((): { program: Effect.Effect<unknown, unknown> | undefined } => ({ program: undefined }))

// An example starts its program as it is imported. Here the test does.
vi.mock(import("@effect/platform-node"), async (original) => {
  const module = await original()
  const runMain = (program: Effect.Effect<unknown, unknown>) => {
    main.program = program
  }
  return { ...module, NodeRuntime: { ...module.NodeRuntime, runMain: runMain as typeof module.NodeRuntime.runMain } }
})

const environment = Effect.map(Simulator.Simulator, ({ apiKey, url }) => {
  const key = Redacted.value(apiKey)
  return { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key, ACME_API_KEY: key, GLOBEX_API_KEY: key }
})

/** What the program of an example prints. */
const printed = Effect.fnUntraced(function*(example: string) {
  const env = { ...yield* environment, POLL_EVERY: "10 millis" }
  yield* Effect.promise(() => import(join(import.meta.dirname, "../examples", example)))
  const lines: Array<string> = []
  const log = (...args: ReadonlyArray<unknown>) => {
    lines.push(`${format(...args)}\n`)
  }
  const stdout = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => lines.push(String(chunk)) > 0)
  yield* (main.program ?? Effect.die(`${example} starts nothing`)).pipe(
    Effect.provideService(Console.Console, { ...console, log, error: log }),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(env)),
    Effect.ensuring(Effect.sync(() => stdout.mockRestore()))
  )
  return lines.join("")
})

/** An example as a process of its own, which ends with the test. */
const started = Effect.fnUntraced(function*(example: string, args: ReadonlyArray<string> = []) {
  const env = { PATH: process.env["PATH"], PORT: "0", ...yield* environment }
  const file = join(import.meta.dirname, "../examples", example)
  return yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [file, ...args], { env, stdio: ["ignore", "pipe", "pipe"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
})

/** The first lines that match, of a program that does not end. */
const lines = (child: ChildProcessByStdio<null, Readable, Readable>, pattern: RegExp, count: number) =>
  Effect.promise(async () => {
    const found: Array<string> = []
    for await (const line of createInterface(child.stdout)) {
      if (pattern.test(line)) found.push(line)
      if (found.length === count) break
    }
    return found
  })

describe("an example", () => {
  it.live.each<{ example: string; requests?: number; prints: RegExp }>([
    { example: "01-a-call.ts", requests: 1, prints: /type: 'text'/ },
    { example: "02-a-retry-schedule.ts", requests: 2, prints: /^\d+ of \d+ tokens\n$/ },
    { example: "03-catching-errors.ts", requests: 1, prints: /^no such thing: .*claude-imaginary-1/ },
    { example: "04-streaming.ts", requests: 1, prints: /\n\d+ tokens, EndTurn\n$/ },
    {
      example: "06-structured-output.ts",
      requests: 1,
      prints: /^0 ingredients so far\n[^]*, \d+ minutes \(\d+ tokens\)\n$/
    },
    {
      example: "07-extraction.ts",
      requests: 1,
      prints: /^INV-\d{4}: [\d.]+ by .*, due \d{4}-\d{2}-\d{2}\n1 tries, \d+ tokens\n$/
    },
    { example: "08-tool-loop.ts", requests: 2, prints: /^\S.*\n$/ },
    {
      example: "09-headers.ts",
      requests: 3,
      prints: /^(?:(?:message|stream): req_\w+, \d+ of \d+ requests left\n){2}NotFoundError: req_\w+, sent 1 times\n$/
    },
    { example: "11-batch.ts", prints: /^1000 answers, 0 to ask again, such as: \S/ },
    {
      example: "12-caching-answers.ts",
      requests: 2,
      prints: /^(rain: .*) \([1-9]\d* tokens\)\nsnow: .* \([1-9]\d* tokens\)\n\1 \(0 tokens\)\n$/
    },
    {
      example: "13-usage-per-tenant.ts",
      requests: 3,
      prints: /^(?=[^]*^acme: \d+ tokens in, \d+ out, \$0\.\d{4}$)(?=[^]*^globex: \d+ tokens)/m
    }
  ])("$example", ({ example, prints, requests }) =>
    Effect.gen(function*() {
      const { journal } = yield* Simulator.Simulator
      assert.match(yield* printed(example), prints)
      if (requests !== undefined) assert.lengthOf(yield* journal, requests)
    }).pipe(Effect.provide(Simulator.layer({ batchDuration: "20 millis" }))))

  it.live("10-command-line.ts goes on after a file that failed, and says so", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      yield* simulator.script([Fault.coded("OrganizationOnHoldError")])
      const child = yield* started("10-command-line.ts", [join(import.meta.dirname, "../docs")])
      const [stdout, stderr, [code]] = yield* Effect.promise(() =>
        Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
      )
      assert.strictEqual(code, 1)
      assert.match(stderr, /^\S+\.md: BadRequestError: /)
      const [, files] = /1 of (\d+) files failed/.exec(stderr + stdout) ?? []
      assert.strictEqual(stdout.match(/^\S+\.md: \S/gm)?.length, Number(files) - 1)
    }).pipe(Effect.provide(Simulator.layer())))

  it.live("17-serving.ts streams to a browser", () =>
    Effect.gen(function*() {
      const child = yield* started("17-serving.ts")
      const [line = ""] = yield* lines(child, /Listening on/, 1)
      const [url] = /http:\S*\d/.exec(line) ?? []
      const events = yield* Effect.promise(() =>
        fetch(`${url?.replace("0.0.0.0", "127.0.0.1")}/ask`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ question: "How is the weather?" })
        }).then((response) => response.text())
      )
      assert.match(events, /^(?:data: "[^\n]*"\n\n)+$/)
    }).pipe(Effect.provide(Simulator.layer({ reply: "It rains today." }))))

  it.live("18-queue-worker.ts does the jobs of both tenants", () =>
    Effect.gen(function*() {
      const child = yield* started("18-queue-worker.ts")
      const found = yield* lines(child, /^\d: /, 2)
      assert.deepStrictEqual(found.sort(), ["1: Hello!", "2: Hello!"])
    }).pipe(Effect.provide(Simulator.layer({ reply: "Hello!" }))))
})
