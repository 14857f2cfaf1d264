import { type AnthropicProvider, createAnthropic } from "@ai-sdk/anthropic"
import { assert, describe, it } from "@effect/vitest"
import { APICallError, generateText, RetryError, streamText } from "ai"
import { Effect, Redacted, Stream } from "effect"
import { Fault, Simulator } from "../../src/index.ts"
import { attempt, ClientError } from "../client.ts"

const simulated = Effect.provide(Simulator.layer())

/** The AI SDK's provider, with the simulator for its API. */
const anthropic: Effect.Effect<AnthropicProvider, never, Simulator.Simulator> = Effect.map(
  Simulator.Simulator,
  ({ apiKey, url }) => createAnthropic({ baseURL: `${url}/v1`, apiKey: Redacted.value(apiKey) })
)

const model = Effect.map(anthropic, (provider) => provider("claude-opus-5-5"))

const prompt = "Say hello in 20 words"

/** A stream to its end; its errors are parts of it, as an application sees them. */
const streamed = Effect.fnUntraced(function*(options?: { readonly maxRetries?: number }) {
  const settings = { model: yield* model, prompt, onError: () => {}, ...options }
  const result = yield* attempt(async (abortSignal) => streamText({ ...settings, abortSignal }))
  return yield* Stream.fromAsyncIterable(result.fullStream, (cause) => new ClientError({ cause })).pipe(
    Stream.runCollect
  )
})

const errorsIn = (parts: Effect.Success<ReturnType<typeof streamed>>) =>
  parts.flatMap((part) => part.type === "error" ? [part.error] : [])

describe("the AI SDK's generateText", () => {
  it.effect("has a text of the length asked for, its usage and why it ended", () =>
    Effect.gen(function*() {
      const settings = { model: yield* model, prompt }
      const { finishReason, rawFinishReason, response, text, usage, warnings } = yield* attempt((abortSignal) =>
        generateText({ ...settings, abortSignal })
      )
      assert.strictEqual(text.split(" ").length, 20)
      assert.strictEqual(finishReason, "stop")
      assert.strictEqual(rawFinishReason, "end_turn")
      assert.strictEqual(response.modelId, "claude-opus-5-5")
      assert.match(response.id, /^msg_/)
      assert.deepStrictEqual(warnings, [])
      assert.strictEqual(usage.outputTokens, 20)
      assert.strictEqual(usage.totalTokens, 20 + (usage.inputTokens ?? NaN))
    }).pipe(simulated))

  it.effect("says that it ended for want of tokens", () =>
    Effect.gen(function*() {
      const settings = { model: yield* model, prompt, maxOutputTokens: 3 }
      const { finishReason, usage } = yield* attempt((abortSignal) => generateText({ ...settings, abortSignal }))
      assert.strictEqual(finishReason, "length")
      assert.strictEqual(usage.outputTokens, 3)
    }).pipe(simulated))

  it.effect("may send all that it sends for a conversation with tools, documents and caching", () =>
    Effect.gen(function*() {
      const settings = { model: yield* model, stopSequences: ["END"] }
      const { text } = yield* attempt((abortSignal) =>
        generateText({
          ...settings,
          abortSignal,
          system: {
            role: "system",
            content: "Be kind",
            providerOptions: { anthropic: { cacheControl: { type: "ephemeral" } } }
          },
          messages: [
            {
              role: "user",
              content: [
                { type: "text", text: "What is this?" },
                { type: "file", mediaType: "image/png", data: "iVBORw0KGgo=" },
                {
                  type: "file",
                  mediaType: "text/plain",
                  data: { type: "text", text: "The sky is blue." },
                  providerOptions: { anthropic: { citations: { enabled: true } } }
                }
              ]
            },
            {
              role: "assistant",
              content: [{ type: "tool-call", toolCallId: "toolu_1", toolName: "look", input: { at: "the sky" } }]
            },
            {
              role: "tool",
              content: [{
                type: "tool-result",
                toolCallId: "toolu_1",
                toolName: "look",
                output: { type: "json", value: { color: "blue" } }
              }]
            }
          ]
        })
      )
      assert.notStrictEqual(text, "")
    }).pipe(simulated))

  it.effect("tries an overloaded API again", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded({ retryAfterMs: 0 }), Fault.rateLimited({ retryAfter: "0 seconds" })])
      const settings = { model: yield* model, prompt, maxRetries: 2 }
      const { text } = yield* attempt((abortSignal) => generateText({ ...settings, abortSignal }))
      assert.notStrictEqual(text, "")
      assert.deepStrictEqual((yield* sim.journal).map(({ status }) => status), [529, 429, 200])
    }).pipe(simulated))

  it.effect("gives up after the last retry, with the errors that it met", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded({ retryAfterMs: 0 }), Fault.internal()])
      const settings = { model: yield* model, prompt, maxRetries: 1 }
      const { cause } = yield* Effect.flip(attempt((abortSignal) => generateText({ ...settings, abortSignal })))
      assert(RetryError.isInstance(cause))
      assert.deepStrictEqual(
        cause.errors.map((error) => APICallError.isInstance(error) && [error.statusCode, error.message]),
        [[529, "Overloaded"], [500, "Internal server error"]]
      )
    }).pipe(simulated))

  it.effect.each([
    {
      what: "an error of the API",
      fault: Fault.error({ status: 400, message: "No way" }),
      says: "No way",
      status: 400
    },
    { what: "a proxy's error", fault: Fault.html({ status: 403 }), says: "Forbidden", status: 403 },
    { what: "an answer that is no JSON", fault: Fault.html(), says: "Invalid JSON response", status: 200 }
  ])("does not try again after $what", ({ fault, says, status }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([fault])
      const settings = { model: yield* model, prompt }
      const { cause } = yield* Effect.flip(attempt((abortSignal) => generateText({ ...settings, abortSignal })))
      assert(APICallError.isInstance(cause))
      assert.strictEqual(cause.message, says)
      assert.strictEqual(cause.statusCode, status)
      assert.strictEqual((yield* sim.journal).length, 1)
    }).pipe(simulated))

  it.effect("hears the simulator's own complaints", () =>
    Effect.gen(function*() {
      const provider = yield* anthropic
      const { cause } = yield* Effect.flip(
        attempt((abortSignal) => generateText({ model: provider("claude-nope"), prompt, abortSignal }))
      )
      assert(APICallError.isInstance(cause))
      assert.strictEqual(cause.message, "model: claude-nope")
      assert.strictEqual(cause.statusCode, 404)
      assert.match(cause.responseHeaders?.["request-id"] ?? "", /^req_/)
    }).pipe(simulated))
})

