/**
 * The error channel: one tagged class per error class of the SDK, under the SDK's own names, and more for what the SDK
 * lets through as success, as a raw `TypeError` or `SyntaxError`, or in silence.
 *
 * **Details**
 *
 * Each error answers three questions, so that no list of tags is needed elsewhere:
 *
 * - `isRetryable`: would the same request plausibly succeed later?
 * - `isThrottling`: is the server asking for less?
 * - `outcome`: did the request run? `"not-executed"` (refused, or never got there), `"executed"` (it ran, and the answer
 *   cannot be used) or `"unknown"` (it may have run).
 *
 * Where the API names an error code, the code is the error's `reason`, for `Effect.catchReason`. A method's channel
 * lists the reasons that the SDK documents for that method and no others.
 *
 * All classes encode to JSON and back with `Schema`, one by one or through {@link ClaudeError}, so that an error
 * survives a queue, a workflow or an RPC.
 *
 * **Example** (Handling by class and by reason)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Claude } from "effect-claude"
 *
 * const program = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   return yield* claude.models.retrieve("claude-opus-5-5")
 * }).pipe(
 *   Effect.catchTag("NotFoundError", () => Effect.succeed("no such model")),
 *   Effect.catchReason("BadRequestError", "OrganizationOnHoldError", () => Effect.succeed("the organization is on hold"))
 * )
 * ```
 *
 * @since 0.1.0
 */
import type { BetaMessage } from "@anthropic-ai/sdk/resources/beta/messages/messages"
import type { Message } from "@anthropic-ai/sdk/resources/messages/messages"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Limits from "./internal/answer/rateLimits.ts"
import { field } from "./internal/answer/shapes.ts"
import { type CodeFacts, factsOf } from "./internal/errorCodes.ts"
import { hasGivenUp } from "./internal/givenUp.ts"
import { Reason as ObjectReason } from "./internal/schema/objectReason.ts"
import { optional } from "./internal/schema/optional.ts"
import { type TotalUsage, totalUsage } from "./internal/schema/usage.ts"
import * as Status from "./internal/status.ts"
import * as Reason from "./Reason.ts"

export type { optional } from "./internal/schema/optional.ts"

const TypeId = "~effect-claude/ClaudeError"

/**
 * Whether a failed request ran: `"not-executed"` when the server refused it or never got it, `"executed"` when it ran
 * and its answer cannot be used, `"unknown"` when it may have run (a timeout, a connection that broke after sending, an
 * internal error).
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome = Status.Outcome

/**
 * The rate limits in force, as the `anthropic-ratelimit-*` headers tell them: what is not told is left out.
 *
 * @category models
 * @since 0.1.0
 */
export interface RateLimits extends Limits.RateLimits {}

/**
 * {@link RateLimits} in JSON.
 *
 * @category models
 * @since 0.1.0
 */
export interface RateLimitsEncoded extends Limits.RateLimits.Json {}

const RateLimits: Schema.Codec<RateLimits, RateLimitsEncoded> = Limits.RateLimits

/**
 * What had arrived of a message: its blocks as far as they had come, and the last count of its tokens. A `stop_reason` of
 * `null` says that the API had not ended it.
 *
 * @category models
 * @since 0.1.0
 */
export type PartialMessage = Message | BetaMessage

// The API's JSON, as it came: its types are the SDK's.
const PartialMessage = Schema.Json as Schema.Top as Schema.Codec<PartialMessage, Schema.Json>

