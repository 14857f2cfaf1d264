/** Plays a tape, and records on it, behind a `fetch`. */
import * as Secrets from "effect-claude/Secrets"
import { Buffer } from "node:buffer"
import type { Exchange, Request as RecordedRequest, Response as Recorded } from "./cassetteSchema.ts"
import { cleanResponse } from "./clean.ts"
import { responseBody } from "./recordedBody.ts"
import { atRoot, keep, keyOf, nameOf, nearestDifference, readRequest } from "./recordedRequest.ts"
import { replay } from "./replay.ts"
import type { Scrubber } from "./scrubber.ts"
import { type End, WatchedBody } from "./watchedBody.ts"

export type Fetch = typeof globalThis.fetch

export interface Settings {
  readonly tape: ReadonlyArray<Exchange>
  /** What asks the API where the tape has nothing. `undefined`: nothing does. */
  readonly live: Fetch | undefined
  readonly scrubber: Scrubber
  /** The path of the base URL. */
  readonly basePath: string
  /** What is said of a request without a recording. */
  readonly missing: (request: string, why: string) => string
}

interface Slot {
  readonly request: RecordedRequest
  /** `null`: given up before there was one. `undefined`: there is none, or none yet. */
  response: Recorded | null | undefined
}

/** What a client can learn from. The rest is the server's own business. */
const keptHeaders: ReadonlyArray<string> = [
  "anthropic-ratelimit-input-tokens-limit",
  "anthropic-ratelimit-input-tokens-remaining",
  "anthropic-ratelimit-input-tokens-reset",
  "anthropic-ratelimit-output-tokens-limit",
  "anthropic-ratelimit-output-tokens-remaining",
  "anthropic-ratelimit-output-tokens-reset",
  "anthropic-ratelimit-requests-limit",
  "anthropic-ratelimit-requests-remaining",
  "anthropic-ratelimit-requests-reset",
  "anthropic-ratelimit-tokens-limit",
  "anthropic-ratelimit-tokens-remaining",
  "anthropic-ratelimit-tokens-reset",
  "content-disposition",
  "content-type",
  "request-id",
  "retry-after",
  "retry-after-ms",
  "x-should-retry"
]

/** How long bodies may take to end once the scope does. */
const settleMillis = 1000

export class Deck {
  private readonly settings: Settings
  private readonly waiting: Map<string, Array<Exchange>>
  private readonly slots: Array<Slot> = []
  private readonly open = new Set<WatchedBody>()
  private readonly refused: Array<string> = []

  constructor(settings: Settings) {
    this.settings = settings
    this.waiting = Map.groupBy(settings.tape, ({ request }) => keyOf(request))
  }

  readonly fetch: Fetch = async (input, init) => {
    const { basePath, live, scrubber } = this.settings
    const form = init?.body instanceof FormData ? init.body : undefined
    const request = new Request(input, form === undefined ? init : { ...init, body: null })
    // The SDK asks for `data:,` to see whose `Response` it is dealing with.
    if (!request.url.startsWith("http")) return globalThis.fetch(request)
    // The answer is a token, which no tape should hold.
    if (live !== undefined && request.url.endsWith("/v1/oauth/token")) return this.askForToken(live, input, init)
    for (const name of Secrets.givenHeaders(init)) scrubber.secrets.learnHeaderName(name)
    const { body, recorded } = await readRequest(request, form, basePath, scrubber)
    const found = this.next(recorded) ?? this.next(atRoot(recorded))
    if (found !== undefined) return replay(found.response, request.signal)
    if (live === undefined) return this.refuse(recorded)
    const { headers, method, signal, url } = request
    if (form === undefined) {
      return this.record(recorded, signal, live(url, { ...init, method, headers, body: body ?? null, signal }))
    }
    return this.record(recorded, signal, live(input, init))
  }

  /** The tokens of request and answer may turn up later. */
  private async askForToken(live: Fetch, ...[input, init]: Parameters<Fetch>): Promise<Response> {
    const { secrets } = this.settings.scrubber
    if (typeof init?.body === "string") secrets.learnBody(init.body)
    const response = await live(input, init)
    if (response.body === null) return response
    const { headers, status, statusText } = response
    const body = await response.text()
    secrets.learnBody(body)
    return new Response(body, { status, statusText, headers })
  }

  private next(request: RecordedRequest): Exchange | undefined {
    return this.waiting.get(keyOf(request))?.shift()
  }

  /** What was recorded, in the order of the requests. Waits for bodies that are about to end. */
  async recorded(): Promise<ReadonlyArray<Exchange>> {
    const bodies = [...this.open]
    // A real timer: a test that holds the clock must not hold the recording.
    // @effect-diagnostics-next-line globalTimers:off
    const timer = setTimeout(() => bodies.forEach((body) => body.abandon()), settleMillis)
    await Promise.all(bodies.map((body) => body.drain()))
    clearTimeout(timer)
    return this.slots.flatMap(({ request, response }) => response === undefined ? [] : [{ request, response }])
  }

  /** The recordings that nobody asked for. */
  get unused(): ReadonlyArray<string> {
    const left = new Set([...this.waiting.values()].flat())
    return this.settings.tape.filter((exchange) => left.has(exchange)).map(({ request }) => nameOf(request))
  }

  /** The requests that there was no recording for. */
  get missing(): ReadonlyArray<string> {
    return this.refused
  }

  /** An error of the API's own form, with a status that no client retries and no program expects. */
  private refuse(request: RecordedRequest): Response {
    const { missing, tape } = this.settings
    this.refused.push(nameOf(request))
    const nearest = nearestDifference(request, tape)
    const why = tape.some((exchange) => keyOf(exchange.request) === keyOf(request))
      ? "all its recordings are used up"
      : nearest === undefined
      ? "nothing of that path is recorded"
      : `the nearest recording differs at ${nearest}`
    const error = { type: "missing_recording", message: missing(nameOf(request), why) }
    return Response.json({ type: "error", error }, { status: 424 })
  }

  private async record(request: RecordedRequest, signal: AbortSignal, answer: Promise<Response>): Promise<Response> {
    const slot: Slot = { request, response: undefined }
    this.slots.push(slot)
    const response = await answer.catch((cause: unknown) => {
      if (signal.aborted) slot.response = null
      throw cause
    })
    this.settings.scrubber.learnHeaders(response.headers)
    const { body, headers, status, statusText } = response
    if (body === null) {
      slot.response = this.responseOf(response, [])
      return response
    }
    const watched = new WatchedBody(body, signal, (chunks, end) => {
      slot.response = this.responseOf(response, chunks, end)
      this.open.delete(watched)
    })
    this.open.add(watched)
    return new Response(watched.stream, { status, statusText, headers })
  }

  private responseOf(response: Response, chunks: ReadonlyArray<Uint8Array>, end?: End): Recorded {
    const { scrubber } = this.settings
    // The SDK does not look at a body that is said to be empty.
    const isEmpty = response.headers.get("content-length") === "0"
    const body = responseBody(chunks, end === undefined ? response.headers.get("content-type") ?? "" : "")
    scrubber.secrets.learnBody(Buffer.concat(chunks).toString())
    const recorded: Recorded = {
      status: response.status,
      headers: { ...(isEmpty ? { "content-length": "0" } : {}), ...keep(response.headers, keptHeaders) },
      ...(body === undefined ? {} : { body }),
      ...(end === undefined ? {} : { end })
    }
    return cleanResponse(recorded, scrubber)
  }
}
