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
import * as Status from "./internal/status.ts"

export { type Outcome, type PartialMessage, type RateLimits, type RateLimitsEncoded } from "./internal/error/base.ts"
export { statusClasses, type StatusErrors, type StatusErrorsByTag } from "./internal/error/byTag.ts"
export type { ContextWindow } from "./internal/error/contextWindow.ts"
export { type In, isClaudeError, isStatusError, type StatusIn } from "./internal/error/guards.ts"
export {
  APIConnectionError,
  APIConnectionTimeoutError,
  IncompleteMessageError,
  InvalidResponseError,
  RequestRejectedError,
  StreamInterruptedError,
  StreamStalledError,
  StructuredOutputError,
  WebhookVerificationError
} from "./internal/error/otherErrors.ts"
export { Public, type PublicKind, toPublic } from "./internal/error/public.ts"
export { Sealed, sealed, type SealedIn, type Sealing } from "./internal/error/sealed.ts"
export {
  AuthenticationError,
  BadRequestError,
  ClientClosedRequestError,
  ConflictError,
  ContentTooLargeError,
  GatewayTimeoutError,
  InternalServerError,
  NotFoundError,
  NotImplementedError,
  OverloadedError,
  PaymentRequiredError,
  PermissionDeniedError,
  PreconditionFailedError,
  RateLimitError,
  RequestHeaderFieldsTooLargeError,
  RequestTimeoutError,
  ServiceUnavailableError,
  UnexpectedStatusError,
  UnprocessableEntityError
} from "./internal/error/statusErrors.ts"
export { type CallError, ClaudeError, type StreamError } from "./internal/error/union.ts"
export type { optional } from "./internal/schema/optional.ts"

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
