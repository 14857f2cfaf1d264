import { Anthropic } from "@anthropic-ai/sdk"
import { afterEach, assert, describe, it, vi } from "@effect/vitest"
import { Clock, Data, Duration, Effect, Fiber, Pull, Random, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as ClaudeError from "../src/ClaudeError.ts"
import { fromBody } from "../src/internal/answer/failures.ts"
import { Attempt } from "../src/internal/road/attempt.ts"
import { Scrubber } from "../src/internal/secrets/scrubber.ts"
import type { Operation } from "../src/Operation.ts"
import * as Reason from "../src/Reason.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"

const message = "no"

const createMessage: Operation = {
  name: "messages.create",
  method: "POST",
  route: "/v1/messages",
  shape: "json",
  repeatable: true,
  arity: 1,
  reasons: []
}

const rateLimited = new ClaudeError.RateLimitError({ message })

const asking = (retryAfter: Duration.Input) =>
  new ClaudeError.RateLimitError({ message, retryAfter: Duration.fromInputUnsafe(retryAfter) })

const repeat = <A>(value: A, times: number): ReadonlyArray<A> => Array.from({ length: times }, () => value)

/** What a policy answers to one failure after the other: `[output, delay]` in milliseconds, up to its end. */
const stepsOf = <I>(policy: Schedule.Schedule<Duration.Duration, I>, failures: ReadonlyArray<I>) =>
  Effect.gen(function*() {
    const step = yield* Schedule.toStep(policy)
    const steps: Array<readonly [output: number, delay: number]> = []
    for (const failure of failures) {
      const next = yield* Pull.catchDone(step(0, failure), () => Effect.undefined)
      if (next === undefined) break
      steps.push([Duration.toMillis(next[0]), Duration.toMillis(next[1])])
    }
    return steps
  })

const delaysOf = <I>(policy: Schedule.Schedule<Duration.Duration, I>, failures: ReadonlyArray<I>) =>
  Effect.map(stepsOf(policy, failures), (steps) => steps.map(([, delay]) => delay))

/** A `Random` that always gives the same number. */
const random = (value: number) =>
  Effect.provideService(Random.Random, { nextDoubleUnsafe: () => value, nextIntUnsafe: () => 0 })

const almostOne = 1 - 2 ** -53

/** When `Effect.retry` attempts an effect that always fails, in milliseconds of the clock, until it gives up. */
const attemptsOf = <E>(policy: Schedule.Schedule<unknown, E>, failure: E, took: Duration.Input = 0) =>
  Effect.gen(function*() {
    const attempts: Array<number> = []
    const attempt = Effect.gen(function*() {
      attempts.push(yield* Clock.currentTimeMillis)
      yield* Effect.sleep(took)
      return yield* Effect.fail(failure)
    })
    const fiber = yield* Effect.forkChild(Effect.flip(Effect.retry(attempt, policy)))
    yield* TestClock.adjust("10 days")
    assert.strictEqual(yield* Fiber.join(fiber), failure)
    return attempts
  })

const constant = (delay: Duration.Input): RetryPolicy.RetryPolicy => RetryPolicy.exponential({ base: delay, factor: 1 })

describe("exponential", () => {
  it.effect.each(
    [
      { options: { base: "500 millis" }, delays: [500, 1000, 2000, 4000, 8000, 16_000] },
      { options: { base: "500 millis", cap: "8 seconds" }, delays: [500, 1000, 2000, 4000, 8000, 8000] },
      { options: { base: "500 millis", cap: "3 seconds" }, delays: [500, 1000, 2000, 3000, 3000] },
      { options: { base: 100, factor: 3 }, delays: [100, 300, 900, 2700] },
      { options: { base: 100, factor: 1 }, delays: [100, 100, 100] },
      { options: { base: 100, factor: 1.5 }, delays: [100, 150, 225, 337.5] },
      { options: { base: "1 second", factor: 0.5 }, delays: [1000, 500, 250] },
      { options: { base: "10 seconds", cap: "1 second" }, delays: [1000, 1000, 1000] },
      { options: { base: 0 }, delays: [0, 0, 0] },
      { options: { base: "-5 seconds" }, delays: [0, 0, 0] },
      { options: { base: 100, cap: 0 }, delays: [0, 0, 0] },
      { options: { base: 100, cap: -1 }, delays: [0, 0, 0] },
      { options: { base: "Infinity" }, delays: [Infinity, Infinity] },
      { options: { base: "Infinity", cap: "1 second" }, delays: [1000, 1000] },
      { options: { base: 100, cap: "Infinity" }, delays: [100, 200, 400] }
    ] satisfies ReadonlyArray<{
      readonly options: Parameters<typeof RetryPolicy.exponential>[0]
      readonly delays: ReadonlyArray<number>
    }>
  )("$options waits $delays", ({ delays, options }) =>
    Effect.gen(function*() {
      const policy = RetryPolicy.exponential(options)
      assert.deepStrictEqual(yield* delaysOf(policy, repeat(rateLimited, delays.length)), delays)
    }))

  it.effect.prop(
    "waits min(cap, base * factor^n) for every n",
    {
      base: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60_000 })),
      factor: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 })),
      cap: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600_000 }))
    },
    ({ base, cap, factor }) =>
      Effect.gen(function*() {
        const delays = yield* delaysOf(RetryPolicy.exponential({ base, cap, factor }), repeat(rateLimited, 20))
        assert.deepStrictEqual(delays, delays.map((_, n) => Math.min(cap, base * factor ** n)))
      }),
    { arbitrary: { runs: 200, seed: 1 } }
  )

  it.effect.each([
    { options: { base: 500, cap: 8000 }, last: 8000 },
    { options: { base: 500 }, last: Infinity },
    { options: { base: 0 }, last: 0 },
    { options: { base: 0, cap: 8000 }, last: 0 }
  ])("$options still waits $last the 3,000th time", ({ last, options }) =>
    Effect.gen(function*() {
      const delays = yield* delaysOf(RetryPolicy.exponential(options), repeat(rateLimited, 3000))
      assert.strictEqual(delays.length, 3000)
      assert.strictEqual(delays.at(-1), last)
    }))

  it.effect("starts anew with every run", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.exponential({ base: 100 })
      const first = yield* delaysOf(policy, repeat(rateLimited, 3))
      assert.deepStrictEqual(yield* delaysOf(policy, repeat(rateLimited, 3)), first)
    }))

  it.effect("takes time as it says", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.exponential({ base: "1 second", cap: "5 seconds" }).pipe(Schedule.upTo({ times: 4 }))
      assert.deepStrictEqual(yield* attemptsOf(policy, rateLimited), [0, 1000, 3000, 7000, 12_000])
    }))
})

