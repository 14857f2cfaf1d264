/** What calls have used, against what a simulated API says that it has sent. */
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Schedule, Schema, Stream } from "effect"
import { Claude, Interceptor, MessageStream, Prices, RetryPolicy, Usage } from "effect-claude"
import { hello, simulated } from "./support/simulated.ts"

const claude = Claude.Claude

const journalUsage = Effect.gen(function*() {
  const sim = yield* Simulator.Simulator
  const entries = yield* sim.awaitJournal((entries) => entries.every(({ outcome }) => outcome !== "pending"))
  return Usage.sum(
    entries.flatMap(({ body, usage }) =>
      usage === undefined
        ? []
        : [Usage.of({ model: (body as { model: string }).model, usage, stop_reason: "end_turn" })]
    )
  )
})

const words = (count: number): Claude.MessageCreateParams => ({
  ...hello,
  max_tokens: 1000,
  messages: [{ role: "user", content: `Say hello in ${count} words` }]
})

const retryAtOnce = RetryPolicy.constant(0).pipe(Schedule.upTo({ times: 3 }))

/** At most what the API has sent, in every kind. */
const assertWithin = (usage: Usage.Usage, sent: Usage.Usage) => {
  for (const kind of ["inputTokens", "cacheReadTokens", "outputTokens", "reasoningTokens"] as const) {
    assert.isAtMost(usage[kind], sent[kind], kind)
  }
}

describe("Usage.track", () => {
  it.effect("gives the value and what it used, to the token", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const { usage, value } = yield* Usage.track(messages.create(hello))
      assert.strictEqual(value.role, "assistant")
      assert.isAbove(usage.outputTokens, 0)
      assert.isTrue(usage.isFinal)
      assert.deepStrictEqual(usage, yield* journalUsage)
      assert.deepStrictEqual(usage, Usage.of(value))
    }).pipe(Effect.provide(simulated())))

  it.effect("counts calls, streams, objects and folded streams, of concurrent children too", () =>
    Effect.gen(function*() {
      const { beta, messages } = yield* claude
      const schema = Schema.Struct({ city: Schema.String })
      const { usage } = yield* Usage.track(Effect.all([
        messages.create(words(3)),
        messages.parse(words(5)),
        messages.object({ ...words(1), schema }),
        Stream.runDrain(messages.objectStream({ ...words(1), schema })),
        Stream.runDrain(messages.stream(words(7))),
        MessageStream.runMessage(messages.stream(words(11))),
        beta.messages.create(words(13)),
        Stream.runDrain(beta.messages.stream(words(17)))
      ], { concurrency: "unbounded" }))
      assert.isTrue(usage.isFinal)
      assert.deepStrictEqual(usage, yield* journalUsage)
    }).pipe(Effect.provide(simulated())))

  it.effect("counts nothing for what is not a message", () =>
    Effect.gen(function*() {
      const { messages, models } = yield* claude
      const { usage } = yield* Usage.track(Effect.all([
        Stream.runDrain(models.list()),
        messages.countTokens({ model: hello.model, messages: hello.messages })
      ]))
      assert.deepStrictEqual(usage, Usage.none)
    }).pipe(Effect.provide(simulated())))

  it.effect("counts in the outer and in the inner, each once", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const first = messages.create(words(3))
      const { usage: outer, value: { usage: inner } } = yield* Usage.track(
        Effect.andThen(first, Usage.track(messages.create(words(30))))
      )
      assert.isAtLeast(inner.outputTokens, 30)
      assert.deepStrictEqual(outer, yield* journalUsage)
      assert.strictEqual(outer.outputTokens - inner.outputTokens, Usage.of(yield* first).outputTokens)
    }).pipe(Effect.provide(simulated())))

  it.effect("is the sum of its parts", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const parts = [1, 2, 3].map((count) => messages.create(words(count)))
      const apart = yield* Effect.forEach(parts, (part) => Effect.map(Usage.track(part), ({ usage }) => usage))
      const { usage } = yield* Usage.track(Effect.all(parts))
      assert.deepStrictEqual(usage, Usage.sum(apart))
    }).pipe(Effect.provide(simulated())))

  it.effect("starts from nothing each time that it runs", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const tracked = Usage.track(messages.create(hello))
      assert.deepStrictEqual((yield* tracked).usage, (yield* tracked).usage)
    }).pipe(Effect.provide(simulated())))

  it.effect("counts a batch's rows at the tier of batches, at half the price", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const requests = [3, 7].map((count) => ({ custom_id: `row-${count}`, params: words(count) }))
      const { usage, value: rows } = yield* Usage.track(Effect.flatMap(
        messages.batches.create({ requests }),
        ({ id }) => Stream.runCollect(messages.batches.results(id))
      ))
      assert.isTrue(usage.isFinal)
      assert.deepStrictEqual(usage.lines.map(({ serviceTier }) => serviceTier), ["batch"])
      const tokens = rows.flatMap(({ result }) => result.type === "succeeded" ? [result.message.usage] : [])
      assert.strictEqual(tokens.length, 2)
      assert.strictEqual(usage.outputTokens, tokens.reduce((sum, { output_tokens }) => sum + output_tokens, 0))
      assert.strictEqual(usage.inputTokens, tokens.reduce((sum, { input_tokens }) => sum + input_tokens, 0))
      const standard = { ...usage, lines: usage.lines.map((line) => ({ ...line, serviceTier: "standard" })) }
      const [half, full] = yield* Effect.all([Prices.cost(usage), Prices.cost(standard)])
      assert.strictEqual(2 * Option.getOrThrow(half), Option.getOrThrow(full))
    }).pipe(Effect.provide(simulated({}, { batchDuration: 0 }))))
})

