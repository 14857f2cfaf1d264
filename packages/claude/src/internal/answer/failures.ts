/** From what the SDK and the transport throw to the error channel. The only place that knows the SDK's classes. */
import type * as SDK from "@anthropic-ai/sdk/core/error"
import * as Duration from "effect/Duration"
import type * as Schema from "effect/Schema"
import * as ClaudeError from "../../ClaudeError.ts"
import type * as Reason from "../../Reason.ts"
import { scrubError } from "../causes.ts"
import { factsOf, reasonTag } from "../errorCodes.ts"
import type { Attempt } from "../road/attempt.ts"
import { connectionFailure, isCredentialsFailure } from "../road/connection.ts"
import { CredentialsFailure } from "../road/credentialsFailure.ts"
import { FollowedRedirectError, ForeignOriginError, hostOfLocation } from "../road/origins.ts"
import { scrubJson, withoutExcerpt } from "../secrets.ts"
import { isRedirect, statusOfType, tagOf } from "../status.ts"
import { fromHeaders as rateLimitsFrom } from "./rateLimits.ts"
import { retryAfterFrom } from "./retryAfter.ts"
import { field } from "./shapes.ts"
import { cleanBody, cleanStart, cleanText } from "./size.ts"
import { isDeep, shallow, writeJson } from "./writeJson.ts"

type StatusClass = new(fields: StatusFields) => ClaudeError.StatusErrors<Reason.Coded>

const common = (attempt: Attempt) => ({
  operation: attempt.operation.name,
  repeatable: attempt.operation.repeatable,
  model: attempt.model,
  attempts: attempt.number,
  elapsed: Duration.millis(attempt.elapsedMillis())
})

type Common = ReturnType<typeof common> & { readonly message: string; readonly cause?: unknown }

interface StatusFields extends Common {
  readonly status: number
  readonly type: string | undefined
  readonly reason: Reason.Unspecified
  readonly requestId: string | undefined
  readonly param: string | undefined
  readonly retryAfter: Duration.Duration | undefined
  readonly shouldRetry: boolean | undefined
  readonly rateLimits: ReturnType<typeof rateLimitsFrom>
  readonly body: Schema.Json | undefined
  readonly partial?: ClaudeError.PartialMessage | undefined
  readonly isUsageFinal?: boolean | undefined
}

/** Whatever a call threw, as an error of the channel. */
export const decodeFailure = (attempt: Attempt, failure: unknown): ClaudeError.CallError<Reason.Coded> => {
  if (failure instanceof CredentialsFailure && failure.retryable) return withoutCredentials(attempt, failure)
  const redirect = causesOf(failure).find((cause) => cause instanceof FollowedRedirectError)
  if (redirect !== undefined) return redirected(attempt, redirect)
  if (failure instanceof ForeignOriginError) return rejected(attempt, failure, { reason: { _tag: "Unsupported" } })
  if (isNamed(failure, "APIConnectionTimeoutError")) return timedOut(attempt, undefined, failure)
  if (isNamed(failure, "APIConnectionError") && isCredentialsFailure(failure.message)) {
    return rejected(attempt, failure, { reason: { _tag: "MissingCredentials" }, sent: false })
  }
  if (isNamed(failure, "APIConnectionError") || isNamed(failure, "APIUserAbortError")) {
    return notConnected(attempt, failure)
  }
  if (isStatusError(failure)) {
    attempt.answered = failure
    const body = attempt.errorBody === undefined ? failure.error ?? textOf(failure) : attempt.errorBody.value
    return fromBody(attempt, failure.status, failure.headers, body, { cause: failure })
  }
  return rejected(attempt, failure)
}

/**
 * The SDK names its errors itself, so that this holds for minified code, and for the other copy of the SDK that
 * Bedrock's or Vertex's package may bring, where `instanceof` does not.
 */
const isNamed = (failure: unknown, name: keyof typeof SDK): failure is Error => property(failure, "name") === name

type StatusFailure = SDK.APIError<number, Headers>

const isStatusError = (failure: unknown): failure is StatusFailure =>
  typeof property(failure, "status") === "number" && isHeaders(property(failure, "headers"))

/** By what an object can do: another package's `fetch` has headers of another class. */
const isHeaders = (value: unknown): boolean =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, "get") === "function"

/** The SDK keeps a body that is not JSON in its message only, behind the status. */
const textOf = (failure: Error): string | undefined => {
  const text = failure.message.replace(/^\d+ ?/, "")
  return text === "" || text === "status code (no body)" ? undefined : text
}

