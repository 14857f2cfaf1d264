/** A schedule, described by what it does: it is run against errors, clocks and chances made up for it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as ClaudeError from "../ClaudeError.ts"

type Policy = Schedule.Schedule<unknown, ClaudeError.ClaudeError>

/** What a policy is asked: an error, so long after its first one. */
interface Question {
  readonly error: ClaudeError.ClaudeError
  readonly elapsed: number
}

const chance = (value: number): typeof Random.Random.Service => ({
  nextIntUnsafe: () => Math.floor(value * 2 ** 32),
  nextDoubleUnsafe: () => value
})

/** The delays in milliseconds that a fresh run of the policy gives to the questions, up to where it ends. */
const ask = (
  policy: Policy,
  random: number,
  questions: ReadonlyArray<Question>
): Effect.Effect<ReadonlyArray<number>> =>
  Effect.gen(function*() {
    const step = yield* Schedule.toStep(policy)
    const delays: Array<number> = []
    for (const { elapsed, error } of questions) {
      const delay = yield* Pull.matchEffect(step(elapsed, error), {
        onSuccess: ([, delay]) => Effect.succeed<number | undefined>(Duration.toMillis(delay)),
        onDone: () => Effect.succeed(undefined),
        onFailure: Effect.failCause
      })
      if (delay === undefined) break
      delays.push(delay)
    }
    return delays
  }).pipe(Effect.provideService(Random.Random, chance(random)))

const overloaded = new ClaudeError.OverloadedError({ message: "Overloaded" })

const limited = (retryAfter: number) =>
  new ClaudeError.RateLimitError({ message: "Limited", retryAfter: Duration.millis(retryAfter) })

const at = (error: ClaudeError.ClaudeError, elapsed = 0): Question => ({ error, elapsed })

const mostRetries = 100

const day = 86_400_000

/** The smallest of 0…`most` for which `fails` holds, if any: `fails` stays true once it is. */
const firstFailing = (
  most: number,
  fails: (value: number) => Effect.Effect<boolean>
): Effect.Effect<number | undefined> =>
  Effect.gen(function*() {
    if (!(yield* fails(most))) return undefined
    let [low, high] = [0, most]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (yield* fails(middle)) high = middle
      else low = middle + 1
    }
    return high
  })

const ends = (policy: Policy, questions: ReadonlyArray<Question>) =>
  Effect.map(ask(policy, 0.5, questions), (delays) => delays.length < questions.length)

/** Chance may make a delay longer or shorter. */
const range = (one: number, other: number): string =>
  one === other ? text(one) : `${text(Math.min(one, other))}–${text(Math.max(one, other))}`

const text = (millis: number): string => Duration.format(Duration.millis(Math.round(millis)))

export const describePolicy = (policy: Policy, shown: number): Effect.Effect<string> =>
  Effect.gen(function*() {
    const forever = Array.from({ length: mostRetries }, () => at(overloaded))
    const [low, high] = yield* Effect.all([ask(policy, 0, forever), ask(policy, 1 - Number.EPSILON, forever)])
    if (low.length === 0) return "never retries an overload"
    const delays = low.slice(0, shown).map((delay, index) => range(delay, high[index] ?? delay))
    const timeLimit = yield* firstFailing(day, (elapsed) => ends(policy, [at(overloaded), at(overloaded, elapsed)]))
    const longestAsked = yield* firstFailing(day, (asked) => ends(policy, [at(limited(asked))]))
    const [afterMinute] = yield* ask(policy, 0, [at(limited(Math.min(60_000, (longestAsked ?? day) - 1)))])
    const rules = [
      low.length === mostRetries ? "never ends by itself" : `at most ${low.length} retries`,
      timeLimit === undefined ? undefined : `decides on none later than ${text(timeLimit - 1)} after the first failure`,
      (afterMinute ?? 0) >= Math.min(60_000, (longestAsked ?? day) - 1)
        ? "waits as long as the server asks"
        : "does not listen to retry-after",
      longestAsked === undefined ? undefined : `gives up when it asks for more than ${text(longestAsked - 1)}`,
      ...yield* refusals(policy)
    ]
    const more = low.length > shown ? ", …" : ""
    return [`delays: ${delays.join(", ")}${more}`, ...rules.filter((rule) => rule !== undefined)].join("\n")
  })

const refusals = (policy: Policy) =>
  Effect.map(
    Effect.all([
      ends(policy, [at(new ClaudeError.BadRequestError({ message: "Bad" }))]),
      ends(policy, [at(new ClaudeError.APIConnectionTimeoutError({ message: "Timeout", repeatable: false }))])
    ]),
    ([unretryable, unrepeatable]) => [
      unretryable ? "retries only what can pass" : "retries errors that cannot pass, too",
      unrepeatable
        ? "never repeats what may have run, unless that is harmless"
        : "repeats what may have run"
    ]
  )
