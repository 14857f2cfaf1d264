/**
 * Reading messages, those of `messages.create` and of `beta.messages.create`.
 *
 * **Details**
 *
 * - {@link text}, {@link thinking} and {@link toolUses} pick from the content.
 * - {@link stopReason} says why the message ended, as a tagged value, so that a refusal or a cut is not taken for an answer.
 * - {@link complete} fails where the message is not what the model meant to say.
 *
 * Of a stream of events, `MessageStream` has the like.
 *
 * **Example** (The text of a message, or a failure)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Claude, Message } from "effect-claude"
 *
 * export const answer = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   return yield* claude.messages.create({
 *     model: "claude-opus-5-5",
 *     max_tokens: 256,
 *     messages: [{ role: "user", content: "Say hello." }]
 *   })
 * }).pipe(
 *   Effect.flatMap(Message.complete),
 *   Effect.map(Message.text),
 *   Effect.catchReason("IncompleteMessageError", "Refusal", () => Effect.succeed("I would rather not."))
 * )
 * ```
 *
 * @since 0.1.0
 */
import type * as Beta from "@anthropic-ai/sdk/resources/beta/messages/messages"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import * as Effect from "effect/Effect"
import { IncompleteMessageError } from "./ClaudeError.ts"
import { textIn } from "./internal/answer/shapes.ts"
import type { Incomplete as IncompleteReason } from "./internal/schema/incomplete.ts"

/**
 * A message of either API.
 *
 * @category models
 * @since 0.1.0
 */
export type Any = Messages.Message | Beta.BetaMessage

/**
 * The text, all blocks of it joined: an answer with citations, or one between searches, comes in many.
 *
 * @category getters
 * @since 0.1.0
 */
export const text = ({ content }: Pick<Any, "content">): string => {
  let text = ""
  for (const block of content) if (block.type === "text") text += block.text
  return text
}

/**
 * The thinking, all blocks of it joined. Empty where the model did not think, or the request does not ask to see it.
 *
 * @category getters
 * @since 0.1.0
 */
export const thinking = ({ content }: Pick<Any, "content">): string => {
  let thinking = ""
  for (const block of content) if (block.type === "thinking") thinking += block.thinking
  return thinking
}

/**
 * A block in which the model uses a tool of the caller's.
 *
 * @category models
 * @since 0.1.0
 */
export type ToolUse<M extends Pick<Any, "content"> = Any> = Extract<
  M["content"][number],
  { readonly type: "tool_use" }
>

/**
 * The uses of the caller's tools, in order; those of the API's own tools are not among them. Run them only where
 * {@link stopReason} is `ToolUse`: of a message that was cut, the last input may be half of one.
 *
 * @category getters
 * @since 0.1.0
 */
export const toolUses = <M extends Pick<Any, "content">>({ content }: M): ReadonlyArray<ToolUse<M>> => {
  const uses: Array<ToolUse<M>> = []
  for (const block of content) if (isToolUse<M>(block)) uses.push(block)
  return uses
}

const isToolUse = <M extends Pick<Any, "content">>(block: M["content"][number]): block is ToolUse<M> =>
  block.type === "tool_use"

/**
 * Why a message is not what the model meant to say:
 *
 * - `Refusal`: the model declined. What it had said until then is not an answer.
 * - `MaxTokens`: cut at `max_tokens`.
 * - `ContextWindowExceeded`: cut where the model's context window was full.
 * - `PauseTurn`: a long turn with the API's own tools paused. Send the message back as it is, to have it go on.
 * - `Compaction` (beta): the message is the compacted conversation, not an answer.
 * - `NotEnded`: the API has not said why, as in a message that was cut.
 * - `Unknown`: a reason that this version does not know.
 *
 * @category models
 * @since 0.1.0
 */
export type Incomplete = typeof IncompleteReason.Type

