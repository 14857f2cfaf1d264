/**
 * What a request gets, described but not yet sent: an answer knows nothing of sockets, so that the same answer can be
 * written to one or become the `Response` of a `fetch` function.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Fault from "../Fault.ts"
import type { AnyMessage } from "./cannedMessage.ts"

/** How an exchange stops short of a complete answer. */
export class Disconnect extends Data.TaggedError("Disconnect")<{
  readonly by: "reset" | "cut" | "client"
}> {}

/** A server-sent event, its data already serialized. */
export interface ServerSentEvent {
  readonly event: string
  readonly data: string
  /** What ends the event; a blank line unless a fault took it away. */
  readonly terminator: string
}

/** How an event is written: as text, unless a platform has a framing of its own. */
export type Frame = (event: ServerSentEvent) => Uint8Array

export type Body = Data.TaggedEnum<{
  /** A body known as a whole, sent with its length in one write. */
  Whole: { readonly bytes: Uint8Array<ArrayBuffer> }
  /** A stream of events, each framed and sent in a write of its own. */
  Events: { readonly events: Stream.Stream<ServerSentEvent>; readonly frame: Frame }
  /** A body in pieces. `length` is what the headers claim, undefined where the body is chunked. */
  Chunks: { readonly length: number | undefined; readonly chunks: Stream.Stream<Uint8Array, Disconnect> }
}>

export const Body = Data.taggedEnum<Body>()

export interface Answer {
  readonly status: number
  /** Lower-case names. The length of the body is not among them. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
  /** The tokens that a message costs. */
  readonly usage?: AnyMessage["usage"] | undefined
  /** Why the request is refused, if it is. */
  readonly error?: Reason | undefined
  /** What goes wrong with the answer, where the one who canned it wants that. */
  readonly fault?: Fault.Fault | undefined
}

export interface Reason {
  readonly type: string
  readonly message: string
}

const encoder = new TextEncoder()

export const event = (event: string, data: unknown): ServerSentEvent => ({
  event,
  data: JSON.stringify(data),
  terminator: "\n\n"
})

export const text = (status: number, contentType: string, text: string): Answer => ({
  status,
  headers: { "content-type": contentType },
  body: Body.Whole({ bytes: encoder.encode(text) })
})

export const json = (status: number, value: unknown): Answer => text(status, "application/json", JSON.stringify(value))

const frame: Frame = ({ data, event, terminator }) => encoder.encode(`event: ${event}\ndata: ${data}${terminator}`)

export const events = (events: Stream.Stream<ServerSentEvent>): Answer => ({
  status: 200,
  headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
  body: Body.Events({ events, frame })
})

export const withHeaders = (answer: Answer, headers: Readonly<Record<string, string>>): Answer => ({
  ...answer,
  headers: { ...answer.headers, ...headers }
})

/** The body in the pieces in which it is sent. */
export const chunks: (body: Body) => Stream.Stream<Uint8Array, Disconnect> = Body.$match({
  Whole: ({ bytes }) => Stream.succeed(bytes),
  Events: ({ events, frame }) => Stream.map(events, frame),
  Chunks: ({ chunks }) => chunks
})

/** The length that the headers claim, or undefined where the body is chunked. */
export const length: (body: Body) => number | undefined = Body.$match({
  Whole: ({ bytes }) => bytes.length,
  Events: () => undefined,
  Chunks: ({ length }) => length
})

export const disconnect = (by: Disconnect["by"]): Effect.Effect<never, Disconnect> =>
  Effect.fail(new Disconnect({ by }))