class Base extends Schema.Error<Base>("effect-claude/Base")({
  /** What went wrong, for people. For an error of the API, the API's own words. */
  message: Schema.String,
  /** The method that was called, such as `messages.create`. */
  operation: Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed("unknown"))),
  /**
   * Whether sending the request again is harmless: reads, token counts and message creation are, and whatever the API's
   * error code asks to send again.
   */
  repeatable: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(true))),
  /** The model that the request named. */
  model: optional(Schema.String),
  /** The API's id of the request, which its support asks for. */
  requestId: optional(Schema.String),
  /** How many attempts the call had made, this one included. */
  attempts: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(1))),
  /** How long the call had taken, from its first attempt on, waiting included. In JSON: milliseconds. */
  elapsed: Schema.DurationFromMillis.pipe(Schema.withConstructorDefault(Effect.succeed(Duration.zero))),
  /** What it was made from: the SDK's error, or what the transport threw. In JSON without stacks. */
  cause: optional(Schema.Defect()),
  /** The message as far as it had arrived, its usage included. `undefined` where not even its beginning had. */
  partial: optional(PartialMessage),
  /**
   * Whether the usage of `partial` counts the whole answer. `false` where only the beginning of the message has counted:
   * its input is right then, and its output is not.
   */
  isUsageFinal: optional(Schema.Boolean)
}) {
  get [TypeId](): typeof TypeId {
    return TypeId
  }

  /** Would the same request plausibly succeed later? */
  get isRetryable(): boolean {
    return false
  }

  /**
   * Whether the call's own retry policy has repeated the call and stopped. `RetryPolicy.whileRetryable` ends at such an
   * error, so that loops around loops do not multiply. Not encoded: what comes back from JSON may be retried.
   */
  get givenUp(): boolean {
    return hasGivenUp(this)
  }

  /** Is the server asking for less? */
  get isThrottling(): boolean {
    return false
  }

  /** Did the request run? */
  get outcome(): Outcome {
    return "not-executed"
  }
}

/** Once a part of the content has arrived, the request did run. */
const ranOr = ({ partial }: Base, outcome: Outcome): Outcome =>
  (partial?.content.length ?? 0) > 0 ? "executed" : outcome

class StatusError extends Base.extend<StatusError>("effect-claude/StatusError")({
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

/**
 * No answer came: the server could not be reached, or the connection broke before the response headers. Retried by
 * default. `sent` is `false` where the failure shows that nothing reached the server (name not resolved, connection
 * refused, TLS refused), and where no key or access token could be fetched just now.
 *
 * @category errors
 * @since 0.1.0
 */
export class APIConnectionError extends Base.extend<APIConnectionError>("effect-claude/APIConnectionError")({
  _tag: Schema.tag("APIConnectionError"),
  /** Whether anything may have reached the server. */
  sent: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(true))),
  /** Whether such a failure passes by itself. A wrong certificate or protocol, or a proxy that wants a password, does not. */
  transient: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(true)))
}) {
  override get isRetryable(): boolean {
    return this.transient
  }

  override get outcome(): Outcome {
    return this.sent ? "unknown" : "not-executed"
  }
}

/**
 * The attempt took longer than its timeout, headers and body together (for a stream: until the first event). Retried
 * by default; it may have run.
 *
 * @category errors
 * @since 0.1.0
 */
export class APIConnectionTimeoutError
  extends Base.extend<APIConnectionTimeoutError>("effect-claude/APIConnectionTimeoutError")({
    _tag: Schema.tag("APIConnectionTimeoutError"),
    /** The timeout that was in force. In JSON: milliseconds. */
    timeout: optional(Schema.DurationFromMillis),
    /** Whether anything may have reached the server. */
    sent: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(true)))
  })
{
  override get isRetryable(): boolean {
    return true
  }

  override get outcome(): Outcome {
    return this.sent ? "unknown" : "not-executed"
  }
}

