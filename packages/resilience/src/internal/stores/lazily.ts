/** A service from a layer that is built at the first use, and again when that has failed. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"

/**
 * A failure is what every use gets for `retryAfter`; then the layer is built anew. All uses wait for one build, which goes
 * on when they go away: a server that takes connections and never answers gets one, however often it is asked.
 */
export const lazily = <I, S, ROut, E>(
  layer: Layer.Layer<ROut | I, E>,
  tag: Context.Service<I, S>,
  retryAfter: Duration.Duration
): Effect.Effect<Effect.Effect<S, E>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    yield* Effect.addFinalizer((exit) => closeInTime(scope, exit))
    let building: Fiber.Fiber<S, E> | undefined
    let last: { readonly exit: Exit.Exit<S, E>; readonly until: number } | undefined

    const build = Effect.gen(function*() {
      const attempt = yield* Scope.fork(scope)
      return yield* Layer.buildWithScope(layer, attempt).pipe(
        Effect.map((context) => Context.get(context, tag)),
        Effect.onError((cause) => closeInTime(attempt, Exit.failCause(cause))),
        Effect.onExit((exit) =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            last = { exit, until: Exit.isSuccess(exit) ? Infinity : now + Duration.toMillis(retryAfter) }
            building = undefined
          })
        )
      )
    })

    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (last !== undefined && now < last.until) return last.exit
      if (building !== undefined) return Fiber.join(building)
      return Effect.flatMap(Effect.forkIn(build, scope), (fiber) => {
        building = fiber
        return Fiber.join(fiber)
      })
    })
  })

/**
 * Closes a scope, and goes on in the background where that takes longer than a second: a client waits for the answers to
 * what it has sent, which a server that is gone never gives. By real time, since connections are real where the clock
 * of a test is not.
 */
const closeInTime = (scope: Scope.Closeable, exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> =>
  Effect.flatMap(Effect.forkDetach(Scope.close(scope, exit)), (closing) =>
    Effect.raceFirst(
      Effect.asVoid(Fiber.await(closing)),
      Effect.provideService(Effect.sleep("1 second"), Clock.Clock, realTime)
    ))

const realTime = Clock.Clock.defaultValue()
