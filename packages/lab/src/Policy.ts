/**
 * Retry policies by name: what the lab compares.
 *
 * **Details**
 *
 * A policy is a `Schedule` under a name. Where the clients of one process share something, such as a retry budget, the
 * schedule is an `Effect` that makes it: it runs once for a simulation, and all clients step the same schedule, each from
 * its beginning.
 *
 * **Example** (Policies to compare)
 *
 * ```ts
 * import { Policy } from "@effect-claude/lab"
 * import { Effect, Ref, Schedule } from "effect"
 * import { RetryPolicy } from "effect-claude"
 *
 * export const patient = Policy.make("patient", RetryPolicy.standard.pipe(Schedule.upTo({ times: 3 })))
 *
 * export const allowance = Policy.make(
 *   "100-retries-in-all",
 *   Effect.map(Ref.make(100), (left) =>
 *     Schedule.while(RetryPolicy.standard, () => Ref.modify(left, (n) => [n > 0, n - 1])))
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Effect from "effect/Effect"
import { dual, pipe } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"

const TypeId = "~effect-claude/lab/Policy"

/**
 * A retry policy under a name.
 *
 * @category models
 * @since 0.1.0
 */
export interface Policy {
  readonly [TypeId]: typeof TypeId
  readonly name: string
  readonly description: string
  /** Makes the schedule that all clients of a simulation step, in its virtual time and with its random numbers. */
  readonly schedule: Effect.Effect<RetryPolicy.Input, Error, Scope.Scope>
  /** The retry budget that all clients share, if there is one. */
  readonly budget?: Budget | undefined
}

/**
 * The settings of a retry budget, as `RetryPolicy.layerBudget` takes them.
 *
 * @category models
 * @since 0.1.0
 */
export type Budget = NonNullable<Parameters<typeof RetryPolicy.layerBudget>[0]>

/**
 * A policy from a schedule, or from an effect that makes the schedule that all clients share.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  name: string,
  schedule: RetryPolicy.Input | Effect.Effect<RetryPolicy.Input, Error, Scope.Scope>,
  description = ""
): Policy => ({
  [TypeId]: TypeId,
  name,
  description,
  schedule: Effect.isEffect(schedule) ? schedule : Effect.succeed(schedule)
})

/**
 * Whether a value is a {@link Policy}.
 *
 * @category guards
 * @since 0.1.0
 */
export const isPolicy = (u: unknown): u is Policy => Predicate.hasProperty(u, TypeId)

/**
 * The policy under another name.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withName: {
  (name: string): (self: Policy) => Policy
  (self: Policy, name: string): Policy
} = dual(2, (self: Policy, name: string): Policy => ({ ...self, name }))

/**
 * The policy under a retry budget that all clients of a simulation share. It binds schedules that have
 * `RetryPolicy.withinBudget` in their pipe, as `RetryPolicy.standard` has.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withBudget: {
  (budget: Budget): (self: Policy) => Policy
  (self: Policy, budget: Budget): Policy
} = dual(2, (self: Policy, budget: Budget): Policy => ({ ...self, budget }))

type Transform = (self: RetryPolicy.RetryPolicy) => RetryPolicy.RetryPolicy

/** What `RetryPolicy.standard` adds to its delays. */
const bounded: Transform = (self) =>
  self.pipe(
    RetryPolicy.respectRetryAfter({ cap: "60 seconds" }),
    RetryPolicy.whileRetryable,
    Schedule.upTo({ times: 6, duration: "2 minutes" })
  )

const growing = RetryPolicy.exponential({ base: "1 second", cap: "30 seconds" })

/**
 * The policies that `pnpm lab` compares where the API is the server. All but `none` and `sdk` make 6 retries at most, and
 * differ in their delays alone.
 *
 * @category policies
 * @since 0.1.0
 */
export const builtIn: ReadonlyArray<Policy> = [
  make("none", RetryPolicy.none, "RetryPolicy.none: no retries"),
  make("sdk", RetryPolicy.sdk, "RetryPolicy.sdk: 2 retries after 0.5 and 1 s less up to a quarter"),
  make("default", RetryPolicy.standard, "RetryPolicy.standard: 6 retries after 1 to 30 s under full jitter"),
  withBudget(make("default-budget", RetryPolicy.standard, "default, under a budget of one retry in ten calls"), {}),
  make("equal-jitter", pipe(growing, RetryPolicy.jitterEqual, bounded), "default, under equal jitter"),
  make(
    "decorrelated",
    bounded(RetryPolicy.decorrelated({ base: "1 second", cap: "30 seconds" })),
    "default, under decorrelated jitter"
  ),
  make("no-jitter", bounded(growing), "default, without jitter"),
  make("immediate", bounded(RetryPolicy.exponential({ base: 0 })), "6 retries without delay")
]

/** The article's simulator counts retries from 1, so that the first delay is twice its base of 5 ms. */
const contest = RetryPolicy.exponential({ base: "10 millis", cap: "2 seconds" })

/**
 * The contestants of "Exponential Backoff and Jitter" (AWS Architecture Blog, 2015): base 5 ms, cap 2 s, until it works.
 *
 * @category policies
 * @since 0.1.0
 */
export const contention: ReadonlyArray<Policy> = [
  make("no-backoff", RetryPolicy.exponential({ base: 0 }), "at once"),
  make("exponential", contest, "10 ms, 20 ms… 2 s"),
  make("equal-jitter", RetryPolicy.jitterEqual(contest), "half of that, and up to as much again"),
  make("full-jitter", RetryPolicy.jitterFull(contest), "anything up to that"),
  make(
    "decorrelated",
    RetryPolicy.decorrelated({ base: 5, cap: 2000 }),
    "anything between 5 ms and three times the last delay, up to 2 s"
  )
]
