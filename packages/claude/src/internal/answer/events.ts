/** Bodies of server-sent events, each kind held to its word about how it begins and ends. */
import * as Effect from "effect/Effect"
import type { Attempt } from "../road/attempt.ts"
import { type Body, type BodyKind, BodyReader, type Failure } from "./bodyReader.ts"
import { type Arrived, fromErrorBody, interrupted, invalidResponse, isErrorBody } from "./decodeFailure.ts"
import { type MessageEvent, MessageFold } from "../stream/messageFold.ts"
import { isRecord, type Parsed, parseEvent, parseObject } from "./parseEvent.ts"
import { type ServerSentEvent, SseDecoder } from "./sse.ts"

type Event = Parsed

/** How a stream begins and ends. Where it is not said, a stream begins with any event and ends when the server ends it. */
interface Rule {
  readonly first?: string
  readonly last?: string
  /** Whether an event has the part that whoever reads the stream reads on in. */
  readonly isWhole?: (event: Event) => boolean
}

class EventReader extends BodyReader<Event> {
  private readonly rule: Rule
  private readonly decoder = new SseDecoder()
  protected readonly unit: string

  constructor(body: Body, rule: Rule) {
    super(body)
    this.rule = rule
    this.unit = rule.last === undefined ? "events, before its end" : `events, before ${rule.last}`
  }

  protected accept(chunk: Uint8Array | undefined): Array<Event> {
    if (chunk !== undefined) return this.parse(this.decoder.push(chunk), (event) => this.malformed(event))
    const events = this.parse(this.decoder.end(), () => this.cut())
    if (this.rule.last === undefined && this.failure === undefined) this.stopped = true
    return events
  }

  /** Parses up to the end of the stream or its first failure. */
  private parse(
    received: ReadonlyArray<ServerSentEvent>,
    noJson: (event: ServerSentEvent) => Failure
  ): Array<Event> {
    const events: Array<Event> = []
    for (const event of received) {
      if (this.stopped) break
      // The SDK takes no notice of these either.
      if (event.event === "ping" || (event.data === "" && event.event !== "error")) continue
      const parsed = parseEvent(event.data)
      this.failure = this.refuse(event, parsed, noJson)
      if (this.failure !== undefined || parsed === undefined) break
      if (parsed.type === "ping") continue
      this.record(parsed)
      events.push(parsed)
    }
    return events
  }

  protected record(event: Event): void {
    this.stopped = event.type === this.rule.last
    this.count++
  }

  /** Why an event ends the stream, if it does. */
  private refuse(
    event: ServerSentEvent,
    parsed: Event | undefined,
    noJson: (event: ServerSentEvent) => Failure
  ): Failure | undefined {
    if (event.event === "error" || (parsed?.type === "error" && isErrorBody(parsed))) {
      return fromErrorBody(this.body.attempt, this.body.response.headers, parsed ?? event.data)
    }
    if (parsed === undefined) return noJson(event)
    const { first = parsed.type, isWhole } = this.rule
    if (this.count === 0 && parsed.type !== first && parsed.type !== "ping") {
      return this.misshapen(parsed, `The stream began with ${parsed.type} instead of ${first}`)
    }
    return isWhole === undefined || isWhole(parsed)
      ? undefined
      : this.misshapen(parsed, `Event ${this.count + 1} of the stream (${parsed.type}) lacks a part`)
  }

  private misshapen(event: Event, message: string): Failure {
    return invalidResponse(this.body.attempt, this.body.response, "unexpected-shape", { message, body: event })
  }

  private malformed({ data, event }: ServerSentEvent): Failure {
    return invalidResponse(this.body.attempt, this.body.response, "malformed-json", {
      message: `Event ${this.count + 1} of the stream (${event || "unnamed"}) is no JSON object`,
      body: data
    })
  }
}

/** Keeps what has arrived of the message, for the error that tells of a cut. */
class MessageReader extends EventReader {
  private readonly fold = new MessageFold()
  private readonly onEvent: (event: MessageEvent) => void

  constructor(body: Body, onEvent: (event: MessageEvent) => void) {
    super(body, messageRule)
    this.onEvent = onEvent
  }

  protected override record(event: Event): void {
    super.record(event)
    // The rule has looked at what is read of it.
    const messageEvent = event as unknown as MessageEvent
    this.fold.add(messageEvent)
    this.onEvent(messageEvent)
  }

  protected override get arrived(): Arrived {
    return { ...super.arrived, partial: this.fold.message }
  }
}

const messageRule: Rule = {
  first: "message_start",
  last: "message_stop",
  isWhole: (event) => {
    switch (event.type) {
      case "content_block_delta":
      case "message_delta":
        return isRecord(event.delta)
      case "content_block_start":
        return isRecord(event.content_block)
      case "message_start":
        return isRecord(event.message) && isBlocks(Reflect.get(event.message, "content"))
      default:
        return true
    }
  }
}

const isBlocks = (content: unknown): boolean => Array.isArray(content) && content.every(isRecord)

/** Refuses what the headers show to be no stream: a proxy's page, or an error under status 200. */
const checkEvents = (attempt: Attempt, response: Response): Effect.Effect<void, Failure> => {
  const contentType = response.headers.get("content-type") ?? ""
  if (response.body !== null && !/json|html/i.test(contentType)) return Effect.void
  return Effect.tryPromise({
    try: () => response.text(),
    catch: (cause) =>
      interrupted(attempt, {
        count: 0,
        unit: "events",
        requestId: response.headers.get("request-id") ?? undefined
      }, cause)
  }).pipe(Effect.flatMap((body) => {
    const json = parseObject(body)
    return Effect.fail(
      isErrorBody(json)
        ? fromErrorBody(attempt, response.headers, json)
        : invalidResponse(attempt, response, json === undefined ? "not-json" : "unexpected-shape", {
          message: `${attempt.host} answered with ${contentType || "no content type"} instead of a stream of events`,
          body
        })
    )
  }))
}

/** The events of a message. */
export const messageEvents = (onEvent: (event: MessageEvent) => void): BodyKind<Event> => ({
  make: (body) => new MessageReader(body, onEvent),
  check: checkEvents
})

/** Events that come for as long as the server sends them. */
export const openEndedEvents: BodyKind<Event> = {
  make: (body) => new EventReader(body, {}),
  check: checkEvents
}
