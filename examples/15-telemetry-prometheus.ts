/**
 * Metrics as text for Prometheus, on http://localhost:9464/metrics. The dashboard in `telemetry/dashboard.json` reads them.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/15-telemetry-prometheus.ts
 */
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer } from "effect"
import { Claude, Telemetry } from "effect-claude"
import { HttpRouter, HttpServer } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { createServer } from "node:http"

const ServerLive = Layer.unwrap(
  Effect.map(Config.Int("PORT").pipe(Config.withDefault(9464)), (port) => NodeHttpServer.layer(createServer, { port }))
)

/** Your program, in place of this one call. */
const Program = Layer.effectDiscard(Effect.gen(function*() {
  const claude = yield* Claude.Claude
  yield* claude.messages.create({
    model: "claude-opus-5-5",
    max_tokens: 64,
    messages: [{ role: "user", content: "Say hello." }]
  })
  yield* Console.log(`Metrics: ${HttpServer.formatAddress((yield* HttpServer.HttpServer).address)}/metrics`)
})).pipe(Layer.provide(Claude.layerConfig({ interceptors: [Telemetry.make()] })))

const Metrics = HttpRouter.serve(PrometheusMetrics.layerHttp(), { disableLogger: true, disableListenLog: true })

NodeRuntime.runMain(Layer.launch(Layer.merge(Metrics, Program).pipe(Layer.provide(ServerLive))))
