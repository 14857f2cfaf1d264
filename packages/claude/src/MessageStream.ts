/**
 * Operators on a stream of message events, those of `messages.stream` and of `beta.messages.stream`.
 *
 * **Details**
 *
 * A stream of events ends with `message_stop` or fails with a typed error, and what came before a failure has been handed
 * on. All operators pull: a reader that pauses pauses the server.
 *
 * - {@link text}, {@link thinking}, {@link toolInput} and {@link usage} pick what arrives.
 * - {@link textOrFail} fails where the text is not all, {@link parts} ends with the message.
 * - {@link runMessage}, {@link runMessageWith} and {@link runText} run the stream and give the whole message; {@link open}
 *   gives its response first.
 * - {@link withIdleTimeout}, {@link tee} and {@link recover} change how it runs.
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

import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Result from "effect/Result"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ClaudeError from "./ClaudeError.ts"
import { thinkingPiece } from "./internal/stream/blockPieces.ts"
import {
  inputEndOf,
  type MessageEvent,
  MessageFold,
  type MessageOf as FoldedOf,
  type UsageOf as CountedOf
} from "./internal/stream/messageFold.ts"
import { askedToGoOn, prefilled, type Prompt as AnyPrompt, recoverText } from "./internal/stream/recover.ts"
import { branches } from "./internal/stream/tee.ts"
import { folded, text } from "./internal/stream/text.ts"
import { toolInputs } from "./internal/stream/toolInput.ts"
import { wholeOf } from "./internal/stream/whole.ts"

export { open } from "./internal/stream/open.ts"
export { type Complete, parts, runText, type Text, text, textOrFail } from "./internal/stream/text.ts"

/**
 * An event of `messages.stream` or `beta.messages.stream`.
 *
 * @category models
 * @since 0.1.0
 */
export type Event = MessageEvent

/**
 * The message that events of a type make: `Message`, or `BetaMessage`.
 *
 * @category models
 * @since 0.1.0
 */
export type MessageOf<E> = FoldedOf<E>

/**
 * The usage that events of a type tell: `Usage`, or `BetaUsage`.
 *
 * @category models
 * @since 0.1.0
 */
export type UsageOf<E> = CountedOf<E>

/**
 * The pieces of thinking, as they arrive. There are some where the request asks for thinking that is shown.
 *
 * @category operators
 * @since 0.1.0
 */
export const thinking = <E, R>(self: Stream.Stream<Event, E, R>): Stream.Stream<string, E, R> =>
  Stream.filterMap(self, (event) => orNone(thinkingPiece(event)))

const orNone = (piece: string | undefined): Result.Result<string, void> =>
  piece === undefined ? Result.failVoid : Result.succeed(piece)

/**
 * The input of a tool as far as it has come.
 *
 * `json` and `input` are worked out when they are read. Read as they arrive, the whole input is parsed once; what is never
 * read costs nothing.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToolInput {
  /** The block's place in the message. */
  readonly index: number
  /** The id of the tool's use, which its result names. */
  readonly id: string
  readonly name: string
  /** The piece of JSON that is new; empty in the first and in the last of an input. */
  readonly delta: string
  /** Whether the input is complete: only then is it all that the model meant to say. */
  readonly done: boolean
  /**
   * How the input has ended, in the last of each: `"complete"`, `"cut"` (by `max_tokens`, say, in the middle of its JSON) or
   * `"malformed"` (no JSON, which fine-grained tool streaming lets through). `undefined` while it grows. Run a tool only on an
   * input that is complete.
   */
  readonly end: JsonEnd | undefined
  /** The JSON so far. */
  readonly json: string
  /**
   * The value so far: texts as far as they have come, without a number, a literal or a name that is incomplete. At the end
   * the same as in the message; where the input is malformed, its text.
   */
  readonly input: unknown
}

/**
 * How JSON that arrives in pieces has ended.
 *
 * @category models
 * @since 0.1.0
 */
export type JsonEnd = "complete" | "cut" | "malformed"

/**
 * How the input of a tool's block in a message that {@link runMessage} gave has ended. Blocks of `messages.create`, which come
 * whole, are `"complete"`, and so are copies of blocks: ask before you copy.
 *
 * @category getters
 * @since 0.1.0
 */
export const toolInputEnd = (block: object): JsonEnd => inputEndOf(block)

/**
 * The inputs of tools (the caller's, the server's and, in beta, those of MCP servers) as they grow: one at the beginning of
 * each, one for each piece, and one that says how it has ended.
 *
 * @category operators
 * @since 0.1.0
 */
export const toolInput: <E, R>(self: Stream.Stream<Event, E, R>) => Stream.Stream<ToolInput, E, R> = toolInputs

/**
 * Usage, and whether it counts the whole answer.
 *
 * @category models
 * @since 0.1.0
 */
export type Counted<Usage> = Usage & {
  /** `false` at the beginning of the message, where the output is not counted yet. */
  readonly isFinal: boolean
}

