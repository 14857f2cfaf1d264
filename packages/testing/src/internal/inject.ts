/** Faults, as changes to the answer that a request would have got. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Match from "effect/Match"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { gzipSync } from "node:zlib"
import type * as Fault from "../Fault.ts"
import * as Answer from "./answer.ts"
import * as ApiError from "./apiError.ts"
import * as Bytes from "./bytes.ts"
import * as MessageAnswer from "./messageAnswer.ts"

type Exchange = Effect.Effect<Answer.Answer, Answer.Disconnect>

type Events = Stream.Stream<Answer.ServerSentEvent>

const reset: Bytes.Bytes = Stream.fail(new Answer.Disconnect({ by: "reset" }))

const cut: Bytes.Bytes = Stream.fail(new Answer.Disconnect({ by: "cut" }))

/** Part of the body, and then an ending. The headers still promise all of it. */
const breakBody = (answer: Answer.Answer, count: number, ending: Bytes.Bytes): Answer.Answer => {
  const sent = Bytes.beginning(Answer.chunks(answer.body), count)
  const length = Answer.length(answer.body)
  return { ...answer, body: Answer.Body.Chunks({ length, chunks: Stream.concat(sent, ending) }) }
}

const isWhole = Answer.Body.$is("Whole")

const shortenBody = (answer: Answer.Answer, count: number): Exchange => {
  const chunks = Bytes.beginning(Answer.chunks(answer.body), count)
  return isWhole(answer.body)
    ? Effect.map(Bytes.collected(chunks), (bytes) => ({ ...answer, body: Answer.Body.Whole({ bytes }) }))
    // How much is left of pieces shows only as they are sent.
    : Effect.succeed({ ...answer, body: Answer.Body.Chunks({ length: undefined, chunks }) })
}

/** What a gzip stream at least lacks: its trailer of 8 bytes, and some of what it says. */
const lackingGzip = 12

const truncateGzip = (answer: Answer.Answer, count: number | undefined): Exchange =>
  Effect.map(Bytes.collected(Answer.chunks(answer.body)), (bytes) => {
    const compressed = gzipSync(bytes)
    const taken = Math.min(count ?? compressed.length >> 1, compressed.length - lackingGzip)
    return {
      ...Answer.withHeaders(answer, { "content-encoding": "gzip" }),
      body: Answer.Body.Whole({ bytes: compressed.subarray(0, taken) })
    }
  })

const slowDown = (answer: Answer.Answer, bytesPerSecond: number): Exchange =>
  Effect.map(Bytes.trickle(Answer.chunks(answer.body), bytesPerSecond), (chunks) => ({
    ...answer,
    body: Answer.Body.Chunks({ length: Answer.length(answer.body), chunks })
  }))

const isEvents = Answer.Body.$is("Events")

const isLast = ({ event }: Answer.ServerSentEvent): boolean => event === MessageAnswer.lastEvent

/** The beginning of a stream, never all of it. */
const beginning = (events: Events, count: number): Events =>
  events.pipe(Stream.takeUntil(isLast, { excludeLast: true }), Stream.take(count))

const unterminated = (events: Events): Events =>
  Stream.map(events, (event) => isLast(event) ? { ...event, terminator: "\n" } : event)

interface Seen {
  readonly count: number
  readonly last: Answer.ServerSentEvent | undefined
}

const duplicated = (events: Events, after: number): Events =>
  Stream.mapAccum(
    events,
    (): Seen => ({ count: 0, last: undefined }),
    ({ count }, event) => [{ count: count + 1, last: event }, count === after ? [event, event] : [event]],
    { onHalt: ({ count, last }) => last === undefined || count > after ? [] : [last] }
  )

const needsStream = (fault: Fault.Fault): ApiError.Refusal => ({
  status: 400,
  message: `The simulator was told to inject Fault ${fault._tag}, which needs a request with "stream": true`
})

