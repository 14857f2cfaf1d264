/**
 * Virtual time that passes by itself, for programs that wait for promises and sockets too.
 *
 * **Details**
 *
 * Under the `TestClock`, which `it.effect` provides, a retry that waits for a minute waits until the test moves the clock.
 * With `TestClock.adjust` alone a test has to know when. {@link elapse} moves it for as long as a program runs.
 *
 * **Example** (A minute of retries in no time)
 *
 * ```ts
 * import { Fault, Simulator, TestTime } from "@effect-claude/testing"
 * import { Clock, Effect } from "effect"
 * import { Claude } from "effect-claude"
 *
 * export const test = Effect.gen(function*() {
 *   const { script } = yield* Simulator.Simulator
 *   yield* script([Fault.rateLimited({ retryAfter: "30 seconds" }), Fault.rateLimited({ retryAfter: "30 seconds" })])
 *   const claude = yield* Claude.Claude
 *   yield* claude.models.retrieve("claude-opus-5-5").pipe(TestTime.elapse())
 *   return yield* Clock.currentTimeMillis // => a minute on
 * }).pipe(Effect.provide(Simulator.layerClaude()))
 * ```
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as TestClock from "effect/testing/TestClock"

/** Lets promises and sockets have their turn. */
const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/**
 * Runs an effect while the `TestClock` goes on, a `step` (1 second) for each turn of the event loop, until the effect ends.
 * Needs the `TestClock`: with any other clock it dies.
 *
 * **Gotchas**
 *
 * What waits for a real socket gets no virtual time of its own: it takes some turns, in which the clock goes on. Choose a
 * step that is small beside the timeouts in the program, or a simulator without a socket (`Simulator.layerClaude`).
 *
 * @category running
 * @since 0.1.0
 */
export const elapse: {
  (options?: {
    readonly step?: Duration.Input | undefined
  }): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    options?: { readonly step?: Duration.Input | undefined }
  ): Effect.Effect<A, E, R>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A, E, R>(self: Effect.Effect<A, E, R>, options?: { readonly step?: Duration.Input | undefined }) => {
    const step = Duration.fromInputUnsafe(options?.step ?? "1 second")
    return Effect.raceFirst(self, Effect.forever(Effect.andThen(turn, TestClock.adjust(step))))
  }
)
