/**
 * Answers that a schema describes.
 *
 * **Details**
 *
 * `messages.object` and `messages.objectStream` send an Effect `Schema` as the request's output format, and decode the
 * answer by it. Their parameters are those of `messages.create`, and `schema`. What is no such answer is a
 * {@link StructuredOutputError} that says why: refused, cut short, or not decodable.
 *
 * {@link format} and {@link decode} are the two halves of it, for batches and for whoever wants the message too.
 *
 * **Gotchas**
 *
 * - The API guarantees the shape, not every check: lengths, patterns and ranges go to the model as words, and are checked
 *   here. `Schema.Finite` says `number`; `Schema.Number` also lets the model write `"NaN"`.
 * - Structs are closed. Records, tuples and `Schema.Unknown` cannot be said: `RequestRejectedError`, before anything is sent.
 *   A refinement or a transformation is decoded from the JSON form that `Schema.toCodecJson` gives it.
 *
 * **Example** (A typed answer)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Claude } from "effect-claude"
 *
 * const Person = Schema.Struct({ name: Schema.String, age: Schema.Int })
 *
 * const program = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   const person = yield* claude.messages.object({
 *     model: "claude-opus-5-5",
 *     max_tokens: 256,
 *     messages: [{ role: "user", content: "Ada Lovelace died at 36." }],
 *     schema: Person
 *   })
 *   return person.age
 * }).pipe(
 *   Effect.catchReason("StructuredOutputError", "Refused", () => Effect.succeed(0))
 * )
 * ```
 *
 * @since 0.1.0
 */
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as ClaudeError from "./ClaudeError.ts"
import { shallow } from "./internal/answer/writeJson.ts"
import { Reason as ObjectReason } from "./internal/schema/objectReason.ts"
import { outputFormat } from "./internal/schema/outputFormat.ts"

/**
 * Why an answer is no value of its schema.
 *
 * - `Refused`: the model declined (`stop_reason` `refusal`).
 * - `CutShort`: `max_tokens` or the context window ended the answer.
 * - `Unanswered`: the model did something else first, such as using a tool (`tool_use`, `pause_turn`).
 * - `NotJson`: the text is no JSON.
 * - `Mismatch`: it is JSON that the schema does not accept; `issues` says where.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Reason = ObjectReason

/**
 * @category models
 * @since 0.1.0
 */
export type Reason = typeof Reason.Type

/**
 * The API answered, and the answer is no value of the schema. `Effect.catchReason` tells the cases apart.
 *
 * @category errors
 * @since 0.1.0
 */
export const StructuredOutputError = ClaudeError.StructuredOutputError

/**
 * @category errors
 * @since 0.1.0
 */
export type StructuredOutputError = ClaudeError.StructuredOutputError

/**
 * The schema as `output_config.format` of a request. Fails where a part of it cannot be said.
 *
 * @category constructors
 * @since 0.1.0
 */
export const format = (
  schema: Schema.Constraint
): Effect.Effect<Messages.JSONOutputFormat, ClaudeError.RequestRejectedError> =>
  Effect.suspend(() =>
    Result.match(outputFormat(schema), {
      onSuccess: Effect.succeed,
      onFailure: ({ path, problem }) =>
        Effect.fail(
          new ClaudeError.RequestRejectedError({
            message: `schema${path}: ${problem}; structured outputs cannot say it`,
            param: `schema${path}`
          })
        )
    })
  )

/**
 * The value that an answer says, by the schema. The text is that of the last text blocks.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = <S extends Schema.Constraint>(schema: S) => {
  const decodeJson = Schema.decodeUnknownEffect(Schema.toCodecJson(schema))
  return (message: Messages.Message): Effect.Effect<S["Type"], StructuredOutputError, S["DecodingServices"]> =>
    finished(message).pipe(
      Effect.flatMap(parse),
      Effect.flatMap((json) => Effect.mapError(decodeJson(json), (error) => mismatch(message, error)))
    )
}

const failure = (response: Messages.Message, reason: Reason, message: string, cause?: unknown) =>
  new StructuredOutputError({
    message,
    operation: "messages.object",
    model: textIn(response.model) ?? undefined,
    reason,
    text: textOf(response),
    // A streamed message has `undefined` where the API left a field out, which is no JSON.
    response: JSON.parse(JSON.stringify(shallow(response))),
    ...(cause === undefined ? {} : { cause })
  })

/** A text that the type promises, and a server may have said in another way. */
const textIn = (value: unknown): string | null => typeof value === "string" ? value : null

