/**
 * What the spans of calls say, held against the spans that the SDK itself makes of the same calls: every attribute of its
 * spans is in ours with the same value, but for those that stand here with the reason.
 */
import Anthropic from "@anthropic-ai/sdk"
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Stream } from "effect"
import { Claude } from "effect-claude"
import { hello, simulated } from "./support/simulated.ts"
import { recording } from "./support/tracing.ts"

type Attributes = Readonly<Record<string, unknown>>

type Options = NonNullable<ConstructorParameters<typeof Anthropic>[0]>

/** Ours in place of the SDK's, and why. */
const differences: Readonly<Record<string, string>> = {
  "http.route": "`url.template`, as OpenTelemetry names it for clients",
  "anthropic.model.id": "left out: `url.template` names the ids of a path, and does not tell them",
  "url.full": "as `anthropic.model.id`",
  "url.path": "as `anthropic.model.id`",
  "url.scheme": "as `anthropic.model.id`",
  "anthropic.message.stop_reason": "`gen_ai.response.finish_reasons`, as OpenTelemetry names it",
  "error.type": "the tag of the error, which programs catch by; `anthropic.error.type` has what the API says"
}

/** A provider that keeps the attributes of the spans that the SDK makes. */
const keeping = () => {
  const spans: Array<Record<string, unknown>> = []
  const startSpan = (_: string, options: { readonly attributes?: Attributes }) => {
    const attributes: Record<string, unknown> = { ...options.attributes }
    spans.push(attributes)
    const span = {
      isRecording: () => true,
      setAttribute: (name: string, value: unknown) => {
        attributes[name] = value
        return span
      },
      setAttributes: (more: Attributes) => Object.assign(attributes, more),
      setStatus: () => span,
      end: () => undefined,
      spanContext: () => ({ traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 1 })
    }
    return span
  }
  // The part of OpenTelemetry's provider that the SDK uses.
  const tracerProvider = { getTracer: () => ({ startSpan }) } as unknown as NonNullable<
    Exclude<Options["openTelemetry"], false | undefined>["tracerProvider"]
  >
  return { spans, tracerProvider }
}

/** The attributes of the SDK's span of a call, and of ours. Both calls meet the same answers. */
const bothSpans = Effect.fnUntraced(function*(
  faults: ReadonlyArray<Fault.Fault>,
  theirs: (client: Anthropic) => PromiseLike<unknown>,
  ours: Effect.Effect<unknown, unknown, Claude.Claude>
) {
  const sim = yield* Simulator.Simulator
  const { spans, tracerProvider } = keeping()
  const client = new Anthropic({
    apiKey: Redacted.value(sim.apiKey),
    baseURL: sim.url,
    maxRetries: 0,
    logLevel: "off",
    openTelemetry: { tracerProvider, propagation: false }
  })
  yield* sim.script(faults)
  yield* Effect.ignore(Effect.tryPromise(() => theirs(client)))
  const kept = recording()
  yield* sim.script(faults)
  yield* kept.traced(Effect.exit(ours))
  const own: Attributes = Object.fromEntries(kept.spans[0]?.attributes ?? [])
  return { sdk: spans[0] ?? {}, own }
})

/** What differs from call to call, or is measured. */
const ofOneCall = ["anthropic.request.id", "gen_ai.response.id", "gen_ai.response.time_to_first_chunk"]

const rich = {
  ...hello,
  service_tier: "auto",
  thinking: { type: "enabled", budget_tokens: 1024 },
  max_tokens: 2000,
  output_config: {
    effort: "low",
    format: { type: "json_schema", schema: { type: "object", properties: {}, additionalProperties: false } }
  }
} satisfies Claude.MessageCreateParams

const create = (params: Claude.MessageCreateParams) =>
  Effect.flatMap(Claude.Claude, ({ messages }) => Effect.asVoid(messages.create(params)))

const readAll = async (stream: PromiseLike<AsyncIterable<unknown>>) => {
  for await (const _ of await stream) {
    // Reads it.
  }
}

const stream = Stream.runDrain(Stream.unwrap(Effect.map(Claude.Claude, ({ messages }) => messages.stream(hello))))

const cases: ReadonlyArray<{
  readonly name: string
  readonly faults: ReadonlyArray<Fault.Fault>
  readonly theirs: (client: Anthropic) => PromiseLike<unknown>
  readonly ours: Effect.Effect<unknown, unknown, Claude.Claude>
}> = [
  { name: "a message", faults: [], theirs: (client) => client.messages.create(hello), ours: create(hello) },
  {
    name: "a message with effort, thinking, tier and schema",
    faults: [],
    theirs: (client) => client.messages.create(rich),
    ours: create(rich)
  },
  {
    name: "a message with a cache",
    faults: [Fault.body({
      text: JSON.stringify({
        type: "message",
        id: "msg_1",
        role: "assistant",
        model: "claude-opus-5-5",
        content: [],
        stop_reason: "end_turn",
        usage: {
          input_tokens: 1,
          output_tokens: 50,
          output_tokens_details: { thinking_tokens: 30 },
          cache_read_input_tokens: 20,
          cache_creation_input_tokens: 300,
          cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
          service_tier: "priority"
        }
      })
    })],
    theirs: (client) => client.messages.create(hello),
    ours: create(hello)
  },
  {
    name: "a stream",
    faults: [],
    theirs: (client) => readAll(client.messages.create({ ...hello, stream: true })),
    ours: stream
  },
  {
    name: "a stream that is cut",
    faults: [Fault.streamEnds({ afterEvents: 4 })],
    theirs: (client) => readAll(client.messages.create({ ...hello, stream: true })),
    ours: stream
  },
  {
    name: "a call that is refused",
    faults: [Fault.overloaded()],
    theirs: (client) => client.messages.create(hello),
    ours: create(hello)
  },
  {
    name: "a call whose connection is lost",
    faults: [Fault.resetBeforeHeaders],
    theirs: (client) => client.messages.create(hello),
    ours: create(hello)
  },
  {
    name: "another method",
    faults: [],
    theirs: (client) => client.models.retrieve("claude-opus-5-5"),
    ours: Effect.flatMap(Claude.Claude, ({ models }) => models.retrieve("claude-opus-5-5"))
  }
]

describe("the SDK's span of the same call", () => {
  it.effect.each(cases)("says nothing that ours does not: $name", ({ faults, ours, theirs }) =>
    Effect.gen(function*() {
      const { own, sdk } = yield* bothSpans(faults, theirs, ours)
      assert.isAbove(Object.keys(sdk).length, 4)
      const compared = Object.entries(sdk).filter(([name]) => !(name in differences) && !ofOneCall.includes(name))
      assert.deepStrictEqual(
        Object.fromEntries(compared.map(([name]) => [name, own[name]])),
        Object.fromEntries(compared)
      )
      for (const name of ofOneCall) assert.strictEqual(name in own, name in sdk, name)
    }).pipe(Effect.provide(simulated())))

  it.effect("differs only where this file says so", () =>
    Effect.gen(function*() {
      const { own, sdk } = yield* bothSpans([Fault.overloaded()], (client) =>
        client.messages.create(hello), create(hello))
      assert.strictEqual(own["url.template"], sdk["http.route"])
      assert.strictEqual(own["anthropic.error.type"], sdk["error.type"])
    }).pipe(Effect.provide(simulated())))
})
