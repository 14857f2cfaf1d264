/** Plays a scenario: which fault a request meets, and when. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fault from "../Fault.ts"
import * as Scenario from "../Scenario.ts"
import { fits, mix } from "./text.ts"

/** What rules look at. */
export interface Target {
  readonly method: string
  readonly path: string
  readonly model: string | undefined
}

export interface Player {
  /** Plays a scenario from now on, instead of the one before it. */
  readonly play: (scenario: Scenario.Scenario) => Effect.Effect<void>
  readonly next: (target: Target) => Effect.Effect<Fault.Fault>
}

const matches = (match: Scenario.Match | undefined, { method, model, path }: Target): boolean =>
  fits(match?.method?.toUpperCase(), method) && fits(match?.path, path) && fits(match?.model, model)

const isDue = (rule: Scenario.Rule, elapsed: number): boolean => {
  const from = rule.at === undefined ? 0 : Duration.toMillis(rule.at)
  const length = rule.for === undefined ? Infinity : Duration.toMillis(rule.for)
  return elapsed >= from && elapsed < from + length
}

/** Numbers from 0 to 1, the same for the same seed. */
const random = (seed: number): () => number => {
  let state = mix(seed)
  return () => {
    state = (state + 0x9e3779b9) | 0
    return mix(state) / 2 ** 32
  }
}

const start = (scenario: Scenario.Scenario, begin: number) => {
  const draw = random(scenario.seed ?? 1)
  const rules = scenario.rules.map((rule) => ({ rule, chances: Scenario.chances(rule), left: rule.times ?? Infinity }))

  return (target: Target, now: number): Fault.Fault => {
    for (const state of rules) {
      if (state.left <= 0 || !isDue(state.rule, now - begin) || !matches(state.rule.match, target)) continue
      let dice = draw()
      for (const { fault, rate } of state.chances) {
        if (dice < rate) {
          state.left -= 1
          return fault
        }
        dice -= rate
      }
    }
    return Fault.none
  }
}

export const make = (scenario: Scenario.Scenario): Effect.Effect<Player> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    let strike = start(scenario, now)
    return {
      play: (scenario) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          strike = start(scenario, now)
        }),
      next: (target) => Effect.map(Clock.currentTimeMillis, (now) => strike(target, now))
    }
  })
