/** Programs against a simulator without a socket, in virtual time. */
import { Simulator } from "@effect-claude/testing"
import { Effect, Layer } from "effect"
import { Claude, RetryPolicy } from "effect-claude"

export const hello: Claude.MessageCreateParams = {
  model: "claude-opus-5-5",
  max_tokens: 100,
  messages: [{ role: "user", content: "Say hello in 20 words" }]
}

/** Claude behind these interceptors, nothing retried unless `retry` says so, and the simulator that answers. */
export const claudeWith = <E, R>(
  interceptor: Layer.Layer<never, E, R>,
  options: Simulator.ClientOptions = {}
) =>
  Claude.layerClient.pipe(
    Layer.provide(interceptor),
    Layer.provideMerge(Simulator.layerClient({ retry: RetryPolicy.none, ...options }))
  )

export const say = (params: Partial<Claude.MessageCreateParams> = {}) =>
  Effect.flatMap(Claude.Claude, (claude) => claude.messages.create({ ...hello, ...params }))

/** The statuses of the answers so far. */
export const statuses = Effect.flatMap(
  Simulator.Simulator,
  ({ journal }) => Effect.map(journal, (entries) => entries.map(({ status }) => status))
)
