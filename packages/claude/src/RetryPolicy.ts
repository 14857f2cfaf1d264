/**
 * Retry policies: when to try again, as an Effect `Schedule` that reads the error.
 *
 * **Details**
 *
 * A policy is a `Schedule` and nothing more. Every `Schedule` combinator applies to it, `Effect.retry(policy)` works as
 * well as the built-in loop, and its output is the delay that it chose. A policy reads from left to right: how the
 * delays grow, how they are spread, what the server's word counts, which errors are worth it, and when to stop.
 *
 * - {@link respectRetryAfter} belongs after the jitter, or the jitter would undercut the server's delay.
 * - {@link whileRetryable} may stand anywhere; no policy retries an unretryable error once it is in the pipe.
 * - `Schedule.upTo` counts retries, not attempts: `{ times: 5 }` makes six attempts at most.
 *
 * Randomness comes from Effect's `Random` and time from its `Clock`, so that a policy is exact under `TestClock` and
 * `Random.withSeed`.
 *
 * **Example** (Declaring a policy, and where it applies)
 *
 * ```ts
 * import { Effect, Schedule } from "effect"
 * import { Claude, RetryPolicy } from "effect-claude"
 *
 * const policy = RetryPolicy.exponential({ base: "500 millis", cap: "8 seconds" }).pipe(
 *   RetryPolicy.jitterFull,
 *   RetryPolicy.respectRetryAfter({ cap: "60 seconds" }),
 *   RetryPolicy.whileRetryable,
 *   Schedule.upTo({ times: 5, duration: "2 minutes" })
 * )
 *
 * const forTheApplication = Claude.layerConfig({ retry: policy })
 *
 * const forAScope = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   const forACall = yield* claude.models.retrieve("claude-opus-5-5", {}, { retry: RetryPolicy.none })
 *   return forACall.display_name
 * }).pipe(Claude.withRetry(policy))
 * ```
 *
 * @since 0.1.0
 */

import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Pull from "effect/Pull"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as ClaudeError from "./ClaudeError.ts"
import { describePolicy } from "./internal/describePolicy.ts"
import { unsealed } from "./internal/error/sealed.ts"
import * as Budget from "./internal/road/budget.ts"

/**
 * What this module makes: a schedule of delays that takes any error, so that it also fits effects with other errors.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetryPolicy extends Schedule.Schedule<Duration.Duration> {}

/**
 * What `Claude.withRetry` and the `retry` options take: any schedule over the errors of this library.
 *
 * @category models
 * @since 0.1.0
 */
export interface Input extends Schedule.Schedule<unknown, ClaudeError.ClaudeError> {}

/**
 * A combinator that chooses the delays: its schedule gives out the delay that it chose.
 *
 * @category models
 * @since 0.1.0
 */
export interface DelayCombinator {
  <Output, Input, Error, Env>(
    self: Schedule.Schedule<Output, Input, Error, Env>
  ): Schedule.Schedule<Duration.Duration, Input, Error, Env>
}

/**
 * A combinator that ends a schedule early and leaves its delays and its output alone.
 *
 * @category models
 * @since 0.1.0
 */
export interface StopCombinator {
  <Output, Input, Error, Env>(
    self: Schedule.Schedule<Output, Input, Error, Env>
  ): Schedule.Schedule<Output, Input, Error, Env>
}

/**
 * The policy that `Claude.withRetry` has set, `undefined` outside of it.
 *
 * @category models
 * @since 0.1.0
 */
export const CurrentRetryPolicy: Context.Reference<Input | undefined> = Context.Reference(
  "effect-claude/CurrentRetryPolicy",
  { defaultValue: (): Input | undefined => undefined }
)

