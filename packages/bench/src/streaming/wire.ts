/** What a streamed message looks like on the wire. */

interface Data {
  readonly type: string
  readonly [field: string]: unknown
}

const frame = (data: Data): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`

const start = frame(
  {
    type: "message_start",
    message: {
      id: "msg_01XFDUDYJgAACzvnptvVoYEL",
      type: "message",
      role: "assistant",
      model: "claude-opus-5-5",
      content: [],
      container: null,
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: { input_tokens: 25, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
    }
  }
)

const blockStart = frame(
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "", citations: null } }
)

const ending = (count: number): ReadonlyArray<string> => [
  frame({ type: "content_block_stop", index: 0 }),
  frame(
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null, stop_details: null, container: null },
      usage: { output_tokens: count, input_tokens: 25, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
    }
  ),
  frame({ type: "message_stop" })
]

const words = [
  "The",
  " lighthouse",
  " keeper",
  " climbed",
  ",",
  " slowly",
  ".",
  "\n",
  " “Who",
  " goes",
  " there?”",
  " –"
]

const delta = (index: number): string =>
  frame(
    {
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: words[index % words.length] }
    }
  )

/** A message of so many events, beginning and end included. */
export const frames = (count: number): ReadonlyArray<string> => [
  start,
  blockStart,
  ...Array.from({ length: Math.max(0, count - 5) }, (_, index) => delta(index)),
  ...ending(count)
]

/** The same in pieces of 16 KB, cut wherever that falls. */
export const packed = (count: number): ReadonlyArray<Uint8Array> => {
  const bytes = new TextEncoder().encode(frames(count).join(""))
  return Array.from(
    { length: Math.ceil(bytes.length / 16_384) },
    (_, index) => bytes.subarray(index * 16_384, (index + 1) * 16_384)
  )
}

/** One event a piece. */
export const single = (count: number): ReadonlyArray<Uint8Array> => {
  const encoder = new TextEncoder()
  return frames(count).map((text) => encoder.encode(text))
}
