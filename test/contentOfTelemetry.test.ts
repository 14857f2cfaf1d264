import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Logger, Metric, References, Stream, type Tracer } from "effect"
import { Claude, Telemetry } from "effect-claude"
import { simulated } from "./support/simulated.ts"
import { recording } from "./support/tracing.ts"

const secretPlan = "MARMALADE"

/** Every part of a request that people write has the word, and so has the answer, which repeats it. */
const params: Claude.MessageCreateParams = {
  model: "claude-opus-5-5",
  max_tokens: 100,
  system: `System ${secretPlan}`,
  tools: [{ name: "look", description: `Tool ${secretPlan}`, input_schema: { type: "object" } }],
  messages: [
    { role: "user", content: `Say ${secretPlan}` },
    {
      role: "assistant",
      content: [{ type: "text", text: secretPlan }, {
        type: "tool_use",
        id: "t1",
        name: "look",
        input: { at: secretPlan }
      }]
    },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: `Found ${secretPlan}` }] }
  ],
  metadata: { user_id: secretPlan }
}

const answer = {
  type: "message",
  id: "msg_1",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [{ type: "thinking", thinking: secretPlan, signature: "s" }, { type: "text", text: secretPlan }],
  stop_reason: "end_turn",
  usage: { input_tokens: 1, output_tokens: 2 }
}

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(params))

const stream = Stream.runDrain(Stream.unwrap(Effect.map(Claude.Claude, ({ messages }) => messages.stream(params))))

/** What exporters write of how a span has ended. */
const exceptionsOf = ({ status }: Tracer.Span) =>
  status._tag === "Ended" && Exit.isFailure(status.exit)
    ? Cause.prettyErrors(status.exit.cause, { includeCauseInStack: true }).map(({ message, stack }) => [message, stack])
    : []

/** Everything that a program tells, at every level. */
const told = Effect.fnUntraced(function*<A, E, R>(self: Effect.Effect<A, E, R>) {
  const { spans, traced } = recording()
  const lines: Array<string> = []
  const logger = Logger.map(Logger.formatJson, (line) => {
    lines.push(line)
  })
  const metrics = new Map()
  const exit = yield* Effect.exit(traced(self)).pipe(
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(References.MinimumLogLevel, "All"),
    Effect.provideService(Metric.MetricRegistry, metrics)
  )
  const attributes = spans.map((span) => [...span.attributes])
  return {
    exit,
    lines,
    attributes,
    spans,
    text: JSON.stringify([
      lines,
      attributes,
      spans.map(({ events }) => events.map(([name, , facts]) => [name, facts])),
      spans.map(exceptionsOf),
      [...metrics.keys()]
    ])
  }
})

const answers: ReadonlyArray<{ readonly name: string; readonly fault: Fault.Fault }> = [
  { name: "an answer", fault: Fault.body({ text: JSON.stringify(answer) }) },
  { name: "an overload", fault: Fault.overloaded() },
  { name: "a proxy that repeats the request", fault: Fault.status(503, `Cannot forward ${secretPlan}`) },
  { name: "a page that repeats it", fault: Fault.body({ contentType: "text/html", text: `<p>${secretPlan}</p>` }) },
  {
    name: "an answer of no use",
    fault: Fault.body({ text: JSON.stringify({ type: "message", content: secretPlan }) })
  },
  { name: "an answer that is cut", fault: Fault.body({ text: JSON.stringify(answer).slice(0, -30) }) },
  { name: "a lost connection", fault: Fault.resetAfterHeaders }
]

const telemetry = (options: Telemetry.Options = {}) =>
  simulated({ interceptors: [Telemetry.make({ metrics: "both", ...options })] })

describe("nothing of a prompt or an answer is in spans, metrics and logs", () => {
  it.effect.each(answers)("of a call: $name", ({ fault }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([fault])
      const { spans, text } = yield* told(create)
      assert.isTrue(spans.every(({ status }) => status._tag === "Ended"))
      assert.include(text, "claude-opus-5-5")
      assert.notInclude(text, secretPlan)
    }).pipe(Effect.provide(telemetry())))

  it.effect.each([
    { name: "to its end", fault: Fault.none },
    { name: "cut", fault: Fault.streamEnds({ afterEvents: 4 }) },
    { name: "broken off by the API", fault: Fault.streamError({ afterEvents: 4, type: "overloaded_error" }) }
  ])("of a stream: $name", ({ fault }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([fault])
      const { text } = yield* told(stream)
      assert.include(text, "claude-opus-5-5")
      assert.notInclude(text, secretPlan)
    }).pipe(Effect.provide(telemetry())))
})

describe("with content switched on", () => {
  const contentOf = (attributes: ReadonlyArray<ReadonlyArray<readonly [string, unknown]>>, name: string): unknown => {
    const value = new Map(attributes[0]).get(name)
    return typeof value === "string" ? JSON.parse(value) : undefined
  }

  it.effect("the span has prompt and answer in OpenTelemetry's form", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.body({ text: JSON.stringify(answer) })])
      const { attributes, lines } = yield* told(create)
      assert.deepStrictEqual(contentOf(attributes, "gen_ai.system_instructions"), [
        { type: "text", content: `System ${secretPlan}` }
      ])
      assert.deepStrictEqual(contentOf(attributes, "gen_ai.input.messages"), [
        { role: "user", parts: [{ type: "text", content: `Say ${secretPlan}` }] },
        {
          role: "assistant",
          parts: [
            { type: "text", content: secretPlan },
            { type: "tool_call", id: "t1", name: "look", arguments: { at: secretPlan } }
          ]
        },
        { role: "user", parts: [{ type: "tool_call_response", id: "t1", response: `Found ${secretPlan}` }] }
      ])
      assert.deepStrictEqual(contentOf(attributes, "gen_ai.output.messages"), [{
        role: "assistant",
        parts: [{ type: "reasoning", content: secretPlan }, { type: "text", content: secretPlan }],
        finish_reason: "end_turn"
      }])
      assert.notInclude(lines.join(), secretPlan)
    }).pipe(Effect.provide(telemetry({ content: true }))))

  it.effect("the span of a stream has them too", () =>
    Effect.gen(function*() {
      const { attributes } = yield* told(stream)
      assert.match(
        JSON.stringify(contentOf(attributes, "gen_ai.output.messages")),
        /"role":"assistant","parts":\[\{"type":"/
      )
    }).pipe(Effect.provide(telemetry({ content: true }))))
})