describe("jitter", () => {
  const jitters = [
    { name: "jitterFull", jitter: RetryPolicy.jitterFull, min: 0, max: 1 },
    { name: "jitterEqual", jitter: RetryPolicy.jitterEqual, min: 0.5, max: 1 },
    {
      name: "jitterProportional 0.75 to 1",
      jitter: RetryPolicy.jitterProportional({ min: 0.75, max: 1 }),
      min: 0.75,
      max: 1
    },
    {
      name: "jitterProportional 0.8 to 1.2",
      jitter: RetryPolicy.jitterProportional({ min: 0.8, max: 1.2 }),
      min: 0.8,
      max: 1.2
    }
  ]

  for (const { jitter, max, min, name } of jitters) {
    it.effect.prop(
      `${name} stays between ${min} and ${max} times the delay`,
      {
        delay: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400_000 })),
        seed: Schema.Int
      },
      ({ delay, seed }) =>
        Effect.gen(function*() {
          for (const chosen of yield* delaysOf(jitter(constant(delay)), repeat(rateLimited, 5))) {
            assert.isAtLeast(chosen, delay * min)
            assert.isAtMost(chosen, delay * max)
          }
        }).pipe(Random.withSeed(seed)),
      { arbitrary: { runs: 1000, seed: 2 } }
    )
  }

  it.effect.each([
    { name: "jitterFull", jitter: RetryPolicy.jitterFull, at: [0, 250, 500, 750, 1000] },
    { name: "jitterEqual", jitter: RetryPolicy.jitterEqual, at: [500, 625, 750, 875, 1000] },
    {
      name: "jitterProportional",
      jitter: RetryPolicy.jitterProportional({ min: 0.75, max: 1 }),
      at: [1000, 937.5, 875, 812.5, 750]
    }
  ])("$name of a second is $at for random numbers 0, ¼, ½, ¾ and almost 1", ({ at, jitter }) =>
    Effect.gen(function*() {
      for (const [index, value] of [0, 0.25, 0.5, 0.75, almostOne].entries()) {
        assert.deepStrictEqual(yield* random(value)(delaysOf(jitter(constant(1000)), [rateLimited])), [at[index] ?? 0])
      }
    }))

  it.effect.each(jitters)("$name draws anew for every retry", ({ jitter }) =>
    Effect.gen(function*() {
      const delays = yield* delaysOf(jitter(constant(1000)), repeat(rateLimited, 50))
      assert.strictEqual(new Set(delays).size, 50)
    }).pipe(Random.withSeed("anew")))

  it.effect.each(jitters)("$name repeats itself under the same seed", ({ jitter }) =>
    Effect.gen(function*() {
      const run = Random.withSeed(delaysOf(jitter(constant(1000)), repeat(rateLimited, 50)), "same")
      assert.deepStrictEqual(yield* run, yield* run)
    }))

  it.effect("takes every delay between nothing and all of it with about the same chance", () =>
    Effect.gen(function*() {
      const delays = yield* delaysOf(RetryPolicy.jitterFull(constant(1000)), repeat(rateLimited, 4000))
      for (const quarter of [0, 1, 2, 3]) {
        const share = delays.filter((delay) => Math.floor(delay / 250) === quarter).length
        assert.approximately(share, 1000, 150)
      }
    }).pipe(Random.withSeed("spread")))

  it.effect("takes any schedule", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.jitterEqual(Schedule.fibonacci("1 second").pipe(Schedule.upTo({ times: 4 })))
      assert.deepStrictEqual(yield* random(0)(delaysOf(policy, repeat(rateLimited, 9))), [500, 500, 1000, 1500])
    }))
})