/** An error body of the API under a status. */
export const fromBody = (
  attempt: Attempt,
  status: number,
  headers: Headers,
  body: unknown,
  { arrived, cause }: { readonly arrived?: Arrived | undefined; readonly cause?: unknown } = {}
): ClaudeError.StatusErrors<Reason.Coded> => {
  const error = field(body, "error")
  const details = field(error, "details")
  const type = text(field(error, "type"))
  const message = text(field(error, "message")) ?? text(error)
  const code = text(field(details, "error_code"))
  const isElsewhere = isRedirect(status) && headers.get("location") !== null
  // A redirect says where to go on, not to begin again.
  const shouldRetry = isElsewhere ? null : headers.get("x-should-retry")
  const StatusError: StatusClass = ClaudeError.statusClasses[tagOf(status)]
  return new StatusError({
    ...common(attempt),
    repeatable: factsOf(status, code).repeatable ?? attempt.operation.repeatable,
    message: said(
      attempt,
      isElsewhere ? describeRedirect(attempt, status, headers) : message ?? describe(attempt, status, body)
    ),
    cause: causeOf(attempt, cause),
    status,
    type: said(attempt, type),
    reason: reasonOf(attempt, status, code, details),
    requestId: said(attempt, headers.get("request-id") ?? text(field(body, "request_id"))),
    param: said(attempt, text(field(error, "param")) ?? paramIn(message)),
    retryAfter: retryAfterFrom(headers, attempt.now()),
    shouldRetry: shouldRetry === "true" ? true : shouldRetry === "false" ? false : undefined,
    rateLimits: rateLimitsFrom(headers),
    body: cleanBody(attempt.env.scrub, body),
    ...(arrived === undefined ? {} : partialFields(attempt, arrived))
  })
}

/** An error body that came with a status that says success, or in the middle of a stream. */
export const fromErrorBody = (
  attempt: Attempt,
  headers: Headers,
  body: unknown,
  arrived?: Arrived
): ClaudeError.StatusErrors<Reason.Coded> =>
  fromBody(attempt, statusOfType(text(field(field(body, "error"), "type"))), headers, body, { arrived })

/** Gateways put a text where the API has an object. */
export const isErrorBody = (body: unknown): boolean => field(body, "type") === "error"

/** Only what the method documents is a reason of its own, so that the channel's type holds. */
const reasonOf = (attempt: Attempt, status: number, code: string | undefined, details: unknown): Reason.Unspecified => {
  const tag = code === undefined ? undefined : reasonTag(status, code)
  const documented = tag !== undefined && attempt.operation.reasons.includes(tag)
  // The table goes by status, so that a tag is one that the status's class has.
  return {
    _tag: (documented ? tag : "Unspecified") as "Unspecified",
    errorCode: said(attempt, code),
    details: cleanBody(attempt.env.scrub, details)
  }
}

/** A property of an error, which may be inherited, and may be a getter that throws. */
const property = (value: unknown, name: string): unknown => {
  try {
    return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined
  } catch {
    return undefined
  }
}

const text = (value: unknown): string | undefined => typeof value === "string" ? value : undefined

/** A text as an error keeps it. */
function said(attempt: Attempt, value: string): string
function said(attempt: Attempt, value: string | undefined): string | undefined
function said(attempt: Attempt, value: string | undefined): string | undefined {
  return value === undefined ? undefined : cleanText(attempt.env.scrub, value)
}

/** The API's messages begin with the parameter at fault: `messages.0.content: …`. */
const paramIn = (message: string | undefined): string | undefined =>
  /^([a-z_]+(?:\.[a-z0-9_]+)*): /.exec(message ?? "")?.[1]

const describe = (attempt: Attempt, status: number, body: unknown): string =>
  body === undefined || body === null
    ? `The server answered ${status} without a body.`
    : `The server answered ${status} with a body that is not the API's: ${snippetOf(attempt, body)}`

const describeRedirect = (attempt: Attempt, status: number, headers: Headers): string => {
  const host = hostOfLocation(headers)
  return `${attempt.host} answered ${status}, a redirect to ${
    host === undefined || host === attempt.host ? "another of its paths" : host
  }. Redirects are not followed: they would take credentials and prompts along. Check the base URL.`
}

/** What came from elsewhere is no answer, nor is a redirect that a browser hides. */
const redirected = (attempt: Attempt, { response }: FollowedRedirectError): ClaudeError.InvalidResponseError => {
  const host = response.redirected ? URL.parse(response.url)?.host : undefined
  return invalidResponse(attempt, response, "redirected", {
    message: `${attempt.host} answered with a redirect${
      host === undefined ? "" : `, and the fetch in use followed it to ${host}`
    }. Redirects are not followed. Check the base URL.`
  })
}