/** A schedule whose delays are replaced, or that ends where `f` gives none. Its output is the delay. */
const mapDelay = <Output, Input, Error, Env>(
  self: Schedule.Schedule<Output, Input, Error, Env>,
  f: (delay: Duration.Duration, input: Input) => Effect.Effect<Duration.Duration | undefined>
): Schedule.Schedule<Duration.Duration, Input, Error, Env> =>
  Schedule.fromStep(
    Effect.map(
      Schedule.toStep(Schedule.map(self, ({ duration }) => duration)),
      (step) => (now, input) =>
        Effect.flatMap(step(now, input), ([, delay]) =>
          Effect.flatMap(f(delay, input), (chosen) =>
            chosen === undefined
              ? Cause.done(delay)
              : Effect.succeed<[Duration.Duration, Duration.Duration]>([chosen, chosen])))
    )
  )

const scaled = (factor: (random: number) => number): DelayCombinator => (self) =>
  mapDelay(self, (delay) => Effect.map(Random.next, (random) => Duration.times(delay, factor(random))))

/**
 * Delays that grow: `min(cap, base * factor^n)`, n = 0, 1, 2… Never ends by itself.
 *
 * `factor` is 2 by default, and there is no cap by default. A cap below the base makes every delay the cap; a negative
 * duration or delay counts as zero. Source: "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 *
 * @category constructors
 * @since 0.1.0
 */
export const exponential = (options: {
  readonly base: Duration.Input
  readonly factor?: number | undefined
  readonly cap?: Duration.Input | undefined
}): RetryPolicy => {
  const base = millisOf(options.base)
  const factor = options.factor ?? 2
  const cap = options.cap === undefined ? Infinity : millisOf(options.cap)
  return Schedule.fromStepWithMetadata(Effect.succeed((meta: Schedule.InputMetadata<unknown>) => {
    const delay = Duration.millis(Math.max(0, Math.min(cap, base * factor ** (meta.attempt - 1))))
    return Effect.succeed<[Duration.Duration, Duration.Duration]>([delay, delay])
  }))
}

/**
 * The same delay every time. Never ends by itself. A negative duration counts as zero.
 *
 * @category constructors
 * @since 0.1.0
 */
export const constant = (delay: Duration.Input): RetryPolicy => exponential({ base: delay, factor: 1 })

/**
 * Delays that grow like the Fibonacci numbers: `min(cap, base * F(n))`, 1, 1, 2, 3, 5… times the base. Slower to grow than
 * {@link exponential}. Never ends by itself. No cap by default; a cap below the base makes every delay the cap.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fibonacci = (options: {
  readonly base: Duration.Input
  readonly cap?: Duration.Input | undefined
}): RetryPolicy => {
  const base = millisOf(options.base)
  const cap = options.cap === undefined ? Infinity : millisOf(options.cap)
  return fromDelays(() => {
    let [current, next] = [base, base]
    return Effect.sync(() => {
      const delay = current
      ;[current, next] = [next, current + next]
      return Math.min(cap, delay)
    })
  })
}

/**
 * Decorrelated jitter: `min(cap, between(base, previous * 3))`, where `previous` is the delay before, at first the base.
 * Spreads and grows at once, so that it needs no other jitter. Never ends by itself.
 *
 * A cap below the base makes every delay the cap. Source: "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 *
 * @category constructors
 * @since 0.1.0
 */
export const decorrelated = (options: {
  readonly base: Duration.Input
  readonly cap: Duration.Input
}): RetryPolicy => {
  const base = millisOf(options.base)
  const cap = millisOf(options.cap)
  return fromDelays(() => {
    let previous = base
    return Effect.map(Random.next, (random) => {
      previous = Math.min(cap, base + random * Math.max(0, previous * 3 - base))
      return previous
    })
  })
}

/** Delays in milliseconds by a generator of their own for each run. */
const fromDelays = (start: () => Effect.Effect<number>): RetryPolicy =>
  Schedule.fromStep(Effect.sync(() => {
    const next = start()
    return () =>
      Effect.map(next, (millis): [Duration.Duration, Duration.Duration] => {
        const delay = Duration.millis(millis)
        return [delay, delay]
      })
  }))

