/** Limits whose Redis is down, comes back, or comes back empty. Time is virtual; Redis and its connections are real. */
import { Budget, RateLimits, Stores, Tokens } from "@effect-claude/resilience"
import { Simulator } from "@effect-claude/testing"
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger } from "effect"
import { Claude, RetryPolicy, Usage } from "effect-claude"
import * as Redis from "effect/persistence/Redis"
import { TestClock } from "effect/testing"
import { type Redis as Server, redis } from "./support/redis.ts"
import { describeWith, redis as redisService } from "./support/services.ts"
import { hello } from "./support/simulated.ts"

const reserved = 100 + Effect.runSync(Effect.orDie(Tokens.estimated({ params: hello } as never)))

/** A process: its own connection, and Claude behind an interceptor that uses it. */
const processOf = <A>(server: Server, interceptor: Layer.Layer<A, never, Redis.Redis>) =>
  Claude.layerClient.pipe(
    Layer.provideMerge(interceptor),
    Layer.provide(Simulator.layerClient({ retry: RetryPolicy.none })),
    Layer.provideMerge(
      Stores.layerRedis(NodeRedis.layer({ url: server.url, disableOfflineQueue: true }))
    ),
    Layer.fresh,
    Layer.build
  )

const budget = (tokens: number, onStoreError?: Stores.OnStoreError) =>
  Budget.layer({ ceilings: [{ tokens }], onStoreError }).pipe(Layer.provide(Budget.layerStoreRedis()))

const limiter = (requestsPerMinute: number, onStoreError?: Stores.OnStoreError) =>
  RateLimits.layerLimiter({ requestsPerMinute, maxWait: 0, onStoreError }).pipe(
    Layer.provide(RateLimits.layerStoreRedis())
  )

const say = Effect.flatMap(Claude.Claude, (claude) => claude.messages.create(hello))

/** What a call uses, or why it is refused. */
const outcome = say.pipe(
  Effect.map((message) => {
    const { inputTokens, outputTokens } = Usage.of(message)
    return inputTokens + outputTokens
  }),
  Effect.catchTag(
    "RequestRejectedError",
    ({ reason }) => Effect.succeed(reason._tag === "BudgetExceeded" ? reason.remaining : reason._tag)
  )
)

/** Until the connection is there again. The store is asked again a second after it was found to be down. */
const reconnected = Effect.andThen(
  TestClock.adjust("1 second"),
  Effect.flatMap(Redis.Redis, ({ send }) => {
    const ping: Effect.Effect<unknown> = Effect.catch(send("PING"), () => Effect.andThen(turn, ping))
    return ping
  })
)

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

const quiet = Effect.provide(Logger.layer([]))

