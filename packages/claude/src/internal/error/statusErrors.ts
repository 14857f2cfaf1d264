/** One class for each HTTP status. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Reason from "../../Reason.ts"
import { field } from "../answer/shapes.ts"
import { type CodeFacts, factsOf } from "../errorCodes.ts"
import { optional } from "../schema/optional.ts"
import * as Status from "../status.ts"
import { Base, type Outcome, ranOr, RateLimits } from "./base.ts"
import { type ContextWindow, contextWindowOf } from "./contextWindow.ts"

export class StatusError extends Base.extend<StatusError>("effect-claude/StatusError")({
  /** The HTTP status, or for an `error` event of a stream the status that its type has over HTTP. */
  status: Schema.Int,
  /** The API's error type, such as `rate_limit_error`. */
  type: optional(Schema.String),
  /** The parameter at fault, if the API said which. */
  param: optional(Schema.String),
  /** How long the server asked to wait, from `retry-after-ms` or `retry-after`. In JSON: milliseconds. */
  retryAfter: optional(Schema.DurationFromMillis),
  /** The server's word on retrying, from `x-should-retry`. */
  shouldRetry: optional(Schema.Boolean),
  /** The rate limits in force, from the `anthropic-ratelimit-*` headers. */
  rateLimits: optional(RateLimits),
  /**
   * The body of the answer: parsed JSON, or the text where it is none. Of one over 64 KB only a part, which says so; its
   * `error` and `request_id` are kept.
   */
  body: optional(Schema.Json),
  reason: Reason.schema<Reason.Reason>()
}) {
  override get isRetryable(): boolean {
    const { retryable = Status.statusOf(this.status).transient } = this.codeFacts
    return this.shouldRetry ?? retryable
  }

  override get isThrottling(): boolean {
    return Status.statusOf(this.status).throttling &&
      (this.status === 429 ? this.isRetryable : this.codeFacts.retryable !== false)
  }

  override get outcome(): Outcome {
    const refused = Status.statusOf(this.status).notExecuted && (this.status < 500 || this.isOfTheApi)
    return ranOr(this, this.codeFacts.outcome ?? (refused ? "not-executed" : "unknown"))
  }

  override get contextWindow(): ContextWindow | undefined {
    return this.status === 400 || this.status === 413 ? contextWindowOf(this.message) : undefined
  }

  /** Whether the API itself refuses, in its own words. A proxy's 503 says nothing about whether the request ran. */
  private get isOfTheApi(): boolean {
    return this.type !== undefined && (this.body === undefined || field(this.body, "type") === "error")
  }

  private get codeFacts(): CodeFacts {
    return factsOf(this.status, this.reason.errorCode)
  }
}

const statusFields = <const Tag extends Status.StatusTag>(tag: Tag) => ({
  _tag: Schema.tag(tag),
  status: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed<number>(Status.statuses[tag].status))),
  reason: Reason.schema<Reason.Of<Tag>>().pipe(Schema.withConstructorDefault(Effect.succeed(Reason.unspecified())))
})

/**
 * 400: the request is not valid. Fix what the message names; retrying does not help.
 *
 * @category errors
 * @since 0.1.0
 */
export class BadRequestError<out R extends Reason.Of<"BadRequestError"> = Reason.Of<"BadRequestError">>
  extends StatusError.extend<BadRequestError>("effect-claude/BadRequestError")(statusFields("BadRequestError"))
{
  declare readonly reason: R
}

/**
 * 401: the credentials are missing, wrong or expired. Check the key. A call on a cached token is repeated once by itself, on a new one.
 *
 * @category errors
 * @since 0.1.0
 */
export class AuthenticationError<out R extends Reason.Of<"AuthenticationError"> = Reason.Of<"AuthenticationError">>
  extends StatusError.extend<AuthenticationError>("effect-claude/AuthenticationError")(
    statusFields("AuthenticationError")
  )
{
  declare readonly reason: R
}

/**
 * 402: the organization's billing does not allow the call. See to the billing; retrying does not help.
 *
 * @category errors
 * @since 0.1.0
 */
export class PaymentRequiredError<out R extends Reason.Of<"PaymentRequiredError"> = Reason.Of<"PaymentRequiredError">>
  extends StatusError.extend<PaymentRequiredError>("effect-claude/PaymentRequiredError")(
    statusFields("PaymentRequiredError")
  )
{
  declare readonly reason: R
}

/**
 * 403: the credentials do not allow the call. Use a key with the permission.
 *
 * @category errors
 * @since 0.1.0
 */
export class PermissionDeniedError<
  out R extends Reason.Of<"PermissionDeniedError"> = Reason.Of<"PermissionDeniedError">
> extends StatusError.extend<PermissionDeniedError>("effect-claude/PermissionDeniedError")(
  statusFields("PermissionDeniedError")
) {
  declare readonly reason: R
}

/**
 * 404: what the request names does not exist, or not for these credentials. Check the id or the model name.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotFoundError<out R extends Reason.Of<"NotFoundError"> = Reason.Of<"NotFoundError">>
  extends StatusError.extend<NotFoundError>("effect-claude/NotFoundError")(statusFields("NotFoundError"))
{
  declare readonly reason: R
}

/**
 * 408: the server waited too long for the request to arrive. Retried by default.
 *
 * @category errors
 * @since 0.1.0
 */
export class RequestTimeoutError<out R extends Reason.Of<"RequestTimeoutError"> = Reason.Of<"RequestTimeoutError">>
  extends StatusError.extend<RequestTimeoutError>("effect-claude/RequestTimeoutError")(
    statusFields("RequestTimeoutError")
  )
{
  declare readonly reason: R
}

