/**
 * What can go wrong with one request to the simulated API.
 *
 * A fault is plain data: hand an array of them to `Simulator.script`, and each request takes the next one, in order. A
 * fault decides what the client sees, whatever the request was, so `Fault.overloaded()` answers a request with a wrong key
 * too. All faults round-trip through JSON with {@link Fault}, durations written as `"2 seconds"`.
 *
 * **Where a fault strikes**
 *
 * - Instead of an answer: `error`, `rateLimited`, `overloaded`, `internal`, `status`, `html`, `body`, `emptyBody`,
 *   `badJson`, `resetBeforeHeaders`, `stallBeforeHeaders`.
 * - In the answer that the request would have got: `resetAfterHeaders`, `cutBody`, `truncatedJson`, `truncatedGzip`,
 *   `stallBody`, `slowBody`, `contentType`.
 * - In a stream of events: `streamError`, `streamEnds`, `streamStalls`, `unterminatedLastEvent`, `duplicateEvent`.
 * - Before any of these: `delayed`.
 * - Between requests: `refused`.
 *
 * **Gotchas**
 *
 * - The faults of the third group need a request that streams. Any other request that takes one is answered with a 400
 *   which says so: a fault that does nothing would make a test pass for no reason.
 * - For the same reason a fault that breaks an answer off never lets all of it through: an `afterBytes` or `afterEvents`
 *   past the end of the answer strikes just before its end.
 *
 * **Example** (An API that recovers on the third request)
 *
 * ```ts
 * import { Fault, Simulator } from "@effect-claude/testing"
 * import * as Effect from "effect/Effect"
 *
 * export const recovers = Effect.gen(function*() {
 *   const sim = yield* Simulator.Simulator
 *   yield* sim.script([Fault.rateLimited({ retryAfter: "2 seconds" }), Fault.overloaded(), Fault.none])
 * })
 * ```
 *
 * @since 0.1.0
 */
import * as Reason from "effect-claude/Reason"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { Cases, toRetryAfter } from "./internal/faultCases.ts"
import * as LimitMessages from "./internal/limitMessages.ts"

/**
 * Latency before a fault, or before a normal answer.
 *
 * @category models
 * @since 0.1.0
 */
export interface Delayed {
  readonly _tag: "Delayed"
  readonly duration: Duration.Duration
  readonly fault: Fault
}

/**
 * {@link Delayed} as it is written in JSON.
 *
 * @category models
 * @since 0.1.0
 */
export interface DelayedEncoded {
  readonly _tag: "Delayed"
  readonly duration: string
  readonly fault: FaultEncoded
}

/**
 * One thing that goes wrong with one request.
 *
 * @category models
 * @since 0.1.0
 */
export type Fault = typeof Cases.Type | Delayed

/**
 * A {@link Fault} as it is written in JSON, durations as strings like `"2 seconds"`.
 *
 * @category models
 * @since 0.1.0
 */
export type FaultEncoded = typeof Cases.Encoded | DelayedEncoded

const DelayedCase = Schema.TaggedStruct("Delayed", {
  duration: Schema.DurationFromString,
  fault: Schema.suspend((): Schema.Codec<Fault, FaultEncoded> => Fault)
})

/**
 * The schema of faults: reads and writes them as JSON.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Fault: Schema.Codec<Fault, FaultEncoded> = Schema.Union([Cases, DelayedCase])

const { cases } = Cases

/**
 * No fault: the request is answered normally. Use it to place a success between failures.
 *
 * @category constructors
 * @since 0.1.0
 */
export const none: Fault = cases.None.make({})

/**
 * What {@link error} can say beside its status.
 *
 * @category models
 * @since 0.1.0
 */
