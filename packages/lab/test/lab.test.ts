import { Lab, Policy, Scenario, Server } from "@effect-claude/lab"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Duration, Effect, Ref, Schedule } from "effect"
import { RetryPolicy } from "effect-claude"
import { byHand, down } from "./support.ts"

const clients = 300

const everything = Scenario.builtIn.filter(({ atMost }) => atMost === undefined)
  .flatMap((scenario) => Policy.builtIn.map((policy) => [scenario, policy] as const))
  .concat(Policy.contention.map((policy) => [Scenario.contention(), policy] as const))

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((sum, n) => sum + n, 0)

const timesOfCalls = ({ timeline }: Lab.Result) =>
  timeline.flatMap(({ calls }, bin) => Array.from({ length: calls }, () => bin / 10))

describe("Lab.run", () => {
  it.effect("gives the same result under the same seed", () =>
    Effect.gen(function*() {
      for (const [scenario, policy] of everything) {
        const options = { scenario, policy, clients: 100, seed: 7 }
        assert.deepStrictEqual(yield* Lab.run(options), yield* Lab.run(options))
      }
    }))

  it.effect("gives other results under other seeds", () =>
    Effect.gen(function*() {
      const options = { scenario: Scenario.overload(), policy: RetryPolicy.standard, clients }
      const [a, b] = [yield* Lab.run({ ...options, seed: 1 }), yield* Lab.run({ ...options, seed: 2 })]
      assert.notDeepEqual(a.timeline, b.timeline)
    }))

  it.effect("ends every client as a success or a failure, and counts every call", () =>
    Effect.gen(function*() {
      for (const [scenario, policy] of everything) {
        const attempts = yield* Ref.make(0)
        const counted = Effect.map(policy.schedule, (schedule) =>
          Schedule.passthrough(schedule).pipe(Schedule.tap(() => Ref.update(attempts, (n) => n + 1))))
        const result = yield* Lab.run({ scenario, policy: Policy.make(policy.name, counted), clients })
        assert.strictEqual(result.successes + result.failures, clients)
        assert.strictEqual(result.calls, clients + (yield* Ref.get(attempts)), "first calls and retries")
        assert.strictEqual(
          sum(result.timeline.map(({ calls }) =>
            calls
          )),
          result.calls
        )
        assert.strictEqual(sum(result.timeline.map(({ failures }) => failures)), result.calls - result.successes)
        assert.strictEqual(result.amplification, result.calls / clients)
      }
    }))

  it.effect("never turns the clock back, and shows the schedule's Clock the time of the step", () =>
    Effect.gen(function*() {
      const times: Array<number> = []
      const policy = Schedule.fromStep(
        Effect.succeed((now: number, _: unknown) =>
          Effect.map(Clock.currentTimeMillis, (clock): [number, Duration.Duration] => {
            assert.strictEqual(clock, now)
            times.push(now)
            return [0, Duration.seconds(1)]
          })
        )
      ).pipe(Schedule.upTo({ times: 3 }))
      yield* Lab.run({ scenario: Scenario.overload(), policy, clients })
      assert.isAbove(times.length, 100)
      assert.deepStrictEqual(times, times.toSorted((a, b) => a - b))
    }))

  it.effect("brings the clients of any number in the same way", () =>
    Effect.gen(function*() {
      const options = { scenario: Scenario.outage(), policy: RetryPolicy.standard }
      const few = yield* Lab.run({ ...options, clients: 2000 })
      const many = yield* Lab.run({ ...options, clients: 20_000 })
      assert.closeTo(few.successRate, many.successRate, 0.04)
      assert.closeTo(few.amplification, many.amplification, 0.2)
    }))

  it.effect("lets all clients share what a policy makes", () =>
    Effect.gen(function*() {
      const allowance = Policy.make(
        "7 retries in all",
        Effect.map(
          Ref.make(7),
          (left) => Schedule.while(Schedule.forever, () => Ref.modify(left, (n) => [n > 0, n - 1]))
        )
      )
      for (const seed of [1, 2]) {
        const { calls } = yield* Lab.run({ scenario: byHand([down(0)]), policy: allowance, clients: 50, seed })
        assert.strictEqual(calls, 57)
      }
    }))

  it.effect("tells how far it is", () =>
    Effect.gen(function*() {
      const shares: Array<number> = []
      yield* Lab.run({
        scenario: Scenario.quiet(),
        policy: RetryPolicy.none,
        clients: 60_000,
        onProgress: (share) => shares.push(share)
      })
      assert.isAbove(shares.length, 2)
      assert.strictEqual(shares.at(-1), 1)
    }))
})

