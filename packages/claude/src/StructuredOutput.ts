/**
 * Answers that a schema describes.
 *
 * **Details**
 *
 * `messages.object` and `messages.objectStream` send an Effect `Schema` as the request's output format, and decode the
 * answer by it; `messages.objectWithMessage` gives the message and the tokens too. Their parameters are those of
 * `messages.create`, and `schema`; with `reask`, an answer that does not fit is asked for again. What is not such an answer is a
 * {@link StructuredOutputError} that says why: refused, cut short, or not decodable. They stand at `beta.messages` too.
 *
 * {@link format} and {@link decode} are the two halves of it, for batches; {@link toolInput} does the same for tools.
 *
 * **Gotchas**
 *
 * - The API guarantees the shape, not every check: lengths, patterns, ranges and what checks `expect` go to the model as words,
 *   and are checked here. A check without words is refused, as is what JSON cannot say and a schema that refers to itself:
 *   `RequestRejectedError` with the path, before anything is sent.
 * - Structs are closed. The model writes an `Option` as the value or `null`, a record or a map as an array of
 *   `{ key, value }`, a tuple as an object by position (`{ "0": …, "1": …, "rest": […] }`), a `Duration` in ISO 8601.
 * - Numbers are what JSON can write: no `NaN`, no infinity.
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
import type * as Beta from "@anthropic-ai/sdk/resources/beta/messages/messages"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as ClaudeError from "./ClaudeError.ts"
import { decodeAnswer } from "./internal/schema/answer.ts"
import { type Dialect, jsonCodec } from "./internal/schema/jsonCodec.ts"
import { jsonSchema as written } from "./internal/schema/jsonSchema.ts"
import { Reason as ObjectReason } from "./internal/schema/objectReason.ts"
import type { Usage } from "./internal/usage/usage.ts"

/**
 * Why an answer is not a value of its schema.
 *
 * - `Refused`: the model declined (`stop_reason` `refusal`).
 * - `CutShort`: `max_tokens` or the context window ended the answer.
 * - `Unanswered`: the model did something else first, such as using a tool (`tool_use`, `pause_turn`).
 * - `NotJson`: the text is not JSON.
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
 * The API answered, and the answer is not a value of the schema. `Effect.catchReason` tells the cases apart.
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
 * A schema as JSON Schema, and the codec between that JSON and its values: for whoever writes requests by hand. For tools there
 * is {@link toolInput}.
 *
 * - `strict` (default `true`): only what the API enforces, for output formats and strict tools. Bounds, patterns and other
 *   checks are in the descriptions; tuples, records and maps have forms of their own. With `false`, for tools that are not
 *   strict, it is all of JSON Schema, and schemas may refer to themselves or say nothing of a value.
 * - `param` (default `"schema"`): the parameter that an error names.
 *
 * Fails with `RequestRejectedError` where a part of the schema cannot be said; `param` and the message name its path.
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
    return Effect.fromResult(
      Result.map(said(schema, dialect, param), (jsonSchema) => ({
        jsonSchema,
        codec: Schema.make<JsonCodec<S>>(jsonCodec(schema.ast, dialect))
      }))
    )
  })

/**
 * The input of a tool.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToolInput<S extends Schema.Constraint> {
  readonly inputSchema: Messages.Tool.InputSchema
  readonly codec: JsonCodec<S>
}

/**
 * The `input_schema` of a tool, and the codec between the input that a model writes and the values of the schema. Like
 * {@link convert}, and it refuses what no tool takes: a schema that is not an object, and names of fields that are not 1 to 64
 * letters, digits, `_`, `.` or `-`.
 *
 * `strict` (default `true`) goes with `strict: true` of the tool. `param` (default `"schema"`) is the parameter that an error
 * names.
 *
 * **Example** (A tool)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { StructuredOutput } from "effect-claude"
 *
 * const Input = Schema.Struct({ city: Schema.String.annotate({ description: "with its country" }) })
 *
 * export const tool = Effect.map(
 *   StructuredOutput.toolInput(Input, { param: "tools[0].input_schema" }),
 *   ({ inputSchema }) => ({ name: "weather", strict: true, input_schema: inputSchema })
 * )
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const toolInput = <S extends Schema.Constraint>(
  schema: S,
  options?: { readonly strict?: boolean; readonly param?: string }
): Effect.Effect<ToolInput<S>, ClaudeError.RequestRejectedError> =>
  Effect.flatMap(convert(schema, options), ({ codec, jsonSchema }) => {
    const { param = "schema" } = options ?? {}
    if (jsonSchema.type !== "object") {
      return rejected(param, "is not an object, and tools take nothing else: put it into a struct")
    }
    const name = Object.keys(jsonSchema.properties ?? {}).find((name) => !toolField.test(name))
    if (name !== undefined) {
      return rejected(
        `${param}.${name}`,
        "has a name that tools cannot have: use 1 to 64 letters, digits, `_`, `.` or `-`"
      )
    }
    return Effect.succeed({ inputSchema: { ...jsonSchema, type: "object" }, codec })
  })

// The API's own words: "Property keys should match pattern".
const toolField = /^[a-zA-Z0-9_.-]{1,64}$/

const rejected = (param: string, problem: string) =>
  Effect.fail(new ClaudeError.RequestRejectedError({ message: `${param}: ${problem}`, param }))

const said = (schema: Schema.Constraint, dialect: Dialect, param: string) =>
  Result.mapError(
    written(schema.ast, dialect),
    ({ path, problem }) =>
      new ClaudeError.RequestRejectedError({ message: `${param}${path}: ${problem}`, param: `${param}${path}` })
  )

/**
 * The schema as `output_config.format` of a request. Fails where a part of it cannot be said: see {@link convert}.
 *
 * @category constructors
 * @since 0.1.0
 */
