import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Random, Ref, Schedule } from "effect"
import * as ClaudeError from "../src/ClaudeError.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import { delaysOf } from "./support/policies.ts"

const overloaded = new ClaudeError.OverloadedError({ message: "Overloaded" })

const limited = new ClaudeError.RateLimitError({ message: "Limited" })

const asking = (retryAfter: Duration.Input) =>
  new ClaudeError.RateLimitError({ message: "Limited", retryAfter: Duration.fromInputUnsafe(retryAfter) })

const times = <A>(value: A, count: number): ReadonlyArray<A> => Array.from({ length: count }, () => value)

const random = (value: number) =>
  Effect.provideService(Random.Random, { nextDoubleUnsafe: () => value, nextIntUnsafe: () => 0 })

describe("constant", () => {
  it.effect.each([[250, 250], [0, 0], [-5, 0]])(
    "waits %d as %d every time",
    ([given, waited]) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(
          yield* delaysOf(RetryPolicy.constant(given ?? 0), times(overloaded, 3)),
          times(waited, 3)
        )
      })
  )
})

describe("fibonacci", () => {
  it.effect.each([
    { options: { base: 100 }, delays: [100, 100, 200, 300, 500, 800] },
    { options: { base: 100, cap: 250 }, delays: [100, 100, 200, 250, 250] },
    { options: { base: 100, cap: 50 }, delays: [50, 50, 50] },
    { options: { base: 0 }, delays: [0, 0, 0] },
    { options: { base: -1 }, delays: [0, 0] }
  ])("$options waits $delays", ({ delays, options }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* delaysOf(RetryPolicy.fibonacci(options), times(overloaded, delays.length)),
        delays
      )
    }))
})

describe("decorrelated", () => {
  const policy = RetryPolicy.decorrelated({ base: 100, cap: 2000 })

  it.effect("waits the base at the least", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* delaysOf(policy, times(overloaded, 4)).pipe(random(0)), [100, 100, 100, 100])
    }))

  it.effect("waits three times the delay before at the most, up to the cap", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* delaysOf(policy, times(overloaded, 4)).pipe(random(1)), [300, 900, 2000, 2000])
    }))

  it.effect("takes a random number between the two", () =>
    Effect.gen(function*() {
      // 100 + 0.5 * (300 - 100), then 100 + 0.5 * (600 - 100)
      assert.deepStrictEqual(yield* delaysOf(policy, times(overloaded, 2)).pipe(random(0.5)), [200, 350])
    }))

  it.effect("waits the cap where it is below the base", () =>
    Effect.gen(function*() {
      const low = RetryPolicy.decorrelated({ base: 100, cap: 50 })
      assert.deepStrictEqual(yield* delaysOf(low, times(overloaded, 2)).pipe(random(0.5)), [50, 50])
    }))
})

describe("respectRetryAfter with a spread", () => {
  const policy = RetryPolicy.constant(0).pipe(RetryPolicy.respectRetryAfter({ cap: "60 seconds", spread: "5 seconds" }))

  it.effect.each([[0, 10_000], [0.5, 12_500], [1, 15_000]])(
    "adds random %d of it to what the server asked",
    ([r, delay]) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* delaysOf(policy, [asking("10 seconds")]).pipe(random(r ?? 0)), [delay])
      })
  )

  it.effect("adds nothing where the server asked for nothing", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* delaysOf(policy, [overloaded, asking(0)]).pipe(random(1)), [0, 0])
    }))

  it.effect("holds the cap against what the server asked, without it", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* delaysOf(policy, [asking("60 seconds")]).pipe(random(1)), [65_000])
      assert.deepStrictEqual(yield* delaysOf(policy, [asking("61 seconds")]).pipe(random(1)), [])
    }))
})