describe("usage that is not final", () => {
  it.effect("is that of a stream that is cut: what had been counted, and at most what was sent", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { messages } = yield* claude
      yield* sim.script([Fault.streamEnds({ afterEvents: 8 })])
      const told: Array<Usage.Usage> = []
      const exit = yield* messages.stream(words(50)).pipe(
        Stream.runDrain,
        Usage.onExit((usage) => Effect.sync(() => told.push(usage))),
        Effect.exit
      )
      assert.isTrue(Exit.isFailure(exit))
      const [usage = Usage.none] = told
      assert.isFalse(usage.isFinal)
      assert.deepStrictEqual(Usage.finalOnly(usage), Usage.none)
      assert.isAbove(usage.inputTokens, 0)
      assertWithin(usage, yield* journalUsage)
    }).pipe(Effect.provide(simulated())))

  it.effect("is that of a stream whose reader leaves", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const { usage } = yield* Usage.track(Stream.runDrain(Stream.take(messages.stream(words(50)), 1)))
      assert.isFalse(usage.isFinal)
      assert.isAbove(usage.inputTokens, 0)
      assertWithin(usage, yield* journalUsage)
    }).pipe(Effect.provide(simulated({}, { pacing: { tokensPerSecond: 1 } }))))

  it.effect("is that of a call that is interrupted after it was sent", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { messages } = yield* claude
      yield* sim.script([Fault.stallBeforeHeaders])
      const told: Array<Usage.Usage> = []
      const call = messages.create(hello).pipe(Usage.onExit((usage) => Effect.sync(() => told.push(usage))))
      const fiber = yield* Effect.forkChild(call)
      yield* sim.awaitJournal((entries) => entries.length === 1)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(told.map(({ inputTokens, isFinal }) => [inputTokens, isFinal]), [[0, false]])
      assert.strictEqual(told[0]?.lines[0]?.model, hello.model)
    }).pipe(Effect.provide(simulated())))

  it.effect("is that of an answer that was lost, and nothing that of a refusal", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { messages } = yield* claude
      const call = Effect.map(Usage.track(messages.create(hello, { retry: retryAtOnce })), ({ usage }) => usage)
      yield* sim.script([Fault.overloaded(), Fault.rateLimited()])
      const refused = yield* call
      assert.isTrue(refused.isFinal)
      yield* sim.script([Fault.resetBeforeHeaders])
      const lost = yield* call
      assert.isFalse(lost.isFinal)
      assert.deepStrictEqual(Usage.finalOnly(lost), refused)
    }).pipe(Effect.provide(simulated())))

  it.effect("is that of attempts that failed after their answer had begun, beside that of the one which succeeded", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { messages } = yield* claude
      yield* sim.script([Fault.streamEnds({ afterEvents: 8 }), Fault.streamEnds({ afterEvents: 4 })])
      const whole = MessageStream.runMessage(messages.stream(words(50), { retry: retryAtOnce }))
      const { usage, value } = yield* Usage.track(whole)
      assert.isFalse(usage.isFinal)
      assert.deepStrictEqual(Usage.finalOnly(usage), Usage.of(value))
      assert.strictEqual(usage.inputTokens, 3 * Usage.of(value).inputTokens)
      assertWithin(usage, yield* journalUsage)
    }).pipe(Effect.provide(simulated())))

  it.effect("is that of a batch's results that are not read to the end", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const requests = [3, 7].map((count) => ({ custom_id: `row-${count}`, params: words(count) }))
      const { id } = yield* messages.batches.create({ requests })
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.none, Fault.cutBody({ afterBytes: 900 })])
      const told: Array<Usage.Usage> = []
      yield* messages.batches.results(id).pipe(
        Usage.onExit((usage) => Effect.sync(() => told.push(usage))),
        Stream.runDrain,
        Effect.exit
      )
      assert.deepStrictEqual(told.map(({ isFinal }) => isFinal), [false])
    }).pipe(Effect.provide(simulated({}, { batchDuration: 0 }))))
})

