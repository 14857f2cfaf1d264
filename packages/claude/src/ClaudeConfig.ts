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
 * | `ANTHROPIC_FEDERATION_RULE_ID`, `ANTHROPIC_ORGANIZATION_ID`, `ANTHROPIC_IDENTITY_TOKEN_FILE`, `ANTHROPIC_SERVICE_ACCOUNT_ID`, `ANTHROPIC_WORKSPACE_ID`, `ANTHROPIC_SCOPE` | `workloadIdentity` |
 * | `ANTHROPIC_BASE_URL` | `baseURL` |
 * | `ANTHROPIC_TIMEOUT` | `timeout`, such as `90 seconds` |
 * | `ANTHROPIC_LOG` | `logLevel`: `off`, `error`, `warn`, `info`, `debug` |
 * | `ANTHROPIC_CUSTOM_HEADERS` | `headers`, one `name: value` a line |
 * | `ANTHROPIC_WEBHOOK_SIGNING_KEY` | `webhookKey` |
 *
 * Both check everything at once and fail with a `ConfigError` that names the variable or the option. Keys, tokens and
 * the values of headers are `Redacted` from here to the wire.
 *
 * @since 0.1.0
 */
import type { ClientOptions } from "@anthropic-ai/sdk"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { isHeaderName, isHeaderValue } from "./internal/headers.ts"
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
  /** The API key. Sent as `Authorization: Bearer`. */
  readonly apiKey?: Redacted.Redacted | undefined
  /** An OAuth token, or the token of a gateway. Sent as `Authorization: Bearer`. */
  readonly authToken?: Redacted.Redacted | undefined
  /**
   * Fetches access tokens, at most one at a time. A token serves all calls until it is about to expire (new ones are
   * fetched from two minutes before) or the API answers 401 to it; then `forceRefresh` is `true`. A call whose token was
   * refused is repeated once. A fetch is given 60 seconds. When it fails, so do the calls, before anything is sent: with a
   * retryable `APIConnectionError` if the failure passes by itself (its `isRetryable` is `true`, a timeout, a connection
   * that broke, a status such as 503), else with a `RequestRejectedError`.
   */
  readonly credentials?: NonNullable<ClientOptions["credentials"]> | undefined
  /** A profile of the SDK's configuration folder. */
  readonly profile?: string | undefined
  /** Credentials by workload identity federation, as the SDK describes them. */
  readonly workloadIdentity?: NonNullable<ClientOptions["config"]> | undefined
  /** Where the API is. Default: `https://api.anthropic.com`, or what the profile says. */
  readonly baseURL?: string | URL | undefined
  /** The longest that one attempt may take, headers and body together. Default: 10 minutes. */
  readonly timeout?: Duration.Input | undefined
  /** The longest silence of a stream. Default: 60 seconds. `Infinity` turns it off. */
  readonly idleTimeout?: Duration.Input | undefined
  /** The retry policy of all calls that name none. Default: `RetryPolicy.default`. */
  readonly retry?: RetryPolicy.Input | undefined
  /** From which level on the SDK's log lines are passed on. Default: `warn`. */
  readonly logLevel?: LogLevel | undefined
  /** Headers of every request. Values that are secrets go in as `Redacted`. */
  readonly headers?: Readonly<Record<string, string | Redacted.Redacted>> | undefined
  /** The key that webhooks are signed with. */
  readonly webhookKey?: Redacted.Redacted | undefined
  /** Another `fetch` than the global one: a proxy, a leaner transport, a test. */
  readonly fetch?: ClientOptions["fetch"]
  /** Options of every `fetch`, such as undici's `dispatcher`. */
  readonly fetchOptions?: ClientOptions["fetchOptions"]
  /** The SDK's middleware, around every attempt. */
  readonly middleware?: ClientOptions["middleware"]
  /** Lets the client be made in a browser, where everybody can read its key. */
  readonly dangerouslyAllowBrowser?: boolean | undefined
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
  readonly retry: RetryPolicy.Input | undefined
  readonly logLevel: LogLevel | undefined
  readonly headers: Readonly<Record<string, string | Redacted.Redacted>>
  readonly webhookKey: Redacted.Redacted | undefined
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
  | { readonly _tag: "Provider"; readonly provider: NonNullable<ClientOptions["credentials"]> }
  | { readonly _tag: "Profile"; readonly name: string }
  | { readonly _tag: "WorkloadIdentity"; readonly config: NonNullable<ClientOptions["config"]> }

