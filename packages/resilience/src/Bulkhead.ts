/**
 * No more than so many calls at a time: others wait in a queue, and where that is full they are refused.
 *
 * **Details**
 *
 * A call holds its place until its answer has ended: a stream to its last event, or until its reader goes away. Who waits is
 * served fairly by `key`: one call of each key in turn, so that a tenant with a thousand calls does not hold up one with
 * two. Each key has a queue of its own.
 *
 * A call that finds its queue full fails with a `RequestRejectedError`, reason `TooManyWaiting`. A call that is cancelled
 * leaves the queue.
 *
 * **Gotchas**
 *
 * - A call that is made while a stream is read waits for its own place. With `concurrency: 1`, calls out of the reader of a
 *   stream wait for ever.
 * - Time in the queue is not limited, and no timeout of the client counts it. `Effect.timeout` around the call does.
 *
 * **Example** (Ten at a time, fair among tenants)
 *
 * ```ts
 * import { Bulkhead } from "@effect-claude/resilience"
 * import { Context, Effect, Layer } from "effect"
 * import { Claude } from "effect-claude"
 *
 * const Tenant = Context.Reference<string>("Tenant", { defaultValue: () => "nobody" })
 *
 * export const ClaudeLive = Claude.layerConfig().pipe(
 *   Layer.provide(Bulkhead.layer({ concurrency: 10, queue: 100, key: () => Effect.map(Tenant, (name) => name) }))
 * )
 *
 * export const forAcme = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.provideService(self, Tenant, "acme")
 * ```
 *
 * @since 0.1.0
 */
import * as Interceptor from "effect-claude/Interceptor"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { wholeNumber } from "./internal/numbers.ts"
import { type Load as PlacesLoad, Places } from "./internal/places.ts"

/**
 * How a bulkhead works.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Options {
  /** How many calls may be in flight. */
  readonly concurrency: number
  /** How many calls of a key may wait. `0` refuses at once what cannot go through. Default: 1,000. */
  readonly queue?: number | undefined
  /**
   * Who is served in turn: a tenant, say. May read the context of the program that calls. Default: all calls have the same
   * key.
   */
  readonly key?: ((call: Interceptor.CallInfo) => string | Effect.Effect<string>) | undefined
  /** Its name in refusals and metrics. Default: `claude`. */
  readonly name?: string | undefined
}

/**
 * How many calls a bulkhead has let in, and how many wait.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Load extends PlacesLoad {}

/**
 * A bulkhead: the interceptor, for `Claude.withInterceptor` or the `interceptors` of a layer, and how full it is.
 *
 * @category services
 * @stability experimental
 * @since 0.1.0
 */
export class Bulkhead extends Context.Service<Bulkhead, {
  readonly interceptor: Interceptor.Interceptor
  readonly load: Effect.Effect<Load>
}>()("@effect-claude/resilience/Bulkhead") {}

/**
 * A bulkhead. Calls that go through several clients share it where the clients share the interceptor. Throws a `RangeError`
 * where `concurrency` is not a whole number of at least 1, or `queue` one of at least 0.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const make = (options: Options): Effect.Effect<Bulkhead["Service"]> => {
  const { key, name = "claude", queue = 1000 } = options
  wholeNumber("Bulkhead: concurrency", options.concurrency, 1)
  wholeNumber("Bulkhead: queue", queue, 0)
  return Effect.sync(() => {
    const places = new Places({ name, concurrency: options.concurrency, queue })
    const interceptor = Interceptor.make({
      call: (call, next) => {
        const owner = key?.(call) ?? ""
        const entered = typeof owner === "string"
          ? places.enter(owner, call)
          : Effect.flatMap(owner, (owner) => places.enter(owner, call))
        return Effect.andThen(entered, next(call))
      }
    })
    return Bulkhead.of({ interceptor, load: places.load })
  })
}

/**
 * A bulkhead as a service, and as an interceptor of the Claude layers that it is provided to.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Bulkhead> =>
  Interceptor.layer(Effect.map(Bulkhead, ({ interceptor }) => interceptor)).pipe(
    Layer.provideMerge(Layer.effect(Bulkhead, make(options)))
  )
