import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Simulator } from "../src/index.ts"
import { defaults } from "../src/internal/models.ts"
import { attempt, get, jsonOf, sdk } from "./client.ts"

const simulated = Effect.provide(Simulator.layer())

const letters = Effect.provide(Simulator.layer({ models: ["a", "b", "c", "d", "e"].map((id) => ({ id })) }))

describe("models", () => {
  it("have the SDK's type", () => {
    const models: ReadonlyArray<Readonly<Anthropic.ModelInfo>> = defaults.map(({ info }) => info)
    assert.isAbove(models.length, 2)
  })

  it.effect("are listed page by page by the SDK", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const pages = sdk(sim).models.list({ limit: 2 })
      const models = yield* Stream.runCollect(Stream.fromAsyncIterable(pages, (cause) => cause))
      assert.deepStrictEqual(models.map(({ id }) => id), defaults.map(({ info }) => info.id))
      assert.isAbove((yield* sim.journal).length, 1)
    }).pipe(simulated))

  it.effect.each([
    { query: "", ids: "abcde", more: false },
    { query: "?limit=2", ids: "ab", more: true },
    { query: "?limit=2&after_id=b", ids: "cd", more: true },
    { query: "?limit=2&after_id=c", ids: "de", more: false },
    { query: "?after_id=e", ids: "", more: false },
    { query: "?limit=2&before_id=d", ids: "bc", more: true },
    { query: "?limit=2&before_id=c", ids: "ab", more: false }
  ])("are paged by $query", ({ ids, more, query }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const page = yield* Effect.flatMap(get(sim, `/v1/models${query}`), jsonOf)
      assert.deepInclude(page, { has_more: more, first_id: ids.at(0) ?? null, last_id: ids.at(-1) ?? null })
      assert.nestedPropertyVal(page, "data.length", ids.length)
    }).pipe(letters))

  it.effect.each(["limit=0", "limit=1001", "limit=two", "after_id=z", "before_id=z"])(
    "refuse %s",
    (query) =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        assert.strictEqual((yield* get(sim, `/v1/models?${query}`)).status, 400)
      }).pipe(letters)
  )

  it.effect("are retrieved by id", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const model = yield* attempt(() => sdk(sim).models.retrieve("claude-opus-5-5"))
      assert.strictEqual(model.display_name, "Claude Opus 5.5")
    }).pipe(simulated))

  it.effect("that are unknown are not found", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { cause } = yield* Effect.flip(attempt(() => sdk(sim).models.retrieve("foo")))
      assert.propertyVal(cause, "status", 404)
    }).pipe(simulated))

  it.effect("that are retired are listed on request only", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const active = yield* attempt(() => sdk(sim).models.list())
      const retired = yield* attempt(() => sdk(sim).models.list({ lifecycle: ["retired"] }))
      assert.deepStrictEqual(active.data.map(({ id }) => id), ["new"])
      assert.deepStrictEqual(retired.data.map(({ id }) => id), ["old"])
    }).pipe(Effect.provide(Simulator.layer({ models: [{ id: "new" }, { id: "old", lifecycle: "retired" }] }))))
})
