/** Faults, as changes to the answer that a request would have got. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Match from "effect/Match"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type * as Fault from "../Fault.ts"
import * as Answer from "./answer.ts"
import * as ApiError from "./apiError.ts"
import * as MessageAnswer from "./messageAnswer.ts"

type Exchange = Effect.Effect<Answer.Answer, Answer.Disconnect>

type Chunks = Stream.Stream<Uint8Array, Answer.Disconnect>

type Events = Stream.Stream<Answer.ServerSentEvent>

const reset: Chunks = Stream.fail(new Answer.Disconnect({ by: "reset" }))

const cut: Chunks = Stream.fail(new Answer.Disconnect({ by: "cut" }))

/** Up to so many bytes, whatever the pieces they come in. */
const takeBytes = (chunks: Chunks, bytes: number): Chunks =>
  bytes <= 0 ? Stream.empty : chunks.pipe(
    Stream.mapAccum(() => bytes, (left, chunk) => {
      const taken = chunk.subarray(0, left)
      return [left - taken.length, [{ taken, last: taken.length === left }]]
    }),
    Stream.takeUntil(({ last }) => last),
    Stream.map(({ taken }) => taken)
  )

/** A limit that leaves a body of known length incomplete. */
const shortOf = (length: number | undefined, bytes: number): number =>
  length === undefined ? bytes : Math.min(bytes, length - 1)

const breakBody = (answer: Answer.Answer, bytes: number, ending: Chunks): Answer.Answer => {
  const length = Answer.length(answer.body)
  const sent = takeBytes(Answer.chunks(answer.body), shortOf(length, bytes))
  return { ...answer, body: Answer.Body.Chunks({ length, chunks: Stream.concat(sent, ending) }) }
}

const shortenBody = (answer: Answer.Answer, afterBytes: number): Answer.Answer => ({
  ...answer,
  body: Answer.Body.$match(answer.body, {
    Whole: (body) => Answer.Body.Whole({ bytes: body.bytes.subarray(0, shortOf(body.bytes.length, afterBytes)) }),
    Events: (body) => Answer.Body.Chunks({ length: undefined, chunks: takeBytes(Answer.chunks(body), afterBytes) }),
    Chunks: ({ chunks, length }) => {
      const bytes = shortOf(length, afterBytes)
      return Answer.Body.Chunks({ length: length === undefined ? length : bytes, chunks: takeBytes(chunks, bytes) })
    }
  })
})

const isEvents = Answer.Body.$is("Events")

const isLast = ({ event }: Answer.ServerSentEvent): boolean => event === MessageAnswer.lastEvent

/** The beginning of a stream, never all of it. */
const beginning = (events: Events, count: number): Events =>
  events.pipe(Stream.takeUntil(isLast, { excludeLast: true }), Stream.take(count))

const unterminated = (events: Events): Events =>
  Stream.map(events, (event) => isLast(event) ? { ...event, terminator: "\n" } : event)

const needsStream = (requestId: string, fault: Fault.Fault): Answer.Answer =>
  ApiError.answer(requestId, {
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
  request: { readonly requestId: string; readonly normal: Effect.Effect<Answer.Answer> }
): Exchange => {
  const { normal, requestId } = request

  const body = (f: (answer: Answer.Answer) => Answer.Answer): Exchange => Effect.map(normal, f)

  // A request that the API refuses has no stream to break: its refusal says more than a complaint about the fault.
  const stream = (f: (events: Events) => Events): Exchange =>
    body((answer) => {
      if (isEvents(answer.body)) return { ...answer, body: Answer.Body.Events({ events: f(answer.body.events) }) }
      return answer.status >= 400 ? answer : needsStream(requestId, fault)
    })

  return Match.valueTags(fault, {
    None: () => normal,
    Delayed: ({ duration, fault }) => Effect.delay(inject(fault, request), duration),
    Error: (fault) => Effect.succeed(Answer.withHeaders(ApiError.answer(requestId, fault), errorHeaders(fault))),
    Body: ({ contentType, status, text }) => Effect.succeed(Answer.text(status, contentType, text)),
    ResetBeforeHeaders: () => Answer.disconnect("reset"),
    ResetAfterHeaders: () => body((answer) => breakBody(answer, 0, reset)),
    CutBody: ({ afterBytes }) => body((answer) => breakBody(answer, afterBytes, cut)),
    StallBeforeHeaders: () => Effect.never,
    StallBody: ({ afterBytes }) => body((answer) => breakBody(answer, afterBytes, Stream.never)),
    TruncatedJson: ({ afterBytes }) => body((answer) => shortenBody(answer, afterBytes)),
    StreamEnds: ({ afterEvents }) => stream((events) => beginning(events, afterEvents)),
    StreamStalls: ({ afterEvents }) => stream((events) => Stream.concat(beginning(events, afterEvents), Stream.never)),
    StreamError: ({ afterEvents, code, message, type }) => {
      const error = ApiError.envelope(requestId, { type, message: message ?? ApiError.messageOf(type), code })
      return stream((events) =>
        Stream.concat(beginning(events, afterEvents), Stream.make(Answer.event("error", error)))
      )
    },
    UnterminatedLastEvent: () => stream(unterminated)
  })
}
