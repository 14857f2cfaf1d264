/** Limits whose Redis takes connections and never says a word. Time and connections are real. */
import { Budget, CircuitBreaker, RateLimits, Resilience, Stores } from "@effect-claude/resilience"
import { Simulator } from "@effect-claude/testing"
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Logger, Scope } from "effect"
import { Claude, RetryPolicy } from "effect-claude"
import type * as Redis from "effect/persistence/Redis"
import { once } from "node:events"
import { createServer, type Socket } from "node:net"
import { hello } from "./support/simulated.ts"

/** A server that listens, and those who have come. */
const silent = Effect.acquireRelease(
  Effect.promise(async () => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => sockets.add(socket.on("error", () => {})))
    const visited = once(server, "connection")
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return { server, sockets, visited, url: `redis://127.0.0.1:${port}` }
  }),
  ({ server, sockets }) =>
    Effect.promise(async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, "close")
    })
)

const redisAt = (url: string) => Stores.layerRedis(NodeRedis.layer({ url, disableOfflineQueue: true }))

const processOf = (url: string, limits: Layer.Layer<never, never, Redis.Redis>) =>
  Claude.layerClient.pipe(
    Layer.provide(limits),
    Layer.provide(Simulator.layerClient({ retry: RetryPolicy.none, logLevel: "off" })),
    Layer.provide(redisAt(url)),
    Layer.fresh,
    Layer.build
  )

const outcome = Effect.flatMap(Claude.Claude, (claude) => claude.messages.create(hello)).pipe(
  Effect.match({
    onSuccess: ({ type }) => type,
    onFailure: (error) => error._tag === "RequestRejectedError" ? error.reason._tag : error._tag
  })
)

const storeTimeout = "100 millis"
const budget = Budget.layer({ ceilings: [{ tokens: 1000 }], storeTimeout }).pipe(
  Layer.provide(Budget.layerStoreRedis())
)
const limiter = RateLimits.layerLimiter({ requestsPerMinute: 50, storeTimeout }).pipe(
  Layer.provide(RateLimits.layerStoreRedis())
)
const breaker = CircuitBreaker.layer().pipe(
  Layer.provide(CircuitBreaker.layerStoreRedis({ timeout: storeTimeout }))
)
const set = Resilience.layerOver({ budget: { ceilings: [{ tokens: 1000 }], onStoreError: "allow", storeTimeout } })
  .pipe(
    Layer.provide(Resilience.layerStoreRedis)
  )

const quiet = Effect.provide(Logger.layer([]))

describe("a Redis that takes connections and never answers", () => {
  it.live.each([
    { name: "a budget, which refuses calls", limits: budget, expected: "StoreUnavailable" },
    { name: "a limiter, which goes on by itself", limits: limiter, expected: "message" },
    { name: "a circuit breaker, which lets calls through", limits: breaker, expected: "message" },
    { name: "the usual set, with a budget that allows it", limits: set, expected: "message" }
  ])("is not waited for by $name", ({ expected, limits }) =>
    Effect.gen(function*() {
      const { sockets, url, visited } = yield* silent
      const process = yield* processOf(url, limits)
      assert.strictEqual(yield* Effect.provide(outcome, process), expected)
      assert.strictEqual(yield* Effect.provide(outcome, process), expected)
      // However often it is asked, there is one connection.
      yield* Effect.promise(() => visited)
      assert.strictEqual(sockets.size, 1)
    }).pipe(Effect.scoped, quiet))

  it.live("does not keep the program from its end", () =>
    Effect.gen(function*() {
      const { url } = yield* silent
      const scope = yield* Scope.make()
      const process = yield* Scope.provide(processOf(url, budget), scope)
      yield* Effect.provide(outcome, process)
      yield* Scope.close(scope, Exit.void)
    }).pipe(Effect.scoped, quiet))
})