const millisOf = (input: Duration.Input): number => Math.max(0, Duration.toMillis(Duration.fromInputUnsafe(input)))

/**
 * Full jitter: anything between zero and the delay, `random * delay`. Spreads a crowd best.
 *
 * Source: "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 *
 * @category jitter
 * @since 0.1.0
 */
export const jitterFull: DelayCombinator = scaled((random) => random)

/**
 * Equal jitter: at least half the delay, `delay / 2 + random * delay / 2`.
 *
 * Source: "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 *
 * @category jitter
 * @since 0.1.0
 */
export const jitterEqual: DelayCombinator = scaled((random) => 0.5 + random * 0.5)

/**
 * Jitter by a factor between `min` and `max`: `delay * (max - random * (max - min))`. The SDK's is `{ min: 0.75, max: 1 }`
 * (`calculateDefaultRetryTimeoutMillis` in its client.ts); `{ min: 0.8, max: 1.2 }` is that of `Schedule.jittered`.
 *
 * @category jitter
 * @since 0.1.0
 */
export const jitterProportional = (options: {
  readonly min: number
  readonly max: number
}): DelayCombinator => scaled((random) => options.max - random * (options.max - options.min))

const retryAfterOf = (input: unknown): Duration.Duration | undefined => {
  const error = unsealed(input)
  return ClaudeError.isStatusError(error) ? error.retryAfter : undefined
}

/**
 * Waits at least as long as the server asked (`retryAfter` of the error), and gives up at once where it asked for longer
 * than `cap` (60 seconds by default). Where it asked for nothing, or for a time in the past, the delay stays as it is.
 *
 * Clients that were told the same second come back together; `spread` adds `random * spread` to what the server asked, so
 * that they do not. The cap is held against what the server asked, without the spread.
 *
 * Put it after the jitter. Source: RFC 9110, section 10.2.3, and `retry-after-ms`.
 *
 * @category combinators
 * @since 0.1.0
 */
export const respectRetryAfter = (options?: {
  readonly cap?: Duration.Input | undefined
  readonly spread?: Duration.Input | undefined
}): DelayCombinator => {
  const cap = millisOf(options?.cap ?? "60 seconds")
  const spread = millisOf(options?.spread ?? 0)
  return (self) =>
    mapDelay(self, (delay, error) => {
      const asked = Duration.toMillis(retryAfterOf(error) ?? Duration.zero)
      if (asked > cap) return Effect.succeed(undefined)
      if (asked === 0 || spread === 0) return Effect.succeed(Duration.max(delay, Duration.millis(asked)))
      return Effect.map(Random.next, (random) => Duration.max(delay, Duration.millis(asked + random * spread)))
    })
}

/**
 * Goes on only while the error is one of this library's, `isRetryable`, and known not to have run or harmless to run
 * twice (`outcome`, `repeatable`). Ends at every other error, also those of other libraries, and at one that the call's own
 * policy has already retried and given up on (`givenUp`), so that loops around loops do not multiply.
 *
 * @category combinators
 * @since 0.1.0
 */
export const whileRetryable: StopCombinator = (self) =>
  Schedule.while(
    self,
    ({ input }) => {
      const error = unsealed(input)
      return error !== undefined && error.isRetryable && !error.givenUp &&
        (error.outcome === "not-executed" || error.repeatable)
    }
  )

/**
 * A policy for each class of error, by tag, and one for all others. Each runs for itself: its delays and its limits count
 * the errors that it was asked about. The first that ends, ends the whole.
 *
 * @category combinators
 * @since 0.1.0
 */
