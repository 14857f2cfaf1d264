import { Lab, Policy, Scenario } from "@effect-claude/lab"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

/**
 * What the article's own simulator gives for 100 clients: the means of 100 runs of `src/backoff_simulator.py` of
 * `aws-samples/aws-arch-backoff-simulator`, run under Python 3 (`xrange` replaced, heap ordered by time alone).
 */
const article = {
  "no-backoff": { calls: 2427, end: 2028 },
  exponential: { calls: 1857, end: 63_941 },
  "equal-jitter": { calls: 811, end: 6602 },
  "full-jitter": { calls: 797, end: 4958 },
  decorrelated: { calls: 999, end: 4578 }
} as const

type Contestant = keyof typeof article

const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

const mean = (numbers: ReadonlyArray<number>) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length

const contest = Effect.forEach(
  Policy.contention,
  (policy) =>
    Effect.forEach(seeds, (seed) => Lab.run({ scenario: Scenario.contention(), policy, clients: 100, seed })).pipe(
      Effect.map((results) =>
        [policy.name, {
          calls: mean(results.map(({ calls }) => calls)),
          end: mean(results.map(({ end }) => end)),
          succeeded: results.every(({ successRate }) => successRate === 1)
        }] as const
      )
    )
).pipe(
  Effect.map((entries) => {
    const byName = new Map<string, (typeof entries)[number][1]>(entries)
    return (name: Contestant) => byName.get(name) ?? { calls: 0, end: 0, succeeded: false }
  })
)

const ranked = (of: (name: Contestant) => number, ...names: ReadonlyArray<Contestant>) =>
  names.toSorted((a, b) => of(a) - of(b))

describe("100 clients and one row", () => {
  it.effect("takes the calls of the article's simulator, within 10%", () =>
    Effect.gen(function*() {
      const result = yield* contest
      for (const [name, { calls }] of Object.entries(article)) {
        assert.approximately(result(name as Contestant).calls / calls, 1, 0.1, name)
      }
    }))

  it.effect("takes the time of the article's simulator, within 15%", () =>
    Effect.gen(function*() {
      const result = yield* contest
      for (const [name, { end }] of Object.entries(article)) {
        assert.approximately(result(name as Contestant).end / end, 1, 0.15, name)
      }
    }))

  it.effect("ranks the policies as the article does", () =>
    Effect.gen(function*() {
      const result = yield* contest
      const calls = (name: Contestant) => result(name).calls
      const end = (name: Contestant) => result(name).end
      // "The no-jitter exponential backoff approach is the clear loser", in work and in time; without any backoff there
      // is more work still.
      assert.deepStrictEqual(
        ranked(calls, "no-backoff", "exponential", "decorrelated", "full-jitter"),
        ["full-jitter", "decorrelated", "exponential", "no-backoff"]
      )
      assert.isAbove(calls("exponential") / calls("full-jitter"), 2)
      assert.isAbove(end("exponential") / end("full-jitter"), 8)
      // Equal jitter does as much work as full jitter and takes longer.
      assert.approximately(calls("equal-jitter") / calls("full-jitter"), 1, 0.1)
      assert.isAbove(end("equal-jitter"), end("full-jitter"))
      assert.isAbove(end("equal-jitter"), end("decorrelated"))
    }))

  it.effect("serves everybody in the end", () =>
    Effect.gen(function*() {
      const result = yield* contest
      for (const { name } of Policy.contention) assert.isTrue(result(name as Contestant).succeeded, name)
    }))
})