export const format = (
  schema: Schema.Constraint
): Effect.Effect<Messages.JSONOutputFormat, ClaudeError.RequestRejectedError> =>
  Effect.suspend(() => Effect.fromResult(formatResult(schema)))

/**
 * Like {@link format}, at once.
 *
 * @category constructors
 * @since 0.1.0
 */
export const formatResult = (
  schema: Schema.Constraint
): Result.Result<Messages.JSONOutputFormat, ClaudeError.RequestRejectedError> =>
  Result.map(said(schema, "strict", "schema"), (schema) => ({ type: "json_schema", schema }))

/**
 * The value that an answer says, by the schema. The text is that of the last text blocks.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode: <S extends Schema.Constraint>(
  schema: S
) => (
  message: Messages.Message | Beta.BetaMessage
) => Effect.Effect<S["Type"], StructuredOutputError, S["DecodingServices"]> = (schema) =>
  decodeAnswer(schema, "messages.object")

/**
 * Asking again where the answer is not JSON or does not fit the schema. A refusal or a cut answer is not asked again.
 *
 * Each try is a call of its own: its own span, retries and interceptors. It has the messages of the first call and one pair
 * more, the last answer and what was wrong with it, so that the conversation does not grow with the tries.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reask {
  /** How many times to ask again, at most. `RequestRejectedError` if it is not a whole number of at least 0. */
  readonly times: number
  /** What to say of the last answer. Default: each place that does not fit, and why. */
  readonly prompt?: (error: StructuredOutputError) => string
}

/**
 * A value, and the message that says it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answer<S extends Schema.Constraint, Message = Messages.Message> {
  readonly value: S["Type"]
  readonly message: Message
  /** Tokens of all tries: see {@link Reask}. */
  readonly usage: Usage
  /** How many times it was asked: 1, if the first answer fits. */
  readonly tries: number
}

/**
 * The parameters of an object that arrives bit by bit: those of a message, and the schema that takes the place of the output
 * format.
 *
 * @category models
 * @since 0.1.0
 */
export type StreamParams<P, S extends Schema.Constraint> = Omit<P, "output_config"> & {
  readonly schema: S
  readonly output_config?: Omit<
    NonNullable<P extends { readonly output_config?: infer Config } ? Config : never>,
    "format"
  >
}

/**
 * The parameters of an object: those of a message, the schema that takes the place of the output format, and how often to ask
 * again.
 *
 * @category models
 * @since 0.1.0
 */
export type Params<P, S extends Schema.Constraint> = StreamParams<P, S> & {
  readonly reask?: Reask
}

/**
 * A part of an object that arrives bit by bit: many `Partial`, and one `Complete` at the end.
 *
 * @category models
 * @since 0.1.0
 */
export type Part<S extends Schema.Constraint, Message = Messages.Message> = Partial<S> | Complete<S, Message>

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
  readonly value: DeepPartial<S["Encoded"] extends Schema.Json ? Written<S["Encoded"]> : Schema.Json> | undefined
}

/**
 * The object, decoded by its schema, and the message that says it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Complete<S extends Schema.Constraint, Message = Messages.Message> {
  readonly _tag: "Complete"
  readonly value: S["Type"]
  readonly message: Message
}

/**
 * JSON as the model writes it: a record as its entries, a tuple as an object by position.
 *
 * @category models
 * @since 0.1.0
 */
export type Written<T> = T extends ReadonlyArray<infer A> ? WrittenArray<T, A>
  : T extends object ? string extends keyof T ? ReadonlyArray<WrittenEntry<T[keyof T]>>
    : { readonly [K in keyof T]: Written<T[K]> }
  : T

/**
 * An array as the model writes it. A non-empty array is one too; a tuple with a rest of another kind is JSON of some kind.
 *
 * @category models
 * @since 0.1.0
 */
export type WrittenArray<T extends ReadonlyArray<unknown>, A> = number extends T["length"]
  ? T extends readonly [infer First, ...ReadonlyArray<unknown>]
    ? [A] extends [First] ? ReadonlyArray<Written<A>> : Schema.Json
  : ReadonlyArray<Written<A>>
  : { readonly [K in Exclude<keyof T, keyof ReadonlyArray<unknown>>]: Written<T[K]> }

/**
 * An entry of a record as the model writes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface WrittenEntry<Value> {
  readonly key: string
  readonly value: Written<Value>
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
