/** Which values are errors of this library, and what a guard leaves of a channel. */
import * as Predicate from "effect/Predicate"
import type * as Reason from "../../Reason.ts"
import { TypeId } from "./base.ts"
import { statusClasses, type StatusErrors } from "./byTag.ts"
import type { ClaudeError } from "./union.ts"

interface Branded {
  readonly [TypeId]: typeof TypeId
}

/**
 * What of `E` is an error of this library: the members of a channel that are, and of a type that any error fits into, such as
 * `unknown` or `Error`, all of them.
 *
 * @category models
 * @since 0.1.0
 */
export type In<E> = E extends Branded ? E : ClaudeError extends E ? E & ClaudeError : never

/**
 * What of `E` is the failure of an HTTP status, as {@link In} is for all errors of this library.
 *
 * @category models
 * @since 0.1.0
 */
export type StatusIn<E> = E extends Branded ? Extract<E, { readonly status: number }>
  : ClaudeError extends E ? E & StatusErrors<Reason.Coded>
  : never

/**
 * Whether a value is a failure of this library. Narrows a channel: `Effect.catchIf(ClaudeError.isClaudeError, …)` leaves the
 * failures of other libraries, or `never`.
 *
 * **Gotchas**
 *
 * - Hand a function of your own to `Effect.catchIf` as `(error) => f(error)`: the compiler looks at `f` before it knows
 *   what the guard leaves.
 * - As `while` of `Effect.retry`, write `(error) => ClaudeError.isClaudeError(error)`: what is left of the channel is
 *   `never` otherwise.
 *
 * **Example** (Everything of Claude to the dead-letter queue)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Claude, ClaudeError } from "effect-claude"
 *
 * declare const deadLetters: { readonly offer: (letter: string) => Effect.Effect<void> }
 *
 * const encode = Schema.encodeEffect(Schema.fromJsonString(ClaudeError.ClaudeError))
 *
 * export const program = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   return yield* claude.models.retrieve("claude-opus-5-5")
 * }).pipe(
 *   Effect.catchIf(ClaudeError.isClaudeError, (error) => Effect.flatMap(encode(error), deadLetters.offer))
 * )
 * ```
 *
 * @category guards
 * @since 0.1.0
 */
export const isClaudeError = <E>(u: E): u is In<E> => Predicate.hasProperty(u, TypeId)

/**
 * Whether a value is a failure of this library that has an HTTP status, from the response or from a stream's `error` event.
 * Narrows a channel as {@link isClaudeError} does.
 *
 * @category guards
 * @since 0.1.0
 */
export const isStatusError = <E>(u: E): u is StatusIn<E> =>
  Predicate.hasProperty(u, TypeId) && Predicate.hasProperty(u, "_tag") && Object.hasOwn(statusClasses, String(u._tag))
