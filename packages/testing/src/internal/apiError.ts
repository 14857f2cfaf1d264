/** The API's errors: which type goes with which status, and what the API says. */
import * as Data from "effect/Data"
import * as Answer from "./answer.ts"

interface ErrorKind {
  readonly type: string
  readonly message: string
}

const kinds: Readonly<Record<number, ErrorKind>> = {
  400: { type: "invalid_request_error", message: "Invalid request" },
  401: { type: "authentication_error", message: "invalid x-api-key" },
  402: { type: "billing_error", message: "Your credit balance is too low to access the Claude API." },
  403: { type: "permission_error", message: "Your API key does not have permission to use the specified resource." },
  404: { type: "not_found_error", message: "Not Found" },
  409: { type: "conflict_error", message: "The resource was changed by another request." },
  413: { type: "request_too_large", message: "Request exceeds the maximum allowed number of bytes." },
  429: { type: "rate_limit_error", message: "This request would exceed your organization's rate limit." },
  500: { type: "api_error", message: "Internal server error" },
  504: { type: "timeout_error", message: "The request timed out while it was being processed." },
  529: { type: "overloaded_error", message: "Overloaded" }
}

const clientSide: ErrorKind = { type: "invalid_request_error", message: "Invalid request" }
const serverSide: ErrorKind = { type: "api_error", message: "Internal server error" }

const kindOf = (status: number): ErrorKind => kinds[status] ?? (status < 500 ? clientSide : serverSide)

const messages = new Map(Object.values(kinds).map(({ message, type }) => [type, message]))

/** What the API says for an error type, where nobody said anything else. */
export const messageOf = (type: string): string => messages.get(type) ?? serverSide.message

export interface ErrorDetails {
  readonly code?: string | undefined
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly param?: string | undefined
}

export interface ErrorBody extends ErrorDetails {
  readonly type: string
  readonly message: string
}

/** The JSON of an error, over HTTP and in an `error` event alike. Undefined members are left out as it is serialized. */
export const envelope = (requestId: string, { code, details, message, param, type }: ErrorBody) => ({
  type: "error",
  error: {
    type,
    message,
    param,
    details: code === undefined && details === undefined ? undefined : { error_code: code, ...details }
  },
  request_id: requestId
})

/** Why the API refuses a request. */
export class ApiError extends Data.TaggedError("ApiError")<{
  readonly status: number
  /** Default: what the API says for the status. */
  readonly detail?: string | undefined
  readonly code?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}> {}

/** Says the API when a month's spending is used up; it names no time to come back. */
export const monthlyCap =
  "You have reached your specified API usage limits. You will regain access at the beginning of the next month."

/** Says the API when usage grows too fast, whatever the limits are. */
export const accelerationLimit =
  "Your organization's request rate has increased too quickly. Please ramp up your usage gradually."

export interface Refusal extends ErrorDetails {
  readonly status: number
  readonly type?: string | undefined
  readonly message?: string | undefined
}

/** The JSON of an error that has a status, with what the API says for it. */
export const body = (requestId: string, error: Refusal) => {
  const kind = kindOf(error.status)
  const type = error.type ?? kind.type
  const message = error.message ?? (error.type === undefined ? kind.message : messageOf(type))
  return envelope(requestId, { ...error, type, message })
}

export const answer = (requestId: string, error: Refusal): Answer.Answer =>
  Answer.json(error.status, body(requestId, error))

export const invalidRequest = (detail: string): ApiError => new ApiError({ status: 400, detail })

export const notFound = (detail: string): ApiError => new ApiError({ status: 404, detail })
