/** The text of a stream, and what became of its message. */
import * as Effect from "effect/Effect"
import { dual, identity } from "effect/Function"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { IncompleteMessageError } from "../../ClaudeError.ts"
import * as Message from "../../Message.ts"
import { textPiece } from "./blockPieces.ts"
import { type MessageEvent, MessageFold, type MessageOf } from "./messageFold.ts"

/**
 * The pieces of text, as they arrive. Ends with the stream, also where the model declined or was cut: see {@link textOrFail}
 * and {@link parts}.
 *
 * @category operators
 * @since 0.1.0
 */
export const text = <E, R>(self: Stream.Stream<MessageEvent, E, R>): Stream.Stream<string, E, R> =>
  Stream.filterMap(self, (event) => {
    const text = textPiece(event)
    return text === undefined ? Result.failVoid : Result.succeed(text)
  })

/** The pieces of text, then what the message gives. */
const textThen = <A extends MessageEvent, E, R, B, E2>(
  self: Stream.Stream<A, E, R>,
  onText: (text: string) => B,
  onEnd: (message: MessageOf<A>) => Stream.Stream<B, E2>
): Stream.Stream<B, E | E2, R> =>
  Stream.suspend(() => {
    const fold = new MessageFold<A>()
    const pieces = Stream.filterMap(self, (event) => {
      fold.add(event)
      const text = textPiece(event)
      return text === undefined ? Result.failVoid : Result.succeed(onText(text))
    })
    return Stream.concat(pieces, Stream.unwrap(Effect.map(folded(fold), onEnd)))
  })

/** The message of a stream that has ended. */
export const folded = <A extends MessageEvent>(fold: MessageFold<A>): Effect.Effect<MessageOf<A>> =>
  Effect.suspend(() =>
    fold.message === undefined
      ? Effect.die(new Error("MessageStream needs the message_start event: make the message before you filter."))
      : Effect.succeed(fold.message)
  )

/**
 * The pieces of text, as they arrive, and at the end an `IncompleteMessageError` where they are not what the model meant to
 * say: refused, cut at `max_tokens` or by the context window, or paused. The error's `reason` says which, its `partial` is
 * the message.
 *
 * **Example** (A text that says where it was cut)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Claude, MessageStream } from "effect-claude"
 *
 * export const story = Stream.unwrap(Effect.map(Claude.Claude, ({ messages }) =>
 *   messages.stream({
 *     model: "claude-opus-5-5",
 *     max_tokens: 256,
 *     messages: [{ role: "user", content: "Tell me a long story." }]
 *   }))).pipe(
 *     MessageStream.textOrFail,
 *     Stream.catchReason("IncompleteMessageError", "MaxTokens", () => Stream.make(" …"))
 *   )
 * ```
 *
 * @category operators
 * @since 0.1.0
 */
export const textOrFail = <E, R>(
  self: Stream.Stream<MessageEvent, E, R>
): Stream.Stream<string, E | IncompleteMessageError, R> =>
  textThen(self, identity<string>, (message) => Stream.drain(Stream.fromEffect(Message.complete(message))))

/**
 * A piece of text.
 *
 * @category models
 * @since 0.1.0
 */
export interface Text {
  readonly _tag: "Text"
  readonly text: string
}

/**
 * The whole message, once it is there: its text, its usage, and by `Message.stopReason` whether it was refused or cut.
 *
 * @category models
 * @since 0.1.0
 */
export interface Complete<out M> {
  readonly _tag: "Complete"
  readonly message: M
}

/**
 * The pieces of text, as they arrive, and at the end the whole message: one stream for the screen and for the books.
 *
 * @category operators
 * @since 0.1.0
 */
export const parts = <A extends MessageEvent, E, R>(
  self: Stream.Stream<A, E, R>
): Stream.Stream<Text | Complete<MessageOf<A>>, E, R> =>
  textThen<A, E, R, Text | Complete<MessageOf<A>>, never>(
    self,
    (text) => ({ _tag: "Text", text }),
    (message) => Stream.make({ _tag: "Complete", message })
  )

/**
 * Runs the stream, with an effect for each piece of text as it arrives, and gives the message.
 *
 * @category destructors
 * @since 0.1.0
 */
export const runText: {
  <E2, R2>(
    onText: (text: string) => Effect.Effect<unknown, E2, R2>
  ): <A extends MessageEvent, E, R>(self: Stream.Stream<A, E, R>) => Effect.Effect<MessageOf<A>, E | E2, R | R2>
  <A extends MessageEvent, E, R, E2, R2>(
    self: Stream.Stream<A, E, R>,
    onText: (text: string) => Effect.Effect<unknown, E2, R2>
  ): Effect.Effect<MessageOf<A>, E | E2, R | R2>
} = dual(
  2,
  <A extends MessageEvent, E, R, E2, R2>(
    self: Stream.Stream<A, E, R>,
    onText: (text: string) => Effect.Effect<unknown, E2, R2>
  ): Effect.Effect<MessageOf<A>, E | E2, R | R2> =>
    Effect.suspend(() => {
      const fold = new MessageFold<A>()
      const run = Stream.runForEach(self, (event) => {
        fold.add(event)
        const text = textPiece(event)
        return text === undefined ? Effect.void : onText(text)
      })
      return Effect.andThen(run, folded(fold))
    })
)
