/** Bodies of server-sent events, each kind held to its word about how it begins and ends. */
import * as Exit from "effect/Exit"
import type { Failure } from "../road/exchange.ts"
import type { MessageEvent } from "../stream/messageFold.ts"
import { usageOfMessage } from "../usage/readUsage.ts"
import type { Usage } from "../usage/usage.ts"
import type { Decoder, Source } from "./body.ts"
import { type Arrived, fromErrorBody, invalidResponse, isErrorBody, requestIdOf, unconfirmedEnd } from "./failures.ts"
import { failureIn, mediaTypeOf, parseBody } from "./json.ts"
import { MessageProtocol } from "./messageProtocol.ts"
import { type Parsed, parseEvent } from "./parseEvent.ts"
import { maxKept } from "./size.ts"
import { type ServerSentEvent, SseDecoder } from "./sse.ts"
import { concat, decodeUtf8 } from "./utf8.ts"

/** What a kind of stream makes of its events. */
interface Protocol<A> {
  /** The type of the last event; `undefined` where the stream ends when the server ends it. */
  readonly last: string | undefined
  /** What is wrong with an event, in words. */
  readonly problem: (event: Parsed) => string | undefined
  readonly isError: (event: Parsed) => boolean
  /** The items that an event brings. */
  readonly accept: (event: Parsed, items: Array<A>) => void
  readonly begun: boolean
  readonly partial: Arrived["partial"]
  /** What has been used, and by which model. */
  readonly modelAndUsage: unknown
  readonly usageIsFinal: boolean | undefined
}

/** The events of a message by name. Under another name a server may send what it likes. */
const names: ReadonlySet<string> = new Set([
  "message_start",
  "message_delta",
  "message_stop",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "error"
])

class EventDecoder<A> implements Decoder<A> {
  failure: Failure | undefined
  complete = false
  private readonly source: Source
  private readonly protocol: Protocol<A>
  private readonly sse: SseDecoder
  private count = 0
  /** The beginning of a body that does not say that it is a stream, until it shows what it is. */
  private head: Array<Uint8Array> | undefined

  constructor(source: Source, protocol: Protocol<A>, maxEventBytes: number) {
    this.source = source
    this.protocol = protocol
    this.sse = new SseDecoder(maxEventBytes)
    this.head = mediaTypeOf(source.response) === "text/event-stream" ? undefined : []
  }

  get started(): boolean {
    return this.count > 0
  }

  get begun(): boolean {
    return this.complete || this.protocol.begun
  }

  push(bytes: Uint8Array): ReadonlyArray<A> {
    const received = this.sse.push(bytes)
    if (this.head !== undefined) this.keep(this.head, bytes, received.length)
    const items = this.parse(received, (event) => this.malformed(event))
    if (this.sse.overflowed && this.failure === undefined && !this.complete) this.failure = this.tooLarge()
    return items
  }

  end(): ReadonlyArray<A> {
    let cut = false
    const received = this.sse.end()
    const items = this.parse(received, () => {
      cut = true
      return undefined
    })
    if (this.head !== undefined && received.length === 0) this.failure ??= this.noStream(this.head)
    const isSure = unconfirmedEnd(this.source.attempt, this.source.response, "the stream") === undefined
    if (this.protocol.last === undefined && this.failure === undefined && !cut && isSure) this.complete = true
    return items
  }

  get arrived(): Arrived {
    const { last, partial, usageIsFinal } = this.protocol
    return {
      count: this.count,
      unit: last === undefined ? "events, before its end" : `events, before ${last}`,
      requestId: requestIdOf(this.source.response),
      partial,
      usageIsFinal
    }
  }

  usage(isFinal: boolean): Usage {
    return usageOfMessage(this.protocol.modelAndUsage, { isFinal, model: this.source.attempt.model })
  }

  private keep(head: Array<Uint8Array>, bytes: Uint8Array, events: number): void {
    head.push(bytes)
    if (events > 0 || head.reduce((sum, { length }) => sum + length, 0) > maxKept) this.head = undefined
  }

  /** Parses up to the end of the stream or its first failure. */
  private parse(
    received: ReadonlyArray<ServerSentEvent>,
    noJson: (event: ServerSentEvent) => Failure | undefined
  ): ReadonlyArray<A> {
    const items: Array<A> = []
    if (this.failure !== undefined) return items
    for (const event of received) {
      if (this.complete) break
      const parsed = parseEvent(event.data)
      if (parsed === undefined || typeof parsed.type !== "string") {
        if (isAside(event, parsed)) continue
        this.failure = event.event === "error" ? this.refused(parsed ?? event.data) : noJson(event)
        break
      }
      if (parsed.type === "ping") continue
      this.failure = this.refuse(event, parsed)
      if (this.failure !== undefined) break
      this.protocol.accept(parsed, items)
      this.complete = parsed.type === this.protocol.last
      this.count++
    }
    return items
  }

