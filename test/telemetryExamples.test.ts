/** The examples of telemetry, run against a simulated API; and the dashboard, held against the metrics that there are. */
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric, Redacted, Schedule, Stream } from "effect"
import { Claude, RetryPolicy, Telemetry } from "effect-claude"
import { PrometheusMetrics } from "effect/observability"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { createInterface } from "node:readline"
import { text } from "node:stream/consumers"
import { skippingWaits } from "./support/clock.ts"
import { hello, simulated } from "./support/simulated.ts"

const examples = join(import.meta.dirname, "../examples")

/** An example on its way, against the simulated API. It ends with the test. */
const started = Effect.fnUntraced(function*(file: string, env: Readonly<Record<string, string>> = {}) {
  const sim = yield* Simulator.Simulator
  return yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [join(examples, file)], {
        env: {
          PATH: process.env["PATH"],
          ANTHROPIC_API_KEY: Redacted.value(sim.apiKey),
          ANTHROPIC_BASE_URL: sim.url,
          ...env
        },
        stdio: ["ignore", "pipe", "pipe"]
      })
    ),
    (child) => Effect.sync(() => child.kill())
  )
})

/** What an example prints. */
const printed = Effect.fnUntraced(function*(file: string, env?: Readonly<Record<string, string>>) {
  const child = yield* started(file, env)
  const [stdout, stderr, [code]] = yield* Effect.promise(() =>
    Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
  )
  assert.deepStrictEqual([code, stderr], [0, ""], stdout)
  return stdout
})

describe("the example of OTLP", () => {
  it.live("sends spans, metrics and logs to its receiver, without prompt and answer", () =>
    Effect.gen(function*() {
      const output = yield* printed("16-telemetry-otlp.ts")
      for (
        const line of [
          "span question",
          "span chat claude-opus-5-5",
          `    gen_ai.conversation.id = "conversation-1"`,
          "metric gen_ai.client.inference.duration in s",
          "metric gen_ai.client.inference.usage.output_tokens in {token}",
          "metric claude.client.failures in {call}",
          "log Error messages.create failed: NotFoundError: "
        ]
      ) assert.include(output, line)
      assert.notInclude(output, "Say hello.")
    }).pipe(Effect.provide(Simulator.layer())))
})