describe("respectRetryAfter", () => {
  const policy = constant("1 second").pipe(RetryPolicy.respectRetryAfter())

  it.effect.each([
    { asked: "more than the delay", failure: asking("30 seconds"), waits: 30_000 },
    { asked: "less than the delay", failure: asking("0.2 seconds"), waits: 1000 },
    { asked: "nothing", failure: rateLimited, waits: 1000 },
    { asked: "a time in the past", failure: asking(0), waits: 1000 },
    { asked: "exactly the cap", failure: asking("60 seconds"), waits: 60_000 }
  ])(
    "waits $waits ms of a second's delay when the server asked for $asked",
    ({ failure, waits }) => Effect.map(delaysOf(policy, [failure]), (delays) => assert.deepStrictEqual(delays, [waits]))
  )

  it.effect("looks at each failure anew", () =>
    Effect.gen(function*() {
      const failures = [asking("5 seconds"), rateLimited, asking("2 seconds")]
      assert.deepStrictEqual(yield* delaysOf(policy, failures), [5000, 1000, 2000])
    }))

  it.effect("gives up at once when the server asks for more than 60 seconds", () =>
    Effect.map(attemptsOf(policy, asking(60_001)), (attempts) => assert.deepStrictEqual(attempts, [0])))

  it.effect("gives up at once when the server asks for more than its cap", () =>
    Effect.gen(function*() {
      const capped = constant("1 second").pipe(RetryPolicy.respectRetryAfter({ cap: "2 seconds" }))
      assert.deepStrictEqual(yield* attemptsOf(capped, asking("2001 millis")), [0])
    }))

  it.effect("waits a day when its cap allows it", () =>
    Effect.gen(function*() {
      const patient = constant("1 second").pipe(RetryPolicy.respectRetryAfter({ cap: "Infinity" }))
      assert.deepStrictEqual(yield* delaysOf(patient, [asking("1 day")]), [86_400_000])
    }))

  it.effect.prop(
    "after the jitter is a floor under it",
    {
      delay: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60_000 })),
      asked: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60_000 })),
      seed: Schema.Int
    },
    ({ asked, delay, seed }) =>
      Effect.gen(function*() {
        const policy = constant(delay).pipe(RetryPolicy.jitterFull, RetryPolicy.respectRetryAfter())
        const [chosen = NaN] = yield* delaysOf(policy, [asking(asked)])
        assert.isAtLeast(chosen, asked)
        assert.isAtMost(chosen, Math.max(asked, delay))
      }).pipe(Random.withSeed(seed)),
    { arbitrary: { runs: 1000, seed: 3 } }
  )

  it.effect.each([
    { name: "an error of another library", failure: new Error("no") },
    { name: "an object that looks like ours", failure: { _tag: "RateLimitError", retryAfter: Duration.days(1) } },
    { name: "undefined", failure: undefined }
  ])(
    "leaves the delay as it is for $name",
    ({ failure }) => Effect.map(delaysOf(policy, [failure]), (delays) => assert.deepStrictEqual(delays, [1000]))
  )
})

