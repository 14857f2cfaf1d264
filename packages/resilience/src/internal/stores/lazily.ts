/** A service from a layer that is built at the first use, and again when that has failed. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"

/** A failure is what every use gets for `retryAfter`; then the layer is built anew. */
export const lazily = <I, S, ROut, E>(
  layer: Layer.Layer<ROut | I, E>,
  tag: Context.Service<I, S>,
  retryAfter: Duration.Duration
): Effect.Effect<Effect.Effect<S, E>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const one = Semaphore.makeUnsafe(1)
    let last: { readonly exit: Exit.Exit<S, E>; readonly until: number } | undefined
    const build = Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      if (last !== undefined && now < last.until) return yield* last.exit
      const attempt = yield* Scope.fork(scope)
      const exit = yield* Layer.buildWithScope(layer, attempt).pipe(
        Effect.map((context) => Context.get(context, tag)),
        Effect.onError((cause) => Scope.close(attempt, Exit.failCause(cause))),
        Effect.exit
      )
      const failedAt = yield* Clock.currentTimeMillis
      last = { exit, until: Exit.isSuccess(exit) ? Infinity : failedAt + Duration.toMillis(retryAfter) }
      return yield* exit
    })
    const building = one.withPermit(build)
    return Effect.suspend(() => last !== undefined && Exit.isSuccess(last.exit) ? last.exit : building)
  })
