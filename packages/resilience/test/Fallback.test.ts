/** Fallbacks over real sockets, in virtual time. */
import { Fault, Scenario, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Metric, Schedule, Stream } from "effect"
import { Claude, ClaudeClient, MessageStream, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { Fallback } from "../src/index.ts"
import { hello, say } from "./support/programs.ts"
import { modelsAsked, overSocket } from "./support/sockets.ts"
import { recording } from "./support/tracing.ts"

const opus = "claude-opus-5-5"
const sonnet = "claude-sonnet-5-5"
const haiku = "claude-haiku-5-5"

const twoModels = Fallback.layer([Fallback.model(opus), Fallback.model(sonnet)])

const opusIsDown = (during: { readonly for?: string } = {}) =>
  Scenario.make({ rules: [{ match: { model: opus }, overloaded: 1, ...during }] })

describe("a fallback", () => {
  it.effect("gives the answer of the second model while the first is overloaded", () =>
    Effect.gen(function*() {
      const message = yield* say()
      assert.strictEqual(message.model, sonnet)
      assert.deepStrictEqual(yield* modelsAsked, [opus, sonnet])
    }).pipe(Effect.provide(overSocket(twoModels, {}, { scenario: opusIsDown() }))))

  it.effect("leaves alone what does not fail, what no step names, and what names no model", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* say()
      yield* claude.models.retrieve(opus)
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      const error = yield* Effect.flip(say({ model: haiku }))
      assert.strictEqual(error._tag, "OverloadedError")
      assert.deepStrictEqual(yield* modelsAsked, [opus, undefined, haiku])
    }).pipe(Effect.provide(overSocket(twoModels))))

  it.effect("begins with the step that the call names, and goes on to those after it", () =>
    Effect.gen(function*() {
      const message = yield* say({ model: sonnet })
      assert.strictEqual(message.model, haiku)
      assert.deepStrictEqual(yield* modelsAsked, [sonnet, haiku])
    }).pipe(Effect.provide(overSocket(
      Fallback.layer([Fallback.model(opus), Fallback.model(sonnet), Fallback.model(haiku)]),
      {},
      { scenario: Scenario.make({ rules: [{ match: { model: sonnet }, overloaded: 1 }] }) }
    ))))

  it.effect("does not move on from a request that is wrong", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.error({ status: 400 })])
      const error = yield* Effect.flip(say())
      assert.strictEqual(error._tag, "BadRequestError")
      assert.deepStrictEqual(yield* modelsAsked, [opus])
      // And the model is not taken for down.
      yield* say()
      assert.deepStrictEqual(yield* modelsAsked, [opus, opus])
    }).pipe(Effect.provide(overSocket(twoModels))))

  it.effect("asks the step that is entered whether a failure leads to it", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.internal()])
      assert.strictEqual((yield* say()).model, haiku)
      assert.deepStrictEqual(yield* modelsAsked, [opus, haiku])
      // A step that is skipped leads where its failure did.
      assert.strictEqual((yield* say()).model, haiku)
      assert.deepStrictEqual(yield* modelsAsked, [opus, haiku, haiku])
    }).pipe(Effect.provide(overSocket(Fallback.layer([
      Fallback.model(opus),
      Fallback.model(sonnet, { when: (error) => error.isThrottling }),
      Fallback.model(haiku)
    ])))))

  it.effect("asks about the failure that a step is skipped for", () =>
    Effect.gen(function*() {
      yield* say()
      yield* say()
      assert.deepStrictEqual(yield* modelsAsked, [opus, sonnet, sonnet])
    }).pipe(Effect.provide(overSocket(
      Fallback.layer([
        Fallback.model(opus),
        Fallback.model(sonnet, { when: (error) => error._tag === "OverloadedError" })
      ]),
      {},
      { scenario: opusIsDown() }
    ))))

  it.effect("fits the parameters to the model", () =>
    Effect.gen(function*() {
      yield* say({ thinking: { type: "enabled", budget_tokens: 1024 }, max_tokens: 2000 })
      const { journal } = yield* Simulator.Simulator
      const bodies = (yield* journal).map(({ body }) => body)
      assert.deepInclude(bodies[0], { max_tokens: 2000, model: opus })
      assert.deepStrictEqual(bodies[1], { ...hello, model: sonnet, max_tokens: 50 })
    }).pipe(Effect.provide(overSocket(
      Fallback.layer([
        Fallback.model(opus),
        Fallback.model(sonnet, { params: ({ thinking: _, ...params }) => ({ ...params, max_tokens: 50 }) })
      ]),
      {},
      { scenario: opusIsDown() }
    ))))

  it.effect("retries the last step alone by the call's own policy", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(say())
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(yield* modelsAsked, [opus, sonnet, sonnet, sonnet])
    }).pipe(Effect.provide(overSocket(
      twoModels,
      { retry: RetryPolicy.constant(0).pipe(RetryPolicy.whileRetryable, Schedule.upTo({ times: 2 })) },
      { scenario: Scenario.make({ rules: [{ overloaded: 1 }] }) }
    ))))

  it.effect("does not run again what may have run and is not harmless to repeat", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* sim.script([Fault.resetBeforeHeaders])
      const error = yield* Effect.flip(
        claude.beta.agents.create({ name: "helper", model: opus })
      )
      assert.deepInclude(error, {
        _tag: "APIConnectionError",
        isRetryable: true,
        outcome: "unknown",
        repeatable: false
      })
      assert.lengthOf(yield* sim.journal, 1)
    }).pipe(Effect.provide(overSocket(twoModels))))
})

