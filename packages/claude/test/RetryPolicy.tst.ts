import { Effect, Schedule } from "effect"
import type { Duration } from "effect"
import { type ClaudeError, RetryPolicy } from "effect-claude"
import { expect, test } from "tstyche"

declare const attempt: Effect.Effect<number, ClaudeError.OverloadedError | Error>

test("a policy is a schedule of delays that takes any error", () => {
  expect(RetryPolicy.standard).type.toBeAssignableTo<Schedule.Schedule<Duration.Duration>>()
  expect(attempt.pipe(Effect.retry(RetryPolicy.standard))).type.toBe<
    Effect.Effect<number, ClaudeError.OverloadedError | Error>
  >()
})

test("combinators keep what a schedule takes", () => {
  const policy = Schedule.recurs(3).pipe(
    Schedule.setInputType<ClaudeError.RateLimitError>(),
    RetryPolicy.jitterFull
  )
  expect(policy).type.toBe<Schedule.Schedule<Duration.Duration, ClaudeError.RateLimitError>>()
})

test("what a call takes is any schedule over the errors of this library", () => {
  expect(Schedule.recurs(3)).type.toBeAssignableTo<RetryPolicy.Input>()
  expect(RetryPolicy.sdk).type.toBeAssignableTo<RetryPolicy.Input>()
  expect<Schedule.Schedule<number, string>>().type.not.toBeAssignableTo<RetryPolicy.Input>()
})
