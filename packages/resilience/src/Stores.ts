/**
 * The stores that limits share between processes, and what happens while one is down.
 *
 * **Details**
 *
 * A limit that keeps its state in Redis or in a database asks its store before it lets a call through. Each question has a
 * time limit. A store that does not answer in time, or fails, counts as down for a second; it is asked again after that.
 * What a call does meanwhile is the layer's choice, {@link OnStoreError}.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redis from "effect/persistence/Redis"
import { lazily } from "./internal/stores/lazily.ts"

export { StoreError } from "./internal/stores/storeError.ts"

/**
 * What a call does while the store is down: `"allow"` goes on with what this process knows, `"fail"` refuses the call
 * with a `RequestRejectedError`, reason `StoreUnavailable`.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export type OnStoreError = "allow" | "fail"

/**
 * A `Redis` that may be down when the program starts, from a layer that fails then (`NodeRedis.layer` does). The layer is
 * built at the first use. While it cannot be built every command fails with a `RedisError`, and one more try is made
 * every `retryAfter` (default 1 second). With the scope, the connection closes; a server that does not answer is not waited
 * for longer than a second.
 *
 * **Gotchas**
 *
 * A command waits for a server that takes connections and never answers: give it a time limit, as the limits of this
 * package do. node-redis keeps that one connection until the server closes it.
 *
 * **Example** (Start without Redis)
 *
 * ```ts
 * import { Stores } from "@effect-claude/resilience"
 * import { NodeRedis } from "@effect/platform-node"
 *
 * export const RedisLive = Stores.layerRedis(NodeRedis.layer({ url: "redis://localhost:6379" }))
 * ```
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layerRedis = <A, E>(
  layer: Layer.Layer<A | Redis.Redis, E>,
  options: { readonly retryAfter?: Duration.Input | undefined } = {}
): Layer.Layer<Redis.Redis> =>
  Layer.effect(
    Redis.Redis,
    Effect.map(
      lazily(layer, Redis.Redis, Duration.fromInputUnsafe(options.retryAfter ?? "1 second")),
      (get): Redis.Redis["Service"] => {
        const redis = Effect.mapError(get, (cause) => new Redis.RedisError({ cause }))
        return {
          send: (command, ...args) => Effect.flatMap(redis, ({ send }) => send(command, ...args)),
          eval: (script) => (...params) => Effect.flatMap(redis, (redis) => redis.eval(script)(...params)),
          subscribe: (channel) => Effect.flatMap(Effect.orDie(redis), ({ subscribe }) => subscribe(channel)),
          reserve: Effect.flatMap(redis, ({ reserve }) => reserve)
        }
      }
    )
  )
