/** Timers by Effect's clock, one a wait: no fiber where the clock is the real one. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** The longest that one timer can wait. */
export const maxTimerMillis = 2 ** 31 - 1

/** A timer that fires this much too late shows that the process was frozen: stopped, suspended, or busy. */
const frozenMillis = 1000

/** How long the sockets of a process that was frozen may take to hand over what they hold. */
export const thawMillis = 100

const realClock = Context.get(Context.empty(), Clock.Clock)

/**
 * Calls `f` once `millis` have passed, and gives what takes that back. After a freeze `f` waits until the sockets have been
 * read: what arrived meanwhile was not late.
 */
export const startTimer = (clock: Clock.Clock, millis: number, f: () => void): () => void =>
  clock === realClock ? startRealTimer(millis, f) : startFiber(clock, millis, f)

// Timers of the platform: a fiber for each attempt would cost more than the rest of the road.
// @effect-diagnostics globalTimers:off globalDate:off
const startRealTimer = (millis: number, f: () => void): () => void => {
  const due = Date.now() + millis
  const fire = () => {
    // By the wall clock, which goes on while the process is frozen. It may also be set, which shows nothing.
    if (Date.now() - due >= frozenMillis) wait(thawMillis, f)
    else f()
  }
  let timer: ReturnType<typeof setTimeout>
  const wait = (millis: number, f: () => void) => {
    const left = Math.ceil(millis)
    timer = setTimeout(left > maxTimerMillis ? () => wait(left - maxTimerMillis, f) : f, Math.min(maxTimerMillis, left))
  }
  wait(millis, fire)
  return () => clearTimeout(timer)
}

const startFiber = (clock: Clock.Clock, millis: number, f: () => void): () => void => {
  const fiber = Effect.runFork(Effect.andThen(clock.sleep(Duration.millis(millis)), Effect.sync(f)))
  return () => fiber.interruptUnsafe()
}
