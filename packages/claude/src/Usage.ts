/**
 * What calls use: tokens by kind, and the requests of server tools.
 *
 * **Details**
 *
 * - {@link track} gives the value of an effect and what its calls have used.
 * - {@link onExit} tells what an effect or a stream has used, however it ends.
 * - {@link of} reads a message, {@link sum} adds up.
 *
 * Every call within counts, in concurrent children too, with each of its attempts: turns of tools, retries, streams that were
 * cut or left, and the rows of a batch's results as they are read. A tracked effect within another counts in both.
 *
 * Where the API has not counted to the end, usage is not final: an answer that was cut, cancelled, or lost after it was
 * sent. Its tokens are then those that had been counted, and it may have used more; {@link finalOnly} leaves it out. What
 * the API refused in its own words used nothing.
 *
 * {@link module:Prices} turns usage into money.
 *
 * **Gotchas**
 *
 * - A fiber that goes on after the tracked effect has ended is not waited for, nor are its calls counted.
 * - The rows of a batch's results count each time that they are read.
 * - An answer that an interceptor gives, from a cache or in a test, counts as the API's would.
 * - Sessions of managed agents report their own totals, and do not count.
 *
 * **Example** (What a question costs)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Claude, Prices, Usage } from "effect-claude"
 *
 * const program = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   const ask = claude.messages.create({
 *     model: "claude-opus-5-5",
 *     max_tokens: 256,
 *     messages: [{ role: "user", content: "Say hello." }]
 *   })
 *   const { usage, value } = yield* Usage.track(ask)
 *   yield* Effect.logInfo(`${usage.inputTokens} in, ${usage.outputTokens} out`, yield* Prices.cost(usage))
 *   return value
 * })
 * ```
 *
 * **Example** (What a stream has used, also when its reader leaves)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Claude, MessageStream, Usage } from "effect-claude"
 *
 * const story = Stream.unwrap(Effect.map(Claude.Claude, ({ messages }) =>
 *   messages.stream({
 *     model: "claude-opus-5-5",
 *     max_tokens: 256,
 *     messages: [{ role: "user", content: "Tell me a story." }]
 *   })))
 *
 * export const metered = story.pipe(
 *   MessageStream.text,
 *   Usage.onExit((usage) => Effect.logInfo(`${usage.outputTokens} tokens of output, final: ${usage.isFinal}`))
 * )
 * ```
 *
 * @since 0.1.0
 * @stability experimental
 */

import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Stream from "effect/Stream"
import * as Interceptor from "./Interceptor.ts"
import { within } from "./internal/road/scope.ts"
import type { Scoped } from "./internal/scoped.ts"
import { usageOfMessages } from "./internal/usage/readUsage.ts"
import * as Used from "./internal/usage/usage.ts"

export type { Counts, Line, Usage } from "./internal/usage/usage.ts"

/**
 * What a message says that it has used. Not final where it was not ended (`stop_reason` is `null`), as in the `partial` of
 * an error.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const of = (message: {
  readonly model: string
  readonly usage: object
  readonly stop_reason?: string | null
}): Used.Usage => usageOfMessages([message])

/**
 * Nothing.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const none: Used.Usage = Used.none

/**
 * The sum of several usages, whatever their order.
 *
 * @category combinators
 * @stability experimental
 * @since 0.1.0
 */
export const sum: (all: Iterable<Used.Usage>) => Used.Usage = Used.sum

/**
 * The part that the API has counted to the end.
 *
 * @category combinators
 * @stability experimental
 * @since 0.1.0
 */
export const finalOnly = (usage: Used.Usage): Used.Usage => Used.fromLines(usage.lines.filter((line) => line.isFinal))

/** Adds up what the calls within a context use. */
class Meter {
  private readonly tally = new Used.Tally()
  private readonly interceptor = Interceptor.make({
    ended: (_, end) => Effect.sync(() => this.tally.add(end.usage))
  })

  get usage(): Used.Usage {
    return this.tally.usage
  }

  readonly within = <R>(context: Context.Context<R>): Context.Context<R> => within(this.interceptor)(context)
}

/**
 * The value of an effect, and what its calls have used. Where the effect fails, its error comes as it is: {@link onExit}
 * tells the usage of that too.
 *
 * @category combinators
 * @stability experimental
 * @since 0.1.0
 */
export const track = <A, E, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<{ readonly value: A; readonly usage: Used.Usage }, E, R> =>
  Effect.suspend(() => {
    const meter = new Meter()
    return Effect.map(Effect.updateContext(self, meter.within<R>), (value) => ({ value, usage: meter.usage }))
  })

/**
 * An effect or a stream, of the same type, which also needs `R2`.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export type Tracked<S, R2> = S extends Stream.Stream<infer A, infer E, infer R> ? Stream.Stream<A, E, R | R2>
  : S extends Effect.Effect<infer A, infer E, infer R> ? Effect.Effect<A, E, R | R2>
  : never

/**
 * Tells what the calls within an effect or a stream have used, once it ends: with a value, a failure, or because its caller or
 * reader leaves. `f` cannot be interrupted, and what it is for waits for it.
 *
 * @category combinators
 * @stability experimental
 * @since 0.1.0
 */
export const onExit: {
  <X, R2 = never>(f: (usage: Used.Usage) => Effect.Effect<X, never, R2>): <S extends Scoped>(self: S) => Tracked<S, R2>
  <S extends Scoped, X, R2 = never>(self: S, f: (usage: Used.Usage) => Effect.Effect<X, never, R2>): Tracked<S, R2>
} = dual(
  2,
  <S extends Scoped, X, R2>(self: S, f: (usage: Used.Usage) => Effect.Effect<X, never, R2>): Tracked<S, R2> =>
    Reflect.apply(Stream.isStream(self) ? streamOnExit : effectOnExit, undefined, [self, f])
)

const effectOnExit = <A, E, R, X, R2>(
  self: Effect.Effect<A, E, R>,
  f: (usage: Used.Usage) => Effect.Effect<X, never, R2>
): Effect.Effect<A, E, R | R2> =>
  Effect.suspend(() => {
    const meter = new Meter()
    return Effect.onExit(Effect.updateContext(self, meter.within<R>), () => f(meter.usage))
  })

const streamOnExit = <A, E, R, X, R2>(
  self: Stream.Stream<A, E, R>,
  f: (usage: Used.Usage) => Effect.Effect<X, never, R2>
): Stream.Stream<A, E, R | R2> =>
  Stream.suspend(() => {
    const meter = new Meter()
    return Stream.onExit(Stream.updateContext(self, meter.within<R>), () => f(meter.usage))
  })
