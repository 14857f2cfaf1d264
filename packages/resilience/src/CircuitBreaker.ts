/**
 * Stops calls to a model that is down: after a run of failures they are refused at once, until a probe gets through.
 *
 * **Details**
 *
 * Each model of each client has a circuit of its own. A circuit is
 *
 * - *closed* at first: calls go through, and their ends are counted;
 * - *open* after too many failures: calls are refused with a `RequestRejectedError`, reason `CircuitOpen`, whose
 *   `retryAfter` tells how long the circuit stays open. That is as long as the server asked for, if it asked, and twice
 *   as long after each opening in a row;
 * - *half-open* after that: one call goes through as a probe, others are refused. The circuit closes when the probe is
 *   answered, and opens again when it fails. A probe that is cancelled lets the next call probe.
 *
 * What counts is the call, retries included, and of a stream its end: a stream that breaks in the middle is a failure. Only
 * a probe's stream counts when it begins. Failures are errors that are `isRetryable`, and connection errors. An answer that
 * refuses the request (a 400, say) is a success of the API. Cancelled calls, and calls that another interceptor refuses, do
 * not count.
 *
 * The states and their rules are those of `effect/persistence/CircuitBreaker`, and so are the stores: in memory
 * ({@link layerStoreMemory}), or in Redis for all processes together ({@link layerStoreRedis}).
 *
 * **Gotchas**
 *
 * - A circuit becomes half-open with the first call after its time, not by itself.
 * - Clients of the same host are told apart by a number (`api.anthropic.com#2`), in the order in which their calls come. Over
 *   Redis, name them by `key`.
 *
 * **Example** (A breaker for all calls)
 *
 * ```ts
 * import { CircuitBreaker } from "@effect-claude/resilience"
 * import { Layer } from "effect"
 * import { Claude } from "effect-claude"
 *
 * export const ClaudeLive = Claude.layerConfig().pipe(
 *   Layer.provide(CircuitBreaker.layer({ openFor: "5 seconds" })),
 *   Layer.provide(CircuitBreaker.layerStoreMemory)
 * )
 * ```
 *
 * **Example** (Watching the circuits)
 *
 * ```ts
 * import { CircuitBreaker } from "@effect-claude/resilience"
 * import { Effect, Stream } from "effect"
 *
 * export const watch = Effect.gen(function*() {
 *   const { changes } = yield* CircuitBreaker.CircuitBreaker
 *   yield* changes.pipe(Stream.runForEach((circuits) =>
 *     Effect.logInfo([...circuits].map(([name, { _tag }]) => `${name}: ${_tag}`).join(", "))
 *   ))
 * })
 * ```
 *
 * @since 0.1.0
 */
import type * as ClaudeError from "effect-claude/ClaudeError"
import * as Interceptor from "effect-claude/Interceptor"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Persisted from "effect/persistence/CircuitBreaker"
import type * as Redis from "effect/persistence/Redis"
import type * as Stream from "effect/Stream"
import * as Internal from "./internal/circuits.ts"
import { layerRedis } from "./internal/circuitStore.ts"
import { positiveDuration } from "./internal/numbers.ts"
import { isOutage } from "./internal/outage.ts"
import { Targets } from "./internal/targets.ts"
import type { OnStoreError } from "./Stores.ts"

/**
 * When a circuit opens.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export type TripPolicy = Persisted.TripPolicy

/**
 * Opens after so many failures in a row. Throws a `RangeError` where that is not a whole number of at least 1.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const consecutive: (failures: number) => TripPolicy = Persisted.consecutive

/**
 * Opens when of the last `size` calls (100) a `threshold` (0.5) or more have failed, and at least `minimumCalls` (`size`)
 * have been made. Throws a `RangeError` where a number cannot be.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const rate: (options: {
  readonly threshold?: number | undefined
  readonly size?: number | undefined
  readonly minimumCalls?: number | undefined
}) => TripPolicy = Persisted.rate

/**
 * How a breaker works.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Options {
  /** When a circuit opens. Default: when half of the last 20 calls have failed, and at least 5 were made. */
  readonly trip?: TripPolicy | undefined
  /** How long a circuit stays open the first time; twice as long the next times in a row. Default: 10 seconds. */
  readonly openFor?: Duration.Input | undefined
  /** The longest that a circuit stays open, also where the server asks for more. Default: 5 minutes. */
  readonly maxOpenFor?: Duration.Input | undefined
  /** Which errors count. Default: those that are `isRetryable`, and connection errors. */
  readonly isFailure?: ((error: ClaudeError.ClaudeError) => boolean) | undefined
  /** The circuit of a call. Default: the host and the model, as in `api.anthropic.com claude-opus-5-5`. */
  readonly key?: ((call: Interceptor.CallInfo) => string) | undefined
  /** What a call does while the store is down. Default: `"allow"`, since a breaker protects time and not money. */
  readonly onStoreError?: OnStoreError | undefined
}