/**
 * 409: the resource was changed by someone else meanwhile. Retried by default.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConflictError<out R extends Reason.Of<"ConflictError"> = Reason.Of<"ConflictError">>
  extends StatusError.extend<ConflictError>("effect-claude/ConflictError")(statusFields("ConflictError"))
{
  declare readonly reason: R
}

/**
 * 412: a precondition of the request does not hold. Read the resource again and decide.
 *
 * @category errors
 * @since 0.1.0
 */
export class PreconditionFailedError<
  out R extends Reason.Of<"PreconditionFailedError"> = Reason.Of<"PreconditionFailedError">
> extends StatusError.extend<PreconditionFailedError>("effect-claude/PreconditionFailedError")(
  statusFields("PreconditionFailedError")
) {
  declare readonly reason: R
}

/**
 * 413: the request is larger than the endpoint takes. Send less, or upload files first.
 *
 * @category errors
 * @since 0.1.0
 */
export class ContentTooLargeError<out R extends Reason.Of<"ContentTooLargeError"> = Reason.Of<"ContentTooLargeError">>
  extends StatusError.extend<ContentTooLargeError>("effect-claude/ContentTooLargeError")(
    statusFields("ContentTooLargeError")
  )
{
  declare readonly reason: R
}

/**
 * 422: the request is well-formed and makes no sense to the server. Fix the request.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnprocessableEntityError<
  out R extends Reason.Of<"UnprocessableEntityError"> = Reason.Of<"UnprocessableEntityError">
> extends StatusError.extend<UnprocessableEntityError>("effect-claude/UnprocessableEntityError")(
  statusFields("UnprocessableEntityError")
) {
  declare readonly reason: R
}

/**
 * 429: too many requests or tokens, or a spend limit. Retried by default after `retryAfter`, spend limits excepted.
 *
 * @category errors
 * @since 0.1.0
 */
export class RateLimitError<out R extends Reason.Of<"RateLimitError"> = Reason.Of<"RateLimitError">>
  extends StatusError.extend<RateLimitError>("effect-claude/RateLimitError")(statusFields("RateLimitError"))
{
  declare readonly reason: R
}

/**
 * 431: the headers are larger than the server takes. Send fewer or shorter headers.
 *
 * @category errors
 * @since 0.1.0
 */
export class RequestHeaderFieldsTooLargeError<
  out R extends Reason.Of<"RequestHeaderFieldsTooLargeError"> = Reason.Of<"RequestHeaderFieldsTooLargeError">
> extends StatusError.extend<RequestHeaderFieldsTooLargeError>("effect-claude/RequestHeaderFieldsTooLargeError")(
  statusFields("RequestHeaderFieldsTooLargeError")
) {
  declare readonly reason: R
}

/**
 * 499: the server saw the connection closed before it could answer. Look for a proxy or a timeout in between; it may have run.
 *
 * @category errors
 * @since 0.1.0
 */
export class ClientClosedRequestError<
  out R extends Reason.Of<"ClientClosedRequestError"> = Reason.Of<"ClientClosedRequestError">
> extends StatusError.extend<ClientClosedRequestError>("effect-claude/ClientClosedRequestError")(
  statusFields("ClientClosedRequestError")
) {
  declare readonly reason: R
}

/**
 * 500: the server failed: 500, and every 5xx without a class of its own. Retried by default; it may have run.
 *
 * @category errors
 * @since 0.1.0
 */
export class InternalServerError<out R extends Reason.Of<"InternalServerError"> = Reason.Of<"InternalServerError">>
  extends StatusError.extend<InternalServerError>("effect-claude/InternalServerError")(
    statusFields("InternalServerError")
  )
{
  declare readonly reason: R
}

/**
 * 501: the server does not do this. Retrying does not help.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotImplementedError<out R extends Reason.Of<"NotImplementedError"> = Reason.Of<"NotImplementedError">>
  extends StatusError.extend<NotImplementedError>("effect-claude/NotImplementedError")(
    statusFields("NotImplementedError")
  )
{
  declare readonly reason: R
}

/**
 * 503: the service, or one that it needs, is unavailable. Retried by default.
 *
 * @category errors
 * @since 0.1.0
 */
export class ServiceUnavailableError<
  out R extends Reason.Of<"ServiceUnavailableError"> = Reason.Of<"ServiceUnavailableError">
> extends StatusError.extend<ServiceUnavailableError>("effect-claude/ServiceUnavailableError")(
  statusFields("ServiceUnavailableError")
) {
  declare readonly reason: R
}

/**
 * 504: the server took too long to answer. Retried by default; it may have run. Stream long answers.
 *
 * @category errors
 * @since 0.1.0
 */
export class GatewayTimeoutError<out R extends Reason.Of<"GatewayTimeoutError"> = Reason.Of<"GatewayTimeoutError">>
  extends StatusError.extend<GatewayTimeoutError>("effect-claude/GatewayTimeoutError")(
    statusFields("GatewayTimeoutError")
  )
{
  declare readonly reason: R
}

/**
 * 529: the API is overloaded. Retried by default.
 *
 * @category errors
 * @since 0.1.0
 */
export class OverloadedError<out R extends Reason.Of<"OverloadedError"> = Reason.Of<"OverloadedError">>
  extends StatusError.extend<OverloadedError>("effect-claude/OverloadedError")(statusFields("OverloadedError"))
{
  declare readonly reason: R
}

/**
 * Any other status, such as a redirect that nobody follows or a proxy's 418. Not retried.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnexpectedStatusError<
  out R extends Reason.Of<"UnexpectedStatusError"> = Reason.Of<"UnexpectedStatusError">
> extends StatusError.extend<UnexpectedStatusError>("effect-claude/UnexpectedStatusError")({
  ...statusFields("UnexpectedStatusError"),
  status: Schema.Int
}) {
  declare readonly reason: R
}
