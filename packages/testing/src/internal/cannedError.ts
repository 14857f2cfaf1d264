/** Errors as the API would have them, from as little as their tag. */
import * as ClaudeError from "effect-claude/ClaudeError"
import * as Reason from "effect-claude/Reason"
import * as Duration from "effect/Duration"
import { hasProperty } from "effect/Predicate"

/** The tag of any error of a method's channel. */
export type Tag = ClaudeError.ClaudeError["_tag"] | ClaudeError.WebhookVerificationError["_tag"]

type ReasonsIn<T extends Tag, Named> = Extract<Reason.Of<T>, { readonly _tag: Named }> | Reason.Unspecified

/** A row a class: an `Extract` from the union of all would be too much for the compiler where it infers. */
export interface Errors<Named> {
  readonly BadRequestError: ClaudeError.BadRequestError<ReasonsIn<"BadRequestError", Named>>
  readonly AuthenticationError: ClaudeError.AuthenticationError<ReasonsIn<"AuthenticationError", Named>>
  readonly PaymentRequiredError: ClaudeError.PaymentRequiredError<ReasonsIn<"PaymentRequiredError", Named>>
  readonly PermissionDeniedError: ClaudeError.PermissionDeniedError<ReasonsIn<"PermissionDeniedError", Named>>
  readonly NotFoundError: ClaudeError.NotFoundError<ReasonsIn<"NotFoundError", Named>>
  readonly RequestTimeoutError: ClaudeError.RequestTimeoutError<ReasonsIn<"RequestTimeoutError", Named>>
  readonly ConflictError: ClaudeError.ConflictError<ReasonsIn<"ConflictError", Named>>
  readonly PreconditionFailedError: ClaudeError.PreconditionFailedError<ReasonsIn<"PreconditionFailedError", Named>>
  readonly ContentTooLargeError: ClaudeError.ContentTooLargeError<ReasonsIn<"ContentTooLargeError", Named>>
  readonly UnprocessableEntityError: ClaudeError.UnprocessableEntityError<ReasonsIn<"UnprocessableEntityError", Named>>
  readonly RateLimitError: ClaudeError.RateLimitError<ReasonsIn<"RateLimitError", Named>>
  readonly RequestHeaderFieldsTooLargeError: ClaudeError.RequestHeaderFieldsTooLargeError<
    ReasonsIn<"RequestHeaderFieldsTooLargeError", Named>
  >
  readonly ClientClosedRequestError: ClaudeError.ClientClosedRequestError<ReasonsIn<"ClientClosedRequestError", Named>>
  readonly InternalServerError: ClaudeError.InternalServerError<ReasonsIn<"InternalServerError", Named>>
  readonly NotImplementedError: ClaudeError.NotImplementedError<ReasonsIn<"NotImplementedError", Named>>
  readonly ServiceUnavailableError: ClaudeError.ServiceUnavailableError<ReasonsIn<"ServiceUnavailableError", Named>>
  readonly GatewayTimeoutError: ClaudeError.GatewayTimeoutError<ReasonsIn<"GatewayTimeoutError", Named>>
  readonly OverloadedError: ClaudeError.OverloadedError<ReasonsIn<"OverloadedError", Named>>
  readonly UnexpectedStatusError: ClaudeError.UnexpectedStatusError<ReasonsIn<"UnexpectedStatusError", Named>>
  readonly APIConnectionError: ClaudeError.APIConnectionError
  readonly APIConnectionTimeoutError: ClaudeError.APIConnectionTimeoutError
  readonly InvalidResponseError: ClaudeError.InvalidResponseError
  readonly StreamInterruptedError: ClaudeError.StreamInterruptedError
  readonly StreamStalledError: ClaudeError.StreamStalledError
  readonly RequestRejectedError: ClaudeError.RequestRejectedError
  readonly WebhookVerificationError: ClaudeError.WebhookVerificationError
}

const requestId = "req_011TestClaude000000000"