describe("Usage.onExit", () => {
  it.effect("tells what a failing effect has used", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const told: Array<Usage.Usage> = []
      const failing = Effect.andThen(messages.create(hello), Effect.fail("no"))
      yield* Effect.flip(Usage.onExit(failing, (usage) => Effect.sync(() => told.push(usage))))
      assert.deepStrictEqual(told, [yield* journalUsage])
    }).pipe(Effect.provide(simulated())))

  it.effect("tells what a stream has used, once, after its calls have ended", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { messages } = yield* claude
      const told: Array<Usage.Usage> = []
      const tell = Usage.onExit((usage) => Effect.sync(() => told.push(usage)))
      const all = Stream.concat(messages.stream(words(3)), messages.stream(words(30))).pipe(tell)
      yield* Stream.runDrain(all)
      assert.deepStrictEqual(told, [yield* journalUsage])
      yield* sim.script([1, 2, 3].map(() => Fault.streamStalls({ afterEvents: 3 })))
      yield* Stream.runDrain(Stream.take(all, 1))
      assert.deepStrictEqual(told.map(({ isFinal }) => isFinal), [true, false])
      yield* all.pipe(Stream.take(1), Stream.runDrain, Effect.repeat(Schedule.recurs(1)))
      assert.deepStrictEqual(told.map(({ isFinal }) => isFinal), [true, false, false, false])
    }).pipe(Effect.provide(simulated())))
})

describe("what an interceptor hears of usage", () => {
  it.effect("counts answers that a hook asked for and did not hand on", () => {
    const asksTwice = Interceptor.make({ call: (call, next) => Effect.andThen(next(call), next(call)) })
    return Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { messages } = yield* claude
      const create = Effect.map(Usage.track(messages.create(hello)), ({ usage }) => usage)
      const twice = yield* create
      assert.isTrue(twice.isFinal)
      assert.deepStrictEqual(twice, yield* journalUsage)
      yield* sim.script([Fault.streamStalls({ afterEvents: 3 })])
      const { usage } = yield* Usage.track(Stream.runDrain(messages.stream(hello)))
      assert.isFalse(usage.isFinal)
      assert.strictEqual(usage.inputTokens, twice.inputTokens)
    }).pipe(Effect.provide(simulated({ interceptors: [asksTwice] })))
  })
})