/**
 * Checks settings given as values.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): Effect.Effect<ClaudeConfig, Config.ConfigError> => check(options, optionNames)

/**
 * Reads settings from the environment, or from whatever `ConfigProvider` is in force. What `options` names overrides.
 *
 * @category constructors
 * @since 0.1.0
 */
export const config = (options: Options = {}): Effect.Effect<ClaudeConfig, Config.ConfigError> =>
  Effect.flatMap(environment, (found) => {
    const { apiKey, authToken, profile, workloadIdentity, ...rest } = found
    const credential = namesCredential(options) ? {} : firstOf({ apiKey, authToken, profile, workloadIdentity })
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
    return Effect.flatMap(checkHeaders(rest.headers, "ANTHROPIC_CUSTOM_HEADERS"), (defaults) => {
      const headers = overrideHeaders(defaults, options.headers ?? {})
      return check({ ...rest, ...credential, ...given, headers }, { ...variableNames, ...namesOf(given) })
    })
  })

type Headers = NonNullable<Options["headers"]>

/** The same header may be written in another case (RFC 9110, section 5.1). */
const overrideHeaders = (defaults: Headers, given: Headers): Headers => {
  const names = new Set(Object.keys(given).map((name) => name.toLowerCase()))
  const kept = Object.entries(defaults).filter(([name]) => !names.has(name.toLowerCase()))
  return { ...Object.fromEntries(kept), ...given }
}

const credentialOptions = ["apiKey", "authToken", "credentials", "profile", "workloadIdentity"] as const

const namesCredential = (options: Options): boolean => credentialOptions.some((name) => options[name] !== undefined)

const firstOf = (found: Options): Options =>
  Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined).slice(0, 1))

type Names = Readonly<Record<"apiKey" | "authToken" | "profile" | "baseURL" | "timeout" | "logLevel", string>>

const optionNames: Names = {
  apiKey: "apiKey",
  authToken: "authToken",
  profile: "profile",
  baseURL: "baseURL",
  timeout: "timeout",
  logLevel: "logLevel"
}

const variableNames: Names = {
  apiKey: "ANTHROPIC_API_KEY",
  authToken: "ANTHROPIC_AUTH_TOKEN",
  profile: "ANTHROPIC_PROFILE",
  baseURL: "ANTHROPIC_BASE_URL",
  timeout: "ANTHROPIC_TIMEOUT",
  logLevel: "ANTHROPIC_LOG"
}

const namesOf = (given: Options): Partial<Names> =>
  Object.fromEntries(Object.entries(optionNames).filter(([name]) => name in given))

const optional = <A>(self: Config.Config<A>): Config.Config<A | undefined> =>
  Config.map(Config.option(self), Option.getOrUndefined)

/** An empty variable is one that a shell or a manifest left blank: it counts as unset, except for the key. */
const text = (name: string): Config.Config<string | undefined> =>
  Config.map(optional(Config.String(name)), (value) => value?.trim() || undefined)

const secret = (name: string): Config.Config<Redacted.Redacted | undefined> => optional(Config.Redacted(name))

const unlessBlank = (value: Redacted.Redacted | undefined): Redacted.Redacted | undefined =>
  value !== undefined && Redacted.value(value).trim() === "" ? undefined : value

