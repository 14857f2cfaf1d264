/**
 * Settings of a client, from values or from Effect's `Config`.
 *
 * **Details**
 *
 * {@link make} takes values and reads no environment. {@link config} reads the variables that the SDK reads, through the
 * `ConfigProvider` in force, and lets values override them:
 *
 * | variable | setting |
 * |---|---|
 * | `ANTHROPIC_API_KEY`, else `ANTHROPIC_AUTH_TOKEN` | `apiKey`, `authToken` |
 * | `ANTHROPIC_PROFILE` | `profile` |
 * | `ANTHROPIC_FEDERATION_RULE_ID`, `ANTHROPIC_ORGANIZATION_ID`, `ANTHROPIC_IDENTITY_TOKEN_FILE` or `ANTHROPIC_IDENTITY_TOKEN`, `ANTHROPIC_SERVICE_ACCOUNT_ID`, `ANTHROPIC_WORKSPACE_ID`, `ANTHROPIC_SCOPE` | `workloadIdentity` |
 * | `ANTHROPIC_BASE_URL` | `baseURL` |
 * | `ANTHROPIC_TIMEOUT` | `timeout`, such as `90 seconds` |
 * | `ANTHROPIC_LOG` | `logLevel`: `off`, `error`, `warn`, `info`, `debug` |
 * | `ANTHROPIC_CUSTOM_HEADERS` | `headers`, one `name: value` a line |
 * | `ANTHROPIC_WEBHOOK_SIGNING_KEY` | `webhookKey` |
 *
 * Both check everything and fail with one `ConfigError` that lists every problem, a line each, with the name of the
 * variable or the option. Keys, tokens and the values of headers are `Redacted` from here to the wire.
 *
 * **Example** (Keys and addresses under names of your own)
 *
 * ```ts
 * import { Config } from "effect"
 * import { Claude } from "effect-claude"
 *
 * const ClaudeLive = Claude.layerConfig({
 *   apiKey: Config.Redacted("MY_KEY"),
 *   baseURL: Config.String("MY_GATEWAY"),
 *   timeout: "90 seconds"
 * })
 * ```
 *
 * **Example** (A key that is rotated: read again five minutes after it was read)
 *
 * ```ts
 * import { Effect, Layer, Redacted } from "effect"
 * import { Claude } from "effect-claude"
 *
 * declare const readSecret: (name: string) => Effect.Effect<string, Error>
 *
 * const ClaudeLive = Layer.unwrap(Effect.gen(function*() {
 *   const apiKey = yield* Effect.cachedWithTTL(Effect.map(readSecret("claude"), Redacted.make), "5 minutes")
 *   return Claude.layer({ apiKey })
 * }))
 * ```
 *
 * @since 0.1.0
 */
import type { ClientOptions } from "@anthropic-ai/sdk"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Interceptor } from "./Interceptor.ts"
import { configError } from "./internal/config/configError.ts"
import { defaultMaxEventBytes } from "./internal/config/defaults.ts"
import { readEnvironment, variables } from "./internal/config/environment.ts"
import { makeReport, readConfig, readFields, type Report } from "./internal/config/reading.ts"
import * as Rules from "./internal/config/rules.ts"
import type * as RetryPolicy from "./RetryPolicy.ts"

/**
 * From which level on the SDK's log lines are passed on.
 *
 * @category models
 * @since 0.1.0
 */
export type LogLevel = NonNullable<ClientOptions["logLevel"]>