/** The text after the last block of another kind: what a model thinks, or says before it uses a tool, is no answer. */
const textOf = ({ content }: Messages.Message): string =>
  content.slice(content.findLastIndex(({ type }) => type !== "text") + 1)
    .map((block) => block.type === "text" ? block.text : "")
    .join("")

/** Ended as the model wanted it, and with an answer. */
const finished = (message: Messages.Message): Effect.Effect<Messages.Message, StructuredOutputError> => {
  const { stop_details: details, stop_reason: stopReason } = message
  switch (stopReason) {
    case "end_turn":
    case "stop_sequence":
      return Effect.succeed(message)
    case "refusal": {
      const reason = { category: textIn(details?.category), explanation: textIn(details?.explanation) }
      const why = reason.explanation ?? reason.category
      return Effect.fail(
        failure(message, Reason.cases.Refused.make(reason), `The model refused${why === null ? "" : `: ${why}`}`)
      )
    }
    case "max_tokens":
    case "model_context_window_exceeded":
      return Effect.fail(
        failure(message, Reason.cases.CutShort.make({ stopReason }), `The answer was cut short: ${stopReason}`)
      )
    default:
      return Effect.fail(
        failure(
          message,
          Reason.cases.Unanswered.make({ stopReason: stopReason ?? null }),
          `The model has not answered yet: ${stopReason}`
        )
      )
  }
}

const parse = (message: Messages.Message): Effect.Effect<unknown, StructuredOutputError> =>
  Effect.try({
    try: (): unknown => JSON.parse(textOf(message)),
    catch: (cause) => {
      const problem = cause instanceof Error ? cause.message : String(cause)
      return failure(message, Reason.cases.NotJson.make({ problem }), `The answer is no JSON: ${problem}`, cause)
    }
  })

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

const mismatch = (message: Messages.Message, error: Schema.SchemaError): StructuredOutputError => {
  const issues = formatIssue(error.issue).issues.map(({ message, path }) => ({
    message,
    path: (path ?? []).map(keyOf)
  }))
  return failure(
    message,
    Reason.cases.Mismatch.make({ issues }),
    `The answer does not fit its schema: ${error.message}`,
    error
  )
}

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const key = typeof segment === "object" ? segment.key : segment
  return typeof key === "number" ? key : String(key)
}

/**
 * The parameters of an object: those of a message, and the schema that takes the place of the output format.
 *
 * @category models
 * @since 0.1.0
 */
export type Params<P, S extends Schema.Constraint> = Omit<P, "output_config"> & {
  readonly schema: S
  readonly output_config?: Omit<Messages.OutputConfig, "format">
}

/**
 * A part of an object that arrives bit by bit: many `Partial`, and one `Complete` at the end.
 *
 * @category models
 * @since 0.1.0
 */
export type Part<S extends Schema.Constraint> = Partial<S> | Complete<S>

/**
 * The object as far as it has come, not checked by the schema yet. `text` and `value` are worked out when they are read;
 * read as they arrive, the whole answer is parsed once.
 *
 * @category models
 * @since 0.1.0
 */
export interface Partial<S extends Schema.Constraint> {
  readonly _tag: "Partial"
  /** The piece of text that is new. */
  readonly delta: string
  /** The text so far. */
  readonly text: string
  /** The value so far, as JSON: texts as far as they have come, without a number, a literal or a name that is incomplete. */
  readonly value: DeepPartial<S["Encoded"] extends Schema.Json ? S["Encoded"] : Schema.Json> | undefined
}

/**
 * The object, decoded by its schema, and the message that says it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Complete<S extends Schema.Constraint> {
  readonly _tag: "Complete"
  readonly value: S["Type"]
  readonly message: Messages.Message
}

/**
 * A value any part of which may not have arrived yet.
 *
 * @category models
 * @since 0.1.0
 */
export type DeepPartial<T> = T extends ReadonlyArray<infer A> ? ReadonlyArray<DeepPartial<A>>
  : T extends object ? { readonly [K in keyof T]?: DeepPartial<T[K]> }
  : T
