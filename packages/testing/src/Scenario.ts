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
 * **Details**
 *
 * - A request takes a fault of the script first. With none left, the rules are tried in order; the first that strikes
 *   counts.
 * - Chance comes from the seed and the order in which requests arrive: the same requests meet the same faults.
 * - `at` counts from when the scenario began to play, on the simulator's clock.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Fault from "./Fault.ts"

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
 * A scenario as it is written in JSON.
 *
 * @category models
 * @since 0.1.0
 */
export interface Encoded extends Schema.Codec.Encoded<typeof Scenario> {}

const strict = { onExcessProperty: "error" } as const

/**
 * A scenario from its JSON form. Throws at nonsense.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (scenario: Encoded): Scenario => Schema.decodeSync(Scenario, strict)(scenario)

const decodeJson = Schema.decodeEffect(Schema.fromJsonString(Scenario), strict)

/**
 * A scenario from the text of a JSON file. Names that mean nothing are refused: a typo would be a fault that never
 * strikes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromJson = (text: string): Effect.Effect<Scenario, Schema.SchemaError> => decodeJson(text)

/** What a rule may do, and how likely: for the simulator. */
export const chances = (rule: Rule): ReadonlyArray<{ readonly fault: Fault.Fault; readonly rate: number }> =>
  chancesOf(rule)
