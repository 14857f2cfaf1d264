/** All errors of this library as one. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Scoped } from "../scoped.ts"
import type { Outcome } from "./base.ts"
import { type In, isClaudeError } from "./guards.ts"
import { ClaudeError } from "./union.ts"

/**
 * Any failure of this library, as the `reason` of one error: what {@link sealed} leaves of a channel.
 *
 * `Effect.catchReason("ClaudeError", "RateLimitError", …)` handles one kind, `Effect.unwrapReason("ClaudeError")` brings all
 * of them back. Retry policies look at the `reason`. Encodes to JSON and back with its schema, {@link Sealed}.
 *
 * @category errors
 * @since 0.1.0
 */
export class Sealed<out E extends ClaudeError = ClaudeError> extends Schema.Error<Sealed>("effect-claude/Sealed")({
  _tag: Schema.tag("ClaudeError"),
  reason: ClaudeError
}) {
  declare readonly reason: E

  override get message(): string {
    return this.reason.message
  }

  /** Would the same request plausibly succeed later? */
  get isRetryable(): boolean {
    return this.reason.isRetryable
  }

  /** Is the server asking for less? */
  get isThrottling(): boolean {
    return this.reason.isThrottling
  }

  /** Did the request run? */
  get outcome(): Outcome {
    return this.reason.outcome
  }
}

Object.defineProperty(Sealed.prototype, "name", { value: "ClaudeError", configurable: true })

/**
 * A channel whose failures of this library are one, {@link Sealed}.
 *
 * @category models
 * @since 0.1.0
 */
export type SealedIn<E> =
  | Exclude<E, In<E>>
  | (In<E> extends infer Ours extends ClaudeError ? [Ours] extends [never] ? never : Sealed<Ours> : never)

/**
 * An effect or a stream with {@link SealedIn} its failures.
 *
 * @category models
 * @since 0.1.0
 */
export type Sealing<S> = S extends Stream.Stream<infer A, infer E, infer R> ? Stream.Stream<A, SealedIn<E>, R>
  : S extends Effect.Effect<infer A, infer E, infer R> ? Effect.Effect<A, SealedIn<E>, R>
  : never

/**
 * Folds the failures of this library in the channel of an effect or a stream into one, {@link Sealed}, and leaves others as
 * they are. For programs in which a handler of `NotFoundError` is meant for a database's.
 *
 * **Example** (Two libraries with a `NotFoundError`)
 *
 * ```ts
 * import { Data, Effect } from "effect"
 * import { Claude, ClaudeError } from "effect-claude"
 *
 * class NotFoundError extends Data.TaggedError("NotFoundError")<{ readonly table: string }> {}
 *
 * declare const modelOf: (user: string) => Effect.Effect<string, NotFoundError>
 *
 * export const program = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   return yield* claude.models.retrieve(yield* modelOf("me")).pipe(ClaudeError.sealed)
 * }).pipe(
 *   Effect.catchTag("NotFoundError", ({ table }) => Effect.fail(`no such row in ${table}`)),
 *   Effect.catchReason("ClaudeError", "NotFoundError", () => Effect.fail("no such model"))
 * )
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const sealed = <S extends Scoped>(self: S): Sealing<S> =>
  Reflect.apply(Stream.isStream(self) ? Stream.mapError : Effect.mapError, undefined, [self, seal])

const seal = (error: unknown): unknown => isClaudeError(error) ? new Sealed({ reason: error }) : error

/** The failure of this library that an error is, or has as its reason. */
export const unsealed = (error: unknown): ClaudeError | undefined => {
  if (isClaudeError(error)) return error
  return error instanceof Sealed ? error.reason : undefined
}