export interface ErrorOptions {
  /** HTTP status, 200 to 599. */
  readonly status: number
  /** The error's `type`. Default: the one that the API documents for the status. */
  readonly type?: string | undefined
  /** Default: what the API says for the type. */
  readonly message?: string | undefined
  /** Becomes `error.details.error_code`. */
  readonly code?: string | undefined
  /** Further members of `error.details`. */
  readonly details?: Readonly<Record<string, Schema.Json>> | undefined
  /** Becomes `error.param`, as in older errors. */
  readonly param?: string | undefined
  /** The `retry-after` header: a duration (sent in seconds), or the header's raw value, such as an HTTP date. */
  readonly retryAfter?: Duration.Input | (string & {}) | undefined
  /** The `retry-after-ms` header, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** The `x-should-retry` header. */
  readonly shouldRetry?: boolean | undefined
  /** Further headers, which replace any of the same name. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * An error in the shape of the API's own, whatever its status: `{ status: 200, type: "overloaded_error" }` is a success with
 * an error body, as some proxies send it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const error = ({ retryAfter, ...rest }: ErrorOptions): Fault =>
  cases.Error.make(retryAfter === undefined ? rest : { ...rest, retryAfter: toRetryAfter(retryAfter) })

/**
 * What a shorthand for {@link error} can say: everything but the status.
 *
 * @category models
 * @since 0.1.0
 */
export type ErrorDetails = Omit<ErrorOptions, "status">

/**
 * 429 `rate_limit_error`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const rateLimited = (options?: ErrorDetails): Fault => error({ ...options, status: 429 })

const codes = Reason.errorCodes()

/**
 * The error of a documented error code, by the name of the SDK's class: `Fault.coded("RampLimitExceededError")` is 429 with
 * the code `ramp_limit_exceeded`. Throws at any other name.
 *
 * @category constructors
 * @since 0.1.0
 */
export const coded = (name: Reason.Coded["_tag"], options?: ErrorDetails): Fault => {
  const code = codes.get(name)
  if (code === undefined) throw new Error(`Fault.coded: ${name} is not a documented error code`)
  return error({ code: code.errorCode, ...options, status: code.status })
}

/**
 * 429 without `retry-after`: a month's spending is used up, and no retry helps.
 *
 * @category constructors
 * @since 0.1.0
 */
export const monthlyCap = (options?: ErrorDetails): Fault =>
  error({ message: LimitMessages.monthlyCap, ...options, status: 429 })

/**
 * 429 because usage grows too fast, whatever the limits are. Default: come back in 20 seconds.
 *
 * @category constructors
 * @since 0.1.0
 */
export const accelerationLimit = (options?: ErrorDetails): Fault =>
  error({ message: LimitMessages.accelerationLimit, retryAfter: "20 seconds", ...options, status: 429 })

/**
 * 529 `overloaded_error`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const overloaded = (options?: ErrorDetails): Fault => error({ ...options, status: 529 })

/**
 * 500 `api_error`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const internal = (options?: ErrorDetails): Fault => error({ ...options, status: 500 })

/**
 * Any body with any status. Default: status 200, content type `application/json`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const body = (options: {
  readonly status?: number | undefined
  readonly contentType?: string | undefined
  readonly text: string
}): Fault =>
  cases.Body.make({
    status: options.status ?? 200,
    contentType: options.contentType ?? "application/json",
    text: options.text
  })

/**
 * A bare status, with a plain text body or none.
 *
 * @category constructors
 * @since 0.1.0
 */
export const status = (status: number, text = ""): Fault => body({ status, contentType: "text/plain", text })

/**
 * The HTML page of a proxy that stands in the way. Default: status 200, as captive portals answer.
 *
 * @category constructors
 * @since 0.1.0
 */
export const html = (options?: { readonly status?: number | undefined }): Fault =>
  body({
    status: options?.status,
    contentType: "text/html; charset=utf-8",
    text: "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>\n"
  })

/**
 * A 200 that says it is JSON, and is nothing.
 *
 * @category constructors
 * @since 0.1.0
 */
export const emptyBody: Fault = body({ text: "" })

/**
 * A 200 that says it is JSON, and is none from the middle of a message on.
 *
 * @category constructors
 * @since 0.1.0
 */
export const badJson: Fault = body({
  text: `{"id":"msg_011Simulated","type":"message","role":"assistant","content":[{"type":"text","text":"Hello"},oops]}`
})

/**
 * Latency, then another fault or, by default, the normal answer. The time is that of the `Clock` the simulator was built
 * with. A client that goes away in between shows in the journal.
 *
 * @category constructors
 * @since 0.1.0
 */
export const delayed = (duration: Duration.Input, fault: Fault = none): Fault =>
  DelayedCase.make({ duration: Duration.fromInputUnsafe(duration), fault })

/**
 * The server is down for so long, by the `Clock` the simulator was built with: no connection is accepted, and clients get
 * `ECONNREFUSED`, on the paths that control the simulator too. What is refused is not in the journal.
 *
 * In a script it takes no request: the server goes down as soon as this is next. Requests that are being answered are
 * finished, and their connections closed. A request that meets it in a scenario, or after a delay, has been accepted
 * already: it is reset, and then the server is down. More of them add up.
 *
 * @category constructors
 * @since 0.1.0
 */
export const refused = (duration: Duration.Input): Fault =>
  cases.Refused.make({ duration: Duration.fromInputUnsafe(duration) })

/**
 * The connection is reset before anything is sent.
 *
 * @category constructors
 * @since 0.1.0
 */
export const resetBeforeHeaders: Fault = cases.ResetBeforeHeaders.make({})

/**
 * The connection is reset once the headers of the answer are sent.
 *
 * @category constructors
 * @since 0.1.0
 */
export const resetAfterHeaders: Fault = cases.ResetAfterHeaders.make({})

/**
 * The connection is closed in the middle of the body, with part of what the headers promise sent.
 *
 * @category constructors
 * @since 0.1.0
 */
export const cutBody = (options: { readonly afterBytes: number }): Fault => cases.CutBody.make(options)

/**
 * A body that is well-formed HTTP, but stops short: its JSON, or its last event, is incomplete.
 *
 * @category constructors
 * @since 0.1.0
 */
export const truncatedJson = (options: { readonly afterBytes: number }): Fault => cases.TruncatedJson.make(options)

/**
 * The normal answer, compressed, with its end missing: well-formed HTTP, but a gzip stream that breaks off. `afterBytes`
 * counts compressed bytes; at least 12 are missing. Default: half of them are.
 *
 * Node's `fetch` takes no offence: it hands on what it could decompress, as if that were all.
 *
 * @category constructors
 * @since 0.1.0
 */
export const truncatedGzip = (options?: { readonly afterBytes?: number | undefined }): Fault =>
  cases.TruncatedGzip.make(options ?? {})

/**
 * The normal answer, under another content type than its own.
 *
 * @category constructors
 * @since 0.1.0
 */
export const contentType = (type: string): Fault => cases.ContentType.make({ type })

/**
 * The normal answer, in small pieces and so many bytes a second. The time is that of the `Clock` the simulator was built
 * with.
 *
 * @category constructors
 * @since 0.1.0
 */
export const slowBody = (options: { readonly bytesPerSecond: number }): Fault => cases.SlowBody.make(options)

/**
 * Nothing is ever sent. The connection stays open until the client goes away or the simulator closes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const stallBeforeHeaders: Fault = cases.StallBeforeHeaders.make({})

/**
 * Silence in the middle of the body. The connection stays open until the client goes away or the simulator closes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const stallBody = (options: { readonly afterBytes: number }): Fault => cases.StallBody.make(options)

/**
 * A stream that breaks with an `error` event, and then ends.
 *
 * @category constructors
 * @since 0.1.0
 */
export const streamError = (options: {
  readonly afterEvents: number
  readonly type: string
  readonly message?: string | undefined
  readonly code?: string | undefined
}): Fault => cases.StreamError.make(options)

/**
 * A stream that ends properly as HTTP goes, but without its `message_stop`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const streamEnds = (options: { readonly afterEvents: number }): Fault => cases.StreamEnds.make(options)

/**
 * A stream that falls silent. The connection stays open until the client goes away or the simulator closes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const streamStalls = (options: { readonly afterEvents: number }): Fault => cases.StreamStalls.make(options)

/**
 * A stream whose last event lacks the blank line that ends it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const unterminatedLastEvent: Fault = cases.UnterminatedLastEvent.make({})

/**
 * A stream in which the event after so many comes twice. Past the end, the last one does.
 *
 * @category constructors
 * @since 0.1.0
 */
export const duplicateEvent = (options: { readonly afterEvents: number }): Fault => cases.DuplicateEvent.make(options)
