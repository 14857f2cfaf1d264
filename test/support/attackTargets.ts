/** A method of every shape: what it is asked, what a sane server answers, and what its success has to mean. */
import { Effect, Schema, Stream } from "effect"
import { type Claude, ClaudeClient, type ClaudeError, MessageStream } from "effect-claude"
import {
  type Answer,
  type Dice,
  type Event,
  framesOf,
  mutated,
  mutatedBytes,
  mutatedEvents,
  type Shape
} from "./attackAnswers.ts"

export interface Target {
  readonly name: string
  /** The bodies of a case, one for each request. */
  readonly bodies: (dice: Dice) => ReadonlyArray<Shape>
  readonly run: (
    claude: Claude.Service,
    headers: Readonly<Record<string, string>>
  ) => Effect.Effect<unknown, ClaudeError.ClaudeError, ClaudeClient.ClaudeClient>
  /** Why a success is a lie, if it is one. */
  readonly lie: (value: unknown, answer: Answer) => string | undefined
}

const params = { model: "claude-opus-5-5", max_tokens: 16, messages: [{ role: "user" as const, content: "Hello" }] }

const usage = { input_tokens: 10, output_tokens: 3 }

const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [
    { type: "thinking", thinking: "Hm", signature: "c2ln" },
    { type: "text", text: "{\"name\":\"Ada\"}", citations: null }
  ],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage
}

const event = (type: string, fields: object): Event => ({ name: type, data: JSON.stringify({ type, ...fields }) })

const block = (index: number, content_block: object) => event("content_block_start", { index, content_block })
const delta = (index: number, delta: object) => event("content_block_delta", { index, delta })
const stop = (index: number) => event("content_block_stop", { index })

const messageEvents: ReadonlyArray<Event> = [
  event("message_start", {
    message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } }
  }),
  event("ping", {}),
  block(0, { type: "thinking", thinking: "", signature: "" }),
  delta(0, { type: "thinking_delta", thinking: "Hm" }),
  delta(0, { type: "signature_delta", signature: "c2ln" }),
  stop(0),
  block(1, { type: "text", text: "", citations: null }),
  delta(1, { type: "text_delta", text: "Gr\u00fc" }),
  delta(1, { type: "citations_delta", citation: { type: "char_location", cited_text: "x" } }),
  delta(1, { type: "text_delta", text: "ezi \u{1f31e}" }),
  stop(1),
  block(2, { type: "tool_use", id: "toolu_1", name: "write", input: {} }),
  delta(2, { type: "input_json_delta", partial_json: "" }),
  delta(2, { type: "input_json_delta", partial_json: "{\"pa" }),
  delta(2, { type: "input_json_delta", partial_json: "th\":\"a\"}" }),
  stop(2),
  event("message_delta", { delta: { stop_reason: "tool_use", stop_sequence: null }, usage: { output_tokens: 9 } }),
  event("message_stop", {})
]

const batch = {
  id: "msgbatch_1",
  type: "message_batch",
  processing_status: "ended",
  request_counts: { processing: 0, succeeded: 1, errored: 1, canceled: 0, expired: 1 },
  results_url: "/v1/messages/batches/msgbatch_1/results"
}

const json = (dice: Dice, value: unknown): Shape => {
  const changed = dice.chance(0.6) ? mutated(dice, value) : value
  const text = JSON.stringify(changed) ?? ""
  const cut = dice.chance(0.08) ? text.slice(0, dice.below(text.length + 1)) : text
  const bytes = Buffer.from(cut)
  return {
    contentType: "application/json",
    body: dice.chance(0.08) ? mutatedBytes(dice, bytes) : bytes,
    mayEncode: true
  }
}

const stream = (dice: Dice, events: ReadonlyArray<Event>): Shape => {
  const changed = dice.chance(0.7) ? mutatedEvents(dice, events) : events
  const twice = dice.chance(0.3) ? mutatedEvents(dice, changed.length === 0 ? events : changed) : changed
  const bytes = framesOf(dice, twice)
  return {
    contentType: "text/event-stream",
    body: dice.chance(0.08) ? mutatedBytes(dice, bytes) : bytes,
    mayEncode: true
  }
}