/**
 * The settings. Name at most one credential.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * The API key, sent as `Authorization: Bearer`. As an `Effect` it is asked for each request, with the services that the
   * layer was built with, and interrupted with the call: cache it with `Effect.cachedWithTTL`. When the effect fails, the
   * call fails before anything is sent: with a retryable `APIConnectionError` if the failure passes by itself (its
   * `isRetryable` is `true`, a timeout, a connection that broke, a status such as 503), else with a `RequestRejectedError`.
   */
  readonly apiKey?: Redacted.Redacted | Effect.Effect<Redacted.Redacted, unknown> | undefined
  /** An OAuth token, or the token of a gateway. Sent as `Authorization: Bearer`. */
  readonly authToken?: Redacted.Redacted | undefined
  /**
   * Fetches access tokens, at most one at a time. A token serves all calls until it is about to expire (new ones are
   * fetched from two minutes before) or the API answers 401 to it; then `forceRefresh` is `true`. A call whose token was
   * refused is repeated once. A fetch is given 60 seconds. Failures are those of an `apiKey` effect.
   */
  readonly credentials?: NonNullable<ClientOptions["credentials"]> | undefined
  /** A profile of the SDK's configuration folder. What its file leaves open, the SDK reads from its variables. */
  readonly profile?: string | undefined
  /** Credentials by workload identity federation, as the SDK describes them. Name the file of the identity token. */
  readonly workloadIdentity?: NonNullable<ClientOptions["config"]> | undefined
  /**
   * Where the API is. Default: `https://api.anthropic.com`, or what the profile says. All paths begin with `/v1`, so one
   * `/v1` at the end is dropped: for a gateway whose own address ends in `/v1`, write `/v1/v1`.
   */
  readonly baseURL?: string | URL | undefined
  /** The longest that one attempt may take, headers and body together. Default: 10 minutes. */
  readonly timeout?: Duration.Input | undefined
  /** The longest silence of a stream. Default: 60 seconds. `Infinity` turns it off. */
  readonly idleTimeout?: Duration.Input | undefined
  /** The most bytes that one event of a stream, or one row of a batch's results, may have. Default: 64 MB. */
  readonly maxEventBytes?: number | undefined
  /** The retry policy of all calls that name none. Default: `RetryPolicy.standard`. */
  readonly retry?: RetryPolicy.Input | undefined
  /** From which level on the SDK's log lines are passed on. Default: `warn`. */
  readonly logLevel?: LogLevel | undefined
  /** Headers of every request. Values that are secrets go in as `Redacted`. */
  readonly headers?: Readonly<Record<string, string | Redacted.Redacted>> | undefined
  /** The key that webhooks are signed with. */
  readonly webhookKey?: Redacted.Redacted | undefined
  /** Interceptors of every call, outermost first. */
  readonly interceptors?: ReadonlyArray<Interceptor> | undefined
  /**
   * Where else than at `baseURL` the results of batches may be, as in `https://results.example.com`. Those are asked for
   * without credentials. An answer that names any other place is refused, and nothing is sent there. Default: nowhere.
   */
  readonly resultsOrigins?: ReadonlyArray<string | URL> | undefined
  /** Another `fetch` than the global one: a proxy, a leaner transport, a test. It is told to follow no redirect. */
  readonly fetch?: ClientOptions["fetch"]
  /** Options of every `fetch`, such as undici's `dispatcher`. */
  readonly fetchOptions?: ClientOptions["fetchOptions"]
  /** The SDK's middleware, around every attempt. */
  readonly middleware?: ClientOptions["middleware"]
  /** Lets the client be made in a browser, where everybody can read its key. */
  readonly dangerouslyAllowBrowser?: boolean | undefined
}

/**
 * Settings for {@link config}: each a value or a `Config`, of the headers also each value. Every `Config` is read once, as
 * the layer builds. One that gives `undefined` leaves its setting to the environment.
 *
 * @category models
 * @since 0.1.0
 */
export type ConfigOptions = {
  readonly [Name in keyof Options]:
    | Options[Name]
    | Config.Config<Options[Name]>
    | (Name extends "headers" ? ConfigHeaders : never)
}

/**
 * Headers whose values may be `Config`s.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConfigHeaders {
  readonly [name: string]: string | Redacted.Redacted | Config.Config<string | Redacted.Redacted | undefined>
}

/**
 * Checked settings, defaults filled in.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClaudeConfig {
  readonly credential: Credential
  readonly baseURL: string | undefined
  readonly timeout: Duration.Duration
  /** Whether the timeout was chosen: then long answers without streaming are the caller's choice too. */
  readonly timeoutChosen: boolean
  readonly idleTimeout: Duration.Duration
  readonly maxEventBytes: number
  readonly retry: RetryPolicy.Input | undefined
  readonly logLevel: LogLevel | undefined
  readonly headers: Readonly<Record<string, string | Redacted.Redacted>>
  readonly webhookKey: Redacted.Redacted | undefined
  readonly interceptors: ReadonlyArray<Interceptor> | undefined
  readonly resultsOrigins: ReadonlyArray<string | URL> | undefined
  readonly fetch: ClientOptions["fetch"]
  readonly fetchOptions: ClientOptions["fetchOptions"]
  readonly middleware: ClientOptions["middleware"]
  readonly dangerouslyAllowBrowser: boolean | undefined
}

