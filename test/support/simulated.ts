/** The service over a real socket: a simulated API, and a client for it. */
import { Simulator } from "@effect-claude/testing"
import { Effect, Layer } from "effect"
import { Claude, type ClaudeConfig, RetryPolicy } from "effect-claude"

/** Nothing is retried unless `options` name a policy. */
export const simulated = (options: ClaudeConfig.Options = {}, simulator?: Simulator.Options) =>
  Layer.unwrap(Effect.map(Simulator.Simulator, (sim) =>
    Claude.layer({
      baseURL: sim.url,
      ...(options.credentials === undefined ? { apiKey: sim.apiKey } : {}),
      retry: RetryPolicy.none,
      ...options
    }))).pipe(Layer.provideMerge(Simulator.layer(simulator)))

export const hello: Claude.MessageCreateParams = {
  model: "claude-opus-5-5",
  max_tokens: 100,
  messages: [{ role: "user", content: "Say hello in 20 words" }]
}
