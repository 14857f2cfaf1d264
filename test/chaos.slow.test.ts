/**
 * Everything at once: two processes that share all limits through Redis, two tenants, a storm, a brown-out of the first
 * model, a ceiling for each tenant, and a Redis that crashes and comes back. Time, sockets and Redis are real.
 */
import { Fallback, Resilience, Stores } from "@effect-claude/resilience"
import { Scenario, Simulator } from "@effect-claude/testing"
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { assert, it } from "@effect/vitest"
import { Cause, type Context, Effect, Exit, Latch, Layer, Logger, Metric, Schedule } from "effect"
import { Claude, type ClaudeError, MessageStream, RetryPolicy, Telemetry } from "effect-claude"
import { type Redis as Server, redis } from "./support/redis.ts"
import { describeWith, redis as redisService } from "./support/services.ts"

const [opus, sonnet] = ["claude-opus-5-5", "claude-sonnet-5-5"] as const

/** So many calls of each tenant in each process. The ceiling of the first is in the way, that of the second is not. */
const tenants = {
  acme: { calls: 200, ceiling: 6000 },
  globex: { calls: 60, ceiling: 1_000_000 }
}

type Tenant = keyof typeof tenants

const limits = { requestsPerMinute: 240 }

const scenario = Scenario.make({
  seed: 16,
  rules: [
    { match: { model: "claude-opus-*" }, at: "1 second", for: "3 seconds", overloaded: 0.9 },
    { overloaded: 0.03, internal: 0.02, resetBeforeHeaders: 0.03, resetAfterHeaders: 0.02 },
    { fault: { _tag: "Error", status: 429, retryAfter: "1 second" }, rate: 0.01 },
    { fault: { _tag: "CutBody", afterBytes: 300 }, rate: 0.03 },
    { fault: { _tag: "StallBody", afterBytes: 300 }, rate: 0.01 },
    { stallBeforeHeaders: 0.01 }
  ]
})

const tenantIn = (params: unknown): Tenant => {
  const { metadata } = params as { readonly metadata: { readonly user_id: Tenant } }
  return metadata.user_id
}

const ceilings = Object.entries(tenants).map(([tenant, { ceiling }]) => ({
  name: tenant,
  tokens: ceiling,
  key: ({ params }: { readonly params: unknown }) => tenantIn(params) === tenant ? tenant : undefined
}))

const resilience = Resilience.layerOver({
  fallback: [Fallback.model(opus), Fallback.model(sonnet)],
  fallbackOptions: { cooldown: "500 millis" },
  circuitBreaker: { openFor: "500 millis" },
  bulkhead: { concurrency: 8, queue: 12, key: ({ params }) => tenantIn(params) },
  budget: { ceilings },
  rateLimits: { ...limits, maxWait: "4 seconds" }
})

/** A process: its own connection to Redis, its own limits over it, and Claude behind them. */
const processOf = (server: Server, sim: Simulator.Simulator["Service"]) =>
  Claude.layer({
    baseURL: sim.url,
    apiKey: sim.apiKey,
    interceptors: [Telemetry.make({ logs: false })],
    retry: RetryPolicy.constant("50 millis").pipe(RetryPolicy.whileRetryable, Schedule.upTo({ times: 2 })),
    timeout: "2 seconds",
    idleTimeout: "1 second",
    logLevel: "off"
  }).pipe(
    Layer.provide(resilience),
    Layer.provide(Resilience.layerStoreRedis),
    Layer.provide(Stores.layerRedis(NodeRedis.layer({ url: server.url, disableOfflineQueue: true }))),
    Layer.fresh,
    Layer.build
  )

/** What a program has seen: how its calls ended, by its own count. */
class Report {
  readonly messages: Array<{ readonly model: string }> = []
  readonly failures: Array<ClaudeError.ClaudeError> = []
  readonly defects: Array<Cause.Cause<unknown>> = []

  refused(reason: string): number {
    return this.failures.filter((error) => error._tag === "RequestRejectedError" && error.reason._tag === reason).length
  }
}

const call = (tenant: Tenant, index: number) =>
  Effect.flatMap(Claude.Claude, ({ messages }) => {
    const params: Claude.MessageCreateParams = {
      model: opus,
      max_tokens: 100,
      metadata: { user_id: tenant },
      messages: [{ role: "user", content: `This is call ${index}. Say hello in ${10 + index % 20} words` }]
    }
    return index % 3 === 0 ? MessageStream.runMessage(messages.stream(params)) : messages.create(params)
  })

/** After these a program tries again. */
const passing: ReadonlySet<string> = new Set(["StoreUnavailable", "TooManyWaiting"])

