/** How the answers of each shape of method are read. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { CallData } from "../road/callData.ts"
import type { Failure } from "../road/exchange.ts"
import { idleTimeoutOf } from "../road/sdkCall.ts"
import { OpenAnswer } from "../road/trip.ts"
import { Body, type Decoder, type Source, type StreamExchange } from "./body.ts"
import { ByteDecoder } from "./bytes.ts"
import { messageEvents, openEndedEvents, wholeMessage } from "./events.ts"
import { invalidResponse, isCompressed, unconfirmedEnd } from "./failures.ts"
import { mediaTypeOf, parseBody, readJson, readText } from "./json.ts"
import { readPage } from "./page.ts"
import { readParsed } from "./parsed.ts"
import { RowDecoder } from "./rows.ts"

/** An answer that is read whole. */
export interface Whole {
  readonly _tag: "Whole"
  readonly read: (
    source: Source,
    data: CallData,
    query: object | undefined
  ) => Promise<Exit.Exit<unknown, Failure>>
}

/** An answer that is read piece by piece. */
export interface Open {
  readonly _tag: "Open"
  readonly decoder: (source: Source, data: CallData) => Decoder<unknown>
  /** Whether the answer begins with its first item, so that a failure before it is one of the call. */
  readonly awaitsFirst: boolean
  /** Fails where the headers say that this is another kind of body. */
  readonly check: (exchange: StreamExchange, source: Source) => Effect.Effect<void, Failure>
}

export type Reading = Whole | Open

export const readingOf = ({ folds, operation: { returns, shape } }: CallData): Reading => {
  switch (shape) {
    case "page":
      return page
    case "parsed":
      return parsed
    case "events":
      return returns === "message" ? folds === true ? folded : message : events
    case "bytes":
      return bytes
    case "rows":
      return rows
    default:
      return json
  }
}

const json: Whole = { _tag: "Whole", read: readJson }
const parsed: Whole = { _tag: "Whole", read: readParsed }
const page: Whole = { _tag: "Whole", read: readPage }

/** Refuses what the headers show to be no stream: a proxy's page, or an error under status 200. */
const checkEvents: Open["check"] = (exchange, source) => {
  const { attempt, response } = source
  if (response.body !== null && !/json|html/.test(mediaTypeOf(response))) return Effect.void
  return Effect.flatMap(
    exchange.wait(() => readText(source).then((text) => Exit.isFailure(text) ? text : parseBody(source, text.value))),
    (body) =>
      Effect.fail(invalidResponse(attempt, response, "unexpected-shape", {
        message: `${attempt.host} answered with ${response.headers.get("content-type") ?? "no content type"} ` +
          "instead of a stream of events",
        body
      }))
  )
}

const maxEventBytesOf = ({ env }: CallData): number => env.defaults.maxEventBytes

const message: Open = {
  _tag: "Open",
  decoder: (source, data) => messageEvents(source, maxEventBytesOf(data)),
  awaitsFirst: true,
  check: checkEvents
}

const folded: Open = {
  _tag: "Open",
  decoder: (source, data) => wholeMessage(source, maxEventBytesOf(data)),
  awaitsFirst: true,
  check: checkEvents
}

const events: Open = {
  _tag: "Open",
  decoder: (source, data) => openEndedEvents(source, maxEventBytesOf(data)),
  awaitsFirst: false,
  check: checkEvents
}

/** A file may be a page. Then it comes as a file, and no gateway's page does. */
const isPage = ({ headers }: Response): boolean =>
  /html/i.test(headers.get("content-type") ?? "") && headers.get("content-disposition") === null

/** Statuses of success that come with nothing, or with a part that nobody asked for. */
const lackOf = ({ attempt, response: { status } }: Source): string | undefined =>
  status === 204 || status === 205 ? "nothing" : status === 206 && attempt.asksForPart === false ? "a part" : undefined

/** What shows at once that this is no whole file. A compressed one is known before it is read to be of no use. */
const checkFile = (what: string): Open["check"] => (_, source) => {
  const { attempt, response } = source
  const lack = lackOf(source)
  if (isPage(response)) {
    return Effect.fail(invalidResponse(attempt, response, "not-json", {
      message: `${attempt.host} answered with a page instead of ${what}. Check the base URL, and proxies in between.`
    }))
  }
  if (lack !== undefined) {
    return Effect.fail(invalidResponse(attempt, response, "unexpected-shape", {
      message: `${attempt.host} answered ${response.status}, ${lack} instead of ${what}. Look for a proxy in between.`
    }))
  }
  const unconfirmed = isCompressed(response.headers) ? unconfirmedEnd(attempt, response, what) : undefined
  return unconfirmed === undefined ? Effect.void : Effect.fail(unconfirmed)
}

const bytes: Open = {
  _tag: "Open",
  decoder: (source) => new ByteDecoder(source),
  awaitsFirst: false,
  check: checkFile("a file")
}

const rows: Open = {
  _tag: "Open",
  decoder: (source, data) => new RowDecoder(source, data),
  awaitsFirst: false,
  check: checkFile("rows of JSON")
}

/** Opens an answer. Where that fails, the request is aborted. */
export const open = (
  reading: Open,
  data: CallData,
  exchange: StreamExchange,
  response: Response
): Effect.Effect<OpenAnswer, Failure> => {
  const source: Source = { attempt: exchange.attempt, response }
  return Effect.suspend(() => reading.check(exchange, source)).pipe(
    Effect.flatMap(() => {
      const idleTimeout = idleTimeoutOf(data.env, data.options)
      const decoder = reading.decoder(source, data)
      const body = new Body(exchange, source, decoder, idleTimeout)
      const opened = (first: ReadonlyArray<unknown>) => {
        exchange.settle()
        const pull = Arr.isReadonlyArrayNonEmpty(first) ? startingWith(first, body.pull) : body.pull
        return new OpenAnswer(pull, body, body.release)
      }
      return reading.awaitsFirst || !decoder.begun ? Effect.map(body.first, opened) : Effect.succeed(opened([]))
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
