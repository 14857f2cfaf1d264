/** What may be shown to an end user. */
import * as Schema from "effect/Schema"
import { optional } from "../schema/optional.ts"
import { Sealed } from "./sealed.ts"
import type { ClaudeError } from "./union.ts"

/** What an end user is told of each kind of failure. */
const messages = {
  busy: "Too much is going on right now. Please try again in a moment.",
  unavailable: "The service cannot be reached right now. Please try again in a moment.",
  interrupted: "The answer broke off. Please try again.",
  "too-long": "This is too long to be read at once. Please shorten it, or start anew.",
  declined: "The model declined to answer this.",
  failed: "Something went wrong on our side."
}

/**
 * What an end user can make of a failure: `"busy"` (wait), `"unavailable"` (try again), `"interrupted"` (the answer is
 * incomplete; try again), `"too-long"` (send less), `"declined"` (ask for something else), `"failed"` (for the operator).
 *
 * @category models
 * @since 0.1.0
 */
export type PublicKind = keyof typeof messages

/**
 * What may be shown to an end user of a failure: no body, no cause, no limits or words of your organization's, nothing of the
 * request. Encodable, so that an HTTP API can declare it as its error and a browser gets it typed.
 *
 * **Example** (At the edge of a server)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Claude, ClaudeError } from "effect-claude"
 *
 * export const handler = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   return yield* claude.models.retrieve("claude-opus-5-5")
 * }).pipe(
 *   Effect.tapCause(Effect.logError), // the whole failure, for the operator
 *   Effect.mapError(ClaudeError.toPublic)
 * )
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class Public extends Schema.Error<Public>("effect-claude/Public")({
  _tag: Schema.tag("PublicClaudeError"),
  kind: Schema.Literals(["busy", "unavailable", "interrupted", "too-long", "declined", "failed"]),
  /** What happened and what to do, in a sentence for people. */
  message: Schema.String,
  /** Whether the same may work later. */
  isRetryable: Schema.Boolean,
  /** How long to wait, where that is known. In JSON: milliseconds. */
  retryAfter: optional(Schema.DurationFromMillis),
  /** What an operator finds the request by. */
  requestId: optional(Schema.String)
}) {}

Object.defineProperty(Public.prototype, "name", { value: "PublicClaudeError", configurable: true })

/**
 * What may be shown of a failure, sealed or not, to an end user. Log the failure itself before it is gone.
 *
 * @category constructors
 * @since 0.1.0
 */
export const toPublic = (error: ClaudeError | Sealed): Public => {
  const failure = error instanceof Sealed ? error.reason : error
  const kind = kindOf(failure)
  return new Public({
    kind,
    message: messages[kind],
    isRetryable: failure.isRetryable,
    retryAfter: "retryAfter" in failure ? failure.retryAfter : undefined,
    requestId: failure.requestId
  })
}

const kindOf = (error: ClaudeError): PublicKind => {
  if (error.isContextWindowExceeded || error._tag === "ContentTooLargeError") return "too-long"
  if (error._tag === "IncompleteMessageError") return error.reason._tag === "Refusal" ? "declined" : "interrupted"
  if (error.partial !== undefined) return "interrupted"
  if (error.isThrottling) return "busy"
  switch (error._tag) {
    case "StreamInterruptedError":
    case "StreamStalledError":
      return "interrupted"
    case "RequestRejectedError":
      return limits.has(error.reason._tag) ? "busy" : "failed"
    case "StructuredOutputError":
      return error.reason._tag === "Refused" ? "declined" : "failed"
    default:
      return error.isRetryable ? "unavailable" : "failed"
  }
}

const limits: ReadonlySet<string> = new Set(["LimitExceeded", "CircuitOpen", "TooManyWaiting"])
