/**
 * Spans, metrics and logs over OTLP, to a small receiver on this machine that says what it got. In production, give the
 * address of your collector instead.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/16-telemetry-otlp.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { Claude, Telemetry } from "effect-claude"
import { FetchHttpClient } from "effect/http"
import { Otlp } from "effect/observability"
import { receiver } from "./telemetry/receiver.ts"

const Observability = (baseUrl: string) =>
  Otlp.layerJson({ baseUrl, resource: { serviceName: "telemetry-example" } }).pipe(Layer.provide(FetchHttpClient.layer))

const ClaudeLive = Claude.layerConfig({ interceptors: [Telemetry.make()] })

const question = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  const ask = (model: string) =>
    claude.messages.create({ model, max_tokens: 64, messages: [{ role: "user", content: "Say hello." }] })
  yield* ask("claude-opus-5-5")
  // A failure, to see its line.
  yield* Effect.ignore(ask("claude-of-yore"))
}).pipe(Effect.withSpan("question"), Telemetry.withConversation("conversation-1"))

const program = Effect.gen(function*() {
  const { received, url } = yield* receiver
  // What is still to be sent goes out as the layer closes.
  yield* question.pipe(Effect.provide([ClaudeLive, Observability(url)]))
  yield* Console.log((yield* received).join("\n"))
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
