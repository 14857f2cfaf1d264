/** Ways through virtual time for programs that also wait for a real socket. */
import { Clock, Duration, Effect } from "effect"
import { TestClock } from "effect/testing"

/** Runs an effect on a clock that moves on by itself: to wait is to move it. Gives what was waited for, in milliseconds. */
export const skippingWaits = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  TestClock.testClockWith((clock) => {
    const waits: Array<number> = []
    const skipping: Clock.Clock = {
      ...clock,
      sleep: (duration) =>
        Effect.suspend(() => {
          waits.push(Duration.toMillis(duration))
          return clock.adjust(duration)
        })
    }
    return Effect.map(Effect.exit(Effect.provideService(self, Clock.Clock, skipping)), (exit) => ({ exit, waits }))
  })
