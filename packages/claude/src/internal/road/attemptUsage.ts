/** What an attempt has used. */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import { unknownUsage, usageOfMessage } from "../usage/readUsage.ts"
import { none, type Usage } from "../usage/usage.ts"
import type { Attempt } from "./attempt.ts"
import type { Failure } from "./exchange.ts"

/** Of an attempt that has ended. An answer that stays open counts itself as it ends. */
export const usageOfAttempt = ({ model, operation, sent }: Attempt, exit: Exit.Exit<unknown, Failure>): Usage => {
  if (operation.returns !== "message") return none
  if (Exit.isSuccess(exit)) return usageOfMessage(exit.value, { isFinal: true, model })
  const error = exit.cause.reasons.find(Cause.isFailReason)?.error
  const counted = usageOfMessage(error?.partial, { isFinal: false, model })
  if (counted.lines.length > 0) return counted
  return sent && error?.outcome !== "not-executed" ? unknownUsage(model) : none
}