describe("whileRetryable", () => {
  const policy = RetryPolicy.whileRetryable(constant("1 second"))

  it.effect.each([
    { name: "is retryable", failure: rateLimited },
    { name: "may have run and may run twice", failure: new ClaudeError.InternalServerError({ message }) },
    {
      name: "has not run",
      failure: new ClaudeError.OverloadedError({ message, type: "overloaded_error", repeatable: false })
    },
    {
      name: "never reached the server",
      failure: new ClaudeError.APIConnectionError({ message, sent: false, repeatable: false })
    },
    {
      name: "is one that x-should-retry names",
      failure: new ClaudeError.BadRequestError({ message, shouldRetry: true })
    }
  ])(
    "goes on where the failure $name",
    ({ failure }) => Effect.map(delaysOf(policy, [failure]), (delays) => assert.deepStrictEqual(delays, [1000]))
  )

  it.effect.each([
    { name: "an error that is not retryable", failure: new ClaudeError.BadRequestError({ message }) },
    {
      name: "a spend limit",
      failure: new ClaudeError.RateLimitError({ message, reason: Reason.unspecified("enforced_spend_limit_reached") })
    },
    {
      name: "x-should-retry saying no",
      failure: new ClaudeError.RateLimitError({ message, shouldRetry: false })
    },
    {
      name: "a 500 of what must not run twice",
      failure: new ClaudeError.InternalServerError({ message, repeatable: false })
    },
    {
      name: "a timeout of what must not run twice",
      failure: new ClaudeError.APIConnectionTimeoutError({ message, repeatable: false })
    },
    {
      name: "a cut of what must not run twice",
      failure: new ClaudeError.APIConnectionError({ message, repeatable: false })
    },
    { name: "a refused request", failure: new ClaudeError.RequestRejectedError({ message }) },
    { name: "an error of another library", failure: new Error("no") },
    {
      name: "an object that looks like ours",
      failure: { _tag: "RateLimitError", isRetryable: true, repeatable: true }
    },
    { name: "a text", failure: "RateLimitError" },
    { name: "undefined", failure: undefined }
  ])(
    "ends at $name",
    ({ failure }) => Effect.map(attemptsOf(policy, failure), (attempts) => assert.deepStrictEqual(attempts, [0]))
  )

  it.effect("ends at the first failure that is not retryable", () =>
    Effect.gen(function*() {
      const failures = [rateLimited, rateLimited, new ClaudeError.NotFoundError({ message }), rateLimited]
      assert.deepStrictEqual(yield* delaysOf(policy, failures), [1000, 1000])
    }))

  it.effect("may stand anywhere in the pipe", () =>
    Effect.gen(function*() {
      const first = constant(1000).pipe(
        RetryPolicy.whileRetryable,
        RetryPolicy.jitterFull,
        RetryPolicy.respectRetryAfter()
      )
      const last = constant(1000).pipe(
        RetryPolicy.jitterFull,
        RetryPolicy.respectRetryAfter(),
        RetryPolicy.whileRetryable
      )
      const failures = [rateLimited, asking("3 seconds"), new ClaudeError.NotFoundError({ message }), rateLimited]
      assert.deepStrictEqual(yield* random(0.5)(delaysOf(first, failures)), [500, 3000])
      assert.deepStrictEqual(yield* random(0.5)(delaysOf(last, failures)), [500, 3000])
    }))
})

