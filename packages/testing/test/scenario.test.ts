import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Fault, Scenario, Simulator } from "../src/index.ts"
import { attempt, hello } from "./client.ts"

const ask = (path: string, init: RequestInit = {}) =>
  Effect.gen(function*() {
    const { apiKey, fetch, url } = yield* Simulator.Simulator
    const headers = { "x-api-key": Redacted.value(apiKey), "anthropic-version": "2026-10-21" }
    return (yield* attempt(() => fetch(`${url}${path}`, { ...init, headers }))).status
  })

const models = ask("/v1/models")

const message = (model: string) => ask("/v1/messages", { method: "POST", body: JSON.stringify({ ...hello, model }) })

const playing = (scenario: Scenario.Encoded) =>
  Effect.provide(Simulator.layerFetch({ scenario: Scenario.make(scenario) }))

const count = (statuses: ReadonlyArray<number>, status: number) => statuses.filter((one) => one === status).length

describe("a scenario", () => {
  it.effect("strikes at its time, on the clock", () =>
    Effect.gen(function*() {
      const before = yield* models
      yield* TestClock.adjust("10 seconds")
      const during = yield* models
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual([before, during, yield* models], [200, 529, 200])
    }).pipe(playing({ rules: [{ at: "10 seconds", for: "30 seconds", overloaded: 1 }] })))

  it.effect("strikes as often as it says, and the same requests in every run", () => {
    const run = Effect.replicateEffect(models, 200).pipe(
      playing({ seed: 3, rules: [{ overloaded: 0.5, rateLimited: 0.3 }] })
    )
    return Effect.gen(function*() {
      const statuses = yield* run
      assert.closeTo(count(statuses, 529), 100, 20)
      assert.closeTo(count(statuses, 429), 60, 20)
      assert.deepStrictEqual(yield* run, statuses)
    })
  })

  it.effect("differs with the seed", () =>
    Effect.gen(function*() {
      const run = (seed: number) =>
        Effect.replicateEffect(models, 50).pipe(playing({ seed, rules: [{ overloaded: 0.5 }] }))
      assert.notDeepEqual(yield* run(1), yield* run(2))
    }))

  it.effect("strikes the requests it is for", () =>
    Effect.gen(function*() {
      const statuses = [yield* message("claude-opus-5-5"), yield* message("claude-sonnet-5-5"), yield* models]
      assert.deepStrictEqual(statuses, [529, 500, 418])
    }).pipe(playing({
      rules: [
        { match: { method: "GET" }, fault: { _tag: "Error", status: 418 } },
        { match: { path: "/v1/mess*", model: "claude-opus-*" }, overloaded: 1 },
        { match: { model: "claude-sonnet-5-5" }, internal: 1 }
      ]
    })))

  it.effect("may be over after so many strikes", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Effect.replicateEffect(models, 3), [529, 529, 200])
    }).pipe(playing({ rules: [{ overloaded: 1, times: 2 }] })))

  it.effect("comes after the script, and can begin at any time", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.none])
      yield* TestClock.adjust("1 hour")
      yield* sim.play(Scenario.make({ rules: [{ for: "1 second", overloaded: 1 }] }))
      assert.deepStrictEqual(yield* Effect.replicateEffect(models, 2), [200, 529])
      yield* sim.reset
      assert.strictEqual(yield* models, 200)
    }).pipe(playing({ rules: [] })))

  it.effect("survives JSON", () =>
    Effect.gen(function*() {
      const text = `{ "seed": 7, "rules": [{ "at": "10 seconds", "for": "30 seconds", "overloaded": 0.8 }] }`
      const scenario = yield* Scenario.fromJson(text)
      const again = yield* Schema.encodeEffect(Schema.fromJsonString(Scenario.Scenario))(scenario)
      assert.deepStrictEqual(yield* Scenario.fromJson(again), scenario)
    }))

  it.effect.each([
    { name: "a name that means nothing", text: `{ "rules": [{ "overloadd": 1 }] }` },
    { name: "a rule without a fault", text: `{ "rules": [{ "at": "1 second" }] }` },
    { name: "a likelihood over 1", text: `{ "rules": [{ "overloaded": 1.5 }] }` },
    { name: "likelihoods that add up to more", text: `{ "rules": [{ "overloaded": 0.6, "internal": 0.6 }] }` },
    { name: "a rate of nothing", text: `{ "rules": [{ "overloaded": 0.6, "rate": 0.6 }] }` },
    { name: "no time", text: `{ "rules": [{ "at": "soon", "overloaded": 1 }] }` },
    { name: "no JSON", text: `{` }
  ])("is not made of $name", ({ text }) =>
    Effect.gen(function*() {
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Scenario.fromJson(text))))
    }))
})