/** Calls one after the other, a second apart. */
const callsFor = (seconds: number) =>
  Effect.forEach(Array.from({ length: seconds }), () => Effect.andThen(say(), TestClock.adjust("1 second")), {
    discard: true
  })

const extra = Effect.map(modelsAsked, (models) => models.filter((model) => model === opus).length)

describe("the memory of a fallback", () => {
  it.effect("costs one extra request for an outage, not one for each call", () =>
    Effect.gen(function*() {
      yield* callsFor(25)
      assert.strictEqual(yield* extra, 1)
      assert.lengthOf(yield* modelsAsked, 26)
    }).pipe(Effect.provide(overSocket(twoModels, {}, { scenario: opusIsDown() }))))

  it.effect("tries a step that is down once per cooldown, each twice as long, and returns to it when it is back", () =>
    Effect.gen(function*() {
      yield* callsFor(600)
      // At 0, 30, 90, 210 and 450 seconds; the next at 750.
      assert.strictEqual(yield* extra, 5)
      yield* callsFor(160)
      const models = (yield* modelsAsked).slice(605)
      assert.isTrue(models.slice(0, 150).every((model) => model === sonnet))
      assert.isTrue(models.slice(150).every((model) => model === opus))
    }).pipe(
      Effect.provide(
        overSocket(twoModels, {}, { scenario: opusIsDown({ for: "700 seconds" }) })
      )
    ))

  it.effect("lets one call try at a time, and the next one where that is cancelled", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      yield* say()
      yield* TestClock.adjust("30 seconds")
      yield* sim.script([Fault.stallBeforeHeaders])
      const probe = yield* Effect.forkChild(say())
      yield* sim.awaitJournal((entries) => entries.length === 3)
      assert.strictEqual((yield* say()).model, sonnet)
      yield* Fiber.interrupt(probe)
      assert.strictEqual((yield* say()).model, opus)
      assert.deepStrictEqual(yield* modelsAsked, [opus, sonnet, opus, sonnet, opus])
    }).pipe(Effect.provide(overSocket(twoModels))))

  it.effect("skips a step for as long as the server asked", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.rateLimited({ retryAfter: "100 seconds" })])
      yield* callsFor(101)
      const models = yield* modelsAsked
      assert.isTrue(models.slice(1, 101).every((model) => model === sonnet))
      assert.deepStrictEqual(models.slice(101), [opus])
    }).pipe(Effect.provide(overSocket(twoModels))))

  it.effect("never skips the last step", () =>
    Effect.gen(function*() {
      yield* Effect.flip(say())
      yield* Effect.flip(say())
      assert.deepStrictEqual(yield* modelsAsked, [opus, sonnet, sonnet])
    }).pipe(
      Effect.provide(overSocket(twoModels, {}, { scenario: Scenario.make({ rules: [{ overloaded: 1 }] }) }))
    ))
})

class BedrockClaude extends Context.Service<BedrockClaude, ClaudeClient.Service>()("BedrockClaude") {}

/** A second API, on a socket of its own. */
class SecondSimulator extends Context.Service<SecondSimulator, Simulator.Simulator["Service"]>()("SecondSimulator") {}

const second = Layer.effect(SecondSimulator, Simulator.Simulator).pipe(Layer.provide(Layer.fresh(Simulator.layer())))