describe("a policy", () => {
  it.effect.each([0, 1, 2, 5])("up to %d times makes one attempt more", (times) =>
    Effect.gen(function*() {
      const policy = RetryPolicy.exponential({ base: 1 }).pipe(RetryPolicy.whileRetryable, Schedule.upTo({ times }))
      assert.strictEqual((yield* attemptsOf(policy, rateLimited)).length, times + 1)
    }))

  it.effect("stops as soon as an attempt succeeds", () =>
    Effect.gen(function*() {
      let attempts = 0
      const program = Effect.suspend(() => ++attempts < 3 ? Effect.fail(rateLimited) : Effect.succeed(attempts))
      const fiber = yield* Effect.forkChild(Effect.retry(program, RetryPolicy.standard))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* Fiber.join(fiber), 3)
    }))

  it.effect.each([
    { name: "exponential", policy: RetryPolicy.exponential({ base: 100, cap: 1000 }) },
    { name: "jitterFull", policy: RetryPolicy.jitterFull(constant(1000)) },
    { name: "jitterEqual", policy: RetryPolicy.jitterEqual(constant(1000)) },
    { name: "jitterProportional", policy: RetryPolicy.jitterProportional({ min: 0, max: 2 })(constant(1000)) },
    { name: "respectRetryAfter", policy: RetryPolicy.respectRetryAfter()(constant(1000)) },
    { name: "whileRetryable", policy: RetryPolicy.whileRetryable(constant(1000)) },
    { name: "default", policy: RetryPolicy.standard },
    { name: "sdk", policy: RetryPolicy.sdk }
  ])("$name gives the delay that it chose as its output", ({ policy }) =>
    Effect.gen(function*() {
      const steps = yield* stepsOf(policy, [rateLimited, asking("2 seconds"), rateLimited])
      assert.isAbove(steps.length, 0)
      for (const [output, delay] of steps) assert.strictEqual(output, delay)
    }).pipe(Random.withSeed("output")))

  it.effect("over any schedule outputs the delay, whatever the schedule did", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.respectRetryAfter()(Schedule.recurs(2))
      assert.deepStrictEqual(yield* stepsOf(policy, repeat(asking("2 seconds"), 3)), [[2000, 2000], [2000, 2000]])
    }))

  class DatabaseError extends Data.TaggedError("DatabaseError")<{ readonly table: string }> {}

  it.effect("fits an effect that also has other errors, and ends at those", () =>
    Effect.gen(function*() {
      let attempts = 0
      const program = Effect.suspend((): Effect.Effect<never, ClaudeError.ClaudeError | DatabaseError> =>
        Effect.fail(++attempts < 3 ? rateLimited : new DatabaseError({ table: "drafts" }))
      )
      const fiber = yield* program.pipe(Effect.retry(RetryPolicy.standard), Effect.flip, Effect.forkChild)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "DatabaseError")
      assert.strictEqual(attempts, 3)
    }))

  it("is any schedule over this library's errors", () => {
    const policies: ReadonlyArray<RetryPolicy.Input> = [
      RetryPolicy.standard,
      Schedule.recurs(3),
      Schedule.exponential("1 second"),
      Schedule.max([RetryPolicy.sdk, Schedule.recurs(1)]),
      Schedule.forever.pipe(
        Schedule.setInputType<ClaudeError.ClaudeError>(),
        Schedule.while(({ input }) => input.isThrottling)
      )
    ]
    assert.isTrue(policies.every(Schedule.isSchedule))
  })
})

