/**
 * What spans, metrics and logs add to the CPU of a call, with no exporter: over real HTTP to a server in a process of its own,
 * 64 calls at once, and on a stub `fetch`, one at a time.
 *
 *     node packages/bench/src/telemetry.ts [--rounds 15] [--calls 2000]
 *
 * The subjects take turns, whose order changes, so that what else the machine does meets all of them.
 */
import * as Claude from "effect-claude/Claude"
import * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Telemetry from "effect-claude/Telemetry"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { fork } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import process from "node:process"
import { parseArgs } from "node:util"
import { body } from "./turns.ts"

const headers = { "content-type": "application/json", "request-id": "req_011CSHoEeqs5C35K2UUqR7Fy" }

/** In a process of its own: answers every request, once it has been read. */
const serve = () => {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(200, headers).end(body))
  })
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port))
}

type Client = Pick<Parameters<typeof Claude.layer>[0], "fetch" | "baseURL">

type Run = (calls: number) => Promise<unknown>

const running = (client: Client, concurrency: number) =>
(
  interceptors: ReadonlyArray<ReturnType<typeof Telemetry.make>>,
  within: (self: Effect.Effect<void>) => Effect.Effect<void> = (self) => self
): Run => {
  const service = Effect.runSync(
    Effect.provide(
      Claude.Claude,
      Claude.layer({ ...client, apiKey: Redacted.make("sk-test"), retry: RetryPolicy.none, interceptors })
    )
  )
  const call = Effect.orDie(service.messages.create({
    model: "claude-opus-5-5",
    max_tokens: 16,
    messages: [{ role: "user", content: "Hello" }]
  }))
  return (calls) =>
    Effect.runPromise(
      within(Effect.forEach(Array.from({ length: calls }), () => call, { concurrency, discard: true }))
    )
}

const subjectsOf = (client: Client, concurrency: number): Readonly<Record<string, Run>> => {
  const run = running(client, concurrency)
  return {
    "nothing": run([], Effect.withTracerEnabled(false)),
    "spans": run([]),
    "spans and metrics": run([Telemetry.make({ logs: false })]),
    "spans, metrics and logs": run([Telemetry.make()])
  }
}

const quantile = (values: ReadonlyArray<number>, q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * q)] ?? NaN
}

const measure = async (title: string, subjects: Readonly<Record<string, Run>>, rounds: number, calls: number) => {
  const names = Object.keys(subjects)
  const samples = new Map(names.map((name) => [name, new Array<number>()]))
  for (let round = 0; round <= rounds; round++) {
    for (const index of names.keys()) {
      const name = names[(index + round) % names.length] ?? ""
      const before = process.cpuUsage()
      await subjects[name]?.(calls)
      const { system, user } = process.cpuUsage(before)
      // The first round only warms up.
      if (round > 0) samples.get(name)?.push((system + user) / calls)
    }
  }
  console.log(`\n${title}: CPU a call, µs, median (quartiles); median of the ratios to nothing, round by round`)
  const base = samples.get("nothing") ?? []
  for (const [name, values] of samples) {
    const [low, median, high] = [0.25, 0.5, 0.75].map((q) => quantile(values, q).toFixed(0))
    const ratio = quantile(values.map((value, round) => value / (base[round] ?? NaN)), 0.5)
    console.log(`${name.padEnd(24)} ${median} (${low}-${high})  ${ratio.toFixed(2)}`)
  }
}

if (process.send !== undefined) serve()
else {
  const { values: options } = parseArgs({
    options: { rounds: { type: "string", default: "15" }, calls: { type: "string", default: "2000" } }
  })
  const [rounds, calls] = [Number(options.rounds), Number(options.calls)]
  const server = fork(import.meta.filename)
  const [port] = await once(server, "message")
  await measure("HTTP, 64 at once", subjectsOf({ baseURL: `http://127.0.0.1:${port}` }, 64), rounds, calls)
  server.kill()
  const fetch = () => Promise.resolve(new Response(body, { headers }))
  await measure("A stub, one at a time", subjectsOf({ fetch }, 1), rounds, calls)
}
