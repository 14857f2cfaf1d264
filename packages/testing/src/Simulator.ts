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
 * upload is kept but its name, type and size, since the API gives back only what a tool made: the `files` option.
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
import { ClaudeClient, type ClaudeConfig } from "effect-claude"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Fault from "./Fault.ts"
import type * as Message from "./internal/message.ts"
import type * as CreateRequest from "./internal/messageRequest.ts"
import type * as Models from "./internal/models.ts"
import * as Start from "./internal/start.ts"
import type * as Scenario from "./Scenario.ts"

/**
 * How an exchange stands, or ended.
 *
 * - `pending`: not answered yet, or not to the end.
 * - `answered`: the whole answer was sent.
 * - `client-disconnected`: the client went away first.
 * - `reset`, `cut`: a fault reset or closed the connection.
 * - `server-closed`: the simulator closed first.
 * - `failed`: a bug of the simulator.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome =
  | "pending"
  | "answered"
  | "client-disconnected"
  | "reset"
  | "cut"
  | "server-closed"
  | "failed"

/**
 * One request that the simulator got, and what became of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface JournalEntry {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, string | ReadonlyArray<string>>>
  /** Lower-case names; the values of credentials are `<redacted>`. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The JSON that was sent, or undefined where there was none or it was no JSON. Of a form, its fields, with files as
   * `{ filename, mime_type, size_bytes }`.
   */
  readonly body: unknown
  /** The `request-id` header of the answer. */
  readonly requestId: string
  /** The tag of the fault that struck, as in `"CutBody"`. */
  readonly fault: string | undefined
  /** The status of the answer, or undefined as long as there is none. */
  readonly status: number | undefined
  readonly receivedAt: DateTime.Utc
  readonly outcome: Outcome
}

/**
 * A model of the simulated API; all but the id has a default.
 *
 * @category models
 * @since 0.1.0
 */
export type Model = Partial<Models.ModelInfo> & Pick<Models.ModelInfo, "id">

/**
 * A request to create a message, as a `reply` function sees it: what the API checks is there, and so is all the rest.
 *
 * @category models
 * @since 0.1.0
 */
export type MessageRequest = CreateRequest.CreateRequest

/**
 * Any part of a message: content blocks, a stop reason, usage. A text stands for the content, a block needs only what
 * matters, and what is left out is what it would be.
 *
 * @category models
 * @since 0.1.0
 */
export type MessageFields = Message.MessageFields

/**
 * What messages say: a text, any part of a message, or a function of the request, which may give undefined for what the
 * simulator says by default.
 *
 * @category models
 * @since 0.1.0
 */
export type Reply = Message.ReplySource

/**
 * How fast messages are written.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pacing {
  /** From the request to the first token, or event. Default: none. */
  readonly timeToFirstToken?: Duration.Input | undefined
  /** From then on. A message that does not stream takes as long. Default: all at once. */
  readonly tokensPerSecond?: number | undefined
}

/**
 * How much one key may use of one group of models in a minute. Each limit is a bucket that is full at first and refills
 * evenly. What is empty answers 429 with the `retry-after` that helps. Without a number: no limit.
 *
 * @category models
 * @since 0.1.0
 */
export interface RateLimits {
  readonly requestsPerMinute?: number | undefined
  readonly inputTokensPerMinute?: number | undefined
  /** What is left must not be nothing when a message begins; its true length counts, not its `max_tokens`. */
  readonly outputTokensPerMinute?: number | undefined
}

/**
 * Limits on messages, and on what is stored.
 *
 * @category models
 * @since 0.1.0
 */
export interface Limits extends RateLimits {
  /** Other limits for some groups: models of a line and a generation, as in `"opus-5"` for `claude-opus-5-5`. */
  readonly groups?: Readonly<Record<string, RateLimits>> | undefined
  /** Input and output tokens of a key before it gets 429 without `retry-after` for good: a tier's monthly cap. */
  readonly tokensPerMonth?: number | undefined
  /** How much all files may take together before an upload gets 400 with the code `storage_quota_exceeded`. */
  readonly storageBytes?: number | undefined
}

/**
 * A file that is there from the start, as those that a tool made.
 *
 * @category models
 * @since 0.1.0
 */