const retryAfterHeader = (retryAfter: Duration.Duration | string): string =>
  Predicate.isString(retryAfter) ? retryAfter : String(Duration.toSeconds(retryAfter))

type ErrorFault = Extract<Fault.Fault, { readonly _tag: "Error" }>

const errorHeaders = ({ headers, retryAfter, retryAfterMs, shouldRetry }: ErrorFault): Record<string, string> => ({
  ...(retryAfter === undefined ? {} : { "retry-after": retryAfterHeader(retryAfter) }),
  ...(retryAfterMs === undefined ? {} : { "retry-after-ms": String(retryAfterMs) }),
  ...(shouldRetry === undefined ? {} : { "x-should-retry": String(shouldRetry) }),
  ...Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
})

/** The answer under a fault. `normal` is only worked out where some of it is sent. */
export const inject = (
  fault: Fault.Fault,
  request: {
    readonly requestId: string
    readonly normal: Exchange
    /** An error in the shape of the platform. */
    readonly refusal: (error: ApiError.Refusal) => Answer.Answer
    /** Takes the server down for so long. */
    readonly refuse: (duration: Duration.Duration) => Effect.Effect<void>
  }
): Exchange => {
  const { normal, refusal, refuse, requestId } = request

  const body = (f: (answer: Answer.Answer) => Answer.Answer): Exchange => Effect.map(normal, f)

  // A request that the API refuses has no stream to break: its refusal says more than a complaint about the fault.
  const stream = (f: (events: Events) => Events): Exchange =>
    body((answer) => {
      if (isEvents(answer.body)) return { ...answer, body: { ...answer.body, events: f(answer.body.events) } }
      return answer.status >= 400 ? answer : refusal(needsStream(fault))
    })

  return Match.valueTags(fault, {
    None: () => normal,
    Delayed: ({ duration, fault }) => Effect.delay(inject(fault, request), duration),
    Error: (fault) => Effect.succeed(Answer.withHeaders(refusal(fault), errorHeaders(fault))),
    Body: ({ contentType, status, text }) => Effect.succeed(Answer.text(status, contentType, text)),
    // This request is here, and cannot be refused any more.
    Refused: ({ duration }) => Effect.andThen(refuse(duration), Answer.disconnect("reset")),
    ResetBeforeHeaders: () => Answer.disconnect("reset"),
    ResetAfterHeaders: () => body((answer) => breakBody(answer, 0, reset)),
    CutBody: ({ afterBytes }) => body((answer) => breakBody(answer, afterBytes, cut)),
    StallBeforeHeaders: () => Effect.never,
    StallBody: ({ afterBytes }) => body((answer) => breakBody(answer, afterBytes, Stream.never)),
    TruncatedJson: ({ afterBytes }) => Effect.flatMap(normal, (answer) => shortenBody(answer, afterBytes)),
    TruncatedGzip: ({ afterBytes }) => Effect.flatMap(normal, (answer) => truncateGzip(answer, afterBytes)),
    ContentType: ({ type }) => body((answer) => Answer.withHeaders(answer, { "content-type": type })),
    SlowBody: ({ bytesPerSecond }) => Effect.flatMap(normal, (answer) => slowDown(answer, bytesPerSecond)),
    StreamEnds: ({ afterEvents }) => stream((events) => beginning(events, afterEvents)),
    StreamStalls: ({ afterEvents }) => stream((events) => Stream.concat(beginning(events, afterEvents), Stream.never)),
    StreamError: ({ afterEvents, code, message, type }) => {
      const error = ApiError.envelope(requestId, { type, message: message ?? ApiError.messageOf(type), code })
      return stream((events) =>
        Stream.concat(beginning(events, afterEvents), Stream.make(Answer.event("error", error)))
      )
    },
    UnterminatedLastEvent: () => stream(unterminated),
    DuplicateEvent: ({ afterEvents }) => stream((events) => duplicated(events, afterEvents))
  })
}