const maxSnippet = 500

/** Without secrets before it is cut, or half of one might be left. */
const snippetOf = (attempt: Attempt, body: unknown): string => {
  const content = typeof body === "string" ? body : writeJson(body) ?? ""
  const clean = cleanStart(attempt.env.scrub, content, 4 * maxSnippet).replace(/\s+/g, " ").trim()
  return clean.length > maxSnippet ? `${clean.slice(0, maxSnippet - 1)}…` : clean
}

const notConnected = (attempt: Attempt, failure: Error): ClaudeError.APIConnectionError => {
  const causes = causesOf(failure)
  const codes = causes.flatMap((cause) => text(property(cause, "code")) ?? [])
  const messages = causes.flatMap((cause) => text(property(cause, "message")) ?? [])
  const what = messages.at(-1) || codes.at(-1) || failure.message
  const { sent, transient } = connectionFailure(causes)
  return new ClaudeError.APIConnectionError({
    ...common(attempt),
    message: said(attempt, `No answer from ${attempt.host}: ${what}`),
    cause: causeOf(attempt, failure),
    sent: sent && attempt.sent,
    transient
  })
}

/** Nothing was sent, since what the request needs could not be had just now. */
const withoutCredentials = (attempt: Attempt, failure: CredentialsFailure): ClaudeError.APIConnectionError =>
  new ClaudeError.APIConnectionError({
    ...common(attempt),
    message: attempt.scrub(failure.message),
    cause: causeOf(attempt, failure),
    sent: false
  })

/** As many as count: the deepest may be without end. */
const mostCauses = 50

const causesOf = (error: unknown): ReadonlyArray<unknown> => {
  const causes: Array<unknown> = []
  for (
    let cause = property(error, "cause");
    cause !== undefined && !causes.includes(cause) && causes.length < mostCauses;
    cause = property(cause, "cause")
  ) {
    causes.push(cause)
  }
  return causes
}

export const timedOut = (
  attempt: Attempt,
  timeout: Duration.Duration | undefined,
  cause?: unknown
): ClaudeError.APIConnectionTimeoutError =>
  new ClaudeError.APIConnectionTimeoutError({
    ...common(attempt),
    message: timeout === undefined
      ? `No answer from ${attempt.host} in time`
      : `No complete answer from ${attempt.host} within ${Duration.format(timeout)}`,
    timeout,
    sent: attempt.sent,
    cause: causeOf(attempt, cause)
  })

/** A body whose status said success could not be read or parsed. */
export const unreadable = (
  attempt: Attempt,
  response: Response,
  cause: unknown,
  arrived?: Arrived
): ClaudeError.InvalidResponseError => {
  const malformed = cause instanceof SyntaxError
  return invalidResponse(attempt, response, malformed ? "malformed-json" : "unreadable", {
    message: malformed
      ? `The answer is not complete JSON: ${withoutExcerpt(cause.message)}`
      : `The connection broke inside the answer: ${
        text(property(causesOf(cause).at(-1) ?? cause, "message")) ?? "unknown"
      }`,
    cause,
    arrived
  })
}

/**
 * A body whose end nothing vouches for: without a length, over a connection that closes after it, a cut looks like the end
 * (Node's `fetch` takes even an unfinished chunk for it), and where a compressed body is cut, `fetch` does not notice.
 */
export const unconfirmedEnd = (
  attempt: Attempt,
  response: Response,
  what: string
): ClaudeError.InvalidResponseError | undefined => {
  const { headers } = response
  const problem = isCompressed(headers)
    ? `compressed ${what} (${
      headers.get("content-encoding")
    }) though the request allows none, so that a cut would go ` +
      "unnoticed. Look for a proxy in between that compresses answers."
    : headers.get("content-length") === null && /close/i.test(headers.get("connection") ?? "")
    ? `closed the connection behind ${what} without having said its length, so that it may be cut. Look for a proxy in ` +
      "between that closes connections, and try again."
    : undefined
  return problem === undefined
    ? undefined
    : invalidResponse(attempt, response, "unreadable", { message: `${attempt.host} ${problem}` })
}

export const isCompressed = (headers: Headers): boolean =>
  !/^(identity)?$/i.test(headers.get("content-encoding")?.trim() ?? "")