/** Of the errors that an HTTP status makes: the API's type and words. */
const statuses: Readonly<Partial<Record<Tag, readonly [type: string, message: string]>>> = {
  BadRequestError: ["invalid_request_error", "messages: at least one message is required"],
  AuthenticationError: ["authentication_error", "invalid x-api-key"],
  PaymentRequiredError: ["billing_error", "Your credit balance is too low to access the Claude API."],
  PermissionDeniedError: [
    "permission_error",
    "Your API key does not have permission to use the specified resource."
  ],
  NotFoundError: ["not_found_error", "Not Found"],
  RequestTimeoutError: ["timeout_error", "The request took too long to arrive."],
  ConflictError: ["conflict_error", "The resource was changed by another request."],
  PreconditionFailedError: ["invalid_request_error", "A precondition of the request does not hold."],
  ContentTooLargeError: ["request_too_large", "Request exceeds the maximum allowed number of bytes."],
  UnprocessableEntityError: ["invalid_request_error", "Unprocessable Entity"],
  RateLimitError: ["rate_limit_error", "This request would exceed your organization's rate limit."],
  RequestHeaderFieldsTooLargeError: ["invalid_request_error", "Request Header Fields Too Large"],
  ClientClosedRequestError: ["invalid_request_error", "Client Closed Request"],
  InternalServerError: ["api_error", "Internal server error"],
  NotImplementedError: ["api_error", "Not Implemented"],
  ServiceUnavailableError: ["api_error", "Service Unavailable"],
  GatewayTimeoutError: ["timeout_error", "The request timed out while it was being processed."],
  OverloadedError: ["overloaded_error", "Overloaded"],
  UnexpectedStatusError: ["api_error", "I'm a teapot"]
}

/** Of the others: what their classes have no default for, and their words. */
const others: Readonly<Partial<Record<Tag, Readonly<Record<string, unknown>>>>> = {
  APIConnectionError: { message: "No answer from api.anthropic.com: other side closed" },
  APIConnectionTimeoutError: { message: "No complete answer from api.anthropic.com within 10m" },
  InvalidResponseError: {
    message: "api.anthropic.com answered with text/html instead of JSON. Check the base URL, and proxies in between.",
    problem: "not-json",
    status: 200,
    contentType: "text/html; charset=utf-8",
    snippet: "<!DOCTYPE html> <html><head><title>Sign in</title></head></html>",
    requestId: undefined
  },
  StreamInterruptedError: { message: "The stream ended after 0 events, before message_stop", requestId },
  StreamStalledError: { message: "The stream was silent for 1m after 0 events, before message_stop", requestId },
  RequestRejectedError: { message: "max_tokens: must be a positive integer, not 0", param: "max_tokens" },
  WebhookVerificationError: { message: "No matching signature found", problem: "not-verified" }
}

/** An error of this tag: what `given` says, and defaults for the rest. */
export const make = <T extends Tag, Named>(tag: T, given: Readonly<Record<string, unknown>>): Errors<Named>[T] => {
  const isSaid = (name: string): boolean => name !== "reason" && (given[name] !== undefined || !indispensable.has(name))
  const said = Object.entries(given).filter(([name]) => isSaid(name)).map(([name, value]) => [
    name,
    durationFields.has(name) && value !== undefined ? Duration.fromInputUnsafe(value as Duration.Input) : value
  ])
  const Class = classes.get(tag)
  if (Class === undefined) throw new Error(`TestClaude: ${tag} is no error of a method.`)
  // The class checks its fields itself, and is the one of the tag.
  return Reflect.construct(Class, [{ ...defaultsOf(tag, given), ...Object.fromEntries(said) }]) as Errors<Named>[T]
}

const classes: ReadonlyMap<string, new(fields: never) => unknown> = new Map<string, new(fields: never) => unknown>([
  ...ClaudeError.ClaudeError.members.map((member) => [member.prototype.name, member] as const),
  ["WebhookVerificationError", ClaudeError.WebhookVerificationError]
])

/** An error without one of these is none. */
const indispensable: ReadonlySet<string> = new Set(["message", "problem", "status"])

const durationFields: ReadonlySet<string> = new Set(["elapsed", "idleTimeout", "retryAfter", "timeout"])

const defaultsOf = (tag: Tag, given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const [type, words] = statuses[tag] ?? []
  if (type === undefined) return others[tag] ?? {}
  const message = given.message ?? words
  const reason = reasonOf(tag, given.reason)
  return {
    ...(tag === "UnexpectedStatusError" ? { status: 418 } : {}),
    type,
    message,
    requestId,
    body: {
      type: "error",
      error: { type: given.type ?? type, message, ...(reason === undefined ? {} : { details: reason.details }) },
      request_id: given.requestId ?? requestId
    },
    ...(reason === undefined ? {} : { reason })
  }
}

interface Named {
  readonly _tag: string
  readonly errorCode: string
  readonly details: unknown
}

const codes = Reason.errorCodes()

const reasonOf = (tag: Tag, reason: unknown): Named | undefined => {
  if (hasProperty(reason, "details")) return reason as Named
  if (typeof reason !== "string") return undefined
  const errorCode = codes.get(reason)?.errorCode
  if (errorCode === undefined) throw new Error(`TestClaude: ${reason} is no reason of a ${tag}.`)
  return { _tag: reason, errorCode, details: { error_code: errorCode } }
}
