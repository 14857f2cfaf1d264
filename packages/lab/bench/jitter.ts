/**
 * Policies that wait equally long on average, so that only their jitter differs:
 * `pnpm lab --policy packages/lab/bench/jitter.ts --scenario stampede`
 */
import * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Schedule from "effect/Schedule"

const bounded = (self: RetryPolicy.RetryPolicy) =>
  self.pipe(RetryPolicy.whileRetryable, Schedule.upTo({ times: 5, duration: "2 minutes" }))

export const noJitter = bounded(RetryPolicy.exponential({ base: "500 millis", cap: "8 seconds" }))

export const proportional = bounded(
  RetryPolicy.jitterProportional({ min: 0.75, max: 1.25 })(
    RetryPolicy.exponential({ base: "500 millis", cap: "8 seconds" })
  )
)

export const equalJitter = bounded(RetryPolicy.jitterEqual(
  RetryPolicy.exponential({ base: 500 / 0.75, cap: 8000 / 0.75 })
))

export const fullJitter = bounded(RetryPolicy.jitterFull(
  RetryPolicy.exponential({ base: "1 second", cap: "16 seconds" })
))
