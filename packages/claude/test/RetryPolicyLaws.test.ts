/** What holds for every policy that can be put together, whatever the errors. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Random, Schedule, Schema } from "effect"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import { delaysOf, errorOf, Failure, Plan, policyOf } from "./support/policies.ts"

const thousand = { arbitrary: { runs: 1000, seed: 7 } }

const Failures = Schema.Array(Failure).check(Schema.isMinLength(1), Schema.isMaxLength(20))

const Case = { plan: Plan, failures: Failures }

const run = ({ failures, plan }: { readonly plan: typeof Plan.Type; readonly failures: typeof Failures.Type }) =>
  delaysOf(policyOf(plan), failures.map(errorOf)).pipe(Random.withSeed(plan.seed))

const isWorthIt = (failure: typeof Failure.Type): boolean => {
  const error = errorOf(failure)
  return error.isRetryable && (error.outcome === "not-executed" || error.repeatable)
}

describe("laws of retry policies", () => {
  it.effect.prop(
    "no more retries than upTo says",
    Case,
    (given) => Effect.map(run(given), (delays) => assert.isAtMost(delays.length, given.plan.times)),
    thousand
  )

  it.effect.prop(
    "no retry of an error that is not worth it, wherever whileRetryable stands",
    Case,
    (given) =>
      Effect.map(run(given), (delays) => {
        const end = given.failures.findIndex((failure) => !isWorthIt(failure))
        if (end !== -1) assert.isAtMost(delays.length, end)
      }),
    thousand
  )

  it.effect.prop("no delay shorter than the server asked", Case, (given) =>
    Effect.map(run(given), (delays) => {
      for (const [index, delay] of delays.entries()) assert.isAtLeast(delay, given.failures[index]?.asked ?? 0)
    }), thousand)

  it.effect.prop(
    "no retry where the server asked for more than the cap",
    Case,
    (given) =>
      Effect.map(run(given), (delays) => {
        for (const index of delays.keys()) assert.isAtMost(given.failures[index]?.asked ?? 0, given.plan.serverCap)
      }),
    thousand
  )

  it.effect.prop(
    "no delay longer than the cap, or than the server asked with the spread",
    Case,
    (given) =>
      Effect.map(run(given), (delays) => {
        for (const [index, delay] of delays.entries()) {
          const asked = given.failures[index]?.asked ?? 0
          assert.isAtMost(delay, Math.max(given.plan.cap, asked === 0 ? 0 : asked + given.plan.spread))
        }
      }),
    thousand
  )

  it.effect.prop(
    "the same seed, the same delays",
    Case,
    (given) =>
      Effect.map(Effect.all([run(given), run(given)]), ([first, second]) => assert.deepStrictEqual(first, second)),
    thousand
  )

  it.effect.prop("a run starts anew, whatever the runs before it did", Case, (given) =>
    Effect.gen(function*() {
      const policy = policyOf({ ...given.plan, jitter: "none", spread: 0, growth: "fibonacci" })
      const errors = given.failures.map(errorOf)
      assert.deepStrictEqual(yield* delaysOf(policy, errors), yield* delaysOf(policy, errors))
    }), thousand)

  it.effect.prop("whileRetryable may stand before or after: the same delays", Case, (given) =>
    Effect.gen(function*() {
      const before = yield* run({ ...given, plan: { ...given.plan, retryableFirst: true } })
      const after = yield* run({ ...given, plan: { ...given.plan, retryableFirst: false } })
      assert.deepStrictEqual(before, after)
    }), thousand)

  it.effect.prop(
    "upTo may stand before or after jitter and whileRetryable: the same delays",
    Case,
    (given) =>
      Effect.gen(function*() {
        const { seed, times } = given.plan
        const limit = Schedule.upTo({ times })
        const base = RetryPolicy.exponential({ base: given.plan.base, cap: given.plan.cap })
        const errors = given.failures.map(errorOf)
        const early = base.pipe(limit, RetryPolicy.jitterFull, RetryPolicy.whileRetryable)
        const late = base.pipe(RetryPolicy.jitterFull, RetryPolicy.whileRetryable, limit)
        assert.deepStrictEqual(
          yield* delaysOf(early, errors).pipe(Random.withSeed(seed)),
          yield* delaysOf(late, errors).pipe(Random.withSeed(seed))
        )
      }),
    thousand
  )

  it.effect("respectRetryAfter before the jitter lets the jitter undercut the server: the order that the docs warn of", () =>
    Effect.gen(function*() {
      const wrong = RetryPolicy.constant(0).pipe(RetryPolicy.respectRetryAfter(), RetryPolicy.jitterFull)
      const error = errorOf({ status: 429, asked: 10_000, repeatable: true, spendLimit: false })
      const delays = yield* delaysOf(wrong, [error]).pipe(Random.withSeed("undercut"))
      assert.isBelow(delays[0] ?? Duration.toMillis(Duration.infinity), 10_000)
    }))
})