/**
 * How a client proves who it is.
 *
 * @category models
 * @since 0.1.0
 */
export type Credential =
  | { readonly _tag: "Bearer"; readonly token: Redacted.Redacted }
  | { readonly _tag: "KeyEffect"; readonly key: Effect.Effect<Redacted.Redacted, unknown> }
  | { readonly _tag: "Provider"; readonly provider: NonNullable<ClientOptions["credentials"]> }
  | { readonly _tag: "Profile"; readonly name: string }
  | {
    readonly _tag: "WorkloadIdentity"
    readonly config: NonNullable<ClientOptions["config"]>
    /** In place of a file, from `ANTHROPIC_IDENTITY_TOKEN`. */
    readonly identityToken?: Redacted.Redacted | undefined
  }

/**
 * Checks settings given as values.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Effect.Effect<ClaudeConfig, Config.ConfigError> => {
  const report = makeReport()
  const misplaced = Object.keys(options).filter((name) => Config.isConfig(Reflect.get(options, name)))
  for (const name of misplaced) {
    report.failed.add(name)
    report.problems.push(
      `${name}: expected a value, got a Config. Use layerConfig, which reads it as the layer builds.`
    )
  }
  return settle(without(options, misplaced), optionNames, report)
}

/**
 * Reads settings from the environment, or from whatever `ConfigProvider` is in force. What `options` names overrides.
 *
 * @category constructors
 * @since 0.1.0
 */
export const config = Effect.fnUntraced(function*(
  options: ConfigOptions = {}
): Effect.fn.Return<ClaudeConfig, Config.ConfigError> {
  const report = makeReport()
  const given = yield* readOptions(options, report)
  // A Config that failed was meant to override, too.
  const overridden = [...Object.keys(given), ...report.failed]
  const namesCredential = overridden.some((name) => credentialOptions.some((credential) => credential === name))
  const { headers, identityToken, ...found } = yield* readEnvironment(report)
  const { apiKey, authToken, profile, workloadIdentity, ...rest } = found
  const credential = namesCredential ? {} : firstOf({ apiKey, authToken, profile, workloadIdentity })
  const headerProblems = Rules.headersProblems(headers, variables.headers)
  report.problems.push(...headerProblems)
  const defaults = headerProblems.length > 0 ? {} : headers
  const merged = { ...without({ ...rest, ...credential }, overridden), ...given }
  return yield* settle(
    { ...merged, headers: overrideHeaders(defaults, given.headers ?? {}) },
    { ...variables, ...namesOf(given) },
    report,
    "workloadIdentity" in credential ? identityToken : undefined
  )
})

/** The options, with the values of their `Config`s. */
const readOptions = Effect.fnUntraced(function*(options: ConfigOptions, report: Report) {
  const headers = Config.isConfig(options.headers)
    ? yield* readConfig(options.headers, "headers", report)
    : yield* readFields(options.headers ?? {}, report, "headers.")
  const values = yield* readFields({ ...options, headers: undefined }, report)
  // `ConfigOptions` says that its `Config`s give the values of `Options`.
  return (headers === undefined ? values : { ...values, headers }) as Options
})

/** The same header may be written in another case (RFC 9110, section 5.1). */
const overrideHeaders = (defaults: Rules.Headers, given: Rules.Headers): Rules.Headers => {
  const names = new Set(Object.keys(given).map((name) => name.toLowerCase()))
  const kept = Object.entries(defaults).filter(([name]) => !names.has(name.toLowerCase()))
  return { ...Object.fromEntries(kept), ...given }
}

const credentialOptions = ["apiKey", "authToken", "credentials", "profile", "workloadIdentity"] as const

const firstOf = (found: object): Options =>
  Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined).slice(0, 1))

const without = (options: object, names: ReadonlyArray<string>): Options =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)))

type Names = Readonly<Record<keyof typeof variables, string>>

const optionNames: Names = {
  apiKey: "apiKey",
  authToken: "authToken",
  profile: "profile",
  baseURL: "baseURL",
  timeout: "timeout",
  logLevel: "logLevel",
  headers: "headers",
  webhookKey: "webhookKey"
}

