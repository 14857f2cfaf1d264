/**
 * Swapping layers in a test: the whole API for a simulated one, or a single method. The program under test stays as it is.
 *
 *     npx -y pnpm@12 test examples/05-swapping-layers.test.ts
 */
import { Fault, Simulator, TestClaude } from "@effect-claude/testing"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Claude, RetryPolicy } from "effect-claude"

const countTokens = (text: string) =>
  Effect.gen(function*() {
    const claude = yield* Claude.Claude
    const { input_tokens } = yield* claude.messages.countTokens({
      model: "claude-opus-5-5",
      messages: [{ role: "user", content: text }]
    })
    return input_tokens
  }).pipe(Effect.catchTag("OverloadedError", () => Effect.succeed("try later" as const)))

/** The real client over real HTTP, against an API that fails on demand. */
const SimulatedClaude = Layer.unwrap(Effect.map(
  Simulator.Simulator,
  (simulator) => Claude.layer({ apiKey: simulator.apiKey, baseURL: simulator.url, retry: RetryPolicy.none })
)).pipe(Layer.provideMerge(Simulator.layer()))

it.effect("with a simulated API that is overloaded once", () =>
  Effect.gen(function*() {
    const simulator = yield* Simulator.Simulator
    yield* simulator.script([Fault.overloaded()])
    assert.strictEqual(yield* countTokens("one two"), "try later")
    assert.isAbove(Number(yield* countTokens("one two")), 0)
  }).pipe(Effect.provide(SimulatedClaude)))

/** One method and no others, without any HTTP. */
const OverloadedClaude = TestClaude.layer({ messages: { countTokens: TestClaude.fail("OverloadedError") } })

it.effect("with one method replaced", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* countTokens("one two"), "try later")
    const [[params] = []] = yield* TestClaude.callsTo("messages.countTokens")
    assert.strictEqual(params?.model, "claude-opus-5-5")
  }).pipe(Effect.provide(OverloadedClaude)))
