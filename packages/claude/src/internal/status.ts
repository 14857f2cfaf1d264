/** Every HTTP status with an error class of its own: the one table of what the library knows of a status. */

/** Whether a failed request ran. */
export type Outcome = "not-executed" | "executed" | "unknown"

/** What is known of a status. */
export interface Status {
  /** The status of the class. A class for several statuses has its default or an example here. */
  readonly status: number
  /** Which statuses a class for several has, in words. */
  readonly covers?: string
  /** The API's error types under this status, the usual one first. A type means the first status that lists it. */
  readonly types: readonly [string, ...ReadonlyArray<string>]
  /** The failure passes by itself, so that the same request may succeed later: `shouldRetry` in the SDK's client.ts, but for 501. */
  readonly transient: boolean
  /** The server asks for fewer requests. */
  readonly throttling: boolean
  /** The status proves that the request did not run. */
  readonly notExecuted: boolean
  /** What the API says, where nothing more is known. */
  readonly message: string
  /** What people can do about it, for documentation. */
  readonly advice: string
}

/** By the tag of the error class, which is the name of the SDK's class. */
export const statuses = {
  BadRequestError: {
    status: 400,
    types: ["invalid_request_error"],
    transient: false,
    throttling: false,
    notExecuted: true,
    message: "Invalid request",
    advice: "fix what `message` and `param` name"
  },
  AuthenticationError: {
    status: 401,
    types: ["authentication_error"],
    transient: false,
    throttling: false,
    notExecuted: true,
    message: "invalid x-api-key",
    advice: "check the key"
  },
  PaymentRequiredError: {
    status: 402,
    types: ["billing_error"],
    transient: false,
    throttling: false,
    notExecuted: true,
    message: "Your credit balance is too low to access the Claude API.",
    advice: "check the billing"
  },
  PermissionDeniedError: {
    status: 403,
    types: ["permission_error"],
    transient: false,
    throttling: false,
    notExecuted: true,
    message: "Your API key does not have permission to use the specified resource.",
    advice: "use a key with the permission"
  },
  NotFoundError: {
    status: 404,
    types: ["not_found_error"],
    transient: false,
    throttling: false,
    notExecuted: true,
    message: "Not Found",
    advice: "check the id or the model"
  },
  RequestTimeoutError: {
    status: 408,
    types: ["invalid_request_error"],
    transient: true,
    throttling: false,
    notExecuted: true,
    message: "The request took too long to arrive.",
    advice: "check the network"
  },
  ConflictError: {
    status: 409,
    types: ["conflict_error", "memory_path_conflict_error", "memory_precondition_failed_error"],
    transient: true,
    throttling: false,
    notExecuted: true,
    message: "The resource was changed by another request.",
    advice: "read the resource again"
  },
  PreconditionFailedError: {
    status: 412,
    types: ["invalid_request_error"],
    transient: false,
    throttling: false,
    notExecuted: true,
    message: "A precondition of the request does not hold.",
    advice: "read the resource again"
  },
  ContentTooLargeError: {
    status: 413,
    types: ["request_too_large"],
    transient: false,
    throttling: false,
    notExecuted: true,
    message: "Request exceeds the maximum allowed number of bytes.",
    advice: "send less, or upload files"
  },
  UnprocessableEntityError: {
    status: 422,
    types: ["invalid_request_error"],
    transient: false,
    throttling: false,
    notExecuted: true,
    message: "Unprocessable Entity",
    advice: "fix the request"
  },
  RateLimitError: {
    status: 429,
    types: ["rate_limit_error"],
    transient: true,
    throttling: true,
    notExecuted: true,
    message: "This request would exceed your organization's rate limit.",
    advice: "slow down; see `retryAfter`, `rateLimits`"
  },
  RequestHeaderFieldsTooLargeError: {
    status: 431,
    types: ["invalid_request_error"],
    transient: false,
    throttling: false,
    notExecuted: true,
    message: "Request Header Fields Too Large",
    advice: "send fewer or shorter headers"
  },
  ClientClosedRequestError: {
    status: 499,
    types: ["invalid_request_error"],
    transient: false,
    throttling: false,
    notExecuted: false,
    message: "Client Closed Request",
    advice: "look for a proxy in between"
  },
  InternalServerError: {
    status: 500,
    covers: "other 5xx",
    types: ["api_error"],
    transient: true,
    throttling: false,
    notExecuted: false,
    message: "Internal server error",
    advice: "try later"
  },
  NotImplementedError: {
    status: 501,
    types: ["api_error"],
    transient: false,
    throttling: false,
    notExecuted: true,
    message: "Not Implemented",
    advice: "check the base URL"
  },
  ServiceUnavailableError: {
    status: 503,
    types: ["api_error"],
    transient: true,
    throttling: true,
    notExecuted: true,
    message: "Service Unavailable",
    advice: "try later"
  },
  GatewayTimeoutError: {
    status: 504,
    types: ["timeout_error"],
    transient: true,
    throttling: false,
    notExecuted: false,
    message: "The request timed out while it was being processed.",
    advice: "stream long answers"
  },
  OverloadedError: {
    status: 529,
    types: ["overloaded_error"],
    transient: true,
    throttling: true,
    notExecuted: true,
    message: "Overloaded",
    advice: "try later, or another model"
  },
  UnexpectedStatusError: {
    status: 418,
    covers: "any other",
    types: ["invalid_request_error"],
    transient: false,
    throttling: false,
    notExecuted: true,
    message: "Unexpected status",
    advice: "look for a proxy in between"
  }
} as const satisfies Readonly<Record<string, Status>>

