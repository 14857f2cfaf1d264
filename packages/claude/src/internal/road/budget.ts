/** A shared allowance of retries. */
import * as Context from "effect/Context"

export interface RetryBudget {
  /** A call begins: it pays in. */
  readonly earn: () => void
  /** A retry begins, if the allowance has a whole token left. */
  readonly take: () => boolean
}

export const makeBudget = (capacity: number, retryRatio: number): RetryBudget => {
  refuse("capacity", capacity)
  refuse("retryRatio", retryRatio)
  let tokens = capacity
  return {
    earn: () => {
      tokens = Math.min(capacity, tokens + retryRatio)
    },
    take: () => {
      if (tokens < 1) return false
      tokens -= 1
      return true
    }
  }
}

/** With `NaN` no comparison holds, and every retry would be allowed or none. */
const refuse = (name: string, value: number): void => {
  if (!(value >= 0)) throw new RangeError(`${name} of a retry budget: expected a number of at least 0, got ${value}`)
}

/** Without a budget every retry is allowed. */
export const CurrentBudget: Context.Reference<RetryBudget | undefined> = Context.Reference(
  "effect-claude/CurrentRetryBudget",
  { defaultValue: (): RetryBudget | undefined => undefined }
)
