/**
 * Canned answers by rule: which requests for a message they are for, and what these get. Replies are plain data, written as
 * JSON and checked by {@link Reply}, so that a program in any language can be given its answers.
 *
 * ```json
 * [
 *   { "match": { "text": "weather" }, "tools": [{ "name": "weather", "input": { "city": "Oslo" } }] },
 *   { "match": { "tool": "weather" }, "text": "It rains in Oslo.", "pacing": { "tokensPerSecond": 40 } },
 *   { "match": { "model": "claude-opus-*" }, "times": 1, "fault": { "_tag": "Error", "status": 529 } },
 *   { "text": "I do not know." }
 * ]
 * ```
 *
 * **Details**
 *
 * - The first reply that fits a request answers it. Without one, the `reply` option does, or what the simulator says by
 *   default.
 * - A reply is cut off like any message: by `max_tokens`, stop sequences and the context window.
 * - The requests of a batch get replies without `times`, and no faults.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Fault from "./Fault.ts"
import { JsonProblem, parse, reading, withoutSchema } from "./internal/reading.ts"

export type { JsonProblem } from "./internal/reading.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))

/**
 * Which requests a reply is for: those that all of it fits.
 *
 * - `model`: by id. A `*` at the end stands for any rest.
 * - `text`: what the last text of the user contains, in upper or lower case.
 * - `tool`: the last turn of the user brings a result of this tool.
 * - `turn`: which answer of the conversation this is, from 1 on.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Match = Schema.Struct({
  model: Schema.optional(Schema.String),
  text: Schema.optional(Schema.String),
  tool: Schema.optional(Schema.String),
  turn: Schema.optional(Count)
})

/**
 * Which requests a reply is for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Match extends Schema.Schema.Type<typeof Match> {}

const ToolUse = Schema.Struct({
  name: Schema.NonEmptyString,
  input: Schema.Record(Schema.String, Schema.Json),
  id: Schema.optional(Schema.NonEmptyString)
})

const stopReasons = ["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"] as const

const Pacing = Schema.Struct({
  timeToFirstToken: Schema.optional(Schema.DurationFromString),
  tokensPerSecond: Schema.optional(Schema.Finite.check(Schema.isGreaterThan(0)))
})

const fields = {
  match: Schema.optional(Match),
  times: Schema.optional(Count),
  thinking: Schema.optional(Schema.String),
  text: Schema.optional(Schema.String),
  tools: Schema.optional(Schema.Array(ToolUse)),
  stop_reason: Schema.optional(Schema.Literals(stopReasons)),
  fault: Schema.optional(Fault.Fault),
  pacing: Schema.optional(Pacing)
}

const ReplyFields = Schema.Struct(fields)

const says = ({ match: _, times: __, ...said }: typeof ReplyFields.Type): boolean =>
  Object.values(said).some((part) => part !== undefined)

/**
 * An answer, and which requests get it.
 *
 * - `match`: which requests. Default: all.
 * - `times`: after so many answers, the reply is used up. Default: never.
 * - `thinking`, `text`, `tools`: the content, in this order. Default: what the simulator says without the reply.
 * - `stop_reason`: default: `tool_use` with tools, otherwise `end_turn`. Alone, it comes with no content.
 * - `fault`: what goes wrong, in the answer or instead of it. A fault of the script or of a scenario comes first.
 * - `pacing`: how fast the message is written. Default: the `pacing` option.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Reply = ReplyFields.check(
  Schema.makeFilter(says, {
    message: "a reply needs \"text\", \"tools\", \"thinking\", \"stop_reason\", \"fault\" or \"pacing\""
  })
)

/**
 * An answer, and which requests get it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reply extends Schema.Schema.Type<typeof Reply> {}

/**
 * The schema of replies: reads and writes them as JSON.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Replies = Schema.Array(Reply)

/**
 * Replies, the first that fits first.
 *
 * @category models
 * @since 0.1.0
 */
export type Replies = typeof Replies.Type

/**
 * Replies as they are written, in TypeScript and in JSON alike. A single one needs no list.
 *
 * @category models
 * @since 0.1.0
 */
export type Encoded = typeof Replies.Encoded | typeof Reply.Encoded

const read = reading(Replies)

/**
 * Replies from a JSON that was parsed already. Fails as {@link fromJson} does.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromUnknown = (json: unknown): Effect.Effect<Replies, JsonProblem> =>
  Array.isArray(json)
    ? read(json)
    : Effect.mapError(
      read([withoutSchema(json)]),
      ({ message }) => new JsonProblem({ message: message.replace(/^\[0\][.:]? ?/, "") })
    )

const fromLines = (text: string): Effect.Effect<Replies, JsonProblem> =>
  Effect.forEach(
    text.split("\n").map((line, index) => ({ line, number: index + 1 })).filter(({ line }) => line.trim() !== ""),
    ({ line, number }) =>
      Effect.mapError(
        Effect.flatMap(parse(line), fromUnknown),
        ({ message }) => new JsonProblem({ message: `line ${number}: ${message}` })
      )
  ).pipe(Effect.map((replies) => replies.flat()))

/** A line that is a JSON object of its own is one of JSONL, unless it is all there is. */
const isLines = (text: string): boolean => /^\s*\{[^\n]*\}\s*\n\s*\{/.test(text)

/**
 * Replies from the text of a file: a JSON, or JSONL with a reply a line. Names that mean nothing are refused. The error says
 * where the text is wrong, and what may be there.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromJson = (text: string): Effect.Effect<Replies, JsonProblem> =>
  isLines(text) ? fromLines(text) : Effect.flatMap(parse(text), fromUnknown)

/**
 * Replies from their JSON form. Throws the error of {@link fromJson} at nonsense.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (replies: Encoded): Replies => Effect.runSync(fromUnknown(replies))