  /** Why an event ends the stream, if it does. */
  private refuse({ event }: ServerSentEvent, parsed: Parsed): Failure | undefined {
    if (event === "error" || this.protocol.isError(parsed)) return this.refused(parsed)
    const problem = this.protocol.problem(parsed)
    return problem === undefined
      ? undefined
      : this.invalid(`Event ${this.count + 1} of the stream (${parsed.type}): ${problem}`, parsed)
  }

  private refused(body: unknown): Failure {
    return fromErrorBody(this.source.attempt, this.source.response.headers, body, this.arrived)
  }

  private invalid(message: string, body: unknown): Failure {
    const { attempt, response } = this.source
    return invalidResponse(attempt, response, "unexpected-shape", { message, body, arrived: this.arrived })
  }

  private malformed({ data, event }: ServerSentEvent): Failure {
    return invalidResponse(this.source.attempt, this.source.response, "malformed-json", {
      message: `Event ${this.count + 1} of the stream (${event || "unnamed"}) is not a JSON object with a \`type\``,
      body: data,
      arrived: this.arrived
    })
  }

  private tooLarge(): Failure {
    return this.invalid(
      `Event ${this.count + 1} of the stream is larger than the ${this.sse.limit} bytes that ` +
        "`maxEventBytes` of the client allows. Raise it if the server is meant to send such events.",
      undefined
    )
  }

  /** A body without one event, under a media type that is not that of a stream. */
  private noStream(head: ReadonlyArray<Uint8Array>): Failure {
    const body = parseBody(this.source, decodeUtf8(concat(head)))
    return failureIn(body) ?? this.invalid(notEvents, Exit.isSuccess(body) ? body.value : undefined)
  }
}

const notEvents = "expected a stream of events, got another kind of body"

/** What is no event of the message: a `ping`, an empty event, or whatever comes under a name of its own. */
const isAside = ({ data, event }: ServerSentEvent, parsed: Parsed | undefined): boolean =>
  event === "ping" || (data === "" && !names.has(event)) || (parsed !== undefined && event !== "" && !names.has(event))

/** Events that come for as long as the server sends them. */
export const openEndedEvents = (source: Source, maxEventBytes: number): Decoder<Parsed> =>
  new EventDecoder(source, openEnded, maxEventBytes)

const openEnded: Protocol<Parsed> = {
  last: undefined,
  problem: () => undefined,
  isError: isErrorBody,
  accept: (event, items) => items.push(event),
  begun: true,
  partial: undefined,
  modelAndUsage: undefined,
  usageIsFinal: undefined
}

/** The events of a message. */
export const messageEvents = (
  source: Source,
  maxEventBytes: number,
  onEvent: (event: MessageEvent) => void
): Decoder<Parsed> => new EventDecoder(source, new MessageStreamProtocol(onEvent), maxEventBytes)

/** The events of a message, as the one message that they make. */
export const wholeMessage = (
  source: Source,
  maxEventBytes: number,
  onEvent: (event: MessageEvent) => void
): Decoder<WholeMessage> => new EventDecoder(source, new WholeMessageProtocol(onEvent), maxEventBytes)

abstract class MessageEventsProtocol {
  readonly last = "message_stop"
  protected readonly protocol = new MessageProtocol()
  protected readonly onEvent: (event: MessageEvent) => void

  constructor(onEvent: (event: MessageEvent) => void) {
    this.onEvent = onEvent
  }

  problem(event: Parsed): string | undefined {
    return this.protocol.problem(event)
  }

  isError({ type }: Parsed): boolean {
    return type === "error"
  }

  protected take(event: Parsed): void {
    // The protocol has looked at what is read of it.
    const messageEvent = event as unknown as MessageEvent
    this.protocol.accept(messageEvent)
    this.onEvent(messageEvent)
  }

  /** Keeps what has arrived of the message, for the error that tells of a cut. */
  get partial(): Arrived["partial"] {
    return this.protocol.fold.message
  }

  get modelAndUsage(): unknown {
    return this.protocol.fold.modelAndUsage
  }

  get usageIsFinal(): boolean | undefined {
    return this.protocol.fold.usage === undefined ? undefined : this.protocol.fold.usageIsFinal
  }
}

class MessageStreamProtocol extends MessageEventsProtocol implements Protocol<Parsed> {
  get begun(): boolean {
    return this.protocol.begun
  }

  accept(event: Parsed, items: Array<Parsed>): void {
    this.take(event)
    items.push(event)
  }
}

/** A message that a stream has made. */
export class WholeMessage {
  readonly message: unknown

  constructor(message: unknown) {
    this.message = message
  }
}

class WholeMessageProtocol extends MessageEventsProtocol implements Protocol<WholeMessage> {
  /** Nothing is handed on before the end. */
  readonly begun = false

  accept(event: Parsed, items: Array<WholeMessage>): void {
    this.take(event)
    if (event.type === this.last) items.push(new WholeMessage(this.protocol.fold.message))
  }
}