/**
 * The tokens so far, each time that the API counts them: at the beginning of the message, when `isFinal` is `false`, and at
 * its end. What a message that was cut had cost is in the error, as `partial.usage` and `isUsageFinal`.
 *
 * @category operators
 * @since 0.1.0
 */
export const usage = <A extends Event, E, R>(self: Stream.Stream<A, E, R>): Stream.Stream<Counted<UsageOf<A>>, E, R> =>
  Stream.mapAccum(self, () => new MessageFold<A>(), (fold, event) => {
    if (event.type !== "message_start" && event.type !== "message_delta") return [fold, []]
    fold.add(event)
    const { usage, usageIsFinal: isFinal } = fold
    return [fold, usage === undefined ? [] : [{ ...usage, isFinal }]]
  })

/**
 * Runs the stream and gives the message that its events make, the same that `messages.create` would have given. Takes
 * time linear in the stream's length.
 *
 * Of a stream just as its method gave it, the retry policy covers the whole: where it breaks off, the request is sent again,
 * since nothing of the answer was handed on. A stream that was transformed is run once.
 *
 * A stream without `message_start`, which no method gives, is a defect: fold before you filter. A tool's input that is no
 * JSON, which fine-grained tool streaming lets through, is its text; {@link toolInputEnd} says how each has ended.
 *
 * @category destructors
 * @since 0.1.0
 */
export const runMessage = <A extends Event, E, R>(self: Stream.Stream<A, E, R>): Effect.Effect<MessageOf<A>, E, R> =>
  Effect.suspend(() => {
    const whole = wholeOf(self)
    // The message of this stream's events.
    if (whole !== undefined) return whole as Effect.Effect<MessageOf<A>, E, R>
    const fold = new MessageFold<A>()
    return Effect.andThen(
      Stream.runForEachArray(self, (events) => Effect.sync(() => events.forEach((event) => fold.add(event)))),
      folded(fold)
    )
  })

/**
 * {@link runMessage}, with an effect for each event on its way.
 *
 * @category destructors
 * @since 0.1.0
 */
export const runMessageWith: {
  <A extends Event, E2, R2>(
    onEvent: (event: A) => Effect.Effect<unknown, E2, R2>
  ): <E, R>(self: Stream.Stream<A, E, R>) => Effect.Effect<MessageOf<A>, E | E2, R | R2>
  <A extends Event, E, R, E2, R2>(
    self: Stream.Stream<A, E, R>,
    onEvent: (event: A) => Effect.Effect<unknown, E2, R2>
  ): Effect.Effect<MessageOf<A>, E | E2, R | R2>
} = dual(
  2,
  <A extends Event, E, R, E2, R2>(
    self: Stream.Stream<A, E, R>,
    onEvent: (event: A) => Effect.Effect<unknown, E2, R2>
  ): Effect.Effect<MessageOf<A>, E | E2, R | R2> =>
    Effect.suspend(() => {
      const fold = new MessageFold<A>()
      const run = Stream.runForEach(self, (event) => {
        fold.add(event)
        return onEvent(event)
      })
      return Effect.andThen(run, folded(fold))
    })
)

/**
 * Fails with `StreamStalledError` when the reader waits longer than this for the next event.
 *
 * Every stream of this library has an idle timeout of its own (the `idleTimeout` setting), for which any byte counts as
 * life; this one is for events, so that a server that sends nothing but `ping` has an end too.
 *
 * @category operators
 * @since 0.1.0
 */
export const withIdleTimeout: {
  (
    duration: Duration.Input
  ): <A, E, R>(self: Stream.Stream<A, E, R>) => Stream.Stream<A, E | ClaudeError.StreamStalledError, R>
  <A, E, R>(
    self: Stream.Stream<A, E, R>,
    duration: Duration.Input
  ): Stream.Stream<A, E | ClaudeError.StreamStalledError, R>
} = dual(
  2,
  <A, E, R>(
    self: Stream.Stream<A, E, R>,
    duration: Duration.Input
  ): Stream.Stream<A, E | ClaudeError.StreamStalledError, R> => {
    const idleTimeout = Duration.fromInputUnsafe(duration)
    return Stream.transformPull(self, (pull) => {
      let events = 0
      const next = Effect.map(pull, (chunk) => {
        events += chunk.length
        return chunk
      })
      const orElse = () => Effect.fail(stalled(events, idleTimeout))
      return Effect.succeed(Effect.timeoutOrElse(next, { duration: idleTimeout, orElse }))
    })
  }
)

const stalled = (events: number, idleTimeout: Duration.Duration): ClaudeError.StreamStalledError =>
  new ClaudeError.StreamStalledError({
    message: `No event for ${Duration.format(idleTimeout)}, after ${events} events`,
    events,
    idleTimeout
  })

