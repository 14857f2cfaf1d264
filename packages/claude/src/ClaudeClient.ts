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
import { Anthropic, type ClientOptions } from "@anthropic-ai/sdk"
import type { BaseAnthropic } from "@anthropic-ai/sdk/client"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as ClaudeConfig from "./ClaudeConfig.ts"
import type * as ClaudeError from "./ClaudeError.ts"
import * as ClaudeLogger from "./ClaudeLogger.ts"
import { Attempt } from "./internal/attempt.ts"
import { CurrentBudget } from "./internal/budget.ts"
import type { CallEnv } from "./internal/call.ts"
import { exchange } from "./internal/exchange.ts"
import { makeLearningScrub, type Scrub } from "./internal/secrets.ts"
import type { Operation } from "./Operation.ts"
import type * as Reason from "./Reason.ts"
import type * as RetryPolicy from "./RetryPolicy.ts"

/**
 * What a call does that does not say otherwise.
 *
 * @category models
 * @since 0.1.0
 */
export interface Defaults {
  /** Default: `RetryPolicy.default`. */
  readonly retry?: RetryPolicy.Input | undefined
  /** The longest that one attempt may take. Default: the client's own timeout. */
  readonly timeout?: Duration.Input | undefined
  /** The longest silence of a stream. Default: 60 seconds. */
  readonly idleTimeout?: Duration.Input | undefined
}

/**
 * The options that {@link ClaudeClient.use} hands to the SDK: they tie the request to the fiber and leave retries to you.
 *
 * @category models
 * @since 0.1.0
 */
export interface UseOptions {
  readonly signal: AbortSignal
  readonly maxRetries: 0
}

/**
 * The client that all calls go through.
 *
 * @category services
 * @since 0.1.0
 */
export class ClaudeClient extends Context.Service<
  ClaudeClient,
  CallEnv & {
    /** Runs a call of the SDK that this library has no name for, with its errors in the channel and without retries. */
    readonly use: <A>(
      f: (client: BaseAnthropic, options: UseOptions) => PromiseLike<A>
    ) => Effect.Effect<A, ClaudeError.CallError<Reason.Coded>>
  }
>()("effect-claude/ClaudeClient") {}

/** Keeps the client, which may hold keys, from what an inspection or a log of the service shows. */
class Live implements CallEnv {
  readonly #client: BaseAnthropic
  readonly defaults: CallEnv["defaults"]
  readonly scrub: Scrub
  readonly warn: CallEnv["warn"]

  constructor(client: BaseAnthropic, defaults: CallEnv["defaults"], scrub: Scrub, warn: CallEnv["warn"]) {
    this.#client = client
    this.defaults = defaults
    this.scrub = scrub
    this.warn = warn
  }

  get client(): BaseAnthropic {
    return this.#client
  }