describe("none", () => {
  it.effect.each([rateLimited, asking(0), new ClaudeError.APIConnectionError({ message })])(
    "never retries %s",
    (failure) => Effect.map(attemptsOf(RetryPolicy.none, failure), (attempts) => assert.deepStrictEqual(attempts, [0]))
  )
})

describe("default", () => {
  it.effect("retries six times, after at most 1, 2, 4, 8, 16 and 30 seconds", () =>
    Effect.gen(function*() {
      const delays = yield* random(almostOne)(delaysOf(RetryPolicy.standard, repeat(rateLimited, 9)))
      assert.deepStrictEqual(delays, [1000, 2000, 4000, 8000, 16_000, 30_000])
    }))

  it.effect("has full jitter", () =>
    Effect.gen(function*() {
      const delays = yield* random(0)(delaysOf(RetryPolicy.standard, repeat(rateLimited, 9)))
      assert.deepStrictEqual(delays, [0, 0, 0, 0, 0, 0])
    }))

  it.effect("makes seven attempts of what always fails", () =>
    Effect.gen(function*() {
      const attempts = yield* random(0.5)(attemptsOf(RetryPolicy.standard, rateLimited))
      assert.deepStrictEqual(attempts, [0, 500, 1500, 3500, 7500, 15_500, 30_500])
    }))

  it.effect("never retries earlier than the server asked", () =>
    Effect.gen(function*() {
      const attempts = yield* random(0.5)(attemptsOf(RetryPolicy.standard, asking("10 seconds")))
      assert.deepStrictEqual(attempts, [0, 10_000, 20_000, 30_000, 40_000, 50_000, 65_000])
    }))

  it.effect("gives up at once when the server asks for more than a minute", () =>
    Effect.map(attemptsOf(RetryPolicy.standard, asking(60_001)), (attempts) => assert.deepStrictEqual(attempts, [0])))

  it.effect("decides on no retry later than two minutes after the first failure", () =>
    Effect.gen(function*() {
      const attempts = yield* random(0)(attemptsOf(RetryPolicy.standard, rateLimited, "50 seconds"))
      assert.deepStrictEqual(attempts, [0, 50_000, 100_000, 150_000])
    }))

  it.effect("ends at what is not retryable", () =>
    Effect.gen(function*() {
      const attempts = yield* attemptsOf(RetryPolicy.standard, new ClaudeError.BadRequestError({ message }))
      assert.deepStrictEqual(attempts, [0])
    }))
})