/**
 * A circuit, as this process has last seen it.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export type Circuit = Internal.Circuit

/**
 * A breaker: the interceptor, for `Claude.withInterceptor` or the `interceptors` of a layer, and its circuits by name.
 * Circuits that have never opened are not among them.
 *
 * @category services
 * @stability experimental
 * @since 0.1.0
 */
export class CircuitBreaker extends Context.Service<CircuitBreaker, {
  readonly interceptor: Interceptor.Interceptor
  readonly circuits: Effect.Effect<ReadonlyMap<string, Circuit>>
  /** The circuits now, and after each change. */
  readonly changes: Stream.Stream<ReadonlyMap<string, Circuit>>
}>()("@effect-claude/resilience/CircuitBreaker") {}

/**
 * A breaker over the store in the context. Throws a `RangeError` where a duration of the options is not positive.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const make = (
  options: Options = {}
): Effect.Effect<CircuitBreaker["Service"], never, Persisted.CircuitBreakerStore> => {
  const {
    isFailure = isOutage,
    onStoreError = "allow",
    trip = rate({ threshold: 0.5, size: 20, minimumCalls: 5 })
  } = options
  const openFor = positiveDuration("CircuitBreaker: openFor", options.openFor ?? "10 seconds")
  const maxOpenFor = positiveDuration("CircuitBreaker: maxOpenFor", options.maxOpenFor ?? "5 minutes")
  return Effect.gen(function*() {
    const store = yield* Persisted.CircuitBreakerStore
    const circuits = yield* Internal.Circuits.make({ store, trip, openFor, maxOpenFor, isFailure, onStoreError })
    const targets = new Targets()
    const { key = (call: Interceptor.CallInfo) => targets.nameOf(call) } = options
    const interceptor = Interceptor.make({
      call: (call, next) => circuits.guard(key(call), call, next)
    })
    return CircuitBreaker.of({ interceptor, circuits: circuits.all, changes: circuits.changes })
  })
}

/**
 * {@link make} in this process alone, with circuits of its own.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const memory = (options?: Options): Effect.Effect<CircuitBreaker["Service"]> =>
  Effect.provide(make(options), Layer.fresh(Persisted.layerStoreMemory()))

/**
 * A breaker as a service, and as an interceptor of the Claude layers that it is provided to.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<CircuitBreaker, never, Persisted.CircuitBreakerStore> =>
  Interceptor.layer(Effect.map(CircuitBreaker, ({ interceptor }) => interceptor)).pipe(
    Layer.provideMerge(Layer.effect(CircuitBreaker, make(options)))
  )

/**
 * Keeps the circuits in this process. A circuit that nobody asks for in an hour is closed, and forgotten.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layerStoreMemory: Layer.Layer<Persisted.CircuitBreakerStore> = Persisted.layerStoreMemory()

/**
 * Keeps the circuits in Redis, for all processes that use the same `prefix` (default `"effect-claude:circuits:"`). While a
 * probe runs, its process renews a lease of `probeLease` (10 seconds); where it dies, another call may probe after that. A
 * question that Redis does not answer within `timeout` (1 second) has none: see `onStoreError`.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layerStoreRedis = (
  options: {
    readonly prefix?: string | undefined
    readonly probeLease?: Duration.Input | undefined
    readonly timeout?: Duration.Input | undefined
  } = {}
): Layer.Layer<Persisted.CircuitBreakerStore, never, Redis.Redis> =>
  layerRedis({
    prefix: options.prefix ?? "effect-claude:circuits:",
    probeLease: options.probeLease,
    timeout: positiveDuration("CircuitBreaker: timeout", options.timeout ?? "1 second")
  })
