/** What a scope goes around. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

/**
 * An effect or a stream, of the same type.
 *
 * @category models
 * @since 0.1.0
 */
export type Same<S> = S extends Stream.Stream<infer A, infer E, infer R> ? Stream.Stream<A, E, R>
  : S extends Effect.Effect<infer A, infer E, infer R> ? Effect.Effect<A, E, R>
  : never

export type Scoped = Effect.Effect<unknown, unknown, unknown> | Stream.Stream<unknown, unknown, unknown>