export const forErrors = (
  policies: {
    readonly [Tag in ClaudeError.ClaudeError["_tag"]]?: Schedule.Schedule<
      unknown,
      Extract<ClaudeError.ClaudeError, { readonly _tag: Tag }>
    >
  },
  otherwise: RetryPolicy
): RetryPolicy =>
  Schedule.fromStep(Effect.sync(() => {
    const steps = new Map<unknown, Step>()
    // The tag chooses the policy, so that a policy sees errors of its tag only.
    const policyOf = (error: ClaudeError.ClaudeError | undefined) =>
      ((error === undefined ? undefined : policies[error._tag]) ?? otherwise) as RetryPolicy
    return (now: number, input: unknown) => {
      const error = unsealed(input)
      const policy = policyOf(error)
      const step = steps.get(policy)
      const run = step === undefined
        ? Effect.tap(Schedule.toStep(policy), (made) => Effect.sync(() => steps.set(policy, made)))
        : Effect.succeed(step)
      return Effect.flatMap(run, (step) => delayOf(step(now, error ?? input)))
    }
  }))

type Step = (now: number, error: unknown) => Pull.Pull<[unknown, Duration.Duration], never, unknown>

const delayOf = (
  pull: ReturnType<Step>
): Pull.Pull<[Duration.Duration, Duration.Duration], never, Duration.Duration> =>
  Pull.matchEffect(pull, {
    onSuccess: ([, delay]) => Effect.succeed<[Duration.Duration, Duration.Duration]>([delay, delay]),
    onDone: () => Cause.done(Duration.zero),
    onFailure: Effect.failCause
  })

/**
 * An effect for each retry, with what is about to happen. Put it last, or it runs for retries that a later combinator
 * refuses.
 *
 * @category combinators
 * @since 0.1.0
 */
export const onRetry = <Input, X, Error2, Env2>(
  f: (retry: {
    readonly error: Input
    /** Counted from 1. */
    readonly number: number
    /** How long until the next attempt. */
    readonly delay: Duration.Duration
    /** How long since the first failure. */
    readonly elapsed: Duration.Duration
  }) => Effect.Effect<X, Error2, Env2>
): <Output, Error, Env>(
  self: Schedule.Schedule<Output, Input, Error, Env>
) => Schedule.Schedule<Output, Input, Error | Error2, Env | Env2> =>
  Schedule.tap(({ attempt, duration, elapsed, input }) =>
    f({ error: input, number: attempt, delay: duration, elapsed: Duration.millis(elapsed) })
  )

/**
 * A shared allowance of retries: each call pays in, each retry takes 1.
 *
 * @category budgets
 * @since 0.1.0
 */
export interface RetryBudget extends Budget.RetryBudget {}

/**
 * The budget in force, `undefined` where there is none. {@link layerBudget} provides it.
 *
 * @category budgets
 * @since 0.1.0
 */
export const CurrentBudget: Context.Reference<RetryBudget | undefined> = Budget.CurrentBudget

/**
 * Makes a budget by hand, for {@link CurrentBudget}. The methods of this library pay in by themselves; where
 * `Effect.retry` runs the policy, call `earn` for each call.
 *
 * `retryRatio` (0.1 by default) is what each call pays in; `capacity` (100 by default) is the most that is kept, and what
 * there is at first. Throws a `RangeError` where one of them is negative or `NaN`.
 *
 * @category budgets
 * @since 0.1.0
 */
export const makeBudget = (options?: {
  readonly capacity?: number | undefined
  readonly retryRatio?: number | undefined
}): RetryBudget => Budget.makeBudget(options?.capacity ?? 100, options?.retryRatio ?? 0.1)

/**
 * A retry allowance that all calls under this layer share, so that an outage cannot multiply the traffic: each call pays
 * in `retryRatio` (0.1 by default), each retry takes 1, and no more than `capacity` (100 by default) is kept, which is also
 * what there is at first. In the long run at most `1 + retryRatio` times the calls are made.
 *
 * It binds the policies that have {@link withinBudget} in their pipe, {@link standard} among them. Provide it to the program
 * that makes the calls, or to the layer of the client, then it binds all calls through that client.
 *
 * Source: gRPC's retry throttling (proposal A6) and the retry quota of the AWS SDKs.
 *
 * @category budgets
 * @since 0.1.0
 */
