/** How the answers of each shape of method are read. */
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Tracer from "effect/Tracer"
import type { Operation } from "../../Operation.ts"
import type { CallData } from "../road/callData.ts"
import type { Failure } from "../road/exchange.ts"
import { idleTimeoutOf } from "../road/sdkCall.ts"
import { recordEvent, recordMessage } from "../road/telemetry.ts"
import { OpenAnswer } from "../road/trip.ts"
import { Body, type Decoder, type Source, type StreamExchange } from "./body.ts"
import { ByteDecoder } from "./bytes.ts"
import { messageEvents, openEndedEvents } from "./events.ts"
import { fromErrorBody, interrupted, invalidResponse, isErrorBody, requestIdOf } from "./failures.ts"
import { readJson } from "./json.ts"
import { readPage } from "./page.ts"
import { readParsed } from "./parsed.ts"
import { parseObject } from "./parseEvent.ts"
import { RowDecoder } from "./rows.ts"

/** An answer that is read whole. */
export interface Whole {
  readonly _tag: "Whole"
  readonly read: (
    source: Source,
    data: CallData,
    span: Tracer.Span,
    query: object | undefined
  ) => Promise<Exit.Exit<unknown, Failure>>
}

/** An answer that is read piece by piece. */
export interface Open {
  readonly _tag: "Open"
  readonly decoder: (source: Source, span: Tracer.Span) => Decoder<unknown>
  /** Whether the answer begins with its first item, so that a failure before it is one of the call. */
  readonly awaitsFirst: boolean
  /** Fails where the headers say that this is another kind of body. */
  readonly check: (exchange: StreamExchange, source: Source) => Effect.Effect<void, Failure>
}

export type Reading = Whole | Open

export const readingOf = ({ returns, shape }: Operation): Reading => {
  switch (shape) {
    case "page":
      return page
    case "parsed":
      return parsed
    case "events":
      return returns === "message" ? message : events
    case "bytes":
      return bytes
    case "rows":
      return rows
    default:
      return json
  }
}

const whole = (
  read: (source: Source, data: CallData, query: object | undefined) => Promise<Exit.Exit<unknown, Failure>>
): Whole => ({
  _tag: "Whole",
  read: async (source, data, span, query) => {
    const answer = await read(source, data, query)
    if (Exit.isSuccess(answer)) recordMessage(span, source.attempt.env.scrub, answer.value)
    return answer
  }
})

const json = whole(readJson)
const parsed = whole(readParsed)
const page = whole(readPage)

/** Refuses what the headers show to be no stream: a proxy's page, or an error under status 200. */
const checkEvents: Open["check"] = (exchange, { attempt, response }) => {
  const contentType = response.headers.get("content-type") ?? ""
  if (response.body !== null && !/json|html/i.test(contentType)) return Effect.void
  return Effect.flatMap(
    exchange.wait(() =>
      response.text().then(
        Exit.succeed,
        (cause) =>
          Exit.fail(interrupted(attempt, { count: 0, unit: "events", requestId: requestIdOf(response) }, cause))
      )
    ),
    (body) => {
      const json = parseObject(body)
      return Effect.fail(
        isErrorBody(json)
          ? fromErrorBody(attempt, response.headers, json)
          : invalidResponse(attempt, response, json === undefined ? "not-json" : "unexpected-shape", {
            message: `${attempt.host} answered with ${contentType || "no content type"} instead of a stream of events`,
            body
          })
      )
    }
  )
}

const message: Open = {
  _tag: "Open",
  decoder: (source, span) => messageEvents(source, (event) => recordEvent(span, source.attempt.env.scrub, event)),
  awaitsFirst: true,
  check: checkEvents
}

const events: Open = { _tag: "Open", decoder: openEndedEvents, awaitsFirst: false, check: checkEvents }

const bytes: Open = {
  _tag: "Open",
  decoder: (source) => new ByteDecoder(source),
  awaitsFirst: false,
  check: () => Effect.void
}

const rows: Open = {
  _tag: "Open",
  decoder: (source) => new RowDecoder(source),
  awaitsFirst: false,
  check: (_, { attempt, response }) =>
    /html/i.test(response.headers.get("content-type") ?? "")
      ? Effect.fail(invalidResponse(attempt, response, "not-json", {
        message: `${attempt.host} answered with a page instead of rows of JSON`
      }))
      : Effect.void
}

/** Opens an answer. Where that fails, the request is aborted. */
export const open = (
  reading: Open,
  data: CallData,
  exchange: StreamExchange,
  response: Response,
  span: Tracer.Span
): Effect.Effect<OpenAnswer, Failure> => {
  const source: Source = { attempt: exchange.attempt, response }
  return Effect.suspend(() => reading.check(exchange, source)).pipe(
    Effect.flatMap(() => {
      const idleTimeout = idleTimeoutOf(data.env, data.options)
      const body = new Body(exchange, source, reading.decoder(source, span), idleTimeout)
      const opened = (first?: Arr.NonEmptyReadonlyArray<unknown>) => {
        exchange.settle()
        return new OpenAnswer(first === undefined ? body.pull : startingWith(first, body.pull), body, body.release)
      }
      return reading.awaitsFirst ? Effect.map(body.first, opened) : Effect.succeed(opened())
    })
  )
}

const startingWith = (
  first: Arr.NonEmptyReadonlyArray<unknown>,
  rest: OpenAnswer["pull"]
): OpenAnswer["pull"] => {
  let started = false
  return Effect.suspend(() => {
    if (started) return rest
    started = true
    return Effect.succeed(first)
  })
}
