/**
 * Candidates for `RetryPolicy.standard`, the best of the grid (grid.ts) for their patience:
 * `pnpm lab --policy packages/lab/bench/defaults.ts`
 */
import * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Schedule from "effect/Schedule"

const candidate = (base: number, cap: number, times: number) =>
  RetryPolicy.exponential({ base: base * 1000, cap: cap * 1000 }).pipe(
    RetryPolicy.jitterFull,
    RetryPolicy.respectRetryAfter({ cap: "60 seconds" }),
    RetryPolicy.whileRetryable,
    Schedule.upTo({ times, duration: "2 minutes" })
  )

export const a_1_16s_5x = candidate(1, 16, 5)
export const b_1_30s_6x = candidate(1, 30, 6)
export const c_1_30s_8x = candidate(1, 30, 8)
export const d_2_30s_6x = candidate(2, 30, 6)
