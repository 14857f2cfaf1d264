/** What failures say of whether a model can be reached. */
import * as ClaudeError from "effect-claude/ClaudeError"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"

/** Retryable, or no connection: also one that does not come by itself, such as a wrong certificate. */
export const isOutage = (error: ClaudeError.ClaudeError): boolean =>
  error.isRetryable || error._tag === "APIConnectionError" || error._tag === "APIConnectionTimeoutError"

/** An answer of the API is a sign of life, even where it refuses the request. */
export const outcomeOf = (
  error: ClaudeError.ClaudeError | undefined,
  isFailure: (error: ClaudeError.ClaudeError) => boolean
): CircuitBreaker.Outcome => {
  if (error === undefined || error._tag === "RequestRejectedError") return CircuitBreaker.ignored
  const answered = ClaudeError.isStatusError(error)
  if (isFailure(error)) return CircuitBreaker.failure({ retryAfter: answered ? error.retryAfter : undefined })
  return answered ? CircuitBreaker.success : CircuitBreaker.ignored
}
