/**
 * The API's rate limits: what it tells of them, and a limiter that waits before it says no.
 *
 * **What the API tells**
 *
 * Every answer says how much of the limits is left. {@link layer} collects that by model group and workspace, as a value
 * and as a stream of changes.
 *
 * **The limiter**
 *
 * {@link limiter} holds each attempt back until there is room for a request, its input tokens and the output tokens that
 * it is likely to make. The usage of the answer corrects what was taken. Attempts go first come, first served; a big one
 * is not overtaken by small ones. An attempt that waits when a `retry-after` arrives waits for that too. One that would
 * wait for longer than `maxWait` is refused with a `RequestRejectedError`, reason `LimitExceeded`, with `retryAfter`.
 *
 * Give it the limits of your organization, or leave them out: it learns them from the answers. Until the first answer it
 * lets one attempt through. Where both are known the lower counts.
 *
 * In memory ({@link layerStoreMemory}) the limiter serves a process, in Redis ({@link layerStoreRedis}) a fleet. While
 * Redis is down each process goes on by its own count, unless `onStoreError` is `"fail"`. A Redis that comes back empty
 * gets the counts from the processes.
 *
 * **Gotchas**
 *
 * - Waiting does not count against the timeout of an attempt. Give calls that must not wait a `maxWait`.
 * - Output is taken in advance as the mean of the answers before it, at first `max_tokens`. Longer answers are a debt that
 *   the next attempts wait for.
 * - Batches, token counting and files have other limits. They pass.
 *
 * **Example** (Stay below 50 requests a minute)
 *
 * ```ts
 * import { RateLimits } from "@effect-claude/resilience"
 * import { Layer } from "effect"
 * import { Claude } from "effect-claude"
 *
 * export const ClaudeLive = Claude.layerConfig().pipe(
 *   Layer.provide(RateLimits.layerLimiter({ requestsPerMinute: 50, maxWait: "2 minutes" })),
 *   Layer.provide(RateLimits.layerStoreMemory)
 * )
 * ```
 *
 * **Example** (Watch what is left)
 *
 * ```ts
 * import { RateLimits } from "@effect-claude/resilience"
 * import { Effect, Layer, Stream } from "effect"
 * import { Claude } from "effect-claude"
 *
 * export const ClaudeLive = Claude.layerConfig().pipe(Layer.provideMerge(RateLimits.layer))
 *
 * export const watch = RateLimits.RateLimits.pipe(
 *   Effect.flatMap(({ changes }) =>
 *     Stream.runForEach(changes, ({ group, limits }) => Effect.log(group, limits.requests?.remaining))
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 */
import type * as ClaudeError from "effect-claude/ClaudeError"
import * as Interceptor from "effect-claude/Interceptor"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redis from "effect/persistence/Redis"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import * as Limiter from "./internal/limits/limiter.ts"
import { modelGroup } from "./internal/limits/modelGroup.ts"
import type { LimiterOptions } from "./internal/limits/options.ts"
import * as Store from "./internal/limits/store.ts"

export { modelGroup } from "./internal/limits/modelGroup.ts"
export type { LimiterOptions, Limits } from "./internal/limits/options.ts"
export { LimiterStore } from "./internal/limits/store.ts"

/**
 * What an answer told.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Told {
  /** The group of the model that was asked, by {@link modelGroup}. */
  readonly group: string
  /** The workspace of the key, where the answer named one. */
  readonly workspace: string | undefined
  readonly limits: ClaudeError.RateLimits
  /** When it arrived. */
  readonly at: DateTime.Utc
}

/**
 * What the API has told of its limits.
 *
 * @category services
 * @stability experimental
 * @since 0.1.0
 */
export class RateLimits extends Context.Service<RateLimits, {
  /** The newest of each group and workspace, in the order in which they were first heard of. */
  readonly current: Effect.Effect<ReadonlyArray<Told>>
  /** The newest of each group and workspace, then each answer's. A reader that is slow misses the oldest of 256. */
  readonly changes: Stream.Stream<Told>
}>()("@effect-claude/resilience/RateLimits") {}

const make = Effect.gen(function*() {
  const told = new Map<string, Told>()
  const news = yield* Effect.acquireRelease(PubSub.sliding<Told>(256), PubSub.shutdown)
  const interceptor = Interceptor.make({
    answered: ({ call }, { headers, rateLimits }) => {
      if (rateLimits === undefined || call.model === undefined) return Effect.void
      const group = modelGroup(call.model)
      const workspace = headers["anthropic-workspace-id"]
      return Effect.flatMap(DateTime.now, (at) => {
        const next: Told = { group, workspace, limits: rateLimits, at }
        told.set(JSON.stringify([group, workspace]), next)
        return PubSub.publish(news, next)
      })
    }
  })
  const current = Effect.sync(() => [...told.values()])
  const changes = Stream.unwrap(
    Effect.map(
      PubSub.subscribe(news),
      (subscription) => Stream.concat(Stream.fromIterableEffect(current), Stream.fromSubscription(subscription))
    )
  )
  return { interceptor, service: RateLimits.of({ changes, current }) }
})

class Made extends Context.Service<Made, Effect.Success<typeof make>>()("@effect-claude/resilience/RateLimits/Made") {}

/**
 * Collects what the answers tell, of the Claude layers that it is provided to.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layer: Layer.Layer<RateLimits> = Layer.effect(RateLimits, Effect.map(Made, ({ service }) => service)).pipe(
  Layer.merge(Interceptor.layer(Effect.map(Made, ({ interceptor }) => interceptor))),
  Layer.provide(Layer.effect(Made, make))
)

/**
 * Holds attempts back until the limits have room for them. See the top of this module.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const limiter: (
  options?: LimiterOptions
) => Effect.Effect<Interceptor.Interceptor, never, Store.LimiterStore> = (options = {}) => Limiter.make(options)

/**
 * {@link limiter} for the Claude layers that it is provided to.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layerLimiter = (options: LimiterOptions = {}): Layer.Layer<never, never, Store.LimiterStore> =>
  Interceptor.layer(limiter(options))

/**
 * Keeps the buckets of limiters in this process.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layerStoreMemory: Layer.Layer<Store.LimiterStore> = Store.layerMemory

/**
 * Keeps the buckets of limiters in Redis, for all processes that use the same `prefix` (default
 * `"effect-claude:limits:"`). One script does each step, by the clock of Redis.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layerStoreRedis: (
  options?: { readonly prefix?: string | undefined }
) => Layer.Layer<Store.LimiterStore, never, Redis.Redis> = Store.layerRedis
