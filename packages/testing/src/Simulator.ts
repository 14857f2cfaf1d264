/**
 * A simulated Claude API: a real HTTP server on the loopback interface, for tests of programs that call Claude.
 *
 * It checks requests as strictly as the API does, answers them with text that is the same in every run, fails when a
 * script of {@link Fault} values says so, and writes down what it saw. Any client will do: give it `url` and `apiKey`.
 *
 * **What it serves**
 *
 * `POST /v1/messages` (streaming too), `POST /v1/messages/count_tokens`, `GET /v1/models` and `GET /v1/models/:id`; all
 * of `/v1/messages/batches`, where a batch takes `batchDuration` of the clock; and all of `/v1/files`. Nothing of an
 * upload is kept but its name, type and size, since the API gives back only what a tool made: the `files` option. For
 * clients of Amazon Bedrock and Vertex AI, their paths to messages, streams and token counts.
 *
 * **Gotchas**
 *
 * - Time is that of the `Clock` the layer is built with. In an `it.effect` test that is the `TestClock`, so a
 *   `Fault.delayed` waits for `TestClock.adjust`; `it.live` tests wait in earnest.
 * - Closing the layer closes every connection at once, stalled ones too.
 *
 * **Example** (Seeing a retry)
 *
 * ```ts
 * import { Fault, Simulator } from "@effect-claude/testing"
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * export const program = Effect.gen(function*() {
 *   const sim = yield* Simulator.Simulator
 *   yield* sim.script([Fault.overloaded(), Fault.none])
 *   const call = Effect.promise(() =>
 *     fetch(`${sim.url}/v1/models`, {
 *       headers: { "x-api-key": Redacted.value(sim.apiKey), "anthropic-version": "2023-06-01" }
 *     })
 *   )
 *   const statuses = [(yield* call).status, (yield* call).status] // => [529, 200]
 *   return { statuses, seen: yield* sim.journal }
 * }).pipe(Effect.provide(Simulator.layer()))
 * ```
 *
 * @since 0.1.0
 */
import { Claude, ClaudeClient, type ClaudeConfig } from "effect-claude"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Fault from "./Fault.ts"
import type { JournalEntry } from "./internal/journal.ts"
import type * as CreateRequest from "./internal/messageRequest.ts"
import type { Options } from "./internal/options.ts"
import * as Start from "./internal/start.ts"
import type * as Replies from "./Replies.ts"
import type * as Scenario from "./Scenario.ts"

export type { GivenFile } from "./internal/files.ts"
export type { JournalEntry, Outcome } from "./internal/journal.ts"
export type { Limits, RateLimits } from "./internal/limits.ts"
export type { MessageFields, Reply } from "./internal/message.ts"
export type { Model, ModelRules } from "./internal/models.ts"
export type { Options } from "./internal/options.ts"
export type { Pacing } from "./internal/pacing.ts"

/**
 * A request to create a message, as a `reply` function sees it: what the API checks is there, and so is all the rest.
 *
 * @category models
 * @since 0.1.0
 */
export type MessageRequest = CreateRequest.CreateRequest

/**
 * A running simulator.
 *
 * @category services
 * @since 0.1.0
 */
