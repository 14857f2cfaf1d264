/**
 * Faults that need no script: by which requests they strike, how often, and when. A scenario is plain data, written as
 * JSON and checked by {@link Scenario}.
 *
 * ```json
 * {
 *   "seed": 7,
 *   "rules": [
 *     { "at": "10 seconds", "for": "30 seconds", "overloaded": 0.8 },
 *     { "match": { "model": "claude-opus-*" }, "rateLimited": 0.05, "resetBeforeHeaders": 0.01 },
 *     { "match": { "method": "GET" }, "fault": { "_tag": "CutBody", "afterBytes": 10 }, "times": 3 }
 *   ]
 * }
 * ```
 *
 * A single rule is a scenario too: `{ "overloaded": 0.8 }`. `scenario.schema.json` of this package is its JSON Schema.
 *
 * **Details**
 *
 * - A request takes a fault of the script first. With none left, the rules are tried in order; the first that strikes
 *   counts.
 * - Chance comes from the seed and the order in which requests arrive: the same requests meet the same faults.
 * - `at` counts from when the scenario began to play, on the simulator's clock.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Fault from "./Fault.ts"
import { JsonProblem, parse, reading, withoutSchema } from "./internal/reading.ts"

export type { JsonProblem } from "./internal/reading.ts"

const Rate = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

/**
 * Which requests a rule is for: those that all of it fits. A `*` at the end stands for any rest.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Match = Schema.Struct({
  method: Schema.optional(Schema.String),
  path: Schema.optional(Schema.String),
  model: Schema.optional(Schema.String)
})

/**
 * Which requests a rule is for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Match extends Schema.Schema.Type<typeof Match> {}

const shorthands: Readonly<Record<Shorthand, Fault.Fault>> = {
  overloaded: Fault.overloaded(),
  rateLimited: Fault.rateLimited(),
  internal: Fault.internal(),
  resetBeforeHeaders: Fault.resetBeforeHeaders,
  resetAfterHeaders: Fault.resetAfterHeaders,
  stallBeforeHeaders: Fault.stallBeforeHeaders
}

type Shorthand =
  | "overloaded"
  | "rateLimited"
  | "internal"
  | "resetBeforeHeaders"
  | "resetAfterHeaders"
  | "stallBeforeHeaders"

const RuleFields = Schema.Struct({
  match: Schema.optional(Match),
  at: Schema.optional(Schema.DurationFromString),
  for: Schema.optional(Schema.DurationFromString),
  times: Schema.optional(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))),
  fault: Schema.optional(Fault.Fault),
  rate: Schema.optional(Rate),
  overloaded: Schema.optional(Rate),
  rateLimited: Schema.optional(Rate),
  internal: Schema.optional(Rate),
  resetBeforeHeaders: Schema.optional(Rate),
  resetAfterHeaders: Schema.optional(Rate),
  stallBeforeHeaders: Schema.optional(Rate)
})

type RuleFields = typeof RuleFields.Type

/** What a rule may do to a request, and how likely. */
const chancesOf = (rule: RuleFields): ReadonlyArray<{ readonly fault: Fault.Fault; readonly rate: number }> => [
  ...(rule.fault === undefined ? [] : [{ fault: rule.fault, rate: rule.rate ?? 1 }]),
  ...Object.entries(shorthands).flatMap(([name, fault]) => {
    const rate = rule[name as Shorthand]
    return rate === undefined ? [] : [{ fault, rate }]
  })
]

const total = (rule: RuleFields): number => chancesOf(rule).reduce((sum, { rate }) => sum + rate, 0)

/**
 * Faults for some requests, some of the time, with some likelihood.
 *
 * - `match`: which requests. Default: all.
 * - `at`, `for`: from when on, and how long. Default: from the start, for ever.
 * - `fault`, `rate`: any fault, and how likely it is. Default: certain.
 * - `overloaded`, `rateLimited`, `internal`, `resetBeforeHeaders`, `resetAfterHeaders`, `stallBeforeHeaders`: how likely
 *   the fault of that name is. All likelihoods of a rule add up to 1 at most.
 * - `times`: after so many strikes, the rule is over.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rule = RuleFields.check(
  Schema.makeFilter((rule: RuleFields) => chancesOf(rule).length > 0, {
    message: "a rule needs a fault, or a likelihood such as \"overloaded\": 0.5"
  }),
  Schema.makeFilter((rule: RuleFields) => rule.fault !== undefined || rule.rate === undefined, {
    message: "\"rate\" goes with \"fault\""
  }),
  Schema.makeFilter((rule: RuleFields) => total(rule) <= 1 + 1e-9, {
    message: "the likelihoods of a rule add up to more than 1"
  })
)

/**
 * One rule of a scenario.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rule extends Schema.Schema.Type<typeof Rule> {}

/**
 * The schema of scenarios: reads and writes them as JSON.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Scenario = Schema.Struct({
  seed: Schema.optional(Schema.Int),
  rules: Schema.Array(Rule)
})

/**
 * Rules, and the seed of their chance. Default seed: 1.
 *
 * @category models
 * @since 0.1.0
 */
