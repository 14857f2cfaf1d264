import Anthropic from "@anthropic-ai/sdk"
import { Data, type Duration, Effect, type Fiber, Layer, Redacted } from "effect"
import { Claude, ClaudeClient, type ClaudeConfig, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { Simulator } from "../src/index.ts"

type Sim = Simulator.Simulator["Service"]

/** What a promise of a client rejected with. */
export class ClientError extends Data.TaggedError("ClientError")<{ readonly cause: unknown }> {}

/** Runs a promise, and aborts it with the fiber. */
export const attempt = <A>(run: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, ClientError> =>
  Effect.tryPromise({ try: run, catch: (cause) => new ClientError({ cause }) })

/** The official SDK, without its retries. */
export const sdk = (sim: Sim): Anthropic =>
  new Anthropic({ baseURL: sim.url, apiKey: Redacted.value(sim.apiKey), maxRetries: 0, logLevel: "off" })

/** The service over a simulator, whichever way it is reached. Default: no retries. */
export const claudeOver = (
  simulator: Layer.Layer<Simulator.Simulator>,
  options: Pick<ClaudeConfig.Options, "retry"> = { retry: RetryPolicy.none }
) =>
  Claude.layerClient.pipe(
    Layer.provide(Layer.unwrap(
      Effect.map(
        Simulator.Simulator,
        ({ apiKey, fetch, url }) =>
          ClaudeClient.layer({ ...options, apiKey, baseURL: url, fetch, timeout: "10 minutes", logLevel: "off" })
      )
    )),
    Layer.provideMerge(simulator)
  )

export const credentials = (sim: Sim) => ({
  "x-api-key": Redacted.value(sim.apiKey),
  "anthropic-version": "2023-06-01"
})

export const get = (sim: Sim, path: string): Effect.Effect<Response, ClientError> =>
  attempt((signal) => fetch(`${sim.url}${path}`, { headers: credentials(sim), signal }))

export const post = (
  sim: Sim,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {}
): Effect.Effect<Response, ClientError> =>
  attempt((signal) =>
    fetch(`${sim.url}${path}`, {
      method: "POST",
      headers: { ...credentials(sim), "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
      signal
    })
  )

export const textOf = (response: Response): Effect.Effect<string, ClientError> => attempt(() => response.text())

/** Whatever JSON the body is. */
export const jsonOf = (response: Response): Effect.Effect<unknown, ClientError> => attempt(() => response.json())

export const hello: Anthropic.MessageCreateParamsNonStreaming = {
  model: "claude-opus-5-5",
  max_tokens: 100,
  messages: [{ role: "user", content: "Say hello in 20 words" }]
}

export const helloStreamed: Anthropic.MessageCreateParamsStreaming = { ...hello, stream: true }

/** Lets the clock run on in steps until a fiber is done, with time between for what waits for promises. */
export const elapse = <A, E>(fiber: Fiber.Fiber<A, E>, step: Duration.Input): Effect.Effect<void> =>
  Effect.promise(() => new Promise((resolve) => setImmediate(resolve))).pipe(
    Effect.andThen(TestClock.adjust(step)),
    Effect.repeat({ until: () => fiber.pollUnsafe() !== undefined }),
    Effect.asVoid
  )