describeWith(redisService, "Redis", (found) => {
  const server = redis(found)
  const down = redis(found, { isDown: true })

  describe("that is down when the program starts", () => {
    it.effect("is missed by a budget, which refuses calls until it is there", () =>
      Effect.gen(function*() {
        const redis = yield* down
        const one = yield* processOf(redis, budget(1000))
        assert.strictEqual(yield* Effect.provide(outcome, one), "StoreUnavailable")
        yield* redis.start
        yield* Effect.provide(reconnected, one)
        assert.strictEqual(yield* Effect.provide(outcome, one), 29)
      }).pipe(quiet))

    it.effect("is missed by a budget that allows it, which counts by itself and tells it later", () =>
      Effect.gen(function*() {
        const redis = yield* down
        const one = yield* processOf(redis, budget(reserved + 29, "allow"))
        assert.strictEqual(yield* Effect.provide(outcome, one), 29)
        assert.strictEqual(yield* Effect.provide(outcome, one), 29)
        assert.strictEqual(yield* Effect.provide(outcome, one), reserved - 29)
        yield* redis.start
        yield* Effect.provide(reconnected, one)
        // The first to ask after that hears of what was spent meanwhile.
        assert.strictEqual(yield* Effect.provide(outcome, one), reserved - 29)
        const two = yield* processOf(redis, budget(reserved + 29))
        assert.strictEqual(yield* Effect.provide(outcome, two), reserved - 29)
      }).pipe(quiet))

    it.effect("is missed by a limiter, which goes on by itself", () =>
      Effect.gen(function*() {
        const one = yield* processOf(yield* down, limiter(2))
        const outcomes = yield* Effect.provide(Effect.all([outcome, outcome, outcome]), one)
        assert.deepStrictEqual(outcomes, [29, 29, "LimitExceeded"])
      }).pipe(quiet))

    it.effect("is missed by a limiter that needs it", () =>
      Effect.gen(function*() {
        const one = yield* processOf(yield* down, limiter(2, "fail"))
        assert.strictEqual(yield* Effect.provide(outcome, one), "StoreUnavailable")
      }).pipe(quiet))
  })

  describe("that crashes and comes back empty", () => {
    const crash = (redis: Server) => Effect.andThen(redis.end("SIGKILL"), redis.start)

    it.effect("is told by a budget what was spent", () =>
      Effect.gen(function*() {
        const redis = yield* server
        const one = yield* processOf(redis, budget(reserved + 50))
        assert.strictEqual(yield* Effect.provide(outcome, one), 29)
        yield* crash(redis)
        yield* Effect.provide(reconnected, one)
        assert.strictEqual(yield* Effect.provide(outcome, one), 29)
        assert.strictEqual(yield* Effect.provide(outcome, one), reserved - 8)
      }).pipe(quiet))

    it.effect("is told by each process what it knows of the others", () =>
      Effect.gen(function*() {
        const redis = yield* server
        const one = yield* processOf(redis, budget(reserved + 100))
        const two = yield* processOf(redis, budget(reserved + 100))
        assert.strictEqual(yield* Effect.provide(outcome, one), 29)
        assert.strictEqual(yield* Effect.provide(outcome, two), 29)
        yield* crash(redis)
        yield* Effect.all([Effect.provide(reconnected, one), Effect.provide(reconnected, two)])
        // The first knows of its own call, the second of both.
        assert.strictEqual(yield* Effect.provide(outcome, one), 29)
        assert.strictEqual(yield* Effect.provide(outcome, two), 29)
        const left = yield* Effect.provide(outcome, one)
        assert.isAtMost(Number(left), reserved + 100 - 4 * 29)
      }).pipe(quiet))

    it.effect("is told by a limiter what is left", () =>
      Effect.gen(function*() {
        const redis = yield* server
        const one = yield* processOf(redis, limiter(2))
        assert.strictEqual(yield* Effect.provide(outcome, one), 29)
        yield* crash(redis)
        const outcomes = yield* Effect.provide(Effect.andThen(reconnected, Effect.all([outcome, outcome])), one)
        assert.deepStrictEqual(outcomes, [29, "LimitExceeded"])
      }).pipe(quiet))
  })

  it.effect("that is away for a while is done without by a limiter, which counts what was sent", () =>
    Effect.gen(function*() {
      const durable = yield* redis(found, { isDurable: true })
      const one = yield* processOf(durable, limiter(2))
      assert.strictEqual(yield* Effect.provide(outcome, one), 29)
      yield* durable.end("SIGTERM")
      const meanwhile = yield* Effect.provide(Effect.all([outcome, outcome]), one)
      yield* durable.start
      const after = yield* Effect.provide(Effect.andThen(reconnected, outcome), one)
      assert.deepStrictEqual([...meanwhile, after], [29, "LimitExceeded", "LimitExceeded"])
    }).pipe(quiet))

  for (const onStoreError of ["fail", "allow"] as const) {
    it.effect(`that restarts empty while calls run does not let a budget pass ("${onStoreError}")`, () =>
      Effect.gen(function*() {
        const redis = yield* server
        const limit = 20 * reserved
        const one = yield* processOf(redis, budget(limit, onStoreError))
        const spent = { tokens: 0 }
        const call = Effect.exit(Effect.tap(say, (message) =>
          Effect.sync(() => {
            const { inputTokens, outputTokens } = Usage.of(message)
            spent.tokens += inputTokens + outputTokens
          })))
        const many = Effect.provide(
          Effect.forEach(Array.from({ length: 120 }), () => call, { concurrency: 10 }),
          one
        )
        const running = yield* Effect.forkChild(many)
        yield* turn
        yield* redis.end("SIGKILL")
        yield* redis.start
        yield* Fiber.join(running)
        yield* Effect.provide(reconnected, one)
        yield* many
        assert.isAtMost(spent.tokens, limit)
        // Nearly all of it is used, whatever the restart has left as reserved.
        assert.isAbove(spent.tokens, limit / 4)
        const left = yield* Effect.provide(
          Effect.flip(
            Effect.flatMap(Claude.Claude, ({ messages }) => messages.create({ ...hello, max_tokens: 20_000 }))
          ),
          one
        )
        const remaining = left._tag === "RequestRejectedError" && left.reason._tag === "BudgetExceeded"
          ? left.reason.remaining
          : undefined
        assert.isAtMost(remaining ?? NaN, limit - spent.tokens)
      }).pipe(quiet))
  }

  it.effect("shares the buckets of a limiter between processes", () =>
    Effect.gen(function*() {
      const redis = yield* server
      const one = yield* processOf(redis, limiter(3))
      const two = yield* processOf(redis, limiter(3))
      const outcomes = [
        yield* Effect.provide(outcome, one),
        yield* Effect.provide(outcome, two),
        yield* Effect.provide(outcome, one),
        yield* Effect.provide(outcome, two)
      ]
      assert.deepStrictEqual(outcomes, [29, 29, 29, "LimitExceeded"])
    }))

  it.effect("that keeps what it acknowledged has lost nothing after a crash", () =>
    Effect.gen(function*() {
      const durable = yield* redis(found, { isDurable: true })
      const one = yield* processOf(durable, budget(reserved + 29))
      assert.strictEqual(yield* Effect.provide(outcome, one), 29)
      yield* Effect.andThen(durable.end("SIGKILL"), durable.start)
      // A process that knows nothing.
      const two = yield* processOf(durable, budget(reserved + 29))
      yield* Effect.provide(outcome, two)
      assert.strictEqual(yield* Effect.provide(outcome, two), reserved - 29)
    }).pipe(quiet))
})
