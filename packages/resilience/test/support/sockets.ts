/** Programs over real sockets: a simulated API, and clients for it. */
import { Simulator } from "@effect-claude/testing"
import { Effect, Layer } from "effect"
import { Claude, type ClaudeConfig, RetryPolicy } from "effect-claude"

/** Claude behind these interceptors and over a socket. Nothing is retried unless `options` name a policy. */
export const overSocket = <A, E>(
  interceptors: Layer.Layer<A, E, Simulator.Simulator>,
  options: ClaudeConfig.Options = {},
  simulator?: Simulator.Options
) =>
  Layer.unwrap(
    Effect.map(Simulator.Simulator, (sim) =>
      Claude.layer({ baseURL: sim.url, apiKey: sim.apiKey, retry: RetryPolicy.none, logLevel: "off", ...options }))
  ).pipe(
    Layer.provideMerge(interceptors),
    Layer.provideMerge(Simulator.layer(simulator))
  )

const modelOf = (body: unknown): unknown =>
  typeof body === "object" && body !== null ? Reflect.get(body, "model") : undefined

/** The models that were asked, in order. */
export const modelsAsked = Effect.flatMap(
  Simulator.Simulator,
  ({ journal }) => Effect.map(journal, (entries) => entries.map(({ body }) => modelOf(body)))
)
