/**
 * What the parts of `@effect-claude/resilience` add to the CPU of a call that goes well: each alone, and the whole set.
 *
 *     node packages/bench/src/resilience.ts [--rounds 15] [--calls 2000] [--at-once 16] [--http]
 *
 * Calls go to a stub `fetch`, the strictest measure, or with `--http` to a server in a process of its own.
 */
import * as Budget from "@effect-claude/resilience/Budget"
import * as Bulkhead from "@effect-claude/resilience/Bulkhead"
import * as CircuitBreaker from "@effect-claude/resilience/CircuitBreaker"
import * as Fallback from "@effect-claude/resilience/Fallback"
import * as RateLimits from "@effect-claude/resilience/RateLimits"
import * as Resilience from "@effect-claude/resilience/Resilience"
import * as Claude from "effect-claude/Claude"
import * as Interceptor from "effect-claude/Interceptor"
import * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { fork } from "node:child_process"
import { once } from "node:events"
import process from "node:process"
import { parseArgs } from "node:util"
import { fetch, measure, params, type Subject } from "./turns.ts"

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    calls: { type: "string", default: "2000" },
    "at-once": { type: "string", default: "16" },
    http: { type: "boolean", default: false }
  }
})

const server = options.http ? fork(new URL("resilience-server.ts", import.meta.url)) : undefined
const baseURL = server === undefined ? undefined : String((await once(server, "message"))[0])

const concurrency = Number(options["at-once"])

const runtimes: Array<{ readonly dispose: () => Promise<void> }> = []

const subject = <A>(set: Layer.Layer<A>): Subject => {
  const claude = Claude.layer({
    apiKey: Redacted.make("sk-test"),
    retry: RetryPolicy.none,
    logLevel: "off",
    ...(baseURL === undefined ? { fetch } : { baseURL })
  })
  const runtime = ManagedRuntime.make(Layer.orDie(Layer.provide(claude, set)))
  runtimes.push(runtime)
  const call = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(params))
  return (calls) => runtime.runPromise(Effect.replicateEffect(call, calls, { concurrency, discard: true }))
}

const steps = [Fallback.model("claude-opus-5-5"), Fallback.model("claude-sonnet-5-5")] as const

/** Never reached, so that nothing waits and nothing is refused. */
const budget: Budget.Options = { ceilings: [{ usd: 1_000_000 }] }
const rateLimits: RateLimits.LimiterOptions = { requestsPerMinute: 1e9, inputTokensPerMinute: 1e12 }

await measure("a bare call", {
  "a bare call": subject(Layer.empty),
  "a hook that does nothing": subject(
    Interceptor.layer(Effect.succeed(Interceptor.make({ call: (call, next) => next(call) })))
  ),
  "Fallback": subject(Fallback.layer(steps)),
  "CircuitBreaker": subject(CircuitBreaker.layer().pipe(Layer.provide(CircuitBreaker.layerStoreMemory))),
  "Bulkhead": subject(Bulkhead.layer({ concurrency: 100 })),
  "Budget": subject(Budget.layer(budget).pipe(Layer.provide(Budget.layerStoreMemory))),
  "RateLimits": subject(RateLimits.layerLimiter(rateLimits).pipe(Layer.provide(RateLimits.layerStoreMemory))),
  "the whole set": subject(Resilience.layer({ budget, fallback: steps, rateLimits }))
}, { calls: Number(options.calls), rounds: Number(options.rounds) })

for (const runtime of runtimes) await runtime.dispose()
server?.kill()
process.exit()