describe("sdk", () => {
  /** From its client.ts: `min(0.5 s * 2^n, 8 s)`, less up to a quarter. */
  const sdkFormula = (n: number, random: number): number => Math.min(0.5 * 2 ** n, 8) * (1 - random * 0.25) * 1000

  /** What it takes for the server's word: more than nothing, and no more than one timer can hold. */
  const sdkServerDelay = (millis: number): number => millis > 0 && millis <= 2 ** 31 - 1 ? millis : sdkFormula(0, 0)

  it.effect.each([0, 0.25, 0.5, 0.75, almostOne])(
    "waits the SDK's delays for the random number %d",
    (value) =>
      Effect.gen(function*() {
        const delays = yield* random(value)(delaysOf(RetryPolicy.sdk, repeat(rateLimited, 9)))
        assert.deepStrictEqual(delays.map((delay) => delay.toFixed(3)), [
          sdkFormula(0, value).toFixed(3),
          sdkFormula(1, value).toFixed(3)
        ])
      })
  )

  it.effect.each([0, 0.5, almostOne])(
    "is made of delays that grow as the SDK's do for the random number %d",
    (value) =>
      Effect.gen(function*() {
        const endless = RetryPolicy.exponential({ base: "500 millis", cap: "8 seconds" }).pipe(
          RetryPolicy.jitterProportional({ min: 0.75, max: 1 })
        )
        const delays = yield* random(value)(delaysOf(endless, repeat(rateLimited, 40)))
        for (const [n, delay] of delays.entries()) assert.approximately(delay, sdkFormula(n, value), 1e-6)
      })
  )

  it.effect("makes three attempts", () =>
    Effect.gen(function*() {
      const attempts = yield* random(0)(attemptsOf(RetryPolicy.sdk, rateLimited))
      assert.deepStrictEqual(attempts, [0, 500, 1500])
    }))

  it.effect.each([0, 0.001, 1, 500, 60_001, 86_400_000, 2 ** 31 - 1, 2 ** 31, 1e15])(
    "takes a server's delay of %d ms as the SDK does",
    (millis) =>
      Effect.gen(function*() {
        const delays = yield* random(0)(delaysOf(RetryPolicy.sdk, [asking(millis)]))
        assert.deepStrictEqual(delays, [sdkServerDelay(millis)])
      })
  )

  it.effect("puts no jitter on a server's delay", () =>
    Effect.gen(function*() {
      const delays = yield* random(0.9)(delaysOf(RetryPolicy.sdk, repeat(asking("3 seconds"), 2)))
      assert.deepStrictEqual(delays, [3000, 3000])
    }))

  it.effect.each([
    new ClaudeError.RateLimitError({ message, reason: Reason.unspecified("enforced_spend_limit_reached") }),
    new ClaudeError.RateLimitError({ message, reason: Reason.unspecified("contract_spend_limit_reached") }),
    new ClaudeError.NotImplementedError({ message }),
    new ClaudeError.InternalServerError({ message, repeatable: false }),
    new ClaudeError.APIConnectionError({ message }),
    new ClaudeError.APIConnectionError({ message, repeatable: false }),
    new ClaudeError.APIConnectionTimeoutError({ message, repeatable: false })
  ])(
    "retries $_tag $reason.errorCode, as the SDK does",
    (failure) => Effect.map(attemptsOf(RetryPolicy.sdk, failure), (attempts) => assert.strictEqual(attempts.length, 3))
  )

  it.effect.each([
    new ClaudeError.InvalidResponseError({ message, problem: "unreadable" }),
    new ClaudeError.InvalidResponseError({ message, problem: "malformed-json" }),
    new ClaudeError.StreamInterruptedError({ message }),
    new ClaudeError.StreamStalledError({ message }),
    new ClaudeError.RequestRejectedError({ message }),
    new ClaudeError.AuthenticationError({ message }),
    new DOMException("aborted", "AbortError"),
    undefined
  ])(
    "does not retry %s",
    (failure) => Effect.map(attemptsOf(RetryPolicy.sdk, failure), (attempts) => assert.strictEqual(attempts.length, 1))
  )
})