const BedrockLive = Layer.effect(BedrockClaude, ClaudeClient.ClaudeClient).pipe(
  Layer.provide(Layer.fresh(Layer.unwrap(
    Effect.map(SecondSimulator, ({ apiKey, url }) => ClaudeClient.layer({ apiKey, baseURL: url, logLevel: "off" }))
  )))
)

describe("a client as a step", () => {
  const withBedrock = <E>(fallback: Layer.Layer<never, E, BedrockClaude>) =>
    overSocket(
      fallback.pipe(Layer.provide(BedrockLive), Layer.provideMerge(second)),
      {},
      { scenario: Scenario.make({ rules: [{ resetBeforeHeaders: 1 }] }) }
    )

  it.effect("takes over the caller's model where the connection fails", () =>
    Effect.gen(function*() {
      const there = yield* SecondSimulator
      const { response, value } = yield* Claude.withResponse(say())
      assert.strictEqual(value.model, opus)
      assert.strictEqual(`http://${response?.host}`, there.url)
      assert.strictEqual(response?.model, opus)
      assert.deepStrictEqual(yield* modelsAsked, [opus, sonnet])
      assert.lengthOf(yield* there.journal, 1)
    }).pipe(Effect.provide(withBedrock(
      Fallback.layer([Fallback.model(opus), Fallback.model(sonnet), Fallback.client(BedrockClaude)])
    ))))

  it.effect("takes models that no step names, unless it has one of its own", () =>
    Effect.gen(function*() {
      const there = yield* SecondSimulator
      assert.strictEqual((yield* say({ model: haiku })).model, haiku)
      assert.lengthOf(yield* there.journal, 1)
    }).pipe(Effect.provide(withBedrock(
      Fallback.layer([
        Fallback.model(opus),
        Fallback.client(BedrockClaude, { model: sonnet }),
        Fallback.client(BedrockClaude, { model: (name) => name })
      ])
    ))))
})

describe("a stream", () => {
  const stream = Effect.map(Claude.Claude, (claude) => claude.messages.stream({ ...hello }))
  const whole = Effect.flatMap(stream, Stream.runCollect)

  it.effect("moves on where the failure comes before the first content block", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamError({ afterEvents: 1, type: "overloaded_error" })])
      const { events, response } = yield* MessageStream.open(yield* stream)
      const first = yield* Stream.runHead(events)
      assert.deepInclude(first, { _tag: "Some" })
      assert.strictEqual(response?.model, sonnet)
      assert.deepStrictEqual(yield* modelsAsked, [opus, sonnet])
    }).pipe(Effect.scoped, Effect.provide(overSocket(twoModels))))

  it.effect("fails where it breaks later, and asks nobody else", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamError({ afterEvents: 5, type: "overloaded_error" })])
      const error = yield* Effect.flip(whole)
      assert.strictEqual(error._tag, "OverloadedError")
      assert.deepStrictEqual(yield* modelsAsked, [opus])
    }).pipe(Effect.provide(overSocket(twoModels))))
})

describe("what served a call", () => {
  it.effect("stands in the response, the span and the metrics", () => {
    const { spans, traced } = recording()
    return Effect.gen(function*() {
      const { response } = yield* Claude.withResponse(say())
      assert.strictEqual(response?.model, sonnet)
      yield* say()
      const call = spans.find(({ name }) => name === `chat ${opus}`)
      assert.strictEqual(call?.attributes.get("claude.fallback.step"), sonnet)
      assert.strictEqual(call?.attributes.get("gen_ai.response.model"), sonnet)
      const counts = (yield* Metric.snapshot).flatMap((metric) =>
        metric.id === "claude.fallback.calls" && metric.type === "Counter"
          ? [[metric.attributes?.step, metric.attributes?.result, metric.state.count]]
          : []
      )
      assert.sameDeepMembers(counts, [[opus, "failed", 1], [opus, "skipped", 1], [sonnet, "served", 2]])
    }).pipe(
      traced,
      Effect.provide(overSocket(twoModels, {}, { scenario: opusIsDown() })),
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
  })
})

describe("wrong options", () => {
  it("are errors of the line that says them", () => {
    assert.throws(() => Fallback.make([]), "steps must not be empty")
    assert.throws(() => Fallback.make([Fallback.model(opus), Fallback.model(opus)]), "twice")
    assert.throws(() => Fallback.make([Fallback.model(opus)], { cooldown: 0 }), "cooldown")
  })
})
