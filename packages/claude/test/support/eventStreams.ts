/** Event streams that are valid, and what two decoders make of them. */
import { _iterSSEMessages } from "@anthropic-ai/sdk/core/streaming"
import { Schema } from "effect"
import { type ServerSentEvent, SseDecoder } from "../../src/internal/answer/sse.ts"

export const encoder = new TextEncoder()

export const decode = (chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<ServerSentEvent> => {
  const decoder = new SseDecoder()
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()]
}

/** What the SDK makes of it. It also tells of events without data, which its streams then skip, as ours do. */
export const decodeWithSdk = async (chunks: ReadonlyArray<Uint8Array>): Promise<ReadonlyArray<ServerSentEvent>> => {
  const body = new ReadableStream({
    start: (controller) => {
      chunks.forEach((chunk) => controller.enqueue(chunk))
      controller.close()
    }
  })
  const events: Array<ServerSentEvent> = []
  for await (const { data, event } of _iterSSEMessages(new Response(body), new AbortController())) {
    if (data !== "") events.push({ event: event ?? "", data })
  }
  return events
}

const Line = Schema.Struct({
  // Data more often than the rest, or most events would be empty.
  field: Schema.Literals([
    "data: ",
    "data: ",
    "data:",
    "data",
    "event: ",
    "event:",
    "event",
    "id: ",
    "retry: ",
    ": ",
    "other: "
  ]),
  value: Schema.Union([
    Schema.String,
    Schema.Literals(["{\"type\":\"x\"}", "é", "ein ‚Wort‘", "🙂 𝒳", " two ", "\uFEFF"])
  ])
})

export const Wire = Schema.Struct({
  mark: Schema.Boolean,
  ending: Schema.Literals(["\n", "\r\n", "\r"]),
  events: Schema.Array(Schema.Array(Line))
})

export const write = ({ ending, events, mark }: typeof Wire.Type): Uint8Array => {
  const lines = events.flatMap((event) => [
    ...event.map(({ field, value }) => field.includes(":") ? field + value.replace(/[\r\n]/g, "") : field),
    ""
  ])
  return encoder.encode((mark ? "\uFEFF" : "") + lines.map((line) => line + ending).join(""))
}
