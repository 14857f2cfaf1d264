/** All errors together. */
import * as Schema from "effect/Schema"
import type * as Reason from "../../Reason.ts"
import { statusClasses, type StatusErrors } from "./byTag.ts"
import {
  APIConnectionError,
  APIConnectionTimeoutError,
  IncompleteMessageError,
  InvalidResponseError,
  RequestRejectedError,
  StreamInterruptedError,
  StreamStalledError,
  StructuredOutputError,
  WebhookVerificationError
} from "./otherErrors.ts"

/**
 * How a call can fail whose documented reasons are `R`.
 *
 * @category models
 * @since 0.1.0
 */
export type CallError<R extends Reason.Source = never> =
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
export type StreamError<R extends Reason.Source = never> = CallError<R> | StreamInterruptedError | StreamStalledError

/**
 * Any failure of this library: those of calls and streams, of answers that a schema describes or that are incomplete, and
 * of webhooks.
 *
 * @category models
 * @since 0.1.0
 */
export type ClaudeError =
  | StreamError<Reason.Coded>
  | StructuredOutputError
  | IncompleteMessageError
  | WebhookVerificationError

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
  IncompleteMessageError,
  WebhookVerificationError
])

for (const member of ClaudeError.members) {
  // Schema names a class by its identifier; stacks and logs should show the tag that people catch.
  Object.defineProperty(member.prototype, "name", { value: member.identifier.slice(14), configurable: true })
}
