/**
 * A failure in the logs: a line of JSON in production, a readable one in a terminal.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/14-telemetry-logs.ts
 *     NODE_ENV=production ANTHROPIC_API_KEY=sk-ant-… node examples/14-telemetry-logs.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Config, Effect, Layer, Logger } from "effect"
import { Claude, Telemetry } from "effect-claude"

const LoggerLive = Layer.unwrap(Effect.map(
  Config.String("NODE_ENV").pipe(Config.withDefault("development")),
  (env) => Logger.layer([env === "production" ? Logger.consoleJson : Logger.consolePretty()])
))

const program = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  yield* claude.messages.create({
    model: "claude-of-yore",
    max_tokens: 64,
    messages: [{ role: "user", content: "Say hello." }]
  }).pipe(
    Effect.annotateLogs("tenant", "acme"),
    Effect.catchTag("NotFoundError", () => Effect.logInfo("Ask for another model"))
  )
})

NodeRuntime.runMain(program.pipe(
  Effect.provide([Claude.layerConfig({ interceptors: [Telemetry.make()] }), LoggerLive])
))