/**
 * Why a message ended: `EndTurn` (the model has said all), `StopSequence` (it has said one of `stop_sequences`), `ToolUse`
 * (it waits for the results of tools), or one of {@link Incomplete}.
 *
 * @category models
 * @since 0.1.0
 */
export type StopReason =
  | { readonly _tag: "EndTurn" }
  | { readonly _tag: "StopSequence"; readonly sequence: string | null }
  | { readonly _tag: "ToolUse" }
  | Incomplete

type Ended = Pick<Any, "stop_reason" | "stop_sequence"> & { readonly stop_details?: Any["stop_details"] | undefined }

/**
 * Why the message ended.
 *
 * **Example** (Every case, or it does not compile)
 *
 * ```ts
 * import { Match } from "effect"
 * import { Message } from "effect-claude"
 *
 * export const next = (message: Message.Any) =>
 *   Match.valueTags(Message.stopReason(message), {
 *     EndTurn: () => "done",
 *     StopSequence: () => "done",
 *     ToolUse: () => "run the tools",
 *     PauseTurn: () => "send it back",
 *     Compaction: () => "send it back",
 *     Refusal: ({ category }) => `declined: ${category}`,
 *     MaxTokens: () => "raise max_tokens",
 *     ContextWindowExceeded: () => "start anew",
 *     NotEnded: () => "ask again",
 *     Unknown: ({ stopReason }) => stopReason
 *   })
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const stopReason = ({ stop_details: details, stop_reason: stopReason, stop_sequence }: Ended): StopReason => {
  switch (stopReason) {
    case "end_turn":
      return { _tag: "EndTurn" }
    case "stop_sequence":
      return { _tag: "StopSequence", sequence: stop_sequence }
    case "tool_use":
      return { _tag: "ToolUse" }
    case "pause_turn":
      return { _tag: "PauseTurn" }
    case "compaction":
      return { _tag: "Compaction" }
    case "refusal":
      return { _tag: "Refusal", category: textIn(details?.category), explanation: textIn(details?.explanation) }
    case "max_tokens":
      return { _tag: "MaxTokens" }
    case "model_context_window_exceeded":
      return { _tag: "ContextWindowExceeded" }
    case null:
    case undefined:
      return { _tag: "NotEnded" }
    default:
      return { _tag: "Unknown", stopReason: String(stopReason satisfies never) }
  }
}

/**
 * The message itself, or an `IncompleteMessageError` where it is not what the model meant to say: see {@link Incomplete}. The
 * error has the message as `partial`.
 *
 * @category combinators
 * @since 0.1.0
 */
export const complete = <M extends Any>(message: M): Effect.Effect<M, IncompleteMessageError> => {
  const reason = stopReason(message)
  switch (reason._tag) {
    case "EndTurn":
    case "StopSequence":
    case "ToolUse":
      return Effect.succeed(message)
    default:
      return Effect.fail(
        new IncompleteMessageError({
          message: wordsOf(reason),
          model: textIn(message.model) ?? undefined,
          reason,
          // A streamed message has `undefined` where the API left a field out, which is no JSON.
          partial: JSON.parse(JSON.stringify(message)),
          isUsageFinal: reason._tag !== "NotEnded"
        })
      )
  }
}

const wordsOf = (reason: Incomplete): string => {
  switch (reason._tag) {
    case "Refusal": {
      const why = reason.explanation ?? reason.category
      return `The model declined${why === null ? "" : `: ${why}`}`
    }
    case "MaxTokens":
      return "The answer was cut short: it reached max_tokens. Allow more, or ask for less."
    case "ContextWindowExceeded":
      return "The answer was cut short: the model's context window is full. Shorten the conversation."
    case "PauseTurn":
      return "The turn has paused. Send the message back as it is, to have it go on."
    case "Compaction":
      return "The message is the compacted conversation, not an answer. Send it back first in `messages`."
    case "NotEnded":
      return "The message has not ended: its stop_reason is null."
    case "Unknown":
      return `The message ended for a reason that this version does not know: ${reason.stopReason}`
  }
}