export const layerBudget = (options?: {
  readonly capacity?: number | undefined
  readonly retryRatio?: number | undefined
}): Layer.Layer<never> => {
  // At once, so that a wrong number is an error of the line that says it.
  makeBudget(options)
  return Layer.sync(CurrentBudget, () => makeBudget(options))
}

/**
 * Ends where the budget in force ({@link layerBudget}) is spent. Without a budget it changes nothing. Put it after every other
 * combinator that can end the schedule, or it pays for retries that are not made.
 *
 * @category budgets
 * @since 0.1.0
 */
export const withinBudget: StopCombinator = (self) =>
  Schedule.while(self, () => Effect.map(CurrentBudget, (budget) => budget === undefined || budget.take()))

/**
 * A policy in words, for logs and documentation: its first delays (`count`, 5 by default) as ranges where there is jitter,
 * and its rules. Found out by running it against made-up errors, so that it holds for any schedule, whoever made it.
 *
 * @category destructors
 * @since 0.1.0
 */
export const describe = (policy: Input, count = 5): Effect.Effect<string> => describePolicy(policy, count)

/**
 * The policy in force where none is named: up to 6 retries, decided on within 2 minutes of the first failure, after delays
 * of 1, 2, 4, 8, 16 and 30 seconds under full jitter, never earlier than the server asked (over 60 seconds: give up), and
 * within the budget if there is one. What cannot succeed takes about half a minute to say so.
 *
 * Chosen with the lab, over its scenarios: see the guide "Choosing a retry policy" in the repository's docs.
 *
 * @category policies
 * @since 0.1.0
 */
export const standard: RetryPolicy = exponential({ base: "1 second", cap: "30 seconds" }).pipe(
  jitterFull,
  respectRetryAfter({ cap: "60 seconds" }),
  whileRetryable,
  Schedule.upTo({ times: 6, duration: "2 minutes" }),
  withinBudget
)

/** Used as it is, up to what one timer can hold; a delay of nothing is no delay (`retryRequest` in the SDK's client.ts). */
const takeRetryAfter: DelayCombinator = (self) =>
  mapDelay(self, (delay, error) => {
    const asked = Duration.toMillis(retryAfterOf(error) ?? Duration.zero)
    return Effect.succeed(asked > 0 && asked <= 2 ** 31 - 1 ? Duration.millis(asked) : delay)
  })

/** The SDK looks at the status and `x-should-retry` alone (`shouldRetry` in its client.ts), and never past the headers. */
const isRetryableInSdk = (input: unknown): boolean => {
  const error = unsealed(input)
  if (error === undefined) return false
  if (ClaudeError.isStatusError(error)) {
    const { shouldRetry, status } = error
    return shouldRetry ?? (status === 408 || status === 409 || status === 429 || status >= 500)
  }
  return error._tag === "APIConnectionError" || error._tag === "APIConnectionTimeoutError"
}

/**
 * What the SDK does by default, number for number: 2 retries, after `min(0.5 s * 2^n, 8 s)` less up to a quarter, or
 * after exactly the delay that the server names, up to 24.8 days; spend limits, 501 and requests that may have run
 * included. Source: `retryRequest` and `shouldRetry` in the SDK's client.ts.
 *
 * @category policies
 * @since 0.1.0
 */
export const sdk: RetryPolicy = exponential({ base: "500 millis", cap: "8 seconds" }).pipe(
  jitterProportional({ min: 0.75, max: 1 }),
  takeRetryAfter,
  Schedule.while(({ input }) => isRetryableInSdk(input)),
  Schedule.upTo({ times: 2 })
)

/**
 * No retries.
 *
 * @category policies
 * @since 0.1.0
 */
export const none: RetryPolicy = exponential({ base: 0 }).pipe(Schedule.upTo({ times: 0 }))
