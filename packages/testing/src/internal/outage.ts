/** Times in which the simulated server is down. They add up, and end on the clock. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"

/** What can go down. */
export interface Server {
  /** Takes no connection any more, from now on. */
  readonly goDown: () => void
  /** Waits until clients know that it is down. */
  readonly known: Effect.Effect<void>
  /** Takes connections again, if it does not. */
  readonly comeUp: Effect.Effect<void>
}

export interface Outage {
  readonly isOn: Effect.Effect<boolean>
  /** Goes down for so long; while it is down, for so much longer. */
  readonly begin: (duration: Duration.Duration) => Effect.Effect<void>
  /** Comes up at once. */
  readonly end: Effect.Effect<void>
}

export const make: (server: Server) => Effect.Effect<Outage, never, Scope.Scope> = Effect.fnUntraced(
  function*({ comeUp, goDown, known }) {
    const clock = yield* Clock.Clock
    const scope = yield* Effect.scope
    // What comes up is not to be told to go down before it is there.
    const oneByOne = Semaphore.makeUnsafe(1).withPermit
    let until = -Infinity
    let isOn = false
    let timer: Fiber.Fiber<void> | undefined

    const recover = Effect.suspend(() => {
      isOn = false
      return comeUp
    }).pipe(oneByOne, Effect.uninterruptible)

    const wait: Effect.Effect<void> = Effect.suspend(() => {
      const left = until - clock.currentTimeMillisUnsafe()
      return left > 0 ? Effect.andThen(Effect.sleep(left), wait) : recover
    })

    const begin = Effect.fnUntraced(function*(duration: Duration.Duration) {
      const now = clock.currentTimeMillisUnsafe()
      until = Math.max(until, now) + Duration.toMillis(duration)
      if (isOn || until <= now) return
      isOn = true
      goDown()
      const waiting = Effect.provideService(wait, Clock.Clock, clock)
      timer = yield* Effect.forkIn(waiting, scope, { startImmediately: true })
      yield* known
    }, Effect.uninterruptible)

    return {
      isOn: Effect.sync(() => isOn),
      begin: (duration) => oneByOne(begin(duration)),
      end: Effect.suspend(() => {
        until = -Infinity
        return timer === undefined ? Effect.void : Fiber.interrupt(timer)
      }).pipe(Effect.andThen(recover))
    }
  }
)
