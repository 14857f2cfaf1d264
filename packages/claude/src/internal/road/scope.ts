/** What a scope says of the calls within. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Interceptor } from "../../Interceptor.ts"
import type { Same, Scoped } from "../scoped.ts"

/** Outermost first. */
export const CurrentInterceptors: Context.Reference<ReadonlyArray<Interceptor>> = Context.Reference<
  ReadonlyArray<Interceptor>
>("effect-claude/CurrentInterceptors", { defaultValue: () => [] })

/** Adds an interceptor to those of the scope, inside them. */
export const within = (interceptor: Interceptor) => <R>(context: Context.Context<R>): Context.Context<R> =>
  Context.add(context, CurrentInterceptors, [...Context.get(context, CurrentInterceptors), interceptor])

/**
 * The same effect or stream, whose calls find something in their context. That is a reference, which nobody requires, so
 * that the type stays what it is.
 */
export const updateScope: <S extends Scoped>(
  self: S,
  f: (context: Context.Context<never>) => Context.Context<never>
) => Same<S> = (self, f) =>
  Reflect.apply(Stream.isStream(self) ? Stream.updateContext : Effect.updateContext, undefined, [self, f])

/** The same effect or stream, whose calls pass an interceptor. */
export const intercepting = <S extends Scoped>(self: S, interceptor: Interceptor): Same<S> =>
  updateScope(self, within(interceptor))