export interface GivenFile {
  readonly filename: string
  readonly content: string | Uint8Array
  /** Default: what the filename says, or `application/octet-stream`. */
  readonly mime_type?: string | undefined
  /** Default: true. */
  readonly downloadable?: boolean | undefined
  /** Default: one made from its place in the list. */
  readonly id?: string | undefined
  /** Default: never. */
  readonly expires_at?: DateTime.DateTime.Input | undefined
}

/**
 * How to set up a simulator.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The key it accepts. */
  readonly apiKey?: Redacted.Redacted<string> | undefined
  /** Further keys that it accepts, each with limits of its own. */
  readonly moreApiKeys?: ReadonlyArray<Redacted.Redacted<string>> | undefined
  /** The models it knows, newest first. Default: five of today's, one of them deprecated. */
  readonly models?: ReadonlyArray<Model> | undefined
  /**
   * What messages say. It is cut off where `max_tokens` runs out or a stop sequence comes. Default: what the request asks
   * for, the same for the same request. That is a use of the tool that `tool_choice` demands or the last user text names,
   * JSON for an output format, citations of the documents to cite, or as many words as the last user text asks for ("in
   * 20 words"), or 32; with thinking before it, where that is on.
   */
  readonly reply?: Reply | undefined
  /** Default: as fast as can be. */
  readonly pacing?: Pacing | undefined
  /** How long a batch takes, its requests one after the other in even steps. Default: 1 second. */
  readonly batchDuration?: Duration.Input | undefined
  /** The files that are there from the start, newest first. Default: none. */
  readonly files?: ReadonlyArray<GivenFile> | undefined
  /** Faults by rule, by chance and by the clock, which runs from when the layer is built. Default: none. */
  readonly scenario?: Scenario.Scenario | undefined
  /** Default: none, and headers that never change. */
  readonly limits?: Limits | undefined
  /** Called as each exchange ends, for a live log. */
  readonly onExchange?: ((entry: JournalEntry) => void) | undefined
  /** Default: a free port. */
  readonly port?: number | undefined
  /** The address to listen on. Default: the loopback interface, `127.0.0.1`. */
  readonly host?: string | undefined
  /**
   * Serves `GET /__simulator/journal` and `POST /__simulator/faults`, which takes an array of faults for the script, or a
   * scenario to play from now on. Neither wants a key. Default: false.
   */
  readonly control?: boolean | undefined
}

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
  /** The requests so far, in order of arrival. A request arrives when all of its body has. */
  readonly journal: Effect.Effect<ReadonlyArray<JournalEntry>>
  /** How many scripted faults are yet to strike. `Fault.refused` strikes as soon as it is next. */
  readonly remaining: Effect.Effect<number>
  /**
   * Forgets script, journal, batches, uploads and what prompts are cached, plays the `scenario` option from its start, and
   * comes up if `Fault.refused` made it go down. Requests under way are finished, but not written down.
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
    "headers" | "idleTimeout" | "logLevel" | "middleware" | "retry" | "timeout" | "webhookKey"
  >
{}

/**
 * A `ClaudeClient` whose API is a simulator without a socket, and that simulator: what a fast unit test needs under
 * `Claude.layerClient`. Fails as the layer builds when a setting of the client is wrong.
 *
 * **Example** (A test without network)
 *
 * ```ts
 * import { Fault, Simulator } from "@effect-claude/testing"
 * import { Effect, Layer } from "effect"
 * import { Claude, RetryPolicy } from "effect-claude"
 *
 * export const program = Effect.gen(function*() {
 *   const { script } = yield* Simulator.Simulator
 *   const claude = yield* Claude.Claude
 *   yield* script([Fault.resetBeforeHeaders])
 *   return yield* Effect.flip(claude.models.retrieve("claude-opus-5-5"))
 * }).pipe(Effect.provide(Claude.layerClient.pipe(Layer.provideMerge(Simulator.layerClient({ retry: RetryPolicy.none })))))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerClient = (
  options: ClientOptions = {}
): Layer.Layer<Simulator | ClaudeClient.ClaudeClient, Config.ConfigError> => {
  const { headers, idleTimeout, logLevel, middleware, retry, timeout, webhookKey, ...simulated } = options
  const client = { headers, idleTimeout, logLevel, middleware, retry, timeout, webhookKey }
  return Layer.unwrap(
    Effect.map(Simulator, ({ apiKey, fetch, url }) => ClaudeClient.layer({ ...client, apiKey, baseURL: url, fetch }))
  ).pipe(Layer.provideMerge(layerFetch(simulated)))
}
