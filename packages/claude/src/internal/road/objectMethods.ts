/** The methods that answer with a value of a schema, made of those that answer with a message. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as ClaudeError from "../../ClaudeError.ts"
import * as StructuredOutput from "../../StructuredOutput.ts"
import { type AnyMessage, decodeAnswer } from "../schema/answer.ts"
import { askedAgain, type Tries } from "../schema/reask.ts"
import { textPiece } from "../stream/blockPieces.ts"
import { type MessageEvent, MessageFold } from "../stream/messageFold.ts"
import { GrowingJson } from "../stream/partialJson.ts"
import { usageOfMessages } from "../usage/readUsage.ts"

/** The parameters of a message, whichever of the two APIs it is for. */
interface MessageParams {
  readonly messages: ReadonlyArray<unknown>
  readonly output_config?: object
}

type Params<S extends Schema.Constraint> = MessageParams & {
  readonly schema: S
  readonly reask?: StructuredOutput.Reask
}

type Failure = StructuredOutput.StructuredOutputError | ClaudeError.RequestRejectedError

type Create<E> = (params: MessageParams, options?: unknown) => Effect.Effect<AnyMessage, E>

type StreamEvents<E> = (params: MessageParams, options?: unknown) => Stream.Stream<MessageEvent, E>

/** The methods beside `create` and `stream` of a resource at `path`. */
export const objectMethods = <E>(path: string, create: Create<E>, stream: StreamEvents<E>) => {
  const ask = <S extends Schema.Constraint>(
    { reask, schema, ...params }: Params<S>,
    options: unknown,
    operation: string
  ): Effect.Effect<Tries<S["Type"], AnyMessage>, E | Failure, S["DecodingServices"]> =>
    // At once: the method notes the scope that it is called in.
    Result.match(withFormat(params, schema), {
      onFailure: Effect.fail,
      onSuccess: (params) => {
        const again = (params: MessageParams) => create(params, options)
        return askedAgain(again(params), again, params, decodeAnswer(schema, operation), reask)
      }
    })
  return {
    object: <S extends Schema.Constraint>(params: Params<S>, options?: unknown) =>
      Effect.map(ask(params, options, `${path}object`), ({ value }) => value),
    objectWithMessage: <S extends Schema.Constraint>(params: Params<S>, options?: unknown) =>
      Effect.map(ask(params, options, `${path}objectWithMessage`), ({ messages, value }) => ({
        value,
        message: messages.at(-1),
        usage: usageOfMessages(messages),
        tries: messages.length
      })),
    objectStream: <S extends Schema.Constraint>({ reask: _, schema, ...params }: Params<S>, options?: unknown) =>
      Result.match(withFormat(params, schema), {
        onFailure: Stream.fail,
        onSuccess: (params) => parts(schema, `${path}objectStream`, stream(params, options))
      })
  }
}

const withFormat = (params: MessageParams, schema: Schema.Constraint) =>
  Result.map(
    StructuredOutput.formatResult(schema),
    (format): MessageParams => ({ ...params, output_config: { ...params.output_config, format } })
  )

const parts = <S extends Schema.Constraint, E>(
  schema: S,
  operation: string,
  events: Stream.Stream<MessageEvent, E>
): Stream.Stream<StructuredOutput.Part<S, AnyMessage>, E | Failure, S["DecodingServices"]> =>
  Stream.suspend(() => {
    const fold = new MessageFold<MessageEvent>()
    const decode = decodeAnswer(schema, operation)
    const complete = Effect.suspend(() =>
      fold.message === undefined
        ? Effect.die(new Error("The stream ended without a message"))
        : Effect.succeed(fold.message)
    ).pipe(
      Effect.flatMap((message) =>
        Effect.map(decode(message), (value) => ({ _tag: "Complete", value, message } as const))
      )
    )
    let growing = new GrowingJson()
    const partials = Stream.filterMap(events, (event) => {
      fold.add(event)
      // Only the text after the last block of another kind is the answer.
      if (event.type === "content_block_start" && event.content_block.type !== "text") growing = new GrowingJson()
      const piece = textPiece(event)
      return piece === undefined ? Result.failVoid : Result.succeed(new PartialObject<S>(growing, piece))
    })
    return Stream.concat(partials, Stream.fromEffect(complete))
  })

class PartialObject<S extends Schema.Constraint> implements StructuredOutput.Partial<S> {
  readonly _tag = "Partial"
  readonly delta: string
  readonly #growing: GrowingJson
  readonly #count: number

  constructor(growing: GrowingJson, delta: string) {
    this.delta = delta
    this.#growing = growing
    this.#count = growing.add(delta)
  }

  get text(): string {
    return this.#growing.jsonAt(this.#count)
  }

  get value(): StructuredOutput.Partial<S>["value"] {
    // The API writes by the schema's JSON form; the whole is decoded at the end.
    return this.#growing.valueAt(this.#count) as StructuredOutput.Partial<S>["value"]
  }
}
