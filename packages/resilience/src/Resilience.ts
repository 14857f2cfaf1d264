/**
 * The usual set: fallback, circuit breaker, bulkhead, budget and rate limits, in the order in which they fit together.
 *
 * ```text
 *            what a call passes, outermost first                       so that
 *
 * call ──▶ Fallback          another model, another client             each step passes all that follows
 *            │
 *            ▼
 *          CircuitBreaker    one circuit for each model and client     a model that is down takes no place
 *            │
 *            ▼
 *          Bulkhead          a place among those in flight             who waits holds no money
 *            │
 *            ▼
 *          Budget            the most that the call can use            retries are paid from it
 *            │
 *            ▼
 *          retries ◀───────────────────┐
 *            │                         │
 *            ▼                         │
 *          RateLimits        each attempt, when there is room for it   no attempt meets a 429
 *            │                         │
 *            ▼                         │
 *          the API ────────────────────┘
 * ```
 *
 * **Details**
 *
 * - The breaker and the limiter are always there, and a bulkhead of 100 places. `false` leaves one out. A fallback needs its
 *   steps and a budget its ceilings.
 * - A step of the fallback gives back its place and what it reserved before the next one begins.
 * - A call that waits for the rate limits keeps its place: the bulkhead counts what is on its way, not what is on the wire.
 * - Interceptors of scopes and of the client's settings are outside of all this, and see one call whatever happens within.
 *
 * **Example** (The usual set)
 *
 * ```ts
 * import { Fallback, Resilience } from "@effect-claude/resilience"
 * import { Layer } from "effect"
 * import { Claude } from "effect-claude"
 *
 * export const ClaudeLive = Claude.layerConfig().pipe(
 *   Layer.provide(Resilience.layer({
 *     fallback: [Fallback.model("claude-opus-5-5"), Fallback.model("claude-sonnet-5-5")],
 *     budget: { ceilings: [{ usd: 100, per: "day" }] }
 *   }))
 * )
 * ```
 *
 * @since 0.1.0
 */

import * as Interceptor from "effect-claude/Interceptor"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { CircuitBreakerStore } from "effect/persistence/CircuitBreaker"
import type * as Redis from "effect/persistence/Redis"
import type * as Scope from "effect/Scope"
import * as Budget from "./Budget.ts"
import * as Bulkhead from "./Bulkhead.ts"
import * as CircuitBreaker from "./CircuitBreaker.ts"
import * as Fallback from "./Fallback.ts"
import * as RateLimits from "./RateLimits.ts"

/**
 * What the set is made of.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Options<Steps extends ReadonlyArray<Fallback.AnyStep> = ReadonlyArray<Fallback.Step>> {
  /** The steps of a fallback, the best first. Default: none. */
  readonly fallback?: Steps | undefined
  /** How the fallback works. */
  readonly fallbackOptions?: Fallback.Options | undefined
  /** Default: one circuit for each model and client, as `CircuitBreaker.layer()` has. */
  readonly circuitBreaker?: CircuitBreaker.Options | false | undefined
  /** Default: 100 calls in flight, and 1,000 that wait. */
  readonly bulkhead?: Bulkhead.Options | false | undefined
  /** Default: none. */
  readonly budget?: Budget.Options | undefined
  /** Default: the limits that the API tells. */
  readonly rateLimits?: RateLimits.LimiterOptions | false | undefined
}

/**
 * Where the set keeps what it counts.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export type Stores = Budget.BudgetStore | CircuitBreakerStore | RateLimits.LimiterStore

/**
 * The set over the stores in the context, for the Claude layers that it is provided to: {@link layerStoreMemory} and
 * {@link layerStoreRedis} have all of them. What is left out with `false` gives a service that has nothing to tell.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layerOver = <const Steps extends ReadonlyArray<Fallback.AnyStep> = []>(
  options: Options<Steps> = {}
): Layer.Layer<
  CircuitBreaker.CircuitBreaker | Bulkhead.Bulkhead,
  Fallback.ErrorOf<Steps[number]>,
  Stores | Exclude<Fallback.ServicesOf<Steps[number]>, Scope.Scope>
> => {
  const { budget, bulkhead = { concurrency: 100 }, circuitBreaker = {}, fallback, rateLimits = {} } = options
  const steps = fallback === undefined ? Effect.undefined : Fallback.make(fallback, options.fallbackOptions)
  const places = Bulkhead.make(bulkhead === false ? { concurrency: Infinity } : bulkhead)
  const set = Effect.all({
    fallback: steps,
    circuitBreaker: CircuitBreaker.make(circuitBreaker === false ? {} : circuitBreaker),
    bulkhead: places,
    budget: budget === undefined ? Effect.undefined : Budget.make(budget),
    limiter: rateLimits === false ? Effect.undefined : RateLimits.limiter(rateLimits)
  })
  const order = (made: Effect.Success<typeof set>): ReadonlyArray<Interceptor.Interceptor | undefined> => [
    made.fallback,
    circuitBreaker === false ? undefined : made.circuitBreaker.interceptor,
    bulkhead === false ? undefined : made.bulkhead.interceptor,
    made.budget,
    made.limiter
  ]
  return Layer.unwrap(Effect.map(set, (made) =>
    Layer.merge(
      Layer.succeedContext(
        Context.make(CircuitBreaker.CircuitBreaker, made.circuitBreaker).pipe(
          Context.add(Bulkhead.Bulkhead, made.bulkhead)
        )
      ),
      Interceptor.layer(Effect.succeed(order(made).filter((interceptor) => interceptor !== undefined)))
    )))
}

/**
 * Keeps all that the set counts in this process.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layerStoreMemory: Layer.Layer<Stores> = Layer.mergeAll(
  Budget.layerStoreMemory,
  CircuitBreaker.layerStoreMemory,
  RateLimits.layerStoreMemory
)

/**
 * Keeps all that the set counts in Redis, for a fleet.
 *
 * **Example** (The set for a fleet, which starts without Redis too)
 *
 * ```ts
 * import { Resilience, Stores } from "@effect-claude/resilience"
 * import { NodeRedis } from "@effect/platform-node"
 * import { Layer } from "effect"
 * import { Claude } from "effect-claude"
 *
 * export const ClaudeLive = Claude.layerConfig().pipe(
 *   Layer.provide(Resilience.layerOver({ budget: { ceilings: [{ usd: 100, per: "day" }] } })),
 *   Layer.provide(Resilience.layerStoreRedis),
 *   Layer.provide(Stores.layerRedis(NodeRedis.layer({ url: "redis://localhost:6379" })))
 * )
 * ```
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layerStoreRedis: Layer.Layer<Stores, never, Redis.Redis> = Layer.mergeAll(
  Budget.layerStoreRedis(),
  CircuitBreaker.layerStoreRedis(),
  RateLimits.layerStoreRedis()
)

/**
 * {@link layerOver} in this process alone.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layer = <const Steps extends ReadonlyArray<Fallback.AnyStep> = []>(
  options: Options<Steps> = {}
): Layer.Layer<
  CircuitBreaker.CircuitBreaker | Bulkhead.Bulkhead,
  Fallback.ErrorOf<Steps[number]>,
  Exclude<Fallback.ServicesOf<Steps[number]>, Scope.Scope>
> => layerOver(options).pipe(Layer.provide(Layer.fresh(layerStoreMemory)))