const rows = (dice: Dice): Shape => {
  const all = [
    { custom_id: "a", result: { type: "succeeded", message } },
    {
      custom_id: "b",
      result: { type: "errored", error: { type: "error", error: { type: "api_error", message: "no" } } }
    },
    { custom_id: "c", result: { type: "expired" } }
  ].map((row) => JSON.stringify(dice.chance(0.3) ? mutated(dice, row) : row))
  const bytes = Buffer.from(`${all.join("\n")}\n`)
  return {
    contentType: "application/x-jsonl",
    body: dice.chance(0.1) ? mutatedBytes(dice, bytes) : bytes,
    mayEncode: true
  }
}

const parsed = ({ body }: Answer): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const hasBlocks = (value: unknown): boolean =>
  isObject(value) && value["type"] === "message" && Array.isArray(value["content"]) &&
  value["content"].every((block) =>
    isObject(block) && typeof block["type"] === "string" &&
    (block["type"] !== "text" || typeof block["text"] === "string")
  )

const arrived = ({ isCut, status }: Answer): string | undefined =>
  isCut ? "success of a body that was cut" : status >= 300 ? `success under status ${status}` : undefined

/** JSON that is whole has not been cut, whatever became of the end of its frame. */
const arrivedJson = (answer: Answer): string | undefined =>
  arrived({ ...answer, isCut: answer.isCut && parsed(answer) === undefined })

const sameJson = (value: unknown, answer: Answer): string | undefined =>
  arrivedJson(answer) ??
    (JSON.stringify(value) === JSON.stringify(parsed(answer)) ? undefined : "success that is not what was sent")

/** The events of a body by a decoder of the test's own. */
const eventsIn = ({ body }: Answer): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  new TextDecoder().decode(body).replace(/\r\n?/g, "\n").split("\n\n").flatMap((frame) => {
    const data = frame.split("\n").flatMap((line) => /^data(?:: ?|$)(.*)$/.exec(line)?.[1] ?? []).join("\n")
    try {
      const value: unknown = JSON.parse(data)
      return isObject(value) ? [value] : []
    } catch {
      return []
    }
  })

const piecesIn = (events: ReadonlyArray<unknown>, type: string, name: string): string => {
  const pieces: Array<string> = []
  for (const event of events) {
    if (!isObject(event)) continue
    if (event["type"] === "message_stop") break
    const { delta } = event
    if (event["type"] === "content_block_delta" && isObject(delta) && delta["type"] === type) {
      pieces.push(String(delta[name]))
    }
  }
  return pieces.join("")
}

const lost = (events: ReadonlyArray<unknown>, answer: Answer): string | undefined => {
  const sent = eventsIn(answer)
  if (answer.status >= 300) return `success under status ${answer.status}`
  return [["text_delta", "text"], ["thinking_delta", "thinking"], ["input_json_delta", "partial_json"]].map(
    ([type = "", name = ""]) =>
      piecesIn(events, type, name) === piecesIn(sent, type, name)
        ? undefined
        : `pieces of ${type} that are not those sent`
  ).find((problem) => problem !== undefined)
}

const textOf = (message: unknown): string =>
  isObject(message) && Array.isArray(message["content"])
    ? message["content"].map((block) => isObject(block) && typeof block["text"] === "string" ? block["text"] : "").join(
      ""
    )
    : ""

const one = (name: string, body: unknown, run: Target["run"], lie: Target["lie"]): Target => ({
  name,
  bodies: (dice) => [json(dice, body)],
  run,
  lie
})

const ofMessages = (value: unknown, answer: Answer): string | undefined =>
  sameJson(value, answer) ?? (hasBlocks(value) ? undefined : "a message without blocks")

