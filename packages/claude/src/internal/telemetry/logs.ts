/** A log line for each call that failed. */
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../ClaudeError.ts"
import type { CallInfo, End, Interceptor } from "../../Interceptor.ts"
import { attributes as names } from "./attributes.ts"
import { errorAttributes, wordsOf } from "./errorAttributes.ts"

export const logging: Required<Pick<Interceptor, "ended">> = {
  ended: (call, end) => {
    const { error } = end
    if (end._tag !== "Failed" || error === undefined) return Effect.void
    return Effect.annotateLogs(
      Effect.logWithLevel(levelOf(error))(`${call.operation.name} failed: ${error._tag}: ${wordsOf(error)}`),
      factsOf(call, end, error)
    )
  }
}

/** `Warn` for what passes by itself, `Error` for what somebody has to see to. */
const levelOf = (error: ClaudeError.ClaudeError): "Warn" | "Error" =>
  error.isRetryable || error.isThrottling || isOwnLimit(error) ? "Warn" : "Error"

/** A limit that does what it is there for. */
const isOwnLimit = (error: ClaudeError.ClaudeError): boolean =>
  error._tag === "RequestRejectedError" && limits.has(error.reason._tag)

const limits: ReadonlySet<string> = new Set(["LimitExceeded", "CircuitOpen", "TooManyWaiting"])

const factsOf = (
  { model, operation }: CallInfo,
  { attempts }: End,
  error: ClaudeError.ClaudeError
): Readonly<Record<string, unknown>> => ({
  [names.call]: operation.name,
  ...(model === undefined ? {} : { [names.requestModel]: model }),
  ...("status" in error && error.status !== undefined ? { [names.status]: error.status } : {}),
  ...errorAttributes(error),
  [names.attempts]: attempts,
  ...(error.givenUp ? { [names.givenUp]: true } : {})
})
