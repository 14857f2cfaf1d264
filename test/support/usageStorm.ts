/** Calls of every kind under faults: what was counted, against what the simulated API says that it has sent. */
import { Scenario, Simulator } from "@effect-claude/testing"
import { assert } from "@effect/vitest"
import { Effect, Exit, Fiber, Metric, Schedule, Schema, Stream } from "effect"
import { Claude, Interceptor, MessageStream, RetryPolicy, Telemetry, Usage } from "effect-claude"
import { hello, simulated } from "./simulated.ts"

/** Different prompts, so that tokens which are counted at the wrong call show. */
const params = (index: number): Claude.MessageCreateParams => ({
  ...hello,
  model: index % 3 === 0 ? "claude-haiku-5-5" : hello.model,
  max_tokens: 1000,
  messages: [{ role: "user", content: `${"Please. ".repeat(index % 13)}Say hello in ${1 + index % 40} words` }],
  ...index % 5 === 0
    ? { system: [{ type: "text", text: "Cached. ".repeat(1200), cache_control: { type: "ephemeral" } }] }
    : {}
})

const schema = Schema.Struct({ city: Schema.String })

type Kind = (
  claude: Claude.Service,
  index: number,
  seen: (item: unknown) => Effect.Effect<void>
) => Effect.Effect<unknown, unknown>

const kinds: ReadonlyArray<Kind> = [
  ({ messages }, index) => messages.create(params(index)),
  ({ beta }, index) => beta.messages.create(params(index)),
  ({ messages }, index) => messages.object({ ...params(index), schema }),
  ({ messages }, index, seen) => Stream.runForEach(messages.stream(params(index)), seen),
  ({ messages }, index) => MessageStream.runMessage(messages.stream(params(index))),
  ({ messages }, index) => Stream.runDrain(messages.objectStream({ ...params(index), schema })),
  // Readers that leave.
  ({ messages }, index, seen) => Stream.runForEach(Stream.take(messages.stream(params(index)), 1 + index % 4), seen),
  ({ messages }, index) => messages.countTokens({ model: hello.model, messages: params(index).messages }),
  // Callers that give up, at whatever point they are.
  ({ messages }, index) =>
    Effect.flatMap(
      Effect.forkChild(messages.create(params(index))),
      (fiber) => Effect.andThen(Effect.repeat(Effect.yieldNow, { times: index % 100 }), Fiber.interrupt(fiber))
    ),
  ({ messages }, index, seen) =>
    Effect.flatMap(
      messages.batches.create({
        requests: [0, 1, 2].map((row) => ({ custom_id: `row-${row}`, params: params(index + row) }))
      }),
      ({ id }) => Stream.runForEach(messages.batches.results(id), seen)
    )
]

const scenario = Scenario.make({
  seed: 7,
  rules: [
    { overloaded: 0.04, resetBeforeHeaders: 0.03, resetAfterHeaders: 0.03 },
    { rate: 0.05, fault: { _tag: "CutBody", afterBytes: 700 } },
    { match: { path: "/v1/messages" }, rate: 0.05, fault: { _tag: "StreamEnds", afterEvents: 6 } }
  ]
})

const retry = RetryPolicy.constant(0).pipe(RetryPolicy.whileRetryable, Schedule.upTo({ times: 2 }))

/** The tokens that the API names, added up by model. */
class Tokens {
  readonly byModel = new Map<string, { input: number; cached: number; written: number; output: number }>()

  add(model: string, input: number, cached: number, written: number, output: number): void {
    const known = this.byModel.get(model) ?? { input: 0, cached: 0, written: 0, output: 0 }
    known.input += input
    known.cached += cached
    known.written += written
    known.output += output
    this.byModel.set(model, known)
  }

  /** As the API says it, read by hand. */
  addRaw(model: string, usage: NonNullable<Simulator.JournalEntry["usage"]>): void {
    const { cache_creation_input_tokens, cache_read_input_tokens, input_tokens, output_tokens } = usage
    this.add(model, input_tokens, cache_read_input_tokens ?? 0, cache_creation_input_tokens ?? 0, output_tokens)
  }

  addUsage({ lines }: Usage.Usage): void {
    for (const line of lines) {
      const written = line.cacheWrite5mTokens + line.cacheWrite1hTokens
      this.add(line.model ?? "none", line.uncachedInputTokens, line.cacheReadTokens, written, line.outputTokens)
    }
  }

  get total() {
    const all = [...this.byModel.values()]
    const input = all.reduce((sum, { cached, input, written }) => sum + input + cached + written, 0)
    return { input, output: all.reduce((sum, { output }) => sum + output, 0) }
  }
}

const tokensOf = (usages: Iterable<Usage.Usage>): Tokens => {
  const tokens = new Tokens()
  for (const usage of usages) tokens.addUsage(usage)
  return tokens
}