/** The calls of a tenant in a process, 24 at once. */
const program = (tenant: Tenant, process: Context.Context<Claude.Claude>, report: Report, missed: Latch.Latch) => {
  const one = (index: number): Effect.Effect<void> =>
    Effect.flatMap(Effect.exit(Effect.provide(call(tenant, index), process)), (exit) => {
      if (Exit.isSuccess(exit)) return Effect.sync(() => void report.messages.push(exit.value))
      const error = exit.cause.reasons.find(Cause.isFailReason)?.error
      if (error === undefined || exit.cause.reasons.length > 1) {
        return Effect.sync(() => void report.defects.push(exit.cause))
      }
      report.failures.push(error)
      const reason = error._tag === "RequestRejectedError" ? error.reason._tag : undefined
      if (reason === undefined || !passing.has(reason)) return Effect.void
      const told = reason === "StoreUnavailable" ? missed.open : Effect.void
      return Effect.andThen(told, Effect.delay(one(index), "200 millis"))
    })
  const indices = Array.from({ length: tenants[tenant].calls }, (_, index) => index)
  return Effect.forEach(indices, one, { concurrency: 24, discard: true })
}

/** What the metrics say, in all series of an instrument that have these attributes. */
const metered = (instrument: Telemetry.Instrument, attributes: Readonly<Record<string, string>> = {}) =>
  Effect.map(Metric.snapshot, (all) =>
    all.filter((series) =>
      series.id === instrument.name &&
      Object.entries(attributes).every(([name, value]) => series.attributes?.[name] === value)
    ).reduce((sum, { state }) => sum + ("count" in state ? Number(state.count) : 0), 0))

const tokensOf = (entries: ReadonlyArray<Simulator.JournalEntry>, name: "input_tokens" | "output_tokens"): number =>
  entries.reduce((sum, { usage }) => sum + (usage?.[name] ?? 0), 0)

const chaos = (server: Server) =>
  Effect.gen(function*() {
    const sim = yield* Simulator.Simulator
    const processes = [yield* processOf(server, sim), yield* processOf(server, sim)]
    const report = new Report()
    const missed = yield* Latch.make(false)
    const programs = processes.flatMap((process) => [
      program("acme", process, report, missed),
      program("globex", process, report, missed)
    ])
    const crash = Effect.gen(function*() {
      yield* sim.awaitJournal(({ length }) => length >= 60)
      yield* server.end("SIGKILL")
      yield* missed.await
      yield* server.start
    })
    yield* Effect.all([crash, ...programs], { concurrency: "unbounded", discard: true })
    const journal = yield* sim.awaitJournal((entries) => entries.every(({ outcome }) => outcome !== "pending"))
    return { journal, report }
  }).pipe(Effect.scoped)

describeWith(redisService, "chaos, with Redis", (found) => {
  it.live("hangs nothing, passes no ceiling, and adds up", () =>
    Effect.gen(function*() {
      const server = yield* redis(found, { isDurable: true })
      const { journal, report } = yield* chaos(server)

      // Every call ended, with an answer or an error of its type.
      assert.deepStrictEqual(report.defects, [])
      const again = [...passing].reduce((sum, reason) => sum + report.refused(reason), 0)
      const calls = 2 * (tenants.acme.calls + tenants.globex.calls)
      assert.strictEqual(report.messages.length + report.failures.length - again, calls)

      // All of it came to pass.
      const served = Map.groupBy(report.messages, ({ model }) => model)
      for (const model of [opus, sonnet]) assert.isAbove(served.get(model)?.length ?? 0, 0, model)
      for (const reason of ["BudgetExceeded", "StoreUnavailable", "TooManyWaiting"]) {
        assert.isAbove(report.refused(reason), 0, reason)
      }
      assert.isAbove(journal.filter(({ fault }) => fault !== undefined).length, 0)

      // The ceilings hold, whatever became of the answers, and the limits of the API were not met.
      for (const [tenant, { ceiling }] of Object.entries(tenants)) {
        const own = journal.filter(({ body }) => tenantIn(body) === tenant)
        assert.isAtMost(tokensOf(own, "input_tokens") + tokensOf(own, "output_tokens"), ceiling, tenant)
      }
      const overLimit = journal.filter(({ fault, status }) => status === 429 && fault === undefined)
      assert.isAtMost(overLimit.length, journal.length / 50)

      // What was counted is what happened.
      const { attributes, instruments } = Telemetry
      assert.strictEqual(yield* metered(instruments.attempts), journal.length)
      const whole = journal.filter(({ fault, outcome, status }) =>
        fault === undefined && status === 200 && outcome === "answered"
      )
      const final = { [attributes.usageIsFinal]: "true" }
      assert.strictEqual(report.messages.length, whole.length)
      assert.strictEqual(yield* metered(instruments.inputTokens, final), tokensOf(whole, "input_tokens"))
      assert.strictEqual(yield* metered(instruments.outputTokens, final), tokensOf(whole, "output_tokens"))
      assert.strictEqual(yield* metered(instruments.failures), report.failures.length)
      const rejected = report.failures.filter(({ _tag }) => _tag === "RequestRejectedError").length
      const rejections = { [attributes.errorType]: "RequestRejectedError" }
      assert.strictEqual(yield* metered(instruments.failures, rejections), rejected)
    }).pipe(
      Effect.provide([Simulator.layer({ limits, scenario }), Logger.layer([])]),
      Effect.provideService(Metric.MetricRegistry, new Map())
    ))
})
