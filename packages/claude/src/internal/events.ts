/** A response body of server-sent events, pulled chunk by chunk and held to its word: `message_stop`, or an error. */
import type { RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages/messages"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import type * as ClaudeError from "../ClaudeError.ts"
import type * as Reason from "../Reason.ts"
import type { Attempt } from "./attempt.ts"
import { fromErrorBody, interrupted, invalidResponse, isErrorBody, stalled } from "./decodeFailure.ts"
import { exchange } from "./exchange.ts"
import { type ServerSentEvent, SseDecoder } from "./sse.ts"

type Failure = ClaudeError.StreamError<Reason.Coded>

export type Events = Arr.NonEmptyReadonlyArray<RawMessageStreamEvent>

type Reader = ReadableStreamDefaultReader<Uint8Array>

/** How long a body may take to end after its last event before the connection is given up instead of reused. */
const drainMillis = 1000

class EventReader {
  private readonly attempt: Attempt
  private readonly response: Response
  private readonly controller: AbortController
  private readonly reader: Reader
  private readonly idleTimeout: Duration.Duration
  private readonly decoder = new SseDecoder()
  private failure: Failure | undefined
  private stopped = false
  private silentSince: number | undefined
  private count = 0

  constructor(
    attempt: Attempt,
    response: Response,
    reader: Reader,
    controller: AbortController,
    idleTimeout: Duration.Duration
  ) {
    this.attempt = attempt
    this.response = response
    this.reader = reader
    this.controller = controller
    this.idleTimeout = idleTimeout
  }

  /** The events of the next chunk that has any. */
  readonly pull: Pull.Pull<Events, Failure> = Effect.suspend(() => {
    if (this.failure !== undefined) return Effect.fail(this.failure)
    if (this.stopped) return Cause.done()
    this.silentSince = this.attempt.now()
    return Effect.flatMap(this.read, (chunk) => {
      this.silentSince = undefined
      const events = chunk === undefined
        ? this.accept(this.decoder.end(), () => this.cut())
        : this.accept(this.decoder.push(chunk), (event) => this.malformed(event))
      if (chunk === undefined && !this.stopped && this.failure === undefined) this.failure = this.cut()
      return Arr.isArrayNonEmpty(events) ? Effect.succeed(events) : this.pull
    })
  })

  /** Aborts when the server is silent for too long while somebody waits. */
  readonly watch: Effect.Effect<void> = Effect.suspend(() => {
    const limit = Duration.toMillis(this.idleTimeout)
    const silent = this.silentSince === undefined ? 0 : this.attempt.now() - this.silentSince
    if (silent < limit) return Effect.delay(this.watch, Duration.millis(limit - silent))
    this.failure = stalled(this.attempt, this.count, this.requestId, this.idleTimeout)
    this.controller.abort()
    return Effect.void
  })

  /** Gives the connection back if the body has ended or ends at once, and closes it otherwise. */
  readonly release: Effect.Effect<void> = Effect.sync(() => {
    if (!this.stopped) return this.controller.abort()
    // A real timer: a test that holds the clock must not hold the connection.
    // @effect-diagnostics-next-line globalTimersInEffect:off
    const timer = setTimeout(() => this.controller.abort(), drainMillis)
    const settle = () => clearTimeout(timer)
    this.reader.read().then(({ done }) => done ? settle() : this.controller.abort(), settle)
  })

  private readonly read: Effect.Effect<Uint8Array | undefined, Failure> = Effect.tryPromise({
    try: () => this.reader.read(),
    catch: (cause) => this.failure ?? this.cut(cause)
  }).pipe(Effect.map(({ done, value }) => done ? undefined : value))

  private get requestId(): string | undefined {
    return this.response.headers.get("request-id") ?? undefined
  }

  private cut(cause?: unknown): Failure {
    return interrupted(this.attempt, this.count, this.requestId, cause)
  }

  /** Parses up to the end of the stream or its first failure, which waits until what came before it is handed on. */
  private accept(
    received: ReadonlyArray<ServerSentEvent>,
    noJson: (event: ServerSentEvent) => Failure
  ): Array<RawMessageStreamEvent> {
    const events: Array<RawMessageStreamEvent> = []
    for (const event of received) {
      if (this.stopped) break
      const parsed = parseJson(event.data)
      if (parsed === undefined) {
        this.failure = noJson(event)
        break
      }
      if (event.event === "error" || isErrorBody(parsed)) {
        this.failure = fromErrorBody(this.attempt, this.response.headers, parsed)
        break
      }
      if (parsed.type === "ping") continue
      if (this.count === 0 && parsed.type !== "message_start") {
        this.failure = this.misplaced(parsed)
        break
      }
      this.stopped = parsed.type === "message_stop"
      this.count++
      events.push(parsed as RawMessageStreamEvent)
    }
    return events
  }

  private misplaced(event: { readonly type: string }): Failure {
    return invalidResponse(this.attempt, this.response, "unexpected-shape", {
      message: `The stream began with ${event.type} instead of message_start`,
      body: event
    })
  }

  private malformed({ data, event }: ServerSentEvent): Failure {
    return invalidResponse(this.attempt, this.response, "malformed-json", {
      message: `Event ${this.count + 1} of the stream (${event || "unnamed"}) is not JSON`,
      body: data
    })
  }
}

const parseJson = (data: string): { readonly type: string } | undefined => {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === "object" && value !== null ? value as { readonly type: string } : undefined
  } catch {
    return undefined
  }
}

export interface OpenStream {
  readonly response: Response
  readonly first: Events
  readonly rest: Pull.Pull<Events, Failure>
}

/**
 * Sends the request and reads the first events, so that a failure before them is still one of the call. The connection
 * is closed with the scope, and at once when this fails or is interrupted.
 */
export const openEvents = (
  attempt: Attempt,
  idleTimeout: Duration.Duration,
  send: (signal: AbortSignal) => PromiseLike<Response>
): Effect.Effect<OpenStream, Failure, Scope.Scope> =>
  Effect.suspend(() => {
    const controller = new AbortController()
    return Effect.gen(function*() {
      const response = yield* exchange(attempt, () => send(controller.signal))
      const reader = yield* bodyOf(attempt, response)
      const events = new EventReader(attempt, response, reader, controller, idleTimeout)
      yield* Effect.addFinalizer(() => events.release)
      if (Duration.isFinite(idleTimeout)) yield* Effect.forkScoped(events.watch)
      return { response, first: yield* firstOf(events.pull, attempt), rest: events.pull }
    }).pipe(Effect.onError(() => Effect.sync(() => controller.abort())))
  })

/** A reader that is done without an event has a failure of its own. */
const firstOf = (pull: Pull.Pull<Events, Failure>, attempt: Attempt): Effect.Effect<Events, Failure> =>
  Pull.catchDone(pull, () => Effect.fail(interrupted(attempt, 0, undefined)))

/** The body's reader, unless the headers say that this is no stream: a proxy's page, or an error under status 200. */
const bodyOf = (attempt: Attempt, response: Response): Effect.Effect<Reader, Failure> => {
  const contentType = response.headers.get("content-type") ?? ""
  if (response.body !== null && !/json|html/i.test(contentType)) return Effect.succeed(response.body.getReader())
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