export interface Scenario extends Schema.Schema.Type<typeof Scenario> {}

/**
 * A scenario as it is written, in TypeScript and in JSON alike: rules with a seed, or a single rule, such as
 * `{ "overloaded": 0.8 }`. A file may name its schema: `"$schema": "…/scenario.schema.json"`.
 *
 * @category models
 * @since 0.1.0
 */
export type Encoded = typeof Scenario.Encoded | (typeof Rule.Encoded & Pick<typeof Scenario.Encoded, "seed">)

const read = reading(Scenario)

const isRules = (json: unknown): boolean => Predicate.hasProperty(json, "rules")

/** A single rule becomes one of rules. */
const inRules = (json: unknown): unknown => {
  if (!Predicate.isObject(json) || Array.isArray(json) || isRules(json)) return json
  const { seed, ...rule } = json as Readonly<Record<string, unknown>>
  return seed === undefined ? { rules: [rule] } : { seed, rules: [rule] }
}

/**
 * A scenario from a JSON that was parsed already. Fails as {@link fromJson} does.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromUnknown = (json: unknown): Effect.Effect<Scenario, JsonProblem> => {
  const named = withoutSchema(json)
  return Effect.mapError(
    read(inRules(named)),
    ({ message }) => new JsonProblem({ message: isRules(named) ? message : message.replace(/^rules\[0\][.:]? ?/, "") })
  )
}

/**
 * A scenario from the text of a JSON file. Names that mean nothing are refused: a typo would be a fault that never
 * strikes. The error says where the text is wrong, and what may be there.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromJson = (text: string): Effect.Effect<Scenario, JsonProblem> => Effect.flatMap(parse(text), fromUnknown)

/**
 * A scenario from its JSON form. Throws the error of {@link fromJson} at nonsense.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (scenario: Encoded): Scenario => Effect.runSync(fromUnknown(scenario))

/**
 * A scenario that is there to be used as it is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Preset {
  /** What it is like, in a few words. */
  readonly description: string
  readonly scenario: Scenario
}

/**
 * Bad days to be had by their name:
 *
 * - `storm`: a bit of everything, all the time.
 * - `outage`: well for 10 seconds, then down for 30 seconds, and well again.
 * - `brown-out`: up, but slow, and often overloaded.
 * - `rate-limit`: every other request is over the limit, and told to come back in 2 seconds.
 *
 * `Simulator.layer({ scenario: Scenario.presets.storm.scenario })` and `claude-simulator --scenario storm` play the same.
 *
 * @category constructors
 * @since 0.1.0
 */
export const presets = {
  storm: {
    description: "a bit of everything, all the time",
    scenario: make({
      rules: [
        { overloaded: 0.15, rateLimited: 0.05, internal: 0.05, resetBeforeHeaders: 0.03, resetAfterHeaders: 0.02 },
        { fault: { _tag: "CutBody", afterBytes: 100 }, rate: 0.03 },
        { fault: { _tag: "SlowBody", bytesPerSecond: 500 }, rate: 0.05 },
        { fault: { _tag: "Delayed", duration: "3 seconds", fault: { _tag: "None" } }, rate: 0.05 },
        { fault: { _tag: "StallBody", afterBytes: 100 }, rate: 0.01 }
      ]
    })
  },
  outage: {
    description: "well for 10 s, then down for 30 s, and well again",
    scenario: make({ at: "10 seconds", times: 1, fault: { _tag: "Refused", duration: "30 seconds" } })
  },
  "brown-out": {
    description: "up, but slow, and often overloaded",
    scenario: make({
      rules: [
        { overloaded: 0.3 },
        { fault: { _tag: "Delayed", duration: "5 seconds", fault: { _tag: "None" } }, rate: 0.3 },
        { fault: { _tag: "SlowBody", bytesPerSecond: 200 } }
      ]
    })
  },
  "rate-limit": {
    description: "429 for every other request, come back in 2 s",
    scenario: make({ fault: { _tag: "Error", status: 429, retryAfter: "2 seconds" }, rate: 0.5 })
  }
} satisfies Readonly<Record<string, Preset>>

/** What a rule may do, and how likely: for the simulator. */
export const chances = (rule: Rule): ReadonlyArray<{ readonly fault: Fault.Fault; readonly rate: number }> =>
  chancesOf(rule)