/**
 * The status says success and the body is not what the method returns.
 *
 * `problem` says how: `"not-json"` (such as a proxy's HTML page), `"malformed-json"`, `"unexpected-shape"` (JSON of
 * another kind), `"unreadable"` (the connection broke inside the body) or `"redirected"` (the `fetch` in use hides where a
 * redirect leads, as in browsers, or has followed it). Broken and cut bodies are retried by default; a body of another
 * kind is what this address answers, and is not.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidResponseError extends Base.extend<InvalidResponseError>("effect-claude/InvalidResponseError")({
  _tag: Schema.tag("InvalidResponseError"),
  problem: Schema.Literals(["not-json", "malformed-json", "unexpected-shape", "unreadable", "redirected"]),
  status: optional(Schema.Int),
  contentType: optional(Schema.String),
  /** The beginning of the body, at most 500 characters, where it could be read. */
  snippet: optional(Schema.String)
}) {
  override get isRetryable(): boolean {
    return this.problem === "malformed-json" || this.problem === "unreadable"
  }

  override get outcome(): Outcome {
    return ranOr(this, "unknown")
  }
}

const arrivedFields = {
  /** How many events had arrived. */
  events: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(0)))
}

/**
 * A stream ended, or its connection broke, before `message_stop`. Retryable; the built-in retries end with the first
 * content block, since what was handed on cannot be taken back.
 *
 * @category errors
 * @since 0.1.0
 */
export class StreamInterruptedError
  extends Base.extend<StreamInterruptedError>("effect-claude/StreamInterruptedError")({
    _tag: Schema.tag("StreamInterruptedError"),
    ...arrivedFields
  })
{
  override get isRetryable(): boolean {
    return true
  }

  override get outcome(): Outcome {
    return ranOr(this, "unknown")
  }
}

/**
 * A stream was silent for longer than its idle timeout; not one byte came. Retryable; the built-in retries end with the
 * first content block.
 *
 * @category errors
 * @since 0.1.0
 */
export class StreamStalledError extends Base.extend<StreamStalledError>("effect-claude/StreamStalledError")({
  _tag: Schema.tag("StreamStalledError"),
  ...arrivedFields,
  /** The idle timeout that was in force. In JSON: milliseconds. */
  idleTimeout: optional(Schema.DurationFromMillis)
}) {
  override get isRetryable(): boolean {
    return true
  }

  override get outcome(): Outcome {
    return ranOr(this, "unknown")
  }
}

const invalidParameter: Reason.Rejection = { _tag: "InvalidParameter" }

/**
 * Refused here: a parameter that the API is sure to refuse, no usable credentials, an answer too long to wait for without
 * streaming, a method that the client does not have, or a middleware that throws. Nothing was sent, but where a middleware
 * throws after it let the request through, or the SDK's stack overflows on JSON that is nested too deeply, `sent` is `true`
 * and the outcome unknown. Interceptors refuse calls with it too: `reason` says who and why, `retryAfter` when another try may
 * succeed. Never retried.
 *
 * @category errors
 * @since 0.1.0
 */
export class RequestRejectedError extends Base.extend<RequestRejectedError>("effect-claude/RequestRejectedError")({
  _tag: Schema.tag("RequestRejectedError"),
  /** The parameter at fault, as a path such as `messages.0.content`. */
  param: optional(Schema.String),
  /** Who refused the call, and why. */
  reason: Reason.Rejection.pipe(Schema.withConstructorDefault(Effect.succeed(invalidParameter))),
  /** When another try may succeed, where that is known. In JSON: milliseconds. */
  retryAfter: optional(Schema.DurationFromMillis),
  sent: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(false)))
}) {
  override get outcome(): Outcome {
    return this.sent ? "unknown" : "not-executed"
  }
}

const Answer = Schema.Json as Schema.Top as Schema.Codec<Message, Schema.Json>

/**
 * The API answered, and the answer is no value of its schema: refused, cut short, or not decodable. `Effect.catchReason`
 * tells the cases apart. Public as `StructuredOutput.StructuredOutputError` too.
 *
 * @category errors
 * @since 0.1.0
 */
