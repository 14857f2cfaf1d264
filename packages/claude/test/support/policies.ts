/** Policies run by hand, and policies put together by chance. */
import { Duration, Effect, Pull, Schedule, Schema } from "effect"
import * as ClaudeError from "../../src/ClaudeError.ts"
import type * as Reason from "../../src/Reason.ts"
import * as RetryPolicy from "../../src/RetryPolicy.ts"

/** The delays in milliseconds that a policy answers to one failure after the other, up to its end. */
export const delaysOf = <I>(policy: Schedule.Schedule<unknown, I>, failures: ReadonlyArray<I>) =>
  Effect.gen(function*() {
    const step = yield* Schedule.toStep(policy)
    const delays: Array<number> = []
    for (const failure of failures) {
      const next = yield* Pull.catchDone(step(0, failure), () => Effect.undefined)
      if (next === undefined) break
      delays.push(Duration.toMillis(next[1]))
    }
    return delays
  })

const Millis = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60_000 }))

/** A policy as data: how its delays grow, and the combinators in the order in which they stand in the pipe. */
export const Plan = Schema.Struct({
  growth: Schema.Literals(["exponential", "fibonacci", "constant", "decorrelated"]),
  base: Millis,
  cap: Millis,
  jitter: Schema.Literals(["none", "full", "equal", "proportional"]),
  serverCap: Millis,
  spread: Millis,
  times: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 })),
  retryableFirst: Schema.Boolean,
  seed: Schema.Int
})

const growths = {
  exponential: RetryPolicy.exponential,
  fibonacci: RetryPolicy.fibonacci,
  constant: ({ base, cap }: { readonly base: number; readonly cap: number }) =>
    RetryPolicy.constant(Math.min(base, cap)),
  decorrelated: RetryPolicy.decorrelated
}

const jitters: Record<typeof Plan.Type["jitter"], RetryPolicy.DelayCombinator> = {
  none: (self) => Schedule.map(self, ({ duration }) => duration),
  full: RetryPolicy.jitterFull,
  equal: RetryPolicy.jitterEqual,
  proportional: RetryPolicy.jitterProportional({ min: 0.5, max: 1 })
}

export const policyOf = (plan: typeof Plan.Type): RetryPolicy.RetryPolicy => {
  const grown = growths[plan.growth](plan)
  const guarded = plan.retryableFirst ? RetryPolicy.whileRetryable(grown) : grown
  const waiting = guarded.pipe(
    jitters[plan.jitter],
    RetryPolicy.respectRetryAfter({ cap: plan.serverCap, spread: plan.spread }),
    Schedule.upTo({ times: plan.times })
  )
  return plan.retryableFirst ? waiting : RetryPolicy.whileRetryable(waiting)
}

/** An error as data: a status, and what the server asked for. */
export const Failure = Schema.Struct({
  status: Schema.Literals([400, 401, 403, 404, 408, 409, 429, 500, 501, 503, 529]),
  asked: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 120_000 }))),
  shouldRetry: Schema.optional(Schema.Boolean),
  repeatable: Schema.Boolean,
  spendLimit: Schema.Boolean
})

type Fields = Pick<ClaudeError.RateLimitError, "message" | "repeatable" | "shouldRetry" | "retryAfter"> & {
  readonly reason: Reason.Unspecified
}

const classes: Record<typeof Failure.Type["status"], new(fields: Fields) => ClaudeError.StatusErrors<Reason.Coded>> = {
  400: ClaudeError.BadRequestError,
  401: ClaudeError.AuthenticationError,
  403: ClaudeError.PermissionDeniedError,
  404: ClaudeError.NotFoundError,
  408: ClaudeError.RequestTimeoutError,
  409: ClaudeError.ConflictError,
  429: ClaudeError.RateLimitError,
  500: ClaudeError.InternalServerError,
  501: ClaudeError.NotImplementedError,
  503: ClaudeError.ServiceUnavailableError,
  529: ClaudeError.OverloadedError
}

export const errorOf = (failure: typeof Failure.Type): ClaudeError.StatusErrors<Reason.Coded> => {
  const { asked, repeatable, shouldRetry, spendLimit, status } = failure
  return new classes[status]({
    message: "no",
    repeatable,
    shouldRetry,
    retryAfter: asked === undefined ? undefined : Duration.millis(asked),
    reason: {
      _tag: "Unspecified",
      errorCode: spendLimit && status === 429 ? "enforced_spend_limit_reached" : undefined,
      details: undefined
    }
  })
}
