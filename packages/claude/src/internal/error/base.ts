/** What all errors have. */
import type { BetaMessage } from "@anthropic-ai/sdk/resources/beta/messages/messages"
import type { Message } from "@anthropic-ai/sdk/resources/messages/messages"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Limits from "../answer/rateLimits.ts"
import { hasGivenUp } from "../givenUp.ts"
import { optional } from "../schema/optional.ts"
import type * as Status from "../status.ts"
import type { ContextWindow } from "./contextWindow.ts"

/** What all errors of this library have, whichever copy of it made them. */
export const TypeId = "~effect-claude/ClaudeError"

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

export const RateLimits: Schema.Codec<RateLimits, RateLimitsEncoded> = Limits.RateLimits

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

export class Base extends Schema.Error<Base>("effect-claude/Base")({
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

  /** Was there no room in the model's context window, for the input or for `max_tokens` after it? */
  get isContextWindowExceeded(): boolean {
    return this.contextWindow !== undefined
  }

  /** What did not fit into the model's context window, as far as it is known. `undefined` for every other failure. */
  get contextWindow(): ContextWindow | undefined {
    return undefined
  }
}

/** Once a part of the content has arrived, the request did run. */
export const ranOr = ({ partial }: Base, outcome: Outcome): Outcome =>
  (partial?.content.length ?? 0) > 0 ? "executed" : outcome