export class StructuredOutputError extends Base.extend<StructuredOutputError>("effect-claude/StructuredOutputError")({
  _tag: Schema.tag("StructuredOutputError"),
  reason: ObjectReason,
  /** The text that was to be decoded, as it came. */
  text: Schema.String,
  /** The whole answer, its usage included: it is paid for all the same. */
  response: Answer,
  /** The answers before this one, where it was asked again (`reask`). */
  tried: Schema.Array(Schema.Struct({ reason: ObjectReason, text: Schema.String, response: Answer })).pipe(
    Schema.withConstructorDefault(Effect.succeed([]))
  )
}) {
  /** The tokens of all tries. */
  get usage(): TotalUsage {
    return totalUsage([...this.tried, this].map(({ response }) => response))
  }

  /** Might the same request give a better answer? The model may write otherwise next time; a refusal or a limit stays. */
  override get isRetryable(): boolean {
    return this.reason._tag === "NotJson" || this.reason._tag === "Mismatch"
  }

  override get outcome(): Outcome {
    return "executed"
  }
}

/**
 * A webhook is not one of the API's, or cannot be shown to be: there is no key, the signature or the time in its headers is
 * wrong, or its body is not an event. Not one of the failures of a call: nothing is sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class WebhookVerificationError
  extends Base.extend<WebhookVerificationError>("effect-claude/WebhookVerificationError")({
    _tag: Schema.tag("WebhookVerificationError"),
    problem: Schema.Literals(["missing-key", "not-verified", "malformed-body"])
  })
{}

/**
 * The failures of an HTTP status by tag, each with the documented reasons `R` that belong to it and `Unspecified`.
 *
 * @category models
 * @since 0.1.0
 * @stability stable
 */
export interface StatusErrorsByTag<R extends Reason.Coded = never> {
  readonly BadRequestError: BadRequestError<OfClass<R, "BadRequestError">>
  readonly AuthenticationError: AuthenticationError<OfClass<R, "AuthenticationError">>
  readonly PaymentRequiredError: PaymentRequiredError<OfClass<R, "PaymentRequiredError">>
  readonly PermissionDeniedError: PermissionDeniedError<OfClass<R, "PermissionDeniedError">>
  readonly NotFoundError: NotFoundError<OfClass<R, "NotFoundError">>
  readonly RequestTimeoutError: RequestTimeoutError<OfClass<R, "RequestTimeoutError">>
  readonly ConflictError: ConflictError<OfClass<R, "ConflictError">>
  readonly PreconditionFailedError: PreconditionFailedError<OfClass<R, "PreconditionFailedError">>
  readonly ContentTooLargeError: ContentTooLargeError<OfClass<R, "ContentTooLargeError">>
  readonly UnprocessableEntityError: UnprocessableEntityError<OfClass<R, "UnprocessableEntityError">>
  readonly RateLimitError: RateLimitError<OfClass<R, "RateLimitError">>
  readonly RequestHeaderFieldsTooLargeError: RequestHeaderFieldsTooLargeError<
    OfClass<R, "RequestHeaderFieldsTooLargeError">
  >
  readonly ClientClosedRequestError: ClientClosedRequestError<OfClass<R, "ClientClosedRequestError">>
  readonly InternalServerError: InternalServerError<OfClass<R, "InternalServerError">>
  readonly NotImplementedError: NotImplementedError<OfClass<R, "NotImplementedError">>
  readonly ServiceUnavailableError: ServiceUnavailableError<OfClass<R, "ServiceUnavailableError">>
  readonly GatewayTimeoutError: GatewayTimeoutError<OfClass<R, "GatewayTimeoutError">>
  readonly OverloadedError: OverloadedError<OfClass<R, "OverloadedError">>
  readonly UnexpectedStatusError: UnexpectedStatusError<OfClass<R, "UnexpectedStatusError">>
}

/**
 * The failures of an HTTP status, each with the documented reasons `R` that belong to it and `Unspecified`.
 *
 * @category models
 * @since 0.1.0
 */
export type StatusErrors<R extends Reason.Coded = never> = StatusErrorsByTag<R>[Status.StatusTag]

type OfClass<R extends Reason.Coded, Tag extends string> = Extract<R, Reason.Of<Tag>> | Reason.Unspecified

