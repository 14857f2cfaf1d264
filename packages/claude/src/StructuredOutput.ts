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
import { type Dialect, jsonCodec } from "./internal/schema/jsonCodec.ts"
import { jsonSchema as written } from "./internal/schema/jsonSchema.ts"
import { Reason as ObjectReason } from "./internal/schema/objectReason.ts"

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
 * A schema as JSON Schema, and the codec between that JSON and its values.
 *
 * @category models
 * @since 0.1.0
 */
export interface Converted<S extends Schema.Constraint> {
  readonly jsonSchema: { readonly [keyword: string]: unknown }
  readonly codec: JsonCodec<S>
}

/**
 * The codec of {@link convert}.
 *
 * @category models
 * @since 0.1.0
 */
export interface JsonCodec<S extends Schema.Constraint>
  extends Schema.Codec<S["Type"], Schema.Json, S["DecodingServices"], S["EncodingServices"]>
{}

/**
 * A schema as JSON Schema, and the codec between that JSON and its values: for tools, and for whoever writes requests by hand.
 *
 * - `strict` (default `true`): only what the API enforces, for output formats and strict tools. Bounds, patterns and other
 *   checks are in the descriptions; tuples, records and maps have forms of their own. With `false`, for tools that are not
 *   strict, it is all of JSON Schema, and schemas may refer to themselves or say nothing of a value.
 * - `param` (default `"schema"`): the parameter that an error names.
 *
 * Fails with `RequestRejectedError` where a part of the schema cannot be said; `param` and the message name its path.
 *
 * **Example** (The input of a tool)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { StructuredOutput } from "effect-claude"
 *
 * const Input = Schema.Struct({ city: Schema.String.annotate({ description: "with its country" }) })
 *
 * export const tool = Effect.map(
 *   StructuredOutput.convert(Input, { param: "tools[0].input_schema" }),
 *   ({ jsonSchema }) => ({ name: "weather", strict: true, input_schema: { ...jsonSchema, type: "object" as const } })
 * )
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const convert = <S extends Schema.Constraint>(
  schema: S,
  options?: { readonly strict?: boolean; readonly param?: string }
): Effect.Effect<Converted<S>, ClaudeError.RequestRejectedError> =>
  Effect.suspend(() => {
    const { param = "schema", strict = true } = options ?? {}
    const dialect = strict ? "strict" : "full"
    return Result.match(written(schema.ast, dialect), {
      onSuccess: (jsonSchema) => Effect.succeed({ jsonSchema, codec: codecOf(schema, dialect) }),
      onFailure: ({ path, problem }) =>
        Effect.fail(
          new ClaudeError.RequestRejectedError({ message: `${param}${path}: ${problem}`, param: `${param}${path}` })
        )
    })
  })

const codecOf = <S extends Schema.Constraint>(schema: S, dialect: Dialect): JsonCodec<S> =>
  Schema.make<JsonCodec<S>>(jsonCodec(schema.ast, dialect))

/**
 * The schema as `output_config.format` of a request. Fails where a part of it cannot be said: see {@link convert}.
 *
 * @category constructors
 * @since 0.1.0
 */
export const format = (
  schema: Schema.Constraint
): Effect.Effect<Messages.JSONOutputFormat, ClaudeError.RequestRejectedError> =>
  Effect.map(convert(schema), ({ jsonSchema }) => ({ type: "json_schema", schema: jsonSchema }))

/**
 * The value that an answer says, by the schema. The text is that of the last text blocks.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = <S extends Schema.Constraint>(schema: S) => {
  const decodeJson = Schema.decodeUnknownEffect(codecOf(schema, "strict"), { errors: "all" })
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
    model: response.model,
    reason,
    text: textOf(response),
    // A streamed message has `undefined` where the API left a field out, which is no JSON.
    response: JSON.parse(JSON.stringify(response)),
    ...(cause === undefined ? {} : { cause })
  })

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
      const reason = { category: details?.category ?? null, explanation: details?.explanation ?? null }
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