export const targets: ReadonlyArray<Target> = [
  one("messages.create", message, ({ messages }, headers) => messages.create(params, { headers }), ofMessages),
  one(
    "messages.parse",
    message,
    ({ messages }, headers) => messages.parse(params, { headers }),
    (value, answer) => arrivedJson(answer) ?? (hasBlocks(value) ? undefined : "a message without blocks")
  ),
  one(
    "messages.object",
    message,
    ({ messages }, headers) =>
      messages.object({ ...params, schema: Schema.Struct({ name: Schema.String }) }, { headers }),
    (value, answer) =>
      arrivedJson(answer) ?? (isObject(value) && typeof value["name"] === "string" ? undefined : "no value")
  ),
  one(
    "beta.messages.objectWithMessage",
    message,
    ({ beta }, headers) =>
      beta.messages.objectWithMessage(
        { ...params, schema: Schema.Struct({ name: Schema.String }), reask: { times: 1 } },
        { headers }
      ),
    (value, answer) =>
      arrivedJson(answer) ??
        (isObject(value) && isObject(value["usage"]) && Number.isSafeInteger(value["usage"]["inputTokens"]) &&
            Number.isSafeInteger(value["usage"]["outputTokens"])
          ? undefined
          : "no tokens")
  ),
  one(
    "messages.countTokens",
    { input_tokens: 5 },
    ({ messages }, headers) => messages.countTokens(params, { headers }),
    (value, answer) =>
      sameJson(value, answer) ?? (isObject(value) && typeof value["input_tokens"] === "number" ? undefined : "no count")
  ),
  one(
    "models.retrieve",
    { id: "m", type: "model" },
    ({ models }, headers) => models.retrieve("m", {}, { headers }),
    sameJson
  ),
  one(
    "files.delete",
    { id: "file_1", type: "file_deleted" },
    ({ beta }, headers) => beta.files.delete("file_1", {}, { headers }),
    (value, answer) =>
      sameJson(value, answer) ?? (isObject(value) && typeof value["id"] === "string" ? undefined : "no id")
  ),
  one(
    "messages.batches.create",
    batch,
    ({ messages }, headers) => messages.batches.create({ requests: [{ custom_id: "a", params }] }, { headers }),
    sameJson
  ),
  one(
    "use",
    message,
    (_, headers) =>
      Effect.flatMap(
        ClaudeClient.ClaudeClient,
        ({ use }) => use((client, options) => client.post("/v1/messages", { ...options, body: params, headers }))
      ),
    (value, answer) => answer.status === 204 && value === null ? undefined : sameJson(value, answer)
  ),
  {
    name: "models.list",
    bodies: (dice) => [json(dice, {
      data: [{ id: "a", type: "model" }, { id: "b", type: "model" }],
      has_more: dice.chance(0.2),
      first_id: "a",
      last_id: "b"
    })],
    run: ({ models }, headers) => Stream.runCollect(models.list({}, { headers })),
    lie: (value, answer) => {
      const page = parsed(answer)
      return arrivedJson(answer) ??
        (isObject(page) && JSON.stringify(page["data"]) === JSON.stringify(value)
          ? undefined
          : "items that were not sent")
    }
  },
  {
    name: "messages.stream",
    bodies: (dice) => [stream(dice, messageEvents)],
    run: ({ messages }, headers) => Stream.runCollect(messages.stream(params, { headers })),
    lie: (value, answer) => lost(value as ReadonlyArray<unknown>, answer)
  },
  {
    name: "MessageStream.runMessage",
    bodies: (dice) => [stream(dice, messageEvents)],
    run: ({ messages }, headers) => MessageStream.runMessage(messages.stream(params, { headers })),
    lie: (value, answer) =>
      answer.status >= 300
        ? `success under status ${answer.status}`
        : !hasBlocks(value)
        ? "a message without blocks"
        : textOf(value).endsWith(piecesIn(eventsIn(answer), "text_delta", "text"))
        ? undefined
        : "text that was not sent"
  },
  {
    name: "MessageStream operators",
    bodies: (dice) => [stream(dice, messageEvents)],
    run: ({ messages }, headers) => {
      const events = Stream.runCollect(messages.stream(params, { headers }))
      return Effect.flatMap(events, (events) =>
        Effect.all({
          text: Stream.runCollect(MessageStream.text(Stream.fromIterable(events))),
          inputs: Stream.runCollect(MessageStream.toolInput(Stream.fromIterable(events))),
          usage: Stream.runCollect(MessageStream.usage(Stream.fromIterable(events))),
          message: MessageStream.runMessage(Stream.fromIterable(events))
        }))
    },
    lie: (value) => {
      const { inputs, message, text } = value as {
        readonly text: ReadonlyArray<unknown>
        readonly inputs: ReadonlyArray<MessageStream.ToolInput>
        readonly message: { readonly content: ReadonlyArray<object> }
      }
      if (text.some((piece) => typeof piece !== "string")) return "a piece of text that is none"
      const wrong = inputs.filter(({ end }) => end !== undefined).find(({ end, index, input }) => {
        const block = message.content[index]
        return block === undefined || JSON.stringify(Reflect.get(block, "input")) !== JSON.stringify(input) ||
          MessageStream.toolInputEnd(block) !== end
      })
      return wrong === undefined ? undefined : "a tool's input that is another in the message"
    }
  },
  {
    name: "beta.sessions.events.stream",
    bodies: (dice) => [stream(dice, [
      event("message", { type: "user.message", id: "evt_1", content: [{ type: "text", text: "Hi" }] }),
      event("message", { type: "session.status_idle", id: "evt_2" })
    ])],
    run: ({ beta }, headers) => Stream.runCollect(beta.sessions.events.stream("sesn_1", {}, { headers })),
    lie: (value, answer) => {
      const sent = eventsIn(answer).filter(({ type }) => typeof type === "string" && type !== "ping")
      if (answer.encoding !== undefined) return "success of compressed events"
      return arrived(answer) ??
        (JSON.stringify(value).length <= JSON.stringify(sent).length ? undefined : "events that were not sent")
    }
  },
  {
    name: "messages.batches.results",
    bodies: (dice) => [dice.chance(0.3) ? json(dice, batch) : plain(batch), rows(dice)],
    run: ({ messages }, headers) => Stream.runCollect(messages.batches.results("msgbatch_1", {}, { headers })),
    lie: (value, answer) => {
      const sent = new TextDecoder().decode(answer.body).split("\n").filter((line) => line.trim() !== "")
      const got = value as ReadonlyArray<{ readonly result: { readonly type: string; readonly message?: unknown } }>
      if (answer.encoding !== undefined) return "success of compressed rows"
      if (got.some(({ result }) => result.type === "succeeded" && !hasBlocks(result.message))) {
        return "a row without blocks"
      }
      return arrived(answer) ?? (got.length === sent.length ? undefined : "rows that are fewer than those sent")
    }
  },
  {
    name: "files.download",
    bodies: (dice) => [
      dice.chance(0.3) ? json(dice, message) : {
        contentType: "application/octet-stream",
        body: Buffer.from(Array.from({ length: dice.below(3000) }, () => dice.below(256))),
        mayEncode: true
      }
    ],
    run: ({ files }, headers) => Stream.runCollect(files.download("file_1", {}, { headers })),
    lie: (value, answer) => {
      const body = parsed(answer)
      if (answer.encoding !== undefined) return "success of a compressed file"
      if (answer.contentType === "text/html") return "a page in place of a file"
      if (answer.contentType === "application/json" && isObject(body) && body["type"] === "error") {
        return "an error for a file"
      }
      return arrived(answer) ??
        (Buffer.concat(value as ReadonlyArray<Uint8Array>).equals(answer.body) ? undefined : "bytes that were not sent")
    }
  }
]

const plain = (value: unknown): Shape => ({
  contentType: "application/json",
  body: Buffer.from(JSON.stringify(value)),
  mayEncode: false
})