export const invalidResponse = (
  attempt: Attempt,
  response: Response | undefined,
  problem: ClaudeError.InvalidResponseError["problem"],
  what: {
    readonly message: string
    readonly cause?: unknown
    readonly body?: unknown
    readonly arrived?: Arrived | undefined
  }
): ClaudeError.InvalidResponseError =>
  new ClaudeError.InvalidResponseError({
    ...common(attempt),
    message: said(attempt, what.message),
    problem,
    status: response?.status,
    contentType: attempt.scrub(response?.headers.get("content-type") ?? undefined),
    requestId: attempt.scrub(response?.headers.get("request-id") ?? undefined),
    snippet: what.body === undefined ? undefined : snippetOf(attempt, what.body),
    cause: causeOf(attempt, what.cause),
    ...(what.arrived === undefined ? {} : partialFields(attempt, what.arrived))
  })

/** How far a body that arrives in pieces had come. */
export interface Arrived {
  readonly count: number
  /** What is counted, and before what: `events, before message_stop`. */
  readonly unit: string
  readonly requestId?: string | undefined
  readonly partial?: ClaudeError.PartialMessage | undefined
  /** Whether the usage of `partial` counts the whole answer. */
  readonly usageIsFinal?: boolean | undefined
}

/** What had come of a message. It is JSON as it came, but for what is nested too deeply to be kept. */
const partialFields = (attempt: Attempt, { partial, usageIsFinal }: Arrived) => ({
  partial: scrubJson(attempt.env.secrets.scrubKnown, shallow(partial)) as ClaudeError.PartialMessage | undefined,
  isUsageFinal: usageIsFinal
})

/** What an error says of a body that went no further. */
const arrivedFields = (attempt: Attempt, arrived: Arrived) => ({
  ...partialFields(attempt, arrived),
  events: arrived.count,
  requestId: attempt.scrub(arrived.requestId)
})

export const interrupted = (
  attempt: Attempt,
  arrived: Arrived,
  cause?: unknown
): ClaudeError.StreamInterruptedError =>
  new ClaudeError.StreamInterruptedError({
    ...common(attempt),
    ...arrivedFields(attempt, arrived),
    message: `The stream ended after ${arrived.count} ${arrived.unit}`,
    cause: causeOf(attempt, cause)
  })

export const stalled = (
  attempt: Attempt,
  arrived: Arrived,
  idleTimeout: Duration.Duration
): ClaudeError.StreamStalledError =>
  new ClaudeError.StreamStalledError({
    ...common(attempt),
    ...arrivedFields(attempt, arrived),
    message: `The stream was silent for ${Duration.format(idleTimeout)}, after ${arrived.count} ${arrived.unit}`,
    idleTimeout
  })

/** What the SDK refuses before it sends: bad options, no credentials, its guard against long requests. */
export const rejected = (
  attempt: Attempt,
  failure: unknown,
  { param, reason, sent }: {
    readonly param?: string | undefined
    readonly reason?: Reason.Rejection
    readonly sent?: boolean
  } = {}
): ClaudeError.RequestRejectedError => {
  const message = failure instanceof Error ? failure.message : String(failure)
  const named = param ?? (message.startsWith("Streaming is required") ? "max_tokens" : undefined)
  return new ClaudeError.RequestRejectedError({
    ...common(attempt),
    message: said(attempt, message),
    param: named,
    reason: reason ?? (lacksCredentials.test(message)
      ? { _tag: "MissingCredentials" }
      : { _tag: "InvalidParameter", param: named }),
    // The SDK's own stack overflows on what is nested too deeply, in what is sent and in what a server says alike.
    sent: sent ?? (attempt.sent || failure instanceof RangeError),
    cause: failure instanceof Error ? causeOf(attempt, failure) : undefined
  })
}

/** How the SDK says it (`validateHeaders` in its client.ts). */
const lacksCredentials = /^Could not resolve authentication method/

export const requestIdOf = ({ headers }: Pick<Response, "headers">): string | undefined =>
  headers.get("request-id") ?? undefined

/** The cause without secrets; a short copy where it is large, or where a log could not write it. */
const causeOf = (attempt: Attempt, cause: unknown): unknown => {
  const clean = scrubError(attempt.env.scrub, cause)
  if (clean === undefined || isWritable(clean)) return clean
  const message = text(property(clean, "message")) ?? "a failure that cannot be written as JSON"
  const copy = new Error(said(attempt, message))
  copy.name = text(property(clean, "name")) ?? "Error"
  delete copy.stack
  return copy
}

const maxCause = 64 * 1024

const isWritable = (value: unknown): boolean => {
  try {
    if (value instanceof Error) {
      if (value.message.length > maxCause || isDeep(value.cause) || causesOf(value).length === mostCauses) return false
    }
    const json = isDeep(value) ? undefined : JSON.stringify(value) ?? ""
    return json !== undefined && json.length <= maxCause
  } catch {
    return false
  }
}