const environment: Config.Config<Options & { readonly headers: Headers }> = Config.map(
  Config.all({
    apiKey: secret(variableNames.apiKey),
    authToken: secret(variableNames.authToken),
    profile: text(variableNames.profile),
    baseURL: text(variableNames.baseURL),
    timeout: text(variableNames.timeout),
    logLevel: text(variableNames.logLevel),
    headers: secret("ANTHROPIC_CUSTOM_HEADERS"),
    webhookKey: secret("ANTHROPIC_WEBHOOK_SIGNING_KEY"),
    federationRule: text("ANTHROPIC_FEDERATION_RULE_ID"),
    organization: text("ANTHROPIC_ORGANIZATION_ID"),
    identityTokenFile: text("ANTHROPIC_IDENTITY_TOKEN_FILE"),
    serviceAccount: text("ANTHROPIC_SERVICE_ACCOUNT_ID"),
    workspace: text("ANTHROPIC_WORKSPACE_ID"),
    scope: text("ANTHROPIC_SCOPE")
  }),
  (found) => ({
    apiKey: found.authToken === undefined && found.profile === undefined && found.federationRule === undefined
      ? found.apiKey
      : unlessBlank(found.apiKey),
    authToken: unlessBlank(found.authToken),
    profile: found.profile,
    workloadIdentity: workloadIdentityOf(found),
    baseURL: found.baseURL,
    // Checked below, with the variable's name in the message.
    timeout: found.timeout as Duration.Input | undefined,
    logLevel: found.logLevel as LogLevel | undefined,
    headers: found.headers === undefined ? {} : headerLines(Redacted.value(found.headers)),
    webhookKey: unlessBlank(found.webhookKey)
  })
)

const workloadIdentityOf = (found: {
  readonly federationRule: string | undefined
  readonly organization: string | undefined
  readonly identityTokenFile: string | undefined
  readonly serviceAccount: string | undefined
  readonly workspace: string | undefined
  readonly scope: string | undefined
}): Options["workloadIdentity"] =>
  found.federationRule === undefined || found.organization === undefined ? undefined : {
    organization_id: found.organization,
    workspace_id: found.workspace,
    authentication: {
      type: "oidc_federation",
      federation_rule_id: found.federationRule,
      service_account_id: found.serviceAccount,
      identity_token: found.identityTokenFile === undefined
        ? undefined
        : { source: "file", path: found.identityTokenFile },
      scope: found.scope
    }
  }

const headerLines = (lines: string): Record<string, Redacted.Redacted> =>
  Object.fromEntries(
    lines.split("\n").flatMap((line) => {
      const colon = line.indexOf(":")
      return colon < 1 ? [] : [[line.slice(0, colon).trim(), Redacted.make(line.slice(colon + 1).trim())]]
    })
  )

const invalid = (message: string): Effect.Effect<never, Config.ConfigError> =>
  Effect.fail(new Config.ConfigError(new Schema.SchemaError(new SchemaIssue.InvalidValue({ message }))))

const check = Effect.fnUntraced(function*(options: Options, names: Names) {
  const timeout = yield* duration(options.timeout ?? "10 minutes", names.timeout)
  const logLevel = options.logLevel
  if (logLevel !== undefined && !logLevels.includes(logLevel)) {
    return yield* invalid(`${names.logLevel} is ${JSON.stringify(logLevel)}. Use one of ${logLevels.join(", ")}.`)
  }
  const result: ClaudeConfig = {
    credential: yield* credential(options, names),
    baseURL: yield* url(options.baseURL, names.baseURL),
    timeout,
    timeoutChosen: options.timeout !== undefined,
    idleTimeout: yield* duration(options.idleTimeout ?? "60 seconds", "idleTimeout"),
    retry: options.retry,
    logLevel,
    headers: yield* checkHeaders(options.headers ?? {}, "headers"),
    webhookKey: options.webhookKey,
    fetch: options.fetch,
    fetchOptions: options.fetchOptions,
    middleware: options.middleware,
    dangerouslyAllowBrowser: options.dangerouslyAllowBrowser
  }
  return result
})

