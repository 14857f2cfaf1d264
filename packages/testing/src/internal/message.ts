/** A model's answer, as one JSON or as a stream of events. The types are the SDK's `Message` and stream events. */
import * as Stream from "effect/Stream"
import * as Answer from "./answer.ts"
import type { CreateRequest } from "./messageRequest.ts"
import { lastUserText } from "./messageRequest.ts"
import * as Text from "./text.ts"

/** The text to answer a request with: always the same, or made from the request. */
export type TextSource = string | ((request: CreateRequest) => string)

const defaultWords = 32

const askedFor = /\b(\d{1,6}) words?\b/i

const wordsAskedFor = (request: CreateRequest): number =>
  Number(askedFor.exec(lastUserText(request))?.[1] ?? defaultWords)

// Streaming or not, with a large budget or a small one, the same prompt begins the same way.
const seedOf = ({ messages, model, system }: CreateRequest): string => JSON.stringify([model, system, messages])

const textOf = (request: CreateRequest, source: TextSource | undefined): Text.Pieces => {
  if (source === undefined) return Text.words(seedOf(request), wordsAskedFor(request))
  return Text.split(typeof source === "string" ? source : source(request))
}

const tokensPerMessage = 4

/** The tokens of a prompt: the same estimate for token counting as for the usage of a message. */
export const inputTokens = (
  body: { readonly messages: ReadonlyArray<unknown>; readonly system?: unknown; readonly tools?: unknown }
): number => Text.countTokensIn([body.system, body.messages, body.tools]) + tokensPerMessage * body.messages.length

export interface Reply {
  readonly id: string
  readonly model: string
  readonly text: Text.Fitted
  readonly inputTokens: number
}

export const reply = (request: CreateRequest, options: {
  readonly id: string
  readonly inputTokens: number
  readonly text: TextSource | undefined
}): Reply => ({
  id: options.id,
  model: request.model,
  text: Text.fitted(textOf(request, options.text), request.max_tokens),
  inputTokens: options.inputTokens
})

const stopReason = ({ text }: Reply) => text.complete ? "end_turn" as const : "max_tokens" as const

// The API counts at least one token for any answer, an empty one too.
export const outputTokens = ({ text }: Reply): number => Math.max(1, text.tokens)

const usage = (reply: Reply, output: number) => ({
  input_tokens: reply.inputTokens,
  output_tokens: output,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  inference_geo: null,
  output_tokens_details: { thinking_tokens: 0 },
  server_tool_use: null,
  service_tier: "standard" as const,
  speed: "standard" as const
})

const textBlock = (text: string) => ({ type: "text" as const, text, citations: null })

const envelope = (reply: Reply) => ({
  id: reply.id,
  type: "message" as const,
  role: "assistant" as const,
  model: reply.model,
  container: null,
  diagnostics: null,
  stop_details: null,
  stop_sequence: null
})

/** The reply as one message. */
export const message = (reply: Reply) => ({
  ...envelope(reply),
  content: [textBlock([...reply.text.pieces].join(""))],
  stop_reason: stopReason(reply),
  usage: usage(reply, outputTokens(reply))
})

const messageStart = (reply: Reply) => ({
  type: "message_start" as const,
  message: { ...envelope(reply), content: [], stop_reason: null, usage: usage(reply, 1) }
})

const messageDelta = (reply: Reply) => ({
  type: "message_delta" as const,
  delta: { container: null, stop_details: null, stop_reason: stopReason(reply), stop_sequence: null },
  usage: {
    input_tokens: reply.inputTokens,
    output_tokens: outputTokens(reply),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens_details: { thinking_tokens: 0 },
    server_tool_use: null
  }
})

const piecesPerDelta = 3

function* deltas(pieces: Text.Pieces) {
  let pending: Array<string> = []
  for (const piece of pieces) {
    pending.push(piece)
    if (pending.length === piecesPerDelta) {
      yield pending.join("")
      pending = []
    }
  }
  if (pending.length > 0) yield pending.join("")
}

/** The reply as the events of a stream, `ping` among them, each made when it is asked for. */
export function* streamEvents(reply: Reply) {
  yield messageStart(reply)
  yield { type: "content_block_start" as const, index: 0, content_block: textBlock("") }
  yield { type: "ping" as const }
  for (const text of deltas(reply.text.pieces)) {
    yield { type: "content_block_delta" as const, index: 0, delta: { type: "text_delta" as const, text } }
  }
  yield { type: "content_block_stop" as const, index: 0 }
  yield messageDelta(reply)
  yield { type: "message_stop" as const }
}

/** The event that a complete stream ends with. */
export const lastEvent = "message_stop"

export const answer = (reply: Reply): Answer.Answer => Answer.json(200, message(reply))

export const streamingAnswer = (reply: Reply): Answer.Answer =>
  Answer.events(
    Stream.suspend(() => Stream.fromIterable(streamEvents(reply), { chunkSize: 1 })).pipe(
      Stream.map((event) => Answer.event(event.type, event))
    )
  )
