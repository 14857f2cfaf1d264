/** Bodies of server-sent events, each kind held to its word about how it begins and ends. */
import type { Failure } from "../road/exchange.ts"
import { type MessageEvent, MessageFold } from "../stream/messageFold.ts"
import type { Decoder, Source } from "./body.ts"
import { type Arrived, fromErrorBody, invalidResponse, isErrorBody, requestIdOf } from "./failures.ts"
import { isRecord, type Parsed, parseEvent } from "./parseEvent.ts"
import { type ServerSentEvent, SseDecoder } from "./sse.ts"

type Event = Parsed

/** What a kind of stream makes of its events. */
interface Protocol {
  /** The type of the last event; `undefined` where the stream ends when the server ends it. */
  readonly last: string | undefined
  /** What is wrong with an event, in words. */
  readonly problem: (event: Event, count: number) => string | undefined
  readonly accept: (event: Event) => void
  readonly partial: Arrived["partial"]
  readonly usage: unknown
}

class EventDecoder implements Decoder<Event> {
  failure: Failure | undefined
  complete = false
  private readonly source: Source
  private readonly protocol: Protocol
  private readonly sse = new SseDecoder()
  private count = 0

  constructor(source: Source, protocol: Protocol) {
    this.source = source
    this.protocol = protocol
  }

  push(bytes: Uint8Array): ReadonlyArray<Event> {
    return this.parse(this.sse.push(bytes), (event) => this.malformed(event))
  }

  end(): ReadonlyArray<Event> {
    let cut = false
    const events = this.parse(this.sse.end(), () => {
      cut = true
      return undefined
    })
    if (this.protocol.last === undefined && this.failure === undefined && !cut) this.complete = true
    return events
  }

  get arrived(): Arrived {
    const { last, partial } = this.protocol
    return {
      count: this.count,
      unit: last === undefined ? "events, before its end" : `events, before ${last}`,
      requestId: requestIdOf(this.source.response),
      partial
    }
  }

  get usage(): unknown {
    return this.protocol.usage
  }

  /** Parses up to the end of the stream or its first failure. */
  private parse(
    received: ReadonlyArray<ServerSentEvent>,
    noJson: (event: ServerSentEvent) => Failure | undefined
  ): ReadonlyArray<Event> {
    const events: Array<Event> = []
    for (const event of received) {
      if (this.complete) break
      // The SDK takes no notice of these either.
      if (event.event === "ping" || (event.data === "" && event.event !== "error")) continue
      const parsed = parseEvent(event.data)
      this.failure = parsed === undefined && event.event !== "error" ? noJson(event) : this.refuse(event, parsed)
      if (this.failure !== undefined || parsed === undefined) break
      if (parsed.type === "ping") continue
      this.protocol.accept(parsed)
      this.complete = parsed.type === this.protocol.last
      this.count++
      events.push(parsed)
    }
    return events
  }

  /** Why an event ends the stream, if it does. */
  private refuse(event: ServerSentEvent, parsed: Event | undefined): Failure | undefined {
    const { attempt, response } = this.source
    if (event.event === "error" || parsed === undefined || (parsed.type === "error" && isErrorBody(parsed))) {
      return fromErrorBody(attempt, response.headers, parsed ?? event.data)
    }
    const problem = parsed.type === "ping" ? undefined : this.protocol.problem(parsed, this.count)
    return problem === undefined
      ? undefined
      : invalidResponse(attempt, response, "unexpected-shape", { message: problem, body: parsed })
  }

  private malformed({ data, event }: ServerSentEvent): Failure {
    return invalidResponse(this.source.attempt, this.source.response, "malformed-json", {
      message: `Event ${this.count + 1} of the stream (${event || "unnamed"}) is not a JSON object`,
      body: data
    })
  }
}

/** Events that come for as long as the server sends them. */
export const openEndedEvents = (source: Source): Decoder<Event> => new EventDecoder(source, openEnded)

const openEnded: Protocol = {
  last: undefined,
  problem: () => undefined,
  accept: () => undefined,
  partial: undefined,
  usage: undefined
}

/** The events of a message. */
export const messageEvents = (source: Source, onEvent: (event: MessageEvent) => void): Decoder<Event> =>
  new EventDecoder(source, new MessageProtocol(onEvent))

/** Keeps what has arrived of the message, for the error that tells of a cut. */
class MessageProtocol implements Protocol {
  readonly last = "message_stop"
  private readonly fold = new MessageFold()
  private readonly onEvent: (event: MessageEvent) => void

  constructor(onEvent: (event: MessageEvent) => void) {
    this.onEvent = onEvent
  }

  problem(event: Event, count: number): string | undefined {
    if (count === 0 && event.type !== "message_start") {
      return `The stream began with ${event.type} instead of message_start`
    }
    const lacking = partOf(event)
    return lacking === undefined ? undefined : `Event ${count + 1} of the stream (${event.type}) has no ${lacking}`
  }

  accept(event: Event): void {
    // The protocol has looked at what is read of it.
    const messageEvent = event as unknown as MessageEvent
    this.fold.add(messageEvent)
    this.onEvent(messageEvent)
  }

  get partial(): Arrived["partial"] {
    return this.fold.message
  }

  get usage(): unknown {
    return this.fold.usage
  }
}

/** The part that an event needs and does not have. */
const partOf = (event: Event): string | undefined => {
  switch (event.type) {
    case "content_block_delta":
    case "message_delta":
      return isRecord(event.delta) ? undefined : "`delta`"
    case "content_block_start":
      return isRecord(event.content_block) ? undefined : "`content_block`"
    case "message_start":
      return isRecord(event.message) && isBlocks(Reflect.get(event.message, "content"))
        ? undefined
        : "`message.content`"
    default:
      return undefined
  }
}

const isBlocks = (content: unknown): boolean => Array.isArray(content) && content.every(isRecord)
