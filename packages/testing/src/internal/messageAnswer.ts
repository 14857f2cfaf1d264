/** A reply on its way: as one JSON or as a stream of events, at the pace of a model. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Answer from "./answer.ts"
import * as CannedMessage from "./cannedMessage.ts"
import type { Written } from "./message.ts"
import { dueAfter, paced, type Pacing } from "./pacing.ts"
import * as Text from "./text.ts"

export interface Manner {
  /** With what messages of the beta API have more. */
  readonly beta: boolean
  readonly pacing: Pacing | undefined
}

type Event = ReturnType<typeof CannedMessage.events> extends Generator<infer E> ? E : never

/** The event that a complete stream ends with. */
export const lastEvent = "message_stop" satisfies Event["type"]

const messageOf = ({ message }: Written, { beta }: Manner): CannedMessage.AnyMessage =>
  beta ? CannedMessage.asBeta(message) : message

/** The events of a stream, `ping` among them, each made when it is asked for. */
function* streamEvents(reply: Written, manner: Manner) {
  let pinged = false
  for (const event of CannedMessage.events(messageOf(reply, manner), reply.unfinishedInput)) {
    yield event
    if (event.type === "content_block_start" && !pinged) {
      pinged = true
      yield { type: "ping" as const }
    }
  }
}

type StreamEvent = ReturnType<typeof streamEvents> extends Generator<infer E> ? E : never

const tokensIn = (event: StreamEvent): number => {
  if (event.type !== "content_block_delta") return 0
  const { delta } = event
  switch (delta.type) {
    case "text_delta":
      return Text.countTokens(delta.text)
    case "thinking_delta":
      return Text.countTokens(delta.thinking)
    case "input_json_delta":
      return Text.countTokens(delta.partial_json)
    default:
      return 0
  }
}

const streaming = (reply: Written, manner: Manner): Answer.Answer => {
  const events = Stream.suspend(() => Stream.fromIterable(streamEvents(reply, manner), { chunkSize: 1 }))
  return Answer.events(
    (manner.pacing === undefined ? events : paced(events, manner.pacing, tokensIn)).pipe(
      Stream.map((event) => Answer.event(event.type, event))
    )
  )
}

const whole = (reply: Written, manner: Manner): Effect.Effect<Answer.Answer> => {
  const answer = Answer.json(200, messageOf(reply, manner))
  if (manner.pacing === undefined) return Effect.succeed(answer)
  return Effect.delay(Effect.succeed(answer), dueAfter(manner.pacing, reply.message.usage.output_tokens))
}

export const answer = (reply: Written, manner: Manner & { readonly stream: boolean }): Effect.Effect<Answer.Answer> =>
  manner.stream ? Effect.succeed(streaming(reply, manner)) : whole(reply, manner)