export type StatusTag = keyof typeof statuses

/** In the order of the statuses. */
export const tags = Object.keys(statuses) as ReadonlyArray<StatusTag>

const tagsByStatus: ReadonlyMap<number, StatusTag> = new Map(tags.map((tag) => [statuses[tag].status, tag]))

/** The tag of the class that a status makes. */
export const tagOf = (status: number): StatusTag =>
  tagsByStatus.get(status) ?? (status >= 500 ? "InternalServerError" : "UnexpectedStatusError")

export const statusOf = (status: number): Status => isRedirect(status) ? elsewhere : statuses[tagOf(status)]

/** Not 304, which says that nothing is new. */
export const isRedirect = (status: number): boolean => status >= 300 && status < 400 && status !== 304

/** What goes on elsewhere may have been done already: 303 says so (RFC 9110, section 15.4.4). */
const elsewhere: Status = { ...statuses.UnexpectedStatusError, notExecuted: false }

const statusesByType: ReadonlyMap<string, number> = new Map(
  tags.flatMap((tag) => statuses[tag].types.map((type) => [type, statuses[tag].status] as const)).toReversed()
)

/**
 * The exceptions of a stream on Amazon Bedrock, by the name in their frames. The SDK for Bedrock keeps it as the type of the
 * error (`frameError` in its core/streaming.ts). One that timed out had been running.
 */
const bedrockStatuses: ReadonlyMap<string, number> = new Map([
  ["validationException", statuses.BadRequestError.status],
  ["accessDeniedException", statuses.PermissionDeniedError.status],
  ["resourceNotFoundException", statuses.NotFoundError.status],
  ["throttlingException", statuses.RateLimitError.status],
  ["internalServerException", statuses.InternalServerError.status],
  ["modelStreamErrorException", statuses.InternalServerError.status],
  ["serviceUnavailableException", statuses.ServiceUnavailableError.status],
  ["modelTimeoutException", statuses.GatewayTimeoutError.status]
])

/** The status that an error type has over HTTP, for an error that comes without one. */
export const statusOfType = (type = ""): number =>
  statusesByType.get(type) ?? bedrockStatuses.get(type) ?? statuses.InternalServerError.status