/** What a counter says of what has been counted to the end. */
const counted = ({ name }: Telemetry.Instrument) =>
  Effect.map(
    Metric.snapshot,
    (all) =>
      all.filter(({ attributes, id }) => id === name && attributes?.[Telemetry.attributes.usageIsFinal] === "true")
        .reduce((sum, { state }) => sum + ("count" in state ? Number(state.count) : 0), 0)
  )

interface Ended {
  readonly call: Interceptor.CallInfo
  readonly end: Interceptor.End
}

/** Runs so many calls and compares. Of each kind there are as many. */
export const storm = (total: number): Effect.Effect<void, unknown> => {
  const ends: Array<Ended> = []
  const listening = Interceptor.make({ ended: (call, end) => Effect.sync(() => ends.push({ call, end })) })
  const rows = new Tokens()
  const started = new Tokens()
  /** What came to readers: rows, and the beginnings of streams. */
  const seen = (item: unknown) =>
    Effect.sync(() => {
      const { message, result, type } = item as Seen
      if (type === "message_start" && message !== undefined) started.addRaw(message.model, message.usage)
      if (result?.message !== undefined) rows.addRaw(result.message.model, result.message.usage)
    })
  return Effect.gen(function*() {
    const sim = yield* Simulator.Simulator
    const claude = yield* Claude.Claude
    const calls = Effect.forEach(
      Array.from({ length: total }, (_, index) => index),
      (index) => Effect.exit(kinds[index % kinds.length]?.(claude, index, seen) ?? Effect.void),
      { concurrency: 64 }
    )
    const { usage: outer, value: { usage, value: exits } } = yield* Usage.track(Usage.track(calls))
    const journal = yield* sim.awaitJournal((entries) => entries.every(({ outcome }) => outcome !== "pending"))
    assert.isAbove(exits.filter(Exit.isFailure).length, total / 40)

    // Every tracker and every end tells the same.
    assert.deepStrictEqual(usage, outer)
    assert.deepStrictEqual(usage, Usage.sum(ends.map(({ end }) => end.usage)))

    // What is final is what the API says of each answer that came whole.
    const sent = new Map(journal.map((entry) => [entry.requestId, entry]))
    const whole = new Tokens()
    for (const { call, end } of ends) {
      if (call.operation.returns !== "message" || end._tag !== "Completed") continue
      const entry = sent.get(end.response?.requestId ?? "")
      assert.isDefined(entry?.usage)
      if (entry?.usage !== undefined) whole.addRaw(call.model ?? "none", entry.usage)
    }
    const ofMessages = ends.filter(({ call }) => call.operation.shape !== "rows").map(({ end }) => end.usage)
    assert.isAbove(whole.total.output, total * 5)
    assert.deepStrictEqual(tokensOf(ofMessages.map(Usage.finalOnly)).byModel, whole.byModel)

    // The rows of batches count as they were read.
    const ofRows = ends.filter(({ call }) => call.operation.shape === "rows").map(({ end }) => end.usage)
    assert.isAbove(rows.total.output, total)
    assert.deepStrictEqual(tokensOf(ofRows.map(Usage.finalOnly)).byModel, rows.byModel)
    assert.isTrue(ofRows.every(({ lines }) => lines.every((line) => !line.isFinal || line.serviceTier === "batch")))

    // And so do the counters for dashboards.
    const final = { input: whole.total.input + rows.total.input, output: whole.total.output + rows.total.output }
    assert.strictEqual(yield* counted(Telemetry.instruments.inputTokens), final.input)
    assert.strictEqual(yield* counted(Telemetry.instruments.outputTokens), final.output)

    // What is cut, left or lost is not final, and lies between what came and what was sent.
    for (const { call, end } of ends) {
      const mayHaveRun = end.attempts > 0 && end.error?.outcome !== "not-executed"
      if (call.operation.returns === "message" && end._tag !== "Completed" && mayHaveRun) {
        assert.isFalse(end.usage.isFinal)
      }
    }
    const all = new Tokens()
    for (const entry of journal) if (entry.usage !== undefined) all.addRaw("any", entry.usage)
    const used = tokensOf(ofMessages).total
    assert.isAbove(used.input, whole.total.input)
    assert.isAtLeast(used.input, started.total.input)
    assert.isAtLeast(used.output, started.total.output)
    assert.isAtMost(used.input, all.total.input)
    assert.isAtMost(used.output, all.total.output)
  }).pipe(
    Claude.withInterceptor(listening),
    Claude.withInterceptor(Telemetry.make({ logs: false })),
    Effect.provideService(Metric.MetricRegistry, new Map()),
    Effect.provide(simulated({ retry }, { batchDuration: 0, scenario }))
  )
}

interface Counted {
  readonly model: string
  readonly usage: NonNullable<Simulator.JournalEntry["usage"]>
}

interface Seen {
  readonly type?: string
  readonly message?: Counted
  readonly result?: { readonly message?: Counted }
}