/**
 * Two streams with all that this one has, say one for the screen and one for the message. Nothing is lost, whoever starts
 * first; the faster reader is ahead by `capacity` chunks (16) at most. The source starts at once, in the scope, and is
 * closed with the second of them to end. Each of the two can be run once, and one that is not run holds back the other.
 *
 * @category operators
 * @since 0.1.0
 */
export const tee: {
  (options?: { readonly capacity?: number | undefined }): <A, E, R>(
    self: Stream.Stream<A, E, R>
  ) => Effect.Effect<readonly [Stream.Stream<A, E>, Stream.Stream<A, E>], never, Scope.Scope | R>
  <A, E, R>(
    self: Stream.Stream<A, E, R>,
    options?: { readonly capacity?: number | undefined }
  ): Effect.Effect<readonly [Stream.Stream<A, E>, Stream.Stream<A, E>], never, Scope.Scope | R>
} = dual(
  (args) => Stream.isStream(args[0]),
  <A, E, R>(self: Stream.Stream<A, E, R>, options?: { readonly capacity?: number | undefined }) =>
    branches(self, 2, options?.capacity ?? 16)
)

/**
 * A text that broke off, and why.
 *
 * @category models
 * @since 0.1.0
 */
export interface Cut<out E> {
  /** All of the text so far, that of earlier attempts included. */
  readonly text: string
  readonly error: E
  /** How often the text has broken off, counted from 1. */
  readonly attempt: number
}

/**
 * The text, going on in a new request where its stream broke: one seamless stream of pieces.
 *
 * `schedule` says after which failures, how often and when, as a retry policy does; `continue` makes the new stream from
 * what was said so far: {@link continueByPrefill}, {@link continueByTurn}, or a function of yours.
 *
 * **What it costs**
 *
 * This is off unless you ask for it, because:
 *
 * - each attempt pays for its whole input again, what was said so far included, and what the server had written beyond
 *   the cut is paid for and lost;
 * - `max_tokens` is that of each attempt, not of all of them together;
 * - only text goes on. Thinking and tool use that were cut begin anew in the new request, or not at all;
 * - the model may not join exactly. White space at the end of the text so far is not said twice.
 *
 * @category operators
 * @since 0.1.0
 */
export const recover: {
  <I, E2 extends I, R2>(options: {
    readonly schedule: Schedule.Schedule<unknown, I>
    readonly continue: (cut: Cut<I>) => Stream.Stream<Event, E2, R2>
  }): <E extends I, R>(self: Stream.Stream<Event, E, R>) => Stream.Stream<string, E | E2, R | R2>
  <E, R, E2, R2>(
    self: Stream.Stream<Event, E, R>,
    options: {
      readonly schedule: Schedule.Schedule<unknown, E | E2>
      readonly continue: (cut: Cut<E | E2>) => Stream.Stream<Event, E2, R2>
    }
  ): Stream.Stream<string, E | E2, R | R2>
} = dual(
  2,
  <E, R, E2, R2>(
    self: Stream.Stream<Event, E, R>,
    options: {
      readonly schedule: Schedule.Schedule<unknown, E | E2>
      readonly continue: (cut: Cut<E | E2>) => Stream.Stream<Event, E2, R2>
    }
  ): Stream.Stream<string, E | E2, R | R2> =>
    recoverText(text(self), options.schedule, (cut) => text(options.continue(cut)))
)

/**
 * Parameters with a conversation: those of `messages.stream` or of `beta.messages.stream`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Prompt extends AnyPrompt {}

/**
 * Goes on by giving the API the beginning of its answer, which it then continues as if never interrupted. Only models that
 * allow a prefill take it, and only without thinking; others answer with a `BadRequestError`.
 *
 * **Example** (A story that survives a cut)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Claude, MessageStream, RetryPolicy } from "effect-claude"
 *
 * const story = Stream.unwrap(Effect.map(Claude.Claude, ({ messages }) => {
 *   const params: Claude.MessageCreateParams = {
 *     model: "claude-haiku-4-5",
 *     max_tokens: 4096,
 *     messages: [{ role: "user", content: "Tell me a long story." }]
 *   }
 *   return messages.stream(params).pipe(
 *     MessageStream.recover({
 *       schedule: RetryPolicy.standard,
 *       continue: MessageStream.continueByPrefill(messages.stream, params)
 *     })
 *   )
 * }))
 * ```
 *
 * @category recovery
 * @since 0.1.0
 */
export const continueByPrefill =
  <P extends Prompt, A>(send: (params: P) => A, params: P): (cut: Cut<unknown>) => A => ({ text }) =>
    send(prefilled(params, text))

/**
 * Goes on by giving the API its answer so far, and a turn of the user that asks to go on where it ends (`request` to put it
 * in your own words). For every model, but the model may still rephrase, or begin with a remark.
 *
 * @category recovery
 * @since 0.1.0
 */
export const continueByTurn =
  <P extends Prompt, A>(send: (params: P) => A, params: P, request?: string): (cut: Cut<unknown>) => A => ({ text }) =>
    send(askedToGoOn(params, text, request))