describe("the example of Prometheus", () => {
  it.live("serves the metrics as text", () =>
    Effect.gen(function*() {
      const child = yield* started("15-telemetry-prometheus.ts", { PORT: "0" })
      const [line] = yield* Effect.promise(() => once(createInterface(child.stdout), "line"))
      const url = String(line).replace("Metrics: ", "").replace("0.0.0.0", "127.0.0.1")
      const body = yield* Effect.promise(() => fetch(url).then((response) => response.text()))
      assert.match(body, /^# TYPE gen_ai_client_inference_duration histogram$/m)
      assert.match(
        body,
        /^gen_ai_client_inference_usage_output_tokens\{.*gen_ai_request_model="claude-opus-5-5".*\} \d+$/m
      )
    }).pipe(Effect.provide(Simulator.layer())))
})

describe("the example of logs", () => {
  const facts = {
    tenant: "acme",
    "error.type": "NotFoundError",
    "http.response.status_code": 404,
    "anthropic.request.id": "req_011Simulated00000000001",
    "gen_ai.request.model": "claude-of-yore"
  }

  it.live("is a line of JSON in production", () =>
    Effect.gen(function*() {
      const output = yield* printed("14-telemetry-logs.ts", { NODE_ENV: "production" })
      const [failure] = output.trim().split("\n").map((line) => JSON.parse(line))
      assert.strictEqual(failure.level, "ERROR")
      assert.include(failure.annotations, facts)
    }).pipe(Effect.provide(Simulator.layer())))

  it.live("is for people in a terminal", () =>
    Effect.gen(function*() {
      const output = yield* printed("14-telemetry-logs.ts")
      assert.match(output, /ERROR.*messages\.create failed: NotFoundError/)
      for (const name of Object.keys(facts)) assert.include(output, name)
    }).pipe(Effect.provide(Simulator.layer())))
})

interface Dashboard {
  readonly panels: ReadonlyArray<{
    readonly title: string
    readonly targets: ReadonlyArray<{ readonly expr: string; readonly legendFormat: string }>
  }>
}

describe("the dashboard", () => {
  const dashboard: Dashboard = JSON.parse(readFileSync(join(examples, "telemetry/dashboard.json"), "utf8"))

  const targets = dashboard.panels.flatMap(({ targets, title }) => targets.map((target) => ({ title, ...target })))

  const usage = {
    input_tokens: 1,
    output_tokens: 9,
    cache_read_input_tokens: 2,
    cache_creation_input_tokens: 3,
    output_tokens_details: { thinking_tokens: 4 }
  }

  /** Calls that make every metric. */
  const everything = Effect.gen(function*() {
    const sim = yield* Simulator.Simulator
    const claude = yield* Claude.Claude
    yield* claude.models.retrieve("claude-opus-5-5")
    yield* Stream.runDrain(claude.messages.stream(hello))
    const answer = { type: "message", id: "msg_1", model: "claude-opus-5-5", content: [], stop_reason: null, usage }
    const refusal = Fault.coded("RampLimitExceededError")
    yield* sim.script([Fault.body({ text: JSON.stringify(answer) }), refusal, refusal])
    yield* claude.messages.create(hello)
    yield* skippingWaits(claude.messages.create(hello))
    const lines = (yield* PrometheusMetrics.format()).split("\n").filter((line) => !line.startsWith("#"))
    return lines.flatMap((line) => {
      const found = /^(\w+)\{(.*)\} /.exec(line)
      const [, name = "", labels = ""] = found ?? []
      return found === null
        ? []
        : [{ name, labels: Array.from(labels.matchAll(/(\w+)="/g), ([, label = ""]) => label) }]
    })
  }).pipe(
    Effect.provide(simulated({
      interceptors: [Telemetry.make({ logs: false })],
      retry: RetryPolicy.exponential({ base: "1 second" }).pipe(Schedule.upTo({ times: 1 })),
      timeout: Infinity
    })),
    Effect.provideService(Metric.MetricRegistry, new Map())
  )

  it.effect("reads only metrics and labels that there are", () =>
    Effect.gen(function*() {
      const series = yield* everything
      assert.isAbove(targets.length, 15)
      for (const { expr, legendFormat, title } of targets) {
        const patterns = Array.from(expr.matchAll(/__name__=~"([^"]+)"/g), ([, pattern = ""]) => pattern)
        assert.strictEqual(patterns.length, 1, title)
        const found = series.filter(({ name }) => new RegExp(`^(?:${patterns[0]})$`).test(name))
        assert.isNotEmpty(found, `${title}: ${patterns[0]}`)
        const labels = new Set(found.flatMap((one) => one.labels))
        const by = /by \(([^)]*)\)/.exec(expr)?.[1]?.split(", ") ?? []
        const filters = Array.from(expr.matchAll(/(\w+)=~"\$/g), ([, label = ""]) => label)
        const shown = Array.from(legendFormat.matchAll(/\{\{(\w+)\}\}/g), ([, label = ""]) => label)
        for (const label of [...by, ...filters]) assert.isTrue(labels.has(label), `${title}: ${label}`)
        for (const label of shown) assert.include(by, label, title)
      }
    }))

  it.effect("leaves no metric out", () =>
    Effect.gen(function*() {
      const series = yield* everything
      const unread = series.filter(({ name }) =>
        !targets.some(({ expr }) =>
          Array.from(expr.matchAll(/__name__=~"([^"]+)"/g)).some(([, pattern = ""]) =>
            new RegExp(`^(?:${pattern})$`).test(name.replace(/_(sum|count)$/, "_bucket"))
          )
        )
      )
      assert.deepStrictEqual([...new Set(unread.map(({ name }) => name))], [])
    }))
})