describe("by hand", () => {
  it.effect("a server that is down: the delays of the policy and the time of each failure", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.exponential({ base: "1 second" }).pipe(Schedule.upTo({ times: 3 }))
      const result = yield* Lab.run({ scenario: byHand([down("100 millis")]), policy, clients: 1 })
      // Calls at 0, 1.1, 3.2 and 7.3 s; the last failure at 7.4 s.
      assert.deepStrictEqual(timesOfCalls(result), [0, 1.1, 3.2, 7.3])
      assert.strictEqual(Math.round(result.end), 7400)
      assert.strictEqual(Math.round(result.gaveUpAfter), 7400)
      assert.strictEqual(result.mostAttempts, 4)
      assert.isNaN(result.p50)
      result.delays.forEach(({ p50 }, index) => assert.closeTo(p50, 1000 * 2 ** index, 10 * 2 ** index))
    }))

  it.effect("an outage of a second, waited out", () =>
    Effect.gen(function*() {
      const window = Server.window({ from: 0, lasts: "1 second" })
      const scenario = byHand([Server.outage({ window, failures: [Server.overloaded] })])
      const result = yield* Lab.run({ scenario, policy: Schedule.spaced("400 millis"), clients: 1 })
      // Calls at 0, 0.45, 0.9 and 1.35 s; the answer takes 0.2 s.
      assert.deepStrictEqual(timesOfCalls(result), [0, 0.4, 0.9, 1.3])
      assert.strictEqual(Math.round(result.p50), 1550)
    }))

  it.effect("a rate limit of one request a second: the server's retry-after is waited for", () =>
    Effect.gen(function*() {
      const scenario = byHand([Server.rateLimit({ requestsPerMinute: 60, burst: "1 second" })])
      const policy = RetryPolicy.exponential({ base: 0 }).pipe(RetryPolicy.respectRetryAfter())
      const result = yield* Lab.run({ scenario, policy, clients: 2 })
      // One fits. The other is refused at 0.05 s with retry-after 1, comes back at 1.05 s and is answered at 1.25 s.
      assert.strictEqual(result.calls, 3)
      assert.strictEqual(Math.round(result.end), 1250)
      assert.closeTo(result.delays[0]?.p50 ?? 0, 1000, 10)
    }))

  it.effect("a retry-after over the policy's cap: given up at once", () =>
    Effect.gen(function*() {
      const scenario = byHand([Server.rateLimit({ requestsPerMinute: 60, burst: "1 second" })])
      const policy = RetryPolicy.exponential({ base: 0 }).pipe(RetryPolicy.respectRetryAfter({ cap: "500 millis" }))
      const result = yield* Lab.run({ scenario, policy, clients: 2 })
      assert.deepStrictEqual([result.calls, result.successes, result.failures], [2, 1, 1])
    }))

  it.effect("a limit on input tokens: what does not fit is refused", () =>
    Effect.gen(function*() {
      const scenario = byHand([Server.rateLimit({ inputTokensPerMinute: 6000, burst: "30 seconds" })], {
        usage: { inputTokens: 1000, outputTokens: 10 }
      })
      const { successes } = yield* Lab.run({ scenario, policy: RetryPolicy.none, clients: 10 })
      assert.strictEqual(successes, 3, "30 seconds' worth is 3,000 tokens")
    }))

  it.effect("a queue: each call waits for those before it", () =>
    Effect.gen(function*() {
      const scenario = byHand([Server.overload({ capacity: 1, refusesFrom: "5 seconds", fullAt: "10 seconds" })])
      const result = yield* Lab.run({ scenario, policy: RetryPolicy.none, clients: 3 })
      assert.deepStrictEqual([result.completions[0], result.p50, result.p99].map((_) => Math.round(_ ?? 0)), [
        200,
        1200,
        2200
      ])
    }))

  it.effect("tokens in vain: the share that each failure spent", () =>
    Effect.gen(function*() {
      const half = Server.failure(Server.internal.error, { spent: 0.5 })
      const scenario = byHand([Server.failing({ rate: 1, failures: [half] })], {
        usage: { inputTokens: 100, outputTokens: 20 }
      })
      const policy = Schedule.forever.pipe(Schedule.upTo({ times: 2 }))
      const { tokensInVain } = yield* Lab.run({ scenario, policy, clients: 5 })
      assert.strictEqual(tokensInVain, 5 * 3 * 60)
    }))

  it.effect("upTo by times: so many retries and no more", () =>
    Effect.gen(function*() {
      const policy = Schedule.forever.pipe(Schedule.upTo({ times: 3 }))
      const result = yield* Lab.run({ scenario: byHand([down(10)]), policy, clients: 20 })
      assert.deepStrictEqual([result.mostAttempts, result.calls], [4, 80])
    }))

  it.effect("upTo by duration: no retry after it", () =>
    Effect.gen(function*() {
      const policy = Schedule.spaced("300 millis").pipe(Schedule.upTo({ duration: "1 second" }))
      const result = yield* Lab.run({ scenario: byHand([down(0)]), policy, clients: 1 })
      // Failures at 0, 0.3, 0.6 and 0.9 s are retried; that at 1.2 s is not.
      assert.deepStrictEqual([result.calls, Math.round(result.end)], [5, 1200])
    }))

  it.effect("the SDK's policy retries an overloaded server twice", () =>
    Effect.gen(function*() {
      const { calls } = yield* Lab.run({ scenario: byHand([down(0)]), policy: RetryPolicy.sdk, clients: 10 })
      assert.strictEqual(calls, 30)
    }))
})