const logLevels: ReadonlyArray<LogLevel> = ["off", "error", "warn", "info", "debug"]

const credential = (options: Options, names: Names): Effect.Effect<Credential, Config.ConfigError> => {
  const named = credentialOptions.filter((name) => options[name] !== undefined)
  if (named.length > 1) return invalid(`Pass at most one credential. Received ${named.join(" and ")}.`)
  if (options.apiKey !== undefined) return bearer(options.apiKey, names.apiKey)
  if (options.authToken !== undefined) return bearer(options.authToken, names.authToken)
  if (options.credentials !== undefined) return Effect.succeed({ _tag: "Provider", provider: options.credentials })
  if (options.workloadIdentity !== undefined) {
    return Effect.succeed({ _tag: "WorkloadIdentity", config: options.workloadIdentity })
  }
  if (options.profile !== undefined) {
    return /^[A-Za-z0-9_.-]+$/.test(options.profile) && !/^\.\.?$/.test(options.profile)
      ? Effect.succeed({ _tag: "Profile", name: options.profile })
      : invalid(`${names.profile} is not the name of a profile. Use letters, digits, ".", "_" and "-".`)
  }
  return invalid(`${names.apiKey} is missing. Set it to an API key from the Claude Console.`)
}

const bearer = (token: Redacted.Redacted, name: string): Effect.Effect<Credential, Config.ConfigError> => {
  const value = Redacted.value(token).trim()
  if (value === "") return invalid(`${name} is blank. Set it to an API key from the Claude Console.`)
  // Such a value cannot stand in a header, and the error of `Headers` would show it.
  if (!/^[\x21-\x7e]+$/.test(value)) {
    return invalid(`${name} contains spaces, line breaks or other characters that no key has. Copy it again.`)
  }
  return Effect.succeed({ _tag: "Bearer", token: Redacted.make(value, { label: name }) })
}

const url = (input: string | URL | undefined, name: string): Effect.Effect<string | undefined, Config.ConfigError> => {
  if (input === undefined) return Effect.succeed(undefined)
  const parsed = URL.parse(String(input).trim())
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    return invalid(`${name} is not an http or https URL. Use the form https://api.anthropic.com.`)
  }
  if (parsed.username !== "" || parsed.password !== "") {
    return invalid(`${name} contains a user name or a password. Pass credentials as a header.`)
  }
  return parsed.search !== "" || parsed.hash !== ""
    ? invalid(`${name} contains a query or a fragment. Use the form https://api.anthropic.com.`)
    : Effect.succeed(parsed.href.replace(/\/+$/, ""))
}

const duration = (input: Duration.Input, name: string): Effect.Effect<Duration.Duration, Config.ConfigError> => {
  const parsed = Option.getOrUndefined(Duration.fromInput(input))
  return parsed !== undefined && Duration.isGreaterThan(parsed, Duration.zero)
    ? Effect.succeed(parsed)
    : invalid(`${name} is ${JSON.stringify(String(input))}. Use a duration above zero, such as "90 seconds".`)
}

const checkHeaders = (headers: Headers, source: string): Effect.Effect<Headers, Config.ConfigError> =>
  Effect.as(Effect.forEach(Object.entries(headers), ([name, value]) => checkHeader(name, value, source)), headers)

/** A name that is none may be a secret in the wrong place, and is not shown. */
const checkHeader = (
  name: string,
  value: string | Redacted.Redacted,
  source: string
): Effect.Effect<void, Config.ConfigError> => {
  if (!isHeaderName(name)) {
    return invalid(
      `${source} contains a name that no header can have (RFC 9110, section 5.1). Use the form x-my-header.`
    )
  }
  return isHeaderValue(Redacted.isRedacted(value) ? Redacted.value(value) : value)
    ? Effect.void
    : invalid(
      `${source} contains line breaks or other characters that no header can have (RFC 9110, section 5.5), ` +
        `in the value of ${JSON.stringify(name)}.`
    )
}
