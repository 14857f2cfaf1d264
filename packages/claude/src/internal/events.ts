/** Bodies of server-sent events, each kind held to its word about how it begins and ends. */
import * as Effect from "effect/Effect"
import type { Attempt } from "./attempt.ts"
import { type Body, type BodyKind, BodyReader, type Failure } from "./bodyReader.ts"
import { fromErrorBody, interrupted, invalidResponse, isErrorBody } from "./decodeFailure.ts"
import { type ServerSentEvent, SseDecoder } from "./sse.ts"

export interface Event {
  readonly type: string
}

/** How a stream begins and ends. Where it is not said, a stream begins with any event and ends when the server ends it. */
interface Rule {
  readonly first?: string
  readonly last?: string
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
      const parsed = parseJson(event.data)
      if (parsed === undefined) {
        this.failure = noJson(event)
        break
      }
      if (event.event === "error" || isErrorBody(parsed)) {
        this.failure = fromErrorBody(this.body.attempt, this.body.response.headers, parsed)
        break
      }
      if (parsed.type === "ping") continue
      if (this.count === 0 && parsed.type !== (this.rule.first ?? parsed.type)) {
        this.failure = this.misplaced(parsed, this.rule.first)
        break
      }
      this.stopped = parsed.type === this.rule.last
      this.count++
      events.push(parsed)
    }
    return events
  }

  private misplaced(event: Event, first: string | undefined): Failure {
    return invalidResponse(this.body.attempt, this.body.response, "unexpected-shape", {
      message: `The stream began with ${event.type} instead of ${first}`,
      body: event
    })
  }

  private malformed({ data, event }: ServerSentEvent): Failure {
    return invalidResponse(this.body.attempt, this.body.response, "malformed-json", {
      message: `Event ${this.count + 1} of the stream (${event || "unnamed"}) is not JSON`,
      body: data
    })
  }
}

const parseJson = (data: string): Event | undefined => {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === "object" && value !== null ? value as Event : undefined
  } catch {
    return undefined
  }
}

/** Refuses what the headers show to be no stream: a proxy's page, or an error under status 200. */
const checkEvents = (attempt: Attempt, response: Response): Effect.Effect<void, Failure> => {
  const contentType = response.headers.get("content-type") ?? ""
  if (response.body !== null && !/json|html/i.test(contentType)) return Effect.void
  return Effect.tryPromise({
    try: () => response.text(),
    catch: (cause) => interrupted(attempt, 0, response.headers.get("request-id") ?? undefined, cause)
  }).pipe(Effect.flatMap((body) => {
    const json = parseJson(body)
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

const eventsKind = (rule: Rule): BodyKind<Event> => ({
  make: (body) => new EventReader(body, rule),
  check: checkEvents
})

/** The events of a message. */
export const messageEvents: BodyKind<Event> = eventsKind({ first: "message_start", last: "message_stop" })

/** Events that come for as long as the server sends them. */
export const openEndedEvents: BodyKind<Event> = eventsKind({})
