/** Time that nobody sets back or forward: for what lasts. What is told to others, and dates, go by the clock on the wall. */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

export const monotonicMillisOf = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

export const monotonicMillis: Effect.Effect<number> = Effect.clockWith((clock) =>
  Effect.sync(() => monotonicMillisOf(clock))
)