  /** Of the address in use now: a profile may bring its own with the first call. */
  get host(): string {
    return URL.parse(this.#client.baseURL)?.host ?? "the API"
  }

  readonly use: ClaudeClient["Service"]["use"] = (f) =>
    Effect.flatMap(
      Clock.Clock,
      (clock) =>
        exchange(new Attempt(this, useOperation, undefined, clock), (signal) =>
          f(this.#client, { signal, maxRetries: 0 }))
    )

  toJSON(): unknown {
    return { _id: "ClaudeClient", host: this.host }
  }

  [Inspectable.NodeInspectSymbol](): unknown {
    return this.toJSON()
  }
}

const useOperation: Operation = {
  name: "use",
  method: "POST",
  route: "",
  shape: "json",
  repeatable: false,
  arity: 0,
  reasons: []
}

const defaultIdleTimeout = Duration.seconds(60)

/**
 * Over a client that you have: the SDK's, or that of another platform's package. Its credentials, address, logger and
 * middleware stay its own.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSdk = (client: BaseAnthropic, defaults: Defaults = {}): Layer.Layer<ClaudeClient> =>
  Layer.effect(
    ClaudeClient,
    Effect.map(bridge(secretsOf(client), client.logLevel), ({ budget, scrub, warn }) => {
      const settled: CallEnv["defaults"] = {
        budget,
        retry: defaults.retry,
        timeout: Duration.fromInputUnsafe(defaults.timeout ?? client.timeout),
        timeoutChosen: defaults.timeout !== undefined,
        idleTimeout: Duration.fromInputUnsafe(defaults.idleTimeout ?? defaultIdleTimeout),
        webhookKey: client.webhookKey === null ? undefined : Redacted.make(client.webhookKey)
      }
      return new Live(client, settled, scrub, warn)
    })
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
 * from another `ConfigProvider`. `options` override. Fails as the layer builds when a setting is missing or wrong.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (options?: ClaudeConfig.Options): Layer.Layer<ClaudeClient, Config.ConfigError> =>
  Layer.effect(ClaudeClient, Effect.flatMap(ClaudeConfig.config(options), make))

const make = Effect.fnUntraced(function*(config: ClaudeConfig.ClaudeConfig) {
  const { budget, learn, level, scrub, sdkLogger, warn } = yield* bridge(secretsIn(config), config.logLevel)
  const client = yield* Effect.try({
    try: () => new Anthropic(clientOptions(config, level, sdkLogger, learn)),
    catch: (cause) =>
      new Config.ConfigError(
        new Schema.SchemaError(new SchemaIssue.InvalidValue({ message: scrub(String(cause)) }))
      )
  })
  // The SDK adds ANTHROPIC_CUSTOM_HEADERS whatever its options say. What counts is in the settings already.
  Reflect.set(client, "_options", { ...Reflect.get(client, "_options"), defaultHeaders: plainHeaders(config) })
  return new Live(hideFields(client), { ...config, budget }, scrub, warn)
})

/** The SDK keeps access tokens in plain fields, for everybody who inspects or serializes the client. */
const hideFields = (client: Anthropic): Anthropic => {
  const look = () => ({ _id: "Anthropic", baseURL: client.baseURL })
  return Object.defineProperties(client, {
    toJSON: { value: look },
    [Inspectable.NodeInspectSymbol]: { value: look }
  })
}

/** What the layer's surroundings say: the logger in force for the SDK's log and warnings, and the retry budget. */
const bridge = Effect.fnUntraced(function*(
  secrets: ReadonlyArray<Redacted.Redacted>,
  clientLevel: ClaudeConfig.LogLevel | undefined
) {
  const logger = yield* ClaudeLogger.ClaudeLogger
  const level = logger.level ?? clientLevel ?? "warn"
  const { learn, scrub } = makeLearningScrub(secrets)
  const sdkLogger = ClaudeLogger.forSdk(logger, yield* Effect.context<never>(), scrub)
  // The SDK's filter does not see what it writes to the console.
  const warn = (message: string) => level === "off" || level === "error" ? undefined : sdkLogger.warn(message)
  return {
    budget: yield* CurrentBudget,
    learn,
    level,
    scrub,
    sdkLogger,
    warn
  }
})

const secretsOf = ({ apiKey, authToken, webhookKey }: BaseAnthropic): ReadonlyArray<Redacted.Redacted> =>
  [apiKey, authToken, webhookKey].flatMap((secret) => secret === null ? [] : [Redacted.make(secret)])

const secretsIn = (
  { credential, headers, webhookKey }: ClaudeConfig.ClaudeConfig
): ReadonlyArray<Redacted.Redacted> => [
  ...(credential._tag === "Bearer" ? [credential.token] : []),
  ...(webhookKey === undefined ? [] : [webhookKey]),
  ...Object.values(headers).filter((value) => typeof value !== "string")
]

/** Everything that the SDK would read from the environment is said, so that it reads none of it. */
const clientOptions = (
  config: ClaudeConfig.ClaudeConfig,
  logLevel: ClaudeConfig.LogLevel,
  logger: NonNullable<ClientOptions["logger"]>,
  learn: (secret: string) => void
): ClientOptions => ({
  ...credentialOption(config.credential),
  baseURL: config.baseURL ?? null,
  webhookKey: null,
  maxRetries: 0,
  openTelemetry: false,
  logger,
  logLevel,
  fetch: fetchWithHeaders(config, learn),
  fetchOptions: config.fetchOptions,
  middleware: config.middleware,
  dangerouslyAllowBrowser: config.dangerouslyAllowBrowser,
  ...(config.timeoutChosen ? { timeout: Math.min(2 ** 31 - 1, Math.ceil(Duration.toMillis(config.timeout))) } : {})
})

/** As a function, a key is in no field of the client that an inspection shows. */
const credentialOption = (credential: ClaudeConfig.Credential): ClientOptions => {
  switch (credential._tag) {
    case "Bearer":
      return { apiKey: () => Promise.resolve(Redacted.value(credential.token)) }
    case "Provider":
      return { credentials: credential.provider }
    case "Profile":
      return { profile: credential.name }
    case "WorkloadIdentity":
      return { config: credential.config }
  }
}

const plainHeaders = ({ headers }: ClaudeConfig.ClaudeConfig): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string"))

/**
 * Secret headers are added on the way out, past everything that logs or keeps a request. A token that the SDK fetched is
 * seen here first, and learned as a secret.
 */
const fetchWithHeaders = (
  { credential, fetch = globalThis.fetch, headers }: ClaudeConfig.ClaudeConfig,
  learn: (secret: string) => void
): ClientOptions["fetch"] => {
  const secrets = Object.entries(headers).filter((entry): entry is [string, Redacted.Redacted] =>
    typeof entry[1] !== "string"
  )
  if (secrets.length === 0 && credential._tag === "Bearer") return fetch
  return (url, init) => {
    const all = new Headers(init?.headers)
    const token = /^Bearer (.+)$/i.exec(all.get("authorization") ?? "")?.[1]
    if (token !== undefined) learn(token)
    for (const [name, value] of secrets) all.set(name, Redacted.value(value))
    return fetch(url, { ...init, headers: all })
  }
}
