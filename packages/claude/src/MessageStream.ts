/**
 * Operators on a stream of message events.
 *
 * **Example** (Printing text while it arrives)
 *
 * ```ts
 * import { Console, Effect, Stream } from "effect"
 * import { Claude, MessageStream } from "effect-claude"
 *
 * const program = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   const events = claude.messages.stream({
 *     model: "claude-opus-5-5",
 *     max_tokens: 256,
 *     messages: [{ role: "user", content: "Tell me a story." }]
 *   })
 *   yield* events.pipe(MessageStream.text, Stream.runForEach((piece) => Console.log(piece)))
 * })
 * ```
 *
 * @since 0.1.0
 */
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { MessageFold } from "./internal/messageFold.ts"

type Event = Messages.RawMessageStreamEvent

/**
 * The pieces of text, as they arrive.
 *
 * @category operators
 * @since 0.1.0
 */
export const text = <E, R>(self: Stream.Stream<Event, E, R>): Stream.Stream<string, E, R> =>
  Stream.filterMap(self, (event) =>
    event.type === "content_block_delta" && event.delta.type === "text_delta"
      ? Result.succeed(event.delta.text)
      : Result.failVoid)

/**
 * Runs the stream and gives the message that its events make, the same that `messages.create` would have given. Takes
 * time linear in the stream's length.
 *
 * @category destructors
 * @since 0.1.0
 */
export const message = <E, R>(self: Stream.Stream<Event, E, R>): Effect.Effect<Messages.Message, E, R> =>
  messageWith(self, () => Effect.void)

/**
 * {@link message}, with an effect for each event on its way. A stream without `message_start`, which no method gives, is a
 * defect.
 *
 * @category destructors
 * @since 0.1.0
 */
export const messageWith: {
  <E2, R2>(
    onEvent: (event: Event) => Effect.Effect<unknown, E2, R2>
  ): <E, R>(self: Stream.Stream<Event, E, R>) => Effect.Effect<Messages.Message, E | E2, R | R2>
  <E, R, E2, R2>(
    self: Stream.Stream<Event, E, R>,
    onEvent: (event: Event) => Effect.Effect<unknown, E2, R2>
  ): Effect.Effect<Messages.Message, E | E2, R | R2>
} = dual(
  2,
  <E, R, E2, R2>(
    self: Stream.Stream<Event, E, R>,
    onEvent: (event: Event) => Effect.Effect<unknown, E2, R2>
  ): Effect.Effect<Messages.Message, E | E2, R | R2> =>
    Effect.suspend(() => {
      const fold = new MessageFold()
      return self.pipe(
        Stream.runForEach((event) => Effect.andThen(Effect.sync(() => fold.add(event)), onEvent(event))),
        Effect.flatMap(() =>
          fold.message === undefined
            ? Effect.die(new Error("MessageStream.message needs the message_start event: fold before you filter."))
            : Effect.succeed(fold.message)
        )
      )
    })
)
