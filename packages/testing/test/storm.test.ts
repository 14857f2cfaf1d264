import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Result } from "effect"
import { Claude, ClaudeError, RetryPolicy } from "effect-claude"
import { Scenario, Simulator } from "../src/index.ts"
import { elapse, hello } from "./client.ts"

const calls = 10_000

/** A bad day: everything goes wrong at some time, and for a while most of it. */
const storm = Scenario.make({
  seed: 2026,
  rules: [
    { at: "10 seconds", for: "20 seconds", overloaded: 0.8 },
    { rateLimited: 0.05, overloaded: 0.05, internal: 0.03, resetBeforeHeaders: 0.03, resetAfterHeaders: 0.01 },
    { fault: { _tag: "Error", status: 429, retryAfter: "3 seconds" }, rate: 0.02 },
    { fault: { _tag: "Error", status: 429, retryAfter: "1 hour" }, rate: 0.005 },
    { fault: { _tag: "Error", status: 400 }, rate: 0.005 },
    { fault: { _tag: "CutBody", afterBytes: 100 }, rate: 0.02 },
    { fault: { _tag: "TruncatedJson", afterBytes: 100 }, rate: 0.01 },
    { fault: { _tag: "Body", status: 200, contentType: "text/html", text: "<html></html>" }, rate: 0.01 },
    { fault: { _tag: "StallBody", afterBytes: 100 }, rate: 0.005 },
    { stallBeforeHeaders: 0.005 }
  ]
})

const TestLayer = Claude.layerClient.pipe(Layer.provideMerge(
  Simulator.layerClient({ scenario: storm, retry: RetryPolicy.default, timeout: "20 seconds", logLevel: "off" })
))

/** Which call a request in the journal was made for. */
const callOf = ({ body }: Simulator.JournalEntry): string => /call (\d+)/.exec(JSON.stringify(body))?.[1] ?? "none"

describe("a storm of 10,000 calls", () => {
  it.effect(
    "ends with every call answered or failed with a typed error, as the journal has it",
    () =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        const claude = yield* Claude.Claude
        const call = (index: number) =>
          Effect.result(claude.messages.create({
            ...hello,
            messages: [{ role: "user", content: `This is call ${index}. Answer in 3 words` }]
          }))
        const fiber = yield* Effect.forkChild(
          Effect.forEach(Array.from({ length: calls }, (_, index) => index), call, { concurrency: 1000 })
        )
        yield* elapse(fiber, "1 second")
        const results = yield* Fiber.join(fiber)
        const journal = yield* sim.awaitJournal((entries) => entries.every(({ outcome }) => outcome !== "pending"))

        const requests = Map.groupBy(journal, callOf)
        assert.strictEqual(requests.size, calls)
        let failures = 0
        for (const [index, result] of results.entries()) {
          const entries = requests.get(String(index)) ?? []
          // Every attempt says which one it is, and none is missing or made twice.
          assert.deepStrictEqual(
            entries.map(({ headers }) => headers["x-stainless-retry-count"]),
            entries.map((_, attempt) => String(attempt))
          )
          const [last, ...earlier] = entries.toReversed()
          for (const entry of earlier) assert.isDefined(entry.fault)
          if (Result.isSuccess(result)) {
            assert.strictEqual(result.success.stop_reason, "end_turn")
            assert.deepInclude(last, { fault: undefined, status: 200, outcome: "answered" })
          } else {
            failures += 1
            assert.isTrue(ClaudeError.isClaudeError(result.failure))
            assert.strictEqual(result.failure.attempts, entries.length)
            assert.isDefined(last?.fault)
          }
        }
        assert.strictEqual(journal.filter(({ fault }) => fault === undefined).length, calls - failures)
        assert.isAbove(failures, 0)
        assert.isBelow(failures, calls / 4)
        assert.strictEqual(yield* sim.openConnections, 0)
      }).pipe(Effect.provide(TestLayer)),
    120_000
  )
})