export class Simulator extends Context.Service<Simulator, {
  /** Where it listens, as in `http://127.0.0.1:40123`. Without a socket: an address that only `fetch` knows. */
  readonly url: string
  /** Reaches it: the global `fetch`, or without a socket the one that stands for it. */
  readonly fetch: typeof globalThis.fetch
  /** The key it accepts, as `x-api-key` or as a bearer token. */
  readonly apiKey: Redacted.Redacted<string>
  /** Adds to the faults to come. Each request, to whatever path, takes one; with none left, requests are answered. */
  readonly script: (faults: Iterable<Fault.Fault>) => Effect.Effect<void>
  /** Plays a scenario from now on, instead of the one before it. It decides where the script is empty. */
  readonly play: (scenario: Scenario.Scenario) => Effect.Effect<void>
  /** Answers messages with these from now on, instead of the `replies` option. The first that fits counts. */
  readonly answer: (replies: Replies.Replies) => Effect.Effect<void>
  /** The requests so far, in order of arrival. A request arrives when all of its body has. */
  readonly journal: Effect.Effect<ReadonlyArray<JournalEntry>>
  /** How many scripted faults are yet to strike. `Fault.refused` strikes as soon as it is next. */
  readonly remaining: Effect.Effect<number>
  /**
   * Forgets script, journal, batches, uploads and what prompts are cached, goes back to the `scenario` option from its
   * start and to the `replies` option, and comes up if `Fault.refused` made it go down. Requests under way are finished,
   * but not written down.
   */
  readonly reset: Effect.Effect<void>
  /**
   * How many sockets are open to the server, idle ones included. Node's `fetch` opens a spare one when a request is
   * aborted, so look at outcomes to learn whether a request is over.
   */
  readonly openConnections: Effect.Effect<number>
  /** Waits until the journal is as described, and returns it. Looks again whenever the journal changes. */
  readonly awaitJournal: (
    predicate: (entries: ReadonlyArray<JournalEntry>) => boolean
  ) => Effect.Effect<ReadonlyArray<JournalEntry>>
}>()("@effect-claude/testing/Simulator") {}

/**
 * Starts a simulator, and stops it with the scope. Dies where the port cannot be had.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Simulator> =>
  Layer.effect(Simulator, Start.socket(options)).pipe(Layer.orDie)

type SocketOnly = "control" | "host" | "port"

/**
 * A simulator without a socket: only its `fetch` reaches it. All else is the same, faults of the connection included,
 * which fail with the errors of Node's `fetch`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFetch = (options: Omit<Options, SocketOnly> = {}): Layer.Layer<Simulator> =>
  Layer.effect(Simulator, Start.loopback(options))

/**
 * The settings of a simulator and of the client in front of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientOptions extends
  Omit<Options, SocketOnly>,
  Pick<
    ClaudeConfig.Options,
    "headers" | "idleTimeout" | "interceptors" | "logLevel" | "middleware" | "retry" | "timeout" | "webhookKey"
  >
{}

/**
 * A `ClaudeClient` whose API is a simulator without a socket, and that simulator. {@link layerClaude} has the service too.
 * Fails as the layer builds when a setting of the client is wrong.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerClient = (
  options: ClientOptions = {}
): Layer.Layer<Simulator | ClaudeClient.ClaudeClient, Config.ConfigError> => {
  const { headers, idleTimeout, interceptors, logLevel, middleware, retry, timeout, webhookKey, ...simulated } = options
  const client = { headers, idleTimeout, interceptors, logLevel, middleware, retry, timeout, webhookKey }
  const secretHeaders = [
    ...simulated.secretHeaders ?? [],
    ...Object.entries(headers ?? {}).flatMap(([name, value]) => typeof value === "string" ? [] : [name])
  ]
  return Layer.unwrap(
    Effect.map(Simulator, ({ apiKey, fetch, url }) => ClaudeClient.layer({ ...client, apiKey, baseURL: url, fetch }))
  ).pipe(Layer.provideMerge(layerFetch({ ...simulated, secretHeaders })))
}

/**
 * The service before a simulator without a socket, with its client and that simulator: what a fast unit test needs. Retries
 * are those of production unless `retry` says otherwise. Fails as the layer builds when a setting of the client is wrong.
 *
 * **Example** (A test without network)
 *
 * ```ts
 * import { Fault, Simulator } from "@effect-claude/testing"
 * import { Effect } from "effect"
 * import { Claude, RetryPolicy } from "effect-claude"
 *
 * export const program = Effect.gen(function*() {
 *   const { script } = yield* Simulator.Simulator
 *   const claude = yield* Claude.Claude
 *   yield* script([Fault.resetBeforeHeaders])
 *   return yield* Effect.flip(claude.models.retrieve("claude-opus-5-5"))
 * }).pipe(Effect.provide(Simulator.layerClaude({ retry: RetryPolicy.none })))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerClaude = (
  options?: ClientOptions
): Layer.Layer<Simulator | Claude.Claude | ClaudeClient.ClaudeClient, Config.ConfigError> =>
  Layer.provideMerge(Claude.layerClient, layerClient(options))
