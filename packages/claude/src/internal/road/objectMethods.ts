/** The methods that answer with a value of a schema, made of those that answer with a message. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as ClaudeError from "../../ClaudeError.ts"
import * as StructuredOutput from "../../StructuredOutput.ts"
import { textPiece } from "../stream/blockPieces.ts"
import { MessageFold } from "../stream/messageFold.ts"
import { GrowingJson } from "../stream/partialJson.ts"

type Event = Messages.RawMessageStreamEvent

type Failure = StructuredOutput.StructuredOutputError | ClaudeError.RequestRejectedError

/** The parameters of the message that is to say the object. */
const messageParams = <P, S extends Schema.Constraint>({ schema, ...params }: StructuredOutput.Params<P, S>) =>
  Effect.map(StructuredOutput.format(schema), (format) => ({
    ...params,
    output_config: { ...params.output_config, format }
  }))

export const objectMethod =
  <P, O, E>(create: (params: P, options?: O) => Effect.Effect<Messages.Message, E>) =>
  <S extends Schema.Constraint>(
    params: StructuredOutput.Params<P, S>,
    options?: O
  ): Effect.Effect<S["Type"], E | Failure, S["DecodingServices"]> =>
    messageParams(params).pipe(
      // What was left out has taken the place of the output config.
      Effect.flatMap((message) => create(message as P, options)),
      Effect.flatMap(StructuredOutput.decode(params.schema))
    )

export const objectStreamMethod =
  <P, O, E>(stream: (params: P, options?: O) => Stream.Stream<Event, E>) =>
  <S extends Schema.Constraint>(
    params: StructuredOutput.Params<P, S>,
    options?: O
  ): Stream.Stream<StructuredOutput.Part<S>, E | Failure, S["DecodingServices"]> =>
    Stream.unwrap(Effect.map(messageParams(params), (message) => parts(params.schema, stream(message as P, options))))

const parts = <S extends Schema.Constraint, E>(
  schema: S,
  events: Stream.Stream<Event, E>
): Stream.Stream<StructuredOutput.Part<S>, E | Failure, S["DecodingServices"]> =>
  Stream.suspend(() => {
    const fold = new MessageFold<Event>()
    const decode = StructuredOutput.decode(schema)
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
