/** One stream for several readers. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/**
 * As `Stream.broadcastN`, which subscribes every branch before the source starts, and the source is closed with the last
 * branch instead of being read to its end for nobody.
 */
export const branches = Effect.fnUntraced(
  function*<A, E, R>(self: Stream.Stream<A, E, R>, n: number, capacity: number) {
    const scope = yield* Effect.flatMap(Scope.Scope, (parent) => Scope.fork(parent))
    const all = yield* Stream.broadcastN(self, { n, capacity }).pipe(Effect.provideService(Scope.Scope, scope))
    const open = new Set(all.keys())
    const close = (branch: number) =>
      Effect.suspend(() => open.delete(branch) && open.size === 0 ? Scope.close(scope, Exit.void) : Effect.void)
    return all.map((branch, index) => Stream.ensuring(branch, close(index)))
  }
)