/**
 * How a call can fail whose documented reasons are `R`.
 *
 * @category models
 * @since 0.1.0
 */
export type CallError<R extends Reason.Coded = never> =
  | StatusErrors<R>
  | APIConnectionError
  | APIConnectionTimeoutError
  | InvalidResponseError
  | RequestRejectedError

/**
 * How a stream of events can fail whose documented reasons are `R`.
 *
 * @category models
 * @since 0.1.0
 */
export type StreamError<R extends Reason.Coded = never> = CallError<R> | StreamInterruptedError | StreamStalledError

/**
 * Any failure of this library: those of calls and streams, of answers that a schema describes, and of webhooks.
 *
 * @category models
 * @since 0.1.0
 */
export type ClaudeError = StreamError<Reason.Coded> | StructuredOutputError | WebhookVerificationError

/**
 * The error classes of HTTP statuses, by tag.
 *
 * @category data
 * @since 0.1.0
 * @stability stable
 */
export const statusClasses = {
  BadRequestError,
  AuthenticationError,
  PaymentRequiredError,
  PermissionDeniedError,
  NotFoundError,
  RequestTimeoutError,
  ConflictError,
  PreconditionFailedError,
  ContentTooLargeError,
  UnprocessableEntityError,
  RateLimitError,
  RequestHeaderFieldsTooLargeError,
  ClientClosedRequestError,
  InternalServerError,
  NotImplementedError,
  ServiceUnavailableError,
  GatewayTimeoutError,
  OverloadedError,
  UnexpectedStatusError
} satisfies { readonly [Tag in Status.StatusTag]: new(fields: never) => StatusErrorsByTag<Reason.Coded>[Tag] }

/**
 * What is known of an HTTP status: the error types that the API has under it, whether the failure passes by itself, and
 * whether it proves that the request did not run.
 *
 * @category models
 * @since 0.1.0
 * @stability stable
 */
export interface StatusInfo extends Status.Status {
  /** The tag of the error class. */
  readonly tag: Status.StatusTag
}

/**
 * What is known of each HTTP status that has an error class, in the order of the statuses. Everything that this library
 * says of a status comes from here: the getters of the errors, test errors, and the table in the README.
 *
 * @category data
 * @since 0.1.0
 * @stability stable
 */
export const statuses: ReadonlyArray<StatusInfo> = Status.tags.map((tag) => ({ tag, ...Status.statuses[tag] }))

/**
 * What is known of an HTTP status. One without a class of its own counts as another: from 500 on as an
 * `InternalServerError`, below as an `UnexpectedStatusError`.
 *
 * @category getters
 * @since 0.1.0
 * @stability stable
 */
export const statusInfo = (status: number): StatusInfo => {
  const tag = Status.tagOf(status)
  return { tag, ...Status.statuses[tag] }
}

/**
 * The schema of any failure of this library, to JSON and back.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ClaudeError = Schema.Union([
  ...Object.values(statusClasses),
  APIConnectionError,
  APIConnectionTimeoutError,
  InvalidResponseError,
  StreamInterruptedError,
  StreamStalledError,
  RequestRejectedError,
  StructuredOutputError,
  WebhookVerificationError
])

for (const member of ClaudeError.members) {
  // Schema names a class by its identifier; stacks and logs should show the tag that people catch.
  Object.defineProperty(member.prototype, "name", { value: member.identifier.slice(14), configurable: true })
}

/**
 * Whether a value is a failure of this library.
 *
 * @category guards
 * @since 0.1.0
 */
export const isClaudeError = (u: unknown): u is ClaudeError => Predicate.hasProperty(u, TypeId)

/**
 * Whether a value is a failure of this library that has an HTTP status, from the response or from a stream's `error` event.
 *
 * @category guards
 * @since 0.1.0
 */
export const isStatusError = (u: unknown): u is StatusErrors<Reason.Coded> => u instanceof StatusError
