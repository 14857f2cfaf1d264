/**
 * Which numbers `RetryPolicy.standard` should have: every combination of a base, a cap, a number of retries and a longest
 * time, in every scenario, over several seeds. `node packages/lab/bench/grid.ts [clients] [seeds]` prints a table, the
 * best last.
 *
 * The score is the mean success rate over the scenarios less one point for each 10% of calls over one a client: an answer
 * more is worth ten calls more, whoever gets it.
 */
import * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as Schedule from "effect/Schedule"
import process from "node:process"
import * as Text from "../src/internal/text.ts"
import * as Lab from "../src/Lab.ts"
import * as Policy from "../src/Policy.ts"
import * as Scenario from "../src/Scenario.ts"

const [clients = "3000", seeds = "3"] = process.argv.slice(2)

type Transform = (self: RetryPolicy.RetryPolicy) => RetryPolicy.RetryPolicy

const jitters: Readonly<Record<"full" | "equal", Transform>> = {
  full: RetryPolicy.jitterFull,
  equal: RetryPolicy.jitterEqual
}

const candidate = (
  jitter: "full" | "equal",
  base: number,
  cap: number,
  times: number,
  minutes: number
): Policy.Policy =>
  Policy.make(
    `${jitter} ${base}-${cap} s, ${times} times, ${minutes} min`,
    pipe(
      RetryPolicy.exponential({ base: base * 1000, cap: cap * 1000 }),
      jitters[jitter],
      RetryPolicy.respectRetryAfter({ cap: "60 seconds" }),
      RetryPolicy.whileRetryable,
      Schedule.upTo({ times, duration: `${minutes} minutes` })
    )
  )

const grid = [0.25, 0.5, 1, 2].flatMap((base) =>
  [8, 20, 30].flatMap((cap) =>
    [3, 4, 5, 6, 8].flatMap((times) =>
      [1, 2].flatMap((minutes) => [
        candidate("full", base, cap, times, minutes),
        ...(base <= 1 && minutes === 2 ? [candidate("equal", base, cap, times, minutes)] : [])
      ])
    )
  )
)
const yardsticks = Policy.builtIn.filter(({ name }) => name !== "immediate")
const scenarios = Scenario.builtIn.filter(({ atMost }) => atMost === undefined)

const mean = (numbers: ReadonlyArray<number>): number => numbers.reduce((sum, n) => sum + n, 0) / numbers.length

const inScenario = (scenario: Scenario.Scenario, policy: Policy.Policy) =>
  Effect.forEach(
    Array.from({ length: Number(seeds) }, (_, index) => index + 1),
    (seed) => Lab.run({ scenario, policy, clients: Number(clients), seed })
  ).pipe(Effect.map((results) => ({
    success: mean(results.map(({ successRate }) => successRate)),
    calls: mean(results.map(({ amplification }) => amplification)),
    p99: mean(results.map(({ p99 }) => p99)),
    gaveUpAfter: mean(results.map(({ gaveUpAfter }) => gaveUpAfter))
  })))

const measured = Effect.forEach(
  [...yardsticks, ...grid],
  (policy) =>
    Effect.map(Effect.forEach(scenarios, (scenario) => inScenario(scenario, policy)), (outcomes) => {
      const success = mean(outcomes.map((_) => _.success))
      const calls = mean(outcomes.map((_) => _.calls))
      return { name: policy.name, outcomes, success, calls, score: success - (calls - 1) / 10 }
    })
)

await Effect.runPromise(Effect.flatMap(measured, (rows) =>
  Console.log(Text.columns([
    ["policy", "score", "success", "calls", ...scenarios.flatMap(({ name }) => [name, "calls", "p99"])],
    ...rows.sort((a, b) => a.score - b.score).map(({ calls, name, outcomes, score, success }) => [
      name,
      (score * 100).toFixed(1),
      Text.percent(success),
      calls.toFixed(2),
      ...outcomes.flatMap((_) => [Text.percent(_.success), _.calls.toFixed(2), Text.time(_.p99)])
    ])
  ]))))
