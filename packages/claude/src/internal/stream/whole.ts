/** Streams just as a method gave them, whose message can be asked for as a whole. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

const wholes = new WeakMap<object, Effect.Effect<unknown, unknown, unknown>>()

export const rememberWhole = <A, E, R>(
  stream: Stream.Stream<A, E, R>,
  message: Effect.Effect<unknown, E, R>
): void => {
  wholes.set(stream, message)
}

/** The effect of the whole message; `undefined` for a stream that was made of another. */
export const wholeOf = <A, E, R>(stream: Stream.Stream<A, E, R>): Effect.Effect<unknown, E, R> | undefined =>
  // `rememberWhole` takes an effect of the stream's own types.
  wholes.get(stream) as Effect.Effect<unknown, E, R> | undefined