describe("a policy that cannot be tried", () => {
  const broken: ReadonlyArray<readonly [string, RetryPolicy.Input, RegExp]> = [
    ["throws", Schedule.while(Schedule.forever, () => JSON.parse("{")), /JSON/],
    [
      "fails at its start",
      Schedule.fromStep(Effect.sync((): never => {
        throw new Error("boom")
      })),
      /boom/
    ],
    ["waits", Schedule.tap(Schedule.forever, () => Effect.never), /waited for something/],
    ["sleeps", Schedule.tap(Schedule.forever, () => Effect.sleep("1 second")), /waited for something/],
    ["names no delay", Schedule.spaced(Duration.infinity), /delay of Infinity/]
  ]

  it.effect.each(broken)("says so: it %s", ([, policy, message]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Lab.run({ scenario: byHand([down(0)]), policy, clients: 5 }))
      assert.strictEqual(error._tag, "PolicyFailed")
      assert.match(error.message, message)
    }))

  it.effect("says so: what it shares cannot be made", () =>
    Effect.gen(function*() {
      const policy = Policy.make("shared", Effect.fail(new Cause.NoSuchElementError("no Redis")))
      const error = yield* Effect.flip(Lab.run({ scenario: Scenario.quiet(), policy, clients: 5 }))
      assert.match(error.message, /"shared" failed .*no Redis/)
    }))

  const endless: ReadonlyArray<readonly [string, RetryPolicy.Input]> = [
    ["at once", Schedule.forever],
    ["ever more slowly", Schedule.exponential("1 second")],
    ["every second", Schedule.spaced("1 second")]
  ]

  it.effect.each(endless)("is found to never end: it retries %s", ([, policy]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Lab.run({ scenario: Scenario.endless(), policy, clients }))
      assert.strictEqual(error._tag, "PolicyNeverEnds")
    }))
})
