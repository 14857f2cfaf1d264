import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Fault, Scenario, Simulator } from "../src/index.ts"
import { attempt, elapse, hello } from "./client.ts"

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

  it.effect("may be a single rule, in TypeScript and in a file", () =>
    Effect.gen(function*() {
      const scenario = Scenario.make({ seed: 7, overloaded: 0.8 })
      assert.deepStrictEqual(scenario, Scenario.make({ seed: 7, rules: [{ overloaded: 0.8 }] }))
      const file = `{ "$schema": "scenario.schema.json", "seed": 7, "overloaded": 0.8 }`
      assert.deepStrictEqual(yield* Scenario.fromJson(file), scenario)
    }))

  it.effect.each([
    {
      text: `{ "rules": [{ "fault": { "_tag": "Eror" } }] }`,
      says: /^rules\[0\]\.fault\._tag: no fault is named "Eror"\. Those there are: None, Error, .*Delayed$/
    },
    {
      text: `{ "rules": [{ "fault": {} }] }`,
      says: /^rules\[0\]\.fault: a fault is an object with a "_tag", one of None,/
    },
    { text: `{ "rules": [{ "fault": { "_tag": "CutBody" } }] }`, says: /^rules\[0\]\.fault\.afterBytes: is missing$/ },
    { text: `{ "rules": [{ "overloadd": 1 }] }`, says: /^rules\[0\]\.overloadd: this name means nothing here$/ },
    { text: `{ "overloadd": 1 }`, says: /^overloadd: this name means nothing here$/ },
    { text: `{ "rules": [{ "at": "1 second" }] }`, says: /^rules\[0\]: a rule needs a fault/ },
    { text: `{ "overloaded": 1.5 }`, says: /^overloaded: expected .*got 1\.5$/ },
    {
      text: `{ "rules": [{ "overloaded": 0.6, "internal": 0.6 }] }`,
      says: /the likelihoods of a rule add up to more than 1/
    },
    { text: `{ "overloaded": 0.6, "rate": 0.6 }`, says: /^"rate" goes with "fault"/ },
    {
      text: `{ "rules": [{ "at": "soon", "overloaded": 1 }] }`,
      says: /^rules\[0\]\.at: expected .*Duration.*got "soon"$/
    },
    { text: `{`, says: /^no JSON: / }
  ])("that is $text is refused, with where and why", ({ says, text }) =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(Scenario.fromJson(text))
      assert.match(message, says)
    }))

  it.effect.each(Object.entries(Scenario.presets))(
    "named %s is there to be used",
    ([, { scenario }]) =>
      Effect.gen(function*() {
        const statuses = yield* Effect.replicateEffect(Effect.option(message("claude-opus-5-5")), 20).pipe(
          Effect.provide(Simulator.layerFetch({ scenario })),
          Effect.forkChild
        )
        yield* elapse(statuses, "5 seconds")
        const answered = (yield* Fiber.join(statuses)).filter((status) => Option.isSome(status) && status.value === 200)
        assert.isBelow(answered.length, 20)
        assert.isAbove(answered.length, 0)
      })
  )
})

describe("the published schema", () => {
  it("knows every fault and every field", () => {
    const text = readFileSync(join(import.meta.dirname, "../scenario.schema.json"), "utf8")
    const { $defs, anyOf: [, rule] } = JSON.parse(text) as {
      $defs: { Fault: { anyOf: ReadonlyArray<{ properties: { _tag: { enum: ReadonlyArray<string> } } }> } }
      anyOf: readonly [unknown, { properties: Record<string, unknown> }]
    }
    const faults = [
      Fault.none,
      Fault.refused("1 second"),
      Fault.delayed("1 second"),
      Fault.slowBody({ bytesPerSecond: 1 })
    ]
    const tags = $defs.Fault.anyOf.flatMap(({ properties }) => properties._tag.enum)
    assert.includeMembers(tags, faults.map(({ _tag }) => _tag))
    assert.includeMembers(Object.keys(rule.properties), [
      "$schema",
      "seed",
      "match",
      "at",
      "for",
      "times",
      "fault",
      "rate"
    ])
  })
})