describe("forErrors", () => {
  const policy = RetryPolicy.forErrors({
    RateLimitError: RetryPolicy.constant("10 seconds").pipe(Schedule.upTo({ times: 2 })),
    OverloadedError: RetryPolicy.exponential({ base: "1 second" })
  }, RetryPolicy.none)

  it.effect("asks the policy of the error's tag, each with a count of its own", () =>
    Effect.gen(function*() {
      const errors = [overloaded, limited, overloaded, limited, overloaded]
      assert.deepStrictEqual(yield* delaysOf(policy, errors), [1000, 10_000, 2000, 10_000, 4000])
    }))

  it.effect("ends with the first policy that ends", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* delaysOf(policy, times(limited, 5)), [10_000, 10_000])
    }))

  it.effect.each([new ClaudeError.InternalServerError({ message: "no" }), new Error("another library's")])(
    "asks the other policy about %s",
    (error) => Effect.map(delaysOf(policy, [error]), (delays) => assert.deepStrictEqual(delays, []))
  )

  it.effect("starts anew with every run", () =>
    Effect.gen(function*() {
      yield* delaysOf(policy, times(overloaded, 3))
      assert.deepStrictEqual(yield* delaysOf(policy, [overloaded]), [1000])
    }))
})

describe("onRetry", () => {
  it.effect("tells the error, the number and the delay of each retry, and of no refused one", () =>
    Effect.gen(function*() {
      const seen = yield* Ref.make<ReadonlyArray<string>>([])
      const policy = RetryPolicy.exponential({ base: 100 }).pipe(
        Schedule.setInputType<ClaudeError.ClaudeError>(),
        Schedule.upTo({ times: 2 }),
        RetryPolicy.onRetry(({ delay, error, number }) =>
          Ref.update(seen, (all) => [...all, `${number} ${error._tag} ${Duration.format(delay)}`])
        )
      )
      yield* delaysOf(policy, [overloaded, limited, overloaded])
      assert.deepStrictEqual(yield* Ref.get(seen), ["1 OverloadedError 100ms", "2 RateLimitError 200ms"])
    }))
})

describe("withinBudget", () => {
  const policy = RetryPolicy.constant(0).pipe(RetryPolicy.withinBudget)

  it.effect("changes nothing without a budget", () =>
    Effect.map(delaysOf(policy, times(overloaded, 50)), (delays) => assert.lengthOf(delays, 50)))

  it.effect("allows as many retries as the capacity, over all runs together", () =>
    Effect.gen(function*() {
      const counts = yield* Effect.all(
        Array.from({ length: 4 }, () => Effect.map(delaysOf(policy, times(overloaded, 4)), (delays) => delays.length))
      )
      assert.deepStrictEqual(counts, [4, 4, 2, 0])
    }).pipe(Effect.provide(RetryPolicy.layerBudget({ capacity: 10 }))))

  it.effect("is shared by fibers", () =>
    Effect.gen(function*() {
      const counts = yield* Effect.all(
        Array.from({ length: 20 }, () => Effect.map(delaysOf(policy, [overloaded]), (delays) => delays.length)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(counts.filter((count) => count === 1).length, 5)
    }).pipe(Effect.provide(RetryPolicy.layerBudget({ capacity: 5 }))))

  it.effect("is a new one for each layer that is built", () =>
    Effect.gen(function*() {
      const layer = RetryPolicy.layerBudget({ capacity: 1 })
      const one = delaysOf(policy, times(overloaded, 3)).pipe(Effect.provide(layer))
      assert.deepStrictEqual(yield* one, [0])
      assert.deepStrictEqual(yield* one, [0])
    }))
})

describe("describe", () => {
  it.effect.each([
    {
      name: "default",
      policy: RetryPolicy.standard,
      text: [
        "delays: 0–1s, 0–2s, 0–4s, 0–8s, 0–16s, …",
        "at most 6 retries",
        "decides on none later than 2m after the first failure",
        "waits as long as the server asks",
        "gives up when it asks for more than 1m",
        "retries only what can pass",
        "never repeats what may have run, unless that is harmless"
      ]
    },
    {
      name: "sdk",
      policy: RetryPolicy.sdk,
      text: [
        "delays: 375ms–500ms, 750ms–1s",
        "at most 2 retries",
        "waits as long as the server asks",
        "retries only what can pass",
        "repeats what may have run"
      ]
    },
    { name: "none", policy: RetryPolicy.none, text: ["never retries an overload"] },
    {
      name: "a schedule of Effect's",
      policy: Schedule.spaced("1 second"),
      text: [
        "delays: 1s, 1s, 1s, 1s, 1s, …",
        "never ends by itself",
        "does not listen to retry-after",
        "retries errors that cannot pass, too",
        "repeats what may have run"
      ]
    }
  ])(
    "$name in words",
    ({ policy, text }) =>
      Effect.map(RetryPolicy.describe(policy), (words) => assert.deepStrictEqual(words.split("\n"), text))
  )
})