describe("the AI SDK's streamText", () => {
  it.effect("streams the text of generateText in parts, with the same usage", () =>
    Effect.gen(function*() {
      const settings = { model: yield* model, prompt }
      const whole = yield* attempt((abortSignal) => generateText({ ...settings, abortSignal }))
      const parts = yield* streamed()
      const deltas = parts.flatMap((part) => part.type === "text-delta" ? [part.text] : [])
      assert.isAbove(deltas.length, 1)
      assert.strictEqual(deltas.join(""), whole.text)
      const last = parts.at(-1)
      assert(last?.type === "finish")
      assert.strictEqual(last.finishReason, "stop")
      const { raw: _, ...usage } = whole.usage
      assert.deepInclude(last.totalUsage, usage)
    }).pipe(simulated))

  it.effect("has its parts in order", () =>
    Effect.gen(function*() {
      const parts = yield* streamed()
      const types = parts.map(({ type }) => type)
      assert.deepStrictEqual(types.filter((type, index) => type !== types[index - 1]), [
        "start",
        "start-step",
        "custom", // the model and usage of message_start
        "text-start",
        "text-delta",
        "text-end",
        "finish-step",
        "finish"
      ])
    }).pipe(simulated))

  it.effect("tries an overloaded API again", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded({ retryAfterMs: 0 })])
      const parts = yield* streamed()
      assert.deepStrictEqual(errorsIn(parts), [])
      assert.deepStrictEqual((yield* sim.journal).map(({ status }) => status), [529, 200])
    }).pipe(simulated))

  it.effect("takes an error that a stream begins with for the status that it stands for", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamError({ afterEvents: 0, type: "overloaded_error" })])
      const [error] = errorsIn(yield* streamed({ maxRetries: 0 }))
      assert(APICallError.isInstance(error))
      assert.strictEqual(error.message, "Overloaded")
      assert.strictEqual(error.statusCode, 529)
    }).pipe(simulated))

  it.effect("keeps what came before an error in the middle, and does not begin again", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamError({ afterEvents: 5, type: "overloaded_error", message: "Too busy" })])
      const parts = yield* streamed()
      const [error] = errorsIn(parts)
      assert.deepInclude(error, { message: "Too busy", type: "overloaded_error", statusCode: 529 })
      assert.strictEqual(parts.filter(({ type }) => type === "text-delta").length, 2)
      assert.strictEqual((yield* sim.journal).length, 1)
    }).pipe(simulated))

  it.effect("fails where the connection breaks", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.cutBody({ afterBytes: 1200 })])
      const { cause } = yield* Effect.flip(streamed())
      assert(APICallError.isInstance(cause))
      yield* sim.awaitJournal(([entry]) => entry?.outcome === "cut")
    }).pipe(simulated))

  it.effect("goes away when it is aborted", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamStalls({ afterEvents: 5 })])
      const controller = new AbortController()
      const { textStream } = streamText({ model: yield* model, prompt, abortSignal: controller.signal })
      yield* Stream.fromAsyncIterable(textStream, (cause) => new ClientError({ cause })).pipe(
        Stream.runForEach(() => Effect.sync(() => controller.abort()))
      )
      const [entry] = yield* sim.awaitJournal(([entry]) => entry?.outcome !== "pending")
      assert.strictEqual(entry?.outcome, "client-disconnected")
    }).pipe(simulated))
})
