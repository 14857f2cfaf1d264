/** A stream whose first events are there. */
import type * as Arr from "effect/Array"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Interceptor from "../../Interceptor.ts"
import { within } from "../road/scope.ts"
import type { MessageEvent } from "./messageFold.ts"

/**
 * Opens a stream of events: waits for the first of them, so that a failure before it is the effect's, while a status can
 * still be sent. `events` gives all events, the first included, and can be read once; the connection closes with the scope.
 *
 * `response` is `undefined` where the stream is not one of this library's methods.
 *
 * **Example** (A status before the first byte)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Claude, MessageStream } from "effect-claude"
 *
 * export const program = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   const { events, response } = yield* MessageStream.open(claude.messages.stream({
 *     model: "claude-opus-5-5",
 *     max_tokens: 256,
 *     messages: [{ role: "user", content: "Tell me a story." }]
 *   }))
 *   yield* Effect.logInfo(`request ${response?.requestId}`)
 *   yield* events.pipe(MessageStream.text, Stream.runForEach(Effect.logInfo))
 * }).pipe(Effect.scoped, Effect.catchTag("OverloadedError", () => Effect.logError("503, and nothing was sent yet")))
 * ```
 *
 * @category destructors
 * @stability experimental
 * @since 0.1.0
 */
export const open = <A extends MessageEvent, E, R>(
  self: Stream.Stream<A, E, R>
): Effect.Effect<
  { readonly response: Interceptor.ResponseInfo | undefined; readonly events: Stream.Stream<A, E> },
  E,
  R | Scope.Scope
> =>
  Effect.suspend(() => {
    let response: Interceptor.ResponseInfo | undefined
    const listening = Interceptor.make({
      answered: (_, info) =>
        Effect.sync(() => {
          response = info
        })
    })
    const events = Stream.updateContext(self, (context: Context.Context<R>) => within(listening)(context))
    return Effect.flatMap(Stream.toPull(events), (pull) =>
      Pull.matchEffect(pull, {
        onSuccess: (first) => Effect.sync(() => ({ response, events: once(first, pull) })),
        onDone: () => Effect.sync(() => ({ response, events: Stream.empty })),
        onFailure: Effect.failCause
      }))
  })

/** The stream of a pull whose first items are there. Read a second time it would leave out what was read before. */
const once = <A, E>(
  first: Arr.NonEmptyReadonlyArray<A>,
  pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E>
): Stream.Stream<A, E> => {
  let isRead = false
  return Stream.suspend(() => {
    if (isRead) {
      return Stream.die(new Error("The events of MessageStream.open can be read once. Open the stream again."))
    }
    isRead = true
    return Stream.concat(Stream.fromArray(first), Stream.fromPull(Effect.succeed(pull)))
  })
}