/** The SDK's own decisions, from the private methods that make them. */
describe("sdk, side by side with the SDK", () => {
  const client = new Anthropic({ apiKey: "sk-test", logLevel: "off" })

  const restore = () => {
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  }
  afterEach(restore)

  const method = (name: string, ...args: ReadonlyArray<unknown>): Promise<unknown> =>
    Reflect.get(client, name).apply(client, args)

  const sdkRetries = (status: number, headers: Record<string, string>): Effect.Effect<unknown> =>
    Effect.promise(() => method("shouldRetry", new Response(null, { status, headers }), {}))

  /** The delay that it passes to `setTimeout` before retry `n`. */
  const sdkDelay = (n: number, headers: Record<string, string>, random: number): Effect.Effect<unknown> =>
    Effect.promise(async () => {
      let delay: unknown
      vi.stubGlobal("setTimeout", (run: () => void, millis: number) => {
        delay = millis
        run()
      })
      vi.spyOn(Math, "random").mockReturnValue(random)
      vi.spyOn(Date, "now").mockReturnValue(0)
      Reflect.set(client, "makeRequest", () => Promise.resolve())
      await method("retryRequest", { maxRetries: 9 }, 9 - n, "log", undefined, new Headers(headers))
      restore()
      return delay
    })

  const failureOf = (status: number, headers: Record<string, string>) =>
    Effect.map(Clock.Clock, (clock) => {
      const secrets = new Scrubber()
      const env = { host: "api.anthropic.com", scrub: secrets.scrub, secrets }
      const attempt = new Attempt(env, createMessage, undefined, clock)
      return fromBody(attempt, status, new Headers(headers), undefined)
    })

  it.effect.each([{}, { "x-should-retry": "true" }, { "x-should-retry": "false" }, { "x-should-retry": "maybe" }])(
    "retries the same of all statuses with the headers %j",
    (headers) =>
      Effect.gen(function*() {
        for (let status = 300; status < 600; status++) {
          const ours = yield* delaysOf(RetryPolicy.sdk, [yield* failureOf(status, headers)])
          assert.strictEqual(ours.length > 0, yield* sdkRetries(status, headers), `status ${status}`)
        }
      })
  )

  it.effect.each([
    {},
    { "retry-after": "7" },
    { "retry-after": "0.5" },
    { "retry-after": "0" },
    { "retry-after": "-3" },
    { "retry-after": "86400" },
    { "retry-after": "2147483.647" },
    { "retry-after": "2147483.648" },
    { "retry-after": "soon" },
    { "retry-after": "" },
    { "retry-after": "Thu, 01 Jan 1970 00:00:30 GMT" },
    { "retry-after": "Thursday, 01-Jan-70 00:00:30 GMT" },
    { "retry-after": "Wed, 31 Dec 1969 23:59:30 GMT" },
    { "retry-after": "Fri, 31 Dec 1999 23:59:59 GMT" },
    { "retry-after-ms": "250" },
    { "retry-after-ms": "0.25" },
    { "retry-after-ms": "0" },
    { "retry-after-ms": "-1" },
    { "retry-after-ms": "soon" },
    { "retry-after-ms": "250", "retry-after": "7" },
    { "retry-after-ms": "0", "retry-after": "7" },
    { "retry-after-ms": "-1", "retry-after": "7" },
    { "retry-after-ms": "soon", "retry-after": "7" },
    { "retry-after-ms": "2147483648", "retry-after": "7" }
  ])("waits the same for the headers %j", (headers) =>
    Effect.gen(function*() {
      const [ours] = yield* random(0.5)(delaysOf(RetryPolicy.sdk, [yield* failureOf(429, headers)]))
      assert.strictEqual(ours, yield* sdkDelay(0, headers, 0.5))
    }))

  it.effect.each([0, 0.5, almostOne])(
    "waits the same without headers for the random number %d",
    (value) =>
      Effect.gen(function*() {
        const failure = yield* failureOf(529, {})
        const ours = yield* random(value)(delaysOf(RetryPolicy.sdk, [failure, failure]))
        assert.deepStrictEqual(ours.map((delay) => delay.toFixed(6)), [
          Number(yield* sdkDelay(0, {}, value)).toFixed(6),
          Number(yield* sdkDelay(1, {}, value)).toFixed(6)
        ])
      })
  )
})
