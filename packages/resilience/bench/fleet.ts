/**
 * Two processes behind one limit, shared through Redis: how close to the limit do they come, and do they pass it? The
 * simulated API has the same limits, and refuses with 429 what is over them.
 *
 *     node packages/resilience/bench/fleet.ts [seconds] [processes]
 */
import { Simulator } from "@effect-claude/testing"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import process from "node:process"

export interface Job {
  readonly apiKey: string
  readonly url: string
  readonly redis: string
  readonly seconds: number
  readonly concurrency: number
  readonly limits: Simulator.RateLimits
}

const [seconds, processes] = [Number(process.argv[2] ?? 60), Number(process.argv[3] ?? 2)]

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  return typeof address === "object" && address !== null ? address.port : 0
}

const startRedis = Effect.acquireRelease(
  Effect.promise(async () => {
    const port = await freePort()
    const server = spawn("redis-server", ["--port", String(port), "--save", ""], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    for await (const chunk of server.stdout) if (String(chunk).includes("Ready to accept connections")) break
    return { server, url: `redis://127.0.0.1:${port}` }
  }),
  ({ server }) => Effect.sync(() => server.kill("SIGKILL"))
)

const run = async (job: Job): Promise<void> => {
  const child: ChildProcess = spawn(process.execPath, [
    new URL("worker.ts", import.meta.url).pathname,
    JSON.stringify(job)
  ], {
    stdio: ["ignore", "ignore", "inherit"]
  })
  await once(child, "exit")
}

interface Scenario {
  readonly name: string
  readonly limits: Simulator.RateLimits
  readonly limit: number
  readonly cost: (entry: Simulator.JournalEntry) => number
}

const scenarios: ReadonlyArray<Scenario> = [
  { name: "requests", limits: { requestsPerMinute: 600 }, limit: 600, cost: () => 1 },
  {
    name: "input tokens",
    limits: { inputTokensPerMinute: 30_000 },
    limit: 30_000,
    cost: ({ usage }) => usage?.input_tokens ?? 0
  },
  {
    name: "output tokens",
    limits: { outputTokensPerMinute: 30_000 },
    limit: 30_000,
    cost: ({ usage }) => usage?.output_tokens ?? 0
  }
]

const measure = ({ cost, limit, limits, name }: Scenario) =>
  Effect.gen(function*() {
    const [{ apiKey, journal, url }, redis] = [yield* Simulator.Simulator, yield* startRedis]
    const job: Job = { apiKey: Redacted.value(apiKey), url, redis: redis.url, seconds, concurrency: 24, limits }
    yield* Effect.promise(() => Promise.all(Array.from({ length: processes }, () => run(job))))
    const entries = yield* journal
    const start = DateTime.toEpochMillis(entries[0]?.receivedAt ?? DateTime.makeUnsafe(0))
    let [sum, most] = [0, 0]
    for (const entry of entries.filter(({ status }) => status === 200)) {
      sum += cost(entry)
      const elapsed = DateTime.toEpochMillis(entry.receivedAt) - start
      most = Math.max(most, sum / (limit + limit * elapsed / 60_000))
    }
    const last = DateTime.toEpochMillis(entries.at(-1)?.receivedAt ?? DateTime.makeUnsafe(0)) - start
    const allowed = limit + limit * last / 60_000
    const refused = entries.filter(({ status }) => status === 429).length
    const percent = (share: number) => `${(share * 100).toFixed(2)} %`
    process.stdout.write(
      `${name}: ${sum} used of ${Math.round(allowed)} allowed in ${(last / 1000).toFixed(1)} s: ${
        percent(sum / allowed)
      } ` +
        `(at most ${percent(most)} at any time), ${refused} of ${entries.length} refused by the API\n`
    )
  }).pipe(Effect.scoped, Effect.provide(Simulator.layer({ limits })))

if (import.meta.main) await Effect.runPromise(Effect.forEach(scenarios, measure, { discard: true }))
