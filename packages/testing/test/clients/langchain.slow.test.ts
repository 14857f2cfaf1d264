import { assert, describe, it } from "@effect/vitest"
import { ChatAnthropic } from "@langchain/anthropic"
import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type UsageMetadata
} from "@langchain/core/messages"
import { Effect, Redacted, Stream } from "effect"
import { vi } from "vitest"
import { Fault, Simulator } from "../../src/index.ts"
import { attempt, ClientError } from "../client.ts"

const simulated = Effect.provide(Simulator.layer())

/** LangChain's model, with the simulator for its API. */
const chat = (model = "claude-opus-5-5") =>
  Effect.map(
    Simulator.Simulator,
    ({ apiKey, url }) =>
      new ChatAnthropic({ model, apiKey: Redacted.value(apiKey), anthropicApiUrl: url, maxRetries: 1 })
  )

const hello = [new SystemMessage("Be kind"), new HumanMessage("Say hello in 20 words")]

const invoked = Effect.flatMap(chat(), (model) => attempt((signal) => model.invoke(hello, { signal })))

const streamed = Effect.flatMap(chat(), (model) => attempt((signal) => model.stream(hello, { signal }))).pipe(
  Effect.map((chunks) => Stream.fromAsyncIterable(chunks, (cause) => new ClientError({ cause }))),
  Stream.unwrap
)

const joined = (chunks: ReadonlyArray<AIMessageChunk>): AIMessageChunk =>
  chunks.reduce((message, chunk) => message.concat(chunk), new AIMessageChunk(""))

// LangChain infers `never` for it where TypeScript has exactOptionalPropertyTypes.
const usageOf = (message: { readonly usage_metadata?: UsageMetadata | undefined }): UsageMetadata | undefined =>
  message.usage_metadata

/**
 * LangChain waits a second or two before it tries again, and nothing that the API says makes it less. In this scope such
 * waits are over at once, and listed.
 */
const hasty = Effect.acquireRelease(
  Effect.sync(() => {
    const waits: Array<number> = []
    const { setTimeout } = globalThis
    vi.stubGlobal(
      "setTimeout",
      new Proxy(setTimeout, {
        apply(target, self, [run, delay, ...rest]: Parameters<typeof setTimeout>) {
          const isWait = delay !== undefined && delay >= 1000 && delay <= 2000
          if (isWait) waits.push(delay)
          return Reflect.apply(target, self, [run, isWait ? 0 : delay, ...rest])
        }
      })
    )
    return waits
  }),
  () => Effect.sync(() => vi.unstubAllGlobals())
)

describe("LangChain's invoke", () => {
  it.effect("has a text of the length asked for, its usage and why it ended", () =>
    Effect.gen(function*() {
      const message = yield* invoked
      assert.strictEqual(message.text.split(" ").length, 20)
      assert.match(message.id ?? "", /^msg_/)
      assert.strictEqual(message.response_metadata["stop_reason"], "end_turn")
      assert.strictEqual(usageOf(message)?.output_tokens, 20)
      assert.isAbove(usageOf(message)?.input_tokens ?? 0, 0)
    }).pipe(simulated))

  it.effect("may send a conversation with images and tools", () =>
    Effect.gen(function*() {
      const model = yield* chat()
      const message = yield* attempt((signal) =>
        model.invoke([
          new HumanMessage({
            content: [
              { type: "text", text: "What is this?" },
              { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } }
            ]
          }),
          new AIMessage({ content: "", tool_calls: [{ id: "toolu_1", name: "look", args: { at: "the sky" } }] }),
          new ToolMessage({ tool_call_id: "toolu_1", content: "Blue" })
        ], { signal })
      )
      assert.notStrictEqual(message.text, "")
    }).pipe(simulated))

  it.effect("tries an overloaded API again, a second or two later", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      const waits = yield* hasty
      const message = yield* invoked
      assert.notStrictEqual(message.text, "")
      assert.deepStrictEqual((yield* sim.journal).map(({ status }) => status), [529, 200])
      assert.strictEqual(waits.length, 1)
    }).pipe(simulated))

  it.effect("gives up after the last retry", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded(), Fault.overloaded()])
      yield* hasty
      const { cause } = yield* Effect.flip(invoked)
      assert.propertyVal(cause, "status", 529)
      assert.strictEqual((yield* sim.journal).length, 2)
    }).pipe(simulated))

  it.effect("does not try again a 429 that says not when to come back", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.monthlyCap()])
      const { cause } = yield* Effect.flip(invoked)
      assert.propertyVal(cause, "status", 429)
      assert.strictEqual((yield* sim.journal).length, 1)
    }).pipe(simulated))

  it.effect("does not try again what the API refuses", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.error({ status: 400, message: "No way" })])
      const { cause } = yield* Effect.flip(invoked)
      assert.propertyVal(cause, "status", 400)
      assert.nestedPropertyVal(cause, "error.error.message", "No way")
      assert.strictEqual((yield* sim.journal).length, 1)
    }).pipe(simulated))

  it.effect("hears the simulator's own complaints", () =>
    Effect.gen(function*() {
      const model = yield* chat("claude-nope")
      const { cause } = yield* Effect.flip(attempt((signal) => model.invoke(hello, { signal })))
      assert.propertyVal(cause, "lc_error_code", "MODEL_NOT_FOUND")
      assert.nestedPropertyVal(cause, "error.error.message", "model: claude-nope")
    }).pipe(simulated))
})

describe("LangChain's stream", () => {
  it.effect("streams the text of invoke in chunks, with its usage", () =>
    Effect.gen(function*() {
      const whole = yield* invoked
      const chunks = yield* Stream.runCollect(streamed)
      assert.isAbove(chunks.filter(({ text }) => text !== "").length, 1)
      const message = joined(chunks)
      assert.strictEqual(message.text, whole.text)
      assert.strictEqual(message.additional_kwargs["stop_reason"], "end_turn")
      assert.strictEqual(usageOf(message)?.input_tokens, usageOf(whole)?.input_tokens)
      // LangChain adds the tokens of message_start to those of message_delta, which count them already.
      assert.isAtLeast(usageOf(message)?.output_tokens ?? 0, 20)
    }).pipe(simulated))

  it.effect("tries an overloaded API again", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      yield* hasty
      const chunks = yield* Stream.runCollect(streamed)
      assert.notStrictEqual(joined(chunks).text, "")
      assert.deepStrictEqual((yield* sim.journal).map(({ status }) => status), [529, 200])
    }).pipe(simulated))

  it.effect("fails at an error in the middle, and does not begin again", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamError({ afterEvents: 5, type: "overloaded_error", message: "Too busy" })])
      const seen: Array<string> = []
      const { cause } = yield* Effect.flip(Stream.runForEach(streamed, ({ text }) =>
        Effect.sync(() => {
          if (text !== "") seen.push(text)
        })))
      assert.strictEqual(seen.length, 2)
      assert.propertyVal(cause, "type", "overloaded_error")
      assert.nestedPropertyVal(cause, "error.error.message", "Too busy")
      assert.strictEqual((yield* sim.journal).length, 1)
    }).pipe(simulated))

  it.effect("fails where the connection breaks", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.cutBody({ afterBytes: 1200 })])
      yield* Effect.flip(Stream.runDrain(streamed))
      yield* sim.awaitJournal(([entry]) => entry?.outcome === "cut")
    }).pipe(simulated))
})
