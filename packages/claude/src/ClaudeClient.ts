/**
 * The SDK's client as a service: made and configured here, or brought by the caller.
 *
 * **Details**
 *
 * Whatever the service calls goes through this client, so swapping it swaps the backend: another base URL or `fetch`, a
 * client of Bedrock's, Vertex's or Foundry's packages, a client of yours. The SDK's own retries are off in every call,
 * also on a client that you bring: the retry policy is the only loop.
 *
 * `client` and `use` reach what this library has no name for.
 *
 * **Example** (Using the SDK directly, with the error channel)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { ClaudeClient } from "effect-claude"
 *
 * const raw = Effect.gen(function*() {
 *   const { use } = yield* ClaudeClient.ClaudeClient
 *   return yield* use((client, options) => client.get<{ readonly data: ReadonlyArray<unknown> }>("/v1/models", options))
 * })
 * ```
 *
 * @since 0.1.0
 */
import type { BaseAnthropic } from "@anthropic-ai/sdk/client"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as ClaudeConfig from "./ClaudeConfig.ts"
import * as ClaudeLogger from "./ClaudeLogger.ts"
import type { Interceptor } from "./Interceptor.ts"
import { CurrentBudget } from "./internal/road/budget.ts"
import { ClientEnv, defaultsOf, secretsOf, serviceOf } from "./internal/road/clientEnv.ts"
import type { ClientService } from "./internal/road/clientService.ts"
import { FetchWatch, watched } from "./internal/road/fetchWatch.ts"
import { makeManagedClient } from "./internal/road/managedClient.ts"
import { Scrubber } from "./internal/secrets/scrubber.ts"
import type * as RetryPolicy from "./RetryPolicy.ts"
import * as Transport from "./Transport.ts"

export type { UseOptions } from "./internal/road/clientService.ts"

/**
 * Defaults for calls.
 *
 * @category models
 * @since 0.1.0
 */
export interface Defaults {
  /** Default: `RetryPolicy.standard`. */
  readonly retry?: RetryPolicy.Input | undefined
  /** The longest that one attempt may take. Default: the client's own timeout. */
  readonly timeout?: Duration.Input | undefined
  /** The longest silence of a stream. Default: 60 seconds. */
  readonly idleTimeout?: Duration.Input | undefined
  /** The most bytes that one event of a stream, or one row of a batch's results, may have. Default: 64 MB. */
  readonly maxEventBytes?: number | undefined
  /** Interceptors of every call, outermost first. */
  readonly interceptors?: ReadonlyArray<Interceptor> | undefined
  /** Where else than at the client's own address the results of batches may be. They are asked for without credentials. */
  readonly resultsOrigins?: ReadonlyArray<string | URL> | undefined
}

/**
 * The SDK's client, and a way to use it directly. Whoever has a client of another kind can provide the two.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service extends ClientService {}

/**
 * The client that all calls go through.
 *
 * @category services
 * @since 0.1.0
 */
export class ClaudeClient extends Context.Service<ClaudeClient, Service>()("effect-claude/ClaudeClient") {}

/**
 * Over a client that you have: the SDK's, or that of another platform's package. Its credentials, address, logger and
 * middleware stay its own. It is copied with its `withOptions` as the layer builds, so that what is changed on it afterwards
 * does not count. One whose `withOptions` makes no copy (a class with a constructor of its own) is used as it is: then the
 * answers of `use` are read by the SDK alone, and a failed call may have been sent.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSdk = (client: BaseAnthropic, defaults: Defaults = {}): Layer.Layer<ClaudeClient> =>
  Layer.effect(
    ClaudeClient,
    Effect.map(bridge(secretsOf(client), client.logLevel), ({ budget, secrets, warn }) =>
      serviceOf(
        new ClientEnv(
          watched(client, secrets, defaults.resultsOrigins),
          defaultsOf(client, { ...defaults, budget }),
          secrets,
          warn
        ),
        client
      ))
  )

/**
 * A client made from settings given as values; reads no environment. Fails as the layer builds when a setting is wrong.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: ClaudeConfig.Options): Layer.Layer<ClaudeClient, Config.ConfigError> =>
  Layer.effect(ClaudeClient, Effect.flatMap(ClaudeConfig.make(options), make))

/**
 * A client made from the environment (`ANTHROPIC_API_KEY` and the other variables of {@link module:ClaudeConfig}), or
 * from another `ConfigProvider`. `options` override, each a value or a `Config`. Fails as the layer builds when settings
 * are missing or wrong, with every problem in one error.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (options?: ClaudeConfig.ConfigOptions): Layer.Layer<ClaudeClient, Config.ConfigError> =>
  Layer.effect(ClaudeClient, Effect.flatMap(ClaudeConfig.config(options), make))

const make = Effect.fnUntraced(function*(config: ClaudeConfig.ClaudeConfig) {
  const { budget, level, sdkLogger: logger, secrets, warn } = yield* bridge(secretsIn(config), config.logLevel)
  for (const [name, value] of Object.entries(config.headers)) {
    if (Redacted.isRedacted(value)) secrets.learnHeaderName(name)
  }
  const transport = yield* Transport.Transport
  const watch = new FetchWatch(secrets, config.resultsOrigins)
  const fetch = config.fetch ?? transport ?? globalThis.fetch
  const client = yield* makeManagedClient(config, { fetch, level, logger, scrub: secrets.scrub, watch })
  const defaults = { ...config, interceptors: config.interceptors ?? [], budget }
  return serviceOf(new ClientEnv({ client, watch }, defaults, secrets, warn), client)
})

/** What the layer's surroundings say: the logger in force for the SDK's log and warnings, and the retry budget. */
const bridge = Effect.fnUntraced(function*(
  known: ReadonlyArray<string>,
  clientLevel: ClaudeConfig.LogLevel | undefined
) {
  const logger = yield* ClaudeLogger.ClaudeLogger
  const level = logger.level ?? clientLevel ?? "warn"
  const secrets = new Scrubber(known)
  const sdkLogger = ClaudeLogger.forSdk(logger, yield* Effect.context<never>(), secrets)
  // The SDK's filter does not see what it writes to the console.
  const warn = (message: string) => level === "off" || level === "error" ? undefined : sdkLogger.warn(message)
  return {
    budget: yield* CurrentBudget,
    level,
    sdkLogger,
    secrets,
    warn
  }
})

const secretsIn = ({ credential, headers, webhookKey }: ClaudeConfig.ClaudeConfig): ReadonlyArray<string> =>
  [
    ...(credential._tag === "Bearer" ? [credential.token] : []),
    ...(credential._tag === "WorkloadIdentity" && credential.identityToken ? [credential.identityToken] : []),
    ...(webhookKey === undefined ? [] : [webhookKey]),
    ...Object.values(headers).filter((value) => typeof value !== "string")
  ].map(Redacted.value)