const namesOf = (given: Options): Partial<Names> =>
  Object.fromEntries(Object.entries(optionNames).filter(([name]) => name in given))

const logLevels: ReadonlyArray<LogLevel> = ["off", "error", "warn", "info", "debug"]

const problemsOf = (options: Options, names: Names, report: Report, identityToken: Redacted.Redacted | undefined) => [
  ...credentialProblems(options, names, report, identityToken),
  ...Rules.urlProblems(options.baseURL, names.baseURL),
  ...Rules.durationProblems(options.timeout, names.timeout),
  ...Rules.durationProblems(options.idleTimeout, "idleTimeout"),
  ...Rules.bytesProblems(options.maxEventBytes, "maxEventBytes"),
  ...Rules.oneOfProblems(options.logLevel, logLevels, names.logLevel),
  ...Rules.headersProblems(options.headers, "headers"),
  ...Rules.originsProblems(options.resultsOrigins, "resultsOrigins")
]

/** The checked settings, or every problem at once: those of the report, and those of the values. */
const settle = (
  options: Options,
  names: Names,
  report: Report,
  identityToken?: Redacted.Redacted
): Effect.Effect<ClaudeConfig, Config.ConfigError> => {
  const [problem, ...others] = [...problemsOf(options, names, report, identityToken), ...report.problems]
  if (problem !== undefined) return Effect.fail(configError([problem, ...others]))
  return Effect.succeed({
    credential: credentialOf(options, names, identityToken),
    baseURL: Rules.baseURLOf(options.baseURL),
    timeout: Duration.fromInputUnsafe(options.timeout ?? "10 minutes"),
    timeoutChosen: options.timeout !== undefined,
    idleTimeout: Duration.fromInputUnsafe(options.idleTimeout ?? "60 seconds"),
    maxEventBytes: options.maxEventBytes ?? defaultMaxEventBytes,
    retry: options.retry,
    logLevel: options.logLevel,
    headers: options.headers ?? {},
    webhookKey: options.webhookKey,
    interceptors: options.interceptors,
    resultsOrigins: options.resultsOrigins,
    fetch: options.fetch,
    fetchOptions: options.fetchOptions,
    middleware: options.middleware,
    dangerouslyAllowBrowser: options.dangerouslyAllowBrowser
  })
}

const credentialProblems = (
  options: Options,
  names: Names,
  report: Report,
  identityToken: Redacted.Redacted | undefined
): Rules.Problems => {
  const named = credentialOptions.filter((name) => options[name] !== undefined)
  if (named.length > 1) return [`Pass at most one credential. Received ${named.join(" and ")}.`]
  const { apiKey, authToken, profile, workloadIdentity } = options
  if (apiKey !== undefined) return Rules.apiKeyProblems(apiKey, names.apiKey)
  if (authToken !== undefined) return Rules.tokenProblems(authToken, names.authToken)
  if (profile !== undefined) return Rules.profileProblems(profile, names.profile)
  if (workloadIdentity !== undefined) return Rules.workloadIdentityProblems(workloadIdentity, identityToken)
  // One that could not be read is not missing.
  const isMissing = named.length === 0 && !credentialOptions.some((name) => report.failed.has(name))
  return isMissing ? [Rules.missingKey(names.apiKey)] : []
}

const credentialOf = (
  { apiKey, authToken, credentials, profile = "", workloadIdentity }: Options,
  names: Names,
  identityToken: Redacted.Redacted | undefined
): Credential => {
  // The errors are the caller's.
  // @effect-diagnostics-next-line anyUnknownInErrorContext:off
  if (Effect.isEffect(apiKey)) return { _tag: "KeyEffect", key: apiKey }
  if (apiKey !== undefined) return bearer(apiKey, names.apiKey)
  if (authToken !== undefined) return bearer(authToken, names.authToken)
  if (credentials !== undefined) return { _tag: "Provider", provider: credentials }
  return workloadIdentity === undefined
    ? { _tag: "Profile", name: profile }
    : { _tag: "WorkloadIdentity", config: workloadIdentity, ...(identityToken && { identityToken }) }
}

const bearer = (token: Redacted.Redacted, label: string): Credential => ({
  _tag: "Bearer",
  token: Redacted.make(Redacted.value(token).trim(), { label })
})
