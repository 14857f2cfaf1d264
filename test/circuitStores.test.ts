/** Circuits in Redis: shared between processes, and while Redis is down. Redis and its connections are real. */
import { CircuitBreaker, Stores } from "@effect-claude/resilience"
import { Fault, Simulator } from "@effect-claude/testing"
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { assert, describe, it } from "@effect/vitest"
import { Context, type Duration, Effect, Layer, Logger } from "effect"
import { Claude, RetryPolicy } from "effect-claude"
import * as Redis from "effect/persistence/Redis"
import { type Redis as Server, redis } from "./support/redis.ts"
import { describeWith, redis as redisService } from "./support/services.ts"
import { hello } from "./support/simulated.ts"

/** A process: its own connection, and Claude behind a breaker that all processes share. */
const processOf = (
  server: Server,
  { onStoreError, timeout = "1 minute" }: {
    readonly onStoreError?: Stores.OnStoreError
    readonly timeout?: Duration.Input
  } = {}
) =>
  Claude.layerClient.pipe(
    Layer.provideMerge(CircuitBreaker.layer({
      trip: CircuitBreaker.consecutive(2),
      openFor: "1 hour",
      maxOpenFor: "1 hour",
      key: ({ model = "" }) => model,
      onStoreError
    })),
    Layer.provideMerge(Simulator.layerClient({ retry: RetryPolicy.none, logLevel: "off" })),
    Layer.provide(CircuitBreaker.layerStoreRedis({ timeout })),
    Layer.provideMerge(Stores.layerRedis(NodeRedis.layer({ url: server.url, disableOfflineQueue: true }))),
    Layer.fresh,
    Layer.build
  )

const outcome = Effect.flatMap(Claude.Claude, (claude) => claude.messages.create(hello)).pipe(
  Effect.match({
    onSuccess: ({ type }) => type,
    onFailure: (error) => error._tag === "RequestRejectedError" ? error.reason._tag : error._tag
  })
)

const failingTwice = Effect.flatMap(
  Simulator.Simulator,
  ({ script }) => script([Fault.overloaded(), Fault.overloaded()])
)

const quiet = Effect.provide(Logger.layer([]))

describeWith(redisService, "Redis", (found) => {
  const server = redis(found)
  const down = redis(found, { isDown: true })

  describe("a circuit in Redis", () => {
    it.live("that one process has opened is open for all", () =>
      Effect.gen(function*() {
        const store = yield* server
        const [one, other] = [yield* processOf(store), yield* processOf(store)]
        yield* Effect.provide(failingTwice, one)
        assert.strictEqual(yield* Effect.provide(outcome, one), "OverloadedError")
        assert.strictEqual(yield* Effect.provide(outcome, one), "OverloadedError")
        assert.strictEqual(yield* Effect.provide(outcome, other), "CircuitOpen")
        const { circuits } = Context.get(other, CircuitBreaker.CircuitBreaker)
        assert.strictEqual((yield* circuits).get(hello.model)?._tag, "Open")
        assert.lengthOf(yield* Context.get(other, Simulator.Simulator).journal, 0)
      }).pipe(Effect.scoped, quiet))

    it.live("lets calls through while Redis is down", () =>
      Effect.gen(function*() {
        const process = yield* processOf(yield* down)
        assert.strictEqual(yield* Effect.provide(outcome, process), "message")
      }).pipe(Effect.scoped, quiet))

    it.live("does not wait for a Redis that has stopped to answer", () =>
      Effect.gen(function*() {
        const process = yield* processOf(yield* server, { timeout: "200 millis" })
        assert.strictEqual(yield* Effect.provide(outcome, process), "message")
        const { send } = Context.get(process, Redis.Redis)
        yield* send("CLIENT", "PAUSE", "5000", "ALL")
        const first = yield* Effect.raceFirst(Effect.provide(outcome, process), Effect.as(send("PING"), "Redis"))
        assert.strictEqual(first, "message")
      }).pipe(Effect.scoped, quiet))

    it.live("lets nothing through while Redis is down, where that is chosen", () =>
      Effect.gen(function*() {
        const process = yield* processOf(yield* down, { onStoreError: "fail" })
        assert.strictEqual(yield* Effect.provide(outcome, process), "StoreUnavailable")
        assert.lengthOf(yield* Context.get(process, Simulator.Simulator).journal, 0)
      }).pipe(Effect.scoped, quiet))
  })
})
