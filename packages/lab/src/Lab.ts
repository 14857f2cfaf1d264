/**
 * Runs a retry policy against a scenario, in virtual time: hours of it in seconds, the same every time under one seed.
 *
 * **Details**
 *
 * What runs is the policy itself, not a model of it: every decision is a step of the real `Schedule`, on a clock and with
 * random numbers of the simulation's own. Whatever works in a test of yours, works here, and so an assertion on a
 * {@link Result} makes a regression test for a policy.
 *
 * **Example** (A test of a policy)
 *
 * ```ts
 * import { Lab, Scenario } from "@effect-claude/lab"
 * import { Effect } from "effect"
 * import { RetryPolicy } from "effect-claude"
 *
 * export const test = Effect.gen(function*() {
 *   const result = yield* Lab.run({ scenario: Scenario.outage(), policy: RetryPolicy.standard, clients: 1000, seed: 1 })
 *   return result.successRate > 0.6 && result.amplification < 3
 * })
 * ```
 *
 * @since 0.1.0
 */
import * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Result } from "./internal/Result.ts"
import { Simulation, type Stop } from "./internal/Simulation.ts"
import * as Policy from "./Policy.ts"
import type * as Scenario from "./Scenario.ts"

export type { Result } from "./internal/Result.ts"

/**
 * The policy cannot be tried: its schedule failed, threw, waited for something, or named a delay that is none.
 *
 * @category errors
 * @since 0.1.0
 */
export class PolicyFailed extends Data.TaggedError("PolicyFailed")<{
  readonly policy: string
  readonly scenario: string
  readonly message: string
  readonly cause?: unknown
}> {}

/**
 * The policy went past the limits of the scenario: it seems to go on for as long as there are failures.
 *
 * @category errors
 * @since 0.1.0
 */
export class PolicyNeverEnds extends Data.TaggedError("PolicyNeverEnds")<{
  readonly policy: string
  readonly scenario: string
  readonly message: string
  readonly attempts: number
}> {}

/**
 * Why a simulation came to no result.
 *
 * @category errors
 * @since 0.1.0
 */
export type LabError = PolicyFailed | PolicyNeverEnds

/**
 * What to simulate. `clients` is 1,000 and `seed` 1, unless given.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly scenario: Scenario.Scenario
  readonly policy: Policy.Policy | RetryPolicy.Input
  readonly clients?: number | undefined
  /** Same seed, same result. The crowd and the server's dice are the same for every policy under one seed. */
  readonly seed?: number | undefined
  /** Called now and then with the share of clients that are done, from 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined
}

/**
 * Runs a policy against a scenario.
 *
 * @category running
 * @since 0.1.0
 */
export const run: (options: Options) => Effect.Effect<Result, LabError> = Effect.fnUntraced(
  function*(options: Options): Effect.fn.Return<Result, LabError> {
    const { clients = 1000, onProgress, scenario, seed = 1 } = options
    const policy = Policy.isPolicy(options.policy) ? options.policy : Policy.make("policy", options.policy)
    const budget = policy.budget === undefined ? undefined : RetryPolicy.makeBudget(policy.budget)
    const simulation = new Simulation(scenario, clients, seed, budget)
    return yield* Effect.gen(function*() {
      const schedule = yield* made(policy, scenario, simulation)
      while (!simulation.isOver) {
        simulation.runSlice(schedule)
        onProgress?.(simulation.progress)
        yield* Effect.yieldNow
      }
      if (simulation.stop !== undefined) return yield* explain(simulation.stop, policy.name, scenario, simulation.now)
      const { inputTokens, outputTokens } = scenario.usage
      const about = { scenario: scenario.name, policy: policy.name, clients, seed }
      return simulation.recorder.report(about, inputTokens + outputTokens)
    }).pipe(Effect.scoped)
  }
)

const made = (policy: Policy.Policy, scenario: Scenario.Scenario, simulation: Simulation) =>
  policy.schedule.pipe(
    Effect.provide(simulation.services),
    Effect.catchCause((cause) => explain({ _tag: "Broken", cause }, policy.name, scenario, 0))
  )

const explain = (
  stop: Stop,
  policy: string,
  scenario: Scenario.Scenario,
  now: number
): Effect.Effect<never, LabError> => {
  const where = { policy, scenario: scenario.name }
  const at = `after ${Duration.format(Duration.millis(Math.round(now)))} of virtual time in ${scenario.name}`
  switch (stop._tag) {
    case "Broken": {
      const cause = Cause.squash(stop.cause)
      return Effect.fail(
        new PolicyFailed({ ...where, cause, message: `The policy "${policy}" failed ${at}: ${sayCause(cause)}` })
      )
    }
    case "BadDelay": {
      const delay = Duration.isDuration(stop.delay) ? Duration.format(stop.delay) : String(stop.delay)
      return Effect.fail(
        new PolicyFailed({
          ...where,
          message: `The policy "${policy}" asked for a delay of ${delay} ${at}. A delay is a finite Duration.`
        })
      )
    }
    case "Endless":
      return Effect.fail(
        new PolicyNeverEnds({
          ...where,
          attempts: stop.attempts,
          message:
            `The policy "${policy}" seems to never end: ${at} client ${stop.client} had made ${
              count(stop.attempts)
            } attempts, and all clients together ${count(stop.calls)} calls. ` +
            `End it, for example with Schedule.upTo({ times: 5, duration: "2 minutes" }).`
        })
      )
  }
}

const count = (n: number): string => n.toLocaleString("en-US")

/** A schedule whose step waits leaves its fiber unfinished, which shows as an `AsyncFiberError`. */
const sayCause = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  return cause.name === "AsyncFiberError"
    ? "a step of its schedule waited for something, and in virtual time nothing comes. A schedule names a delay instead."
    : cause.message.split("\n")[0] ?? cause.name
}
