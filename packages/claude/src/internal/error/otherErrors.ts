/** What goes wrong beside an HTTP status. */
import type { Message } from "@anthropic-ai/sdk/resources/messages/messages"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Reason from "../../Reason.ts"
import { Incomplete } from "../schema/incomplete.ts"
import { Reason as ObjectReason } from "../schema/objectReason.ts"
import { optional } from "../schema/optional.ts"
import { usageOfMessages } from "../usage/readUsage.ts"
import type { Usage } from "../usage/usage.ts"
import { Base, type Outcome, ranOr } from "./base.ts"
import { type ContextWindow, nothingSaid } from "./contextWindow.ts"

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
 * The API answered, and the answer is not a value of its schema: refused, cut short, or not decodable. `Effect.catchReason`
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
  get usage(): Usage {
    return usageOfMessages([...this.tried, this].map(({ response }) => response))
  }

  /** Might the same request give a better answer? The model may write otherwise next time; a refusal or a limit stays. */
  override get isRetryable(): boolean {
    return this.reason._tag === "NotJson" || this.reason._tag === "Mismatch"
  }

  override get outcome(): Outcome {
    return "executed"
  }

  override get contextWindow(): ContextWindow | undefined {
    return this.reason._tag === "CutShort" && this.reason.stopReason === "model_context_window_exceeded"
      ? nothingSaid
      : undefined
  }
}

/**
 * A message is not what the model meant to say: refused, cut, or not at its end. `Effect.catchReason` tells the cases apart,
 * `partial` is the message. Not one of the failures of a call, which gives such a message: `Message.complete` and
 * `MessageStream.textOrFail` make it one.
 *
 * @category errors
 * @since 0.1.0
 */
export class IncompleteMessageError
  extends Base.extend<IncompleteMessageError>("effect-claude/IncompleteMessageError")({
    _tag: Schema.tag("IncompleteMessageError"),
    reason: Incomplete
  })
{
  override get outcome(): Outcome {
    return "executed"
  }

  override get contextWindow(): ContextWindow | undefined {
    return this.reason._tag === "ContextWindowExceeded" ? nothingSaid : undefined
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
