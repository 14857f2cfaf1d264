/** The SDK client that this library makes from settings. It reads no environment. */
import { Anthropic, type ClientOptions } from "@anthropic-ai/sdk"
import * as Clock from "effect/Clock"
import type * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Redactable from "effect/Redactable"
import type { ClaudeConfig, LogLevel } from "../../ClaudeConfig.ts"
import { configError } from "../config/configError.ts"
import type { Scrub } from "../secrets.ts"
import { AccessTokens, type Fetch } from "./accessTokens.ts"
import { Authorization } from "./authorization.ts"
import { federationProvider } from "./federation.ts"
import type { FetchWatch } from "./fetchWatch.ts"

/** What a managed client gets from its surroundings. */
export interface Surroundings {
  readonly level: LogLevel
  readonly logger: NonNullable<ClientOptions["logger"]>
  readonly scrub: Scrub
  /** What sends requests. */
  readonly fetch: Fetch
  /** Sees them all. */
  readonly watch: FetchWatch
}

/** A client of the SDK from checked settings. Keys and tokens stay out of what an inspection of it shows. */
export const makeManagedClient = Effect.fnUntraced(function*(
  config: ClaudeConfig,
  around: Surroundings
): Effect.fn.Return<Anthropic, Config.ConfigError> {
  const context = yield* Effect.context<never>()
  const tokens = new AccessTokens(
    yield* Clock.Clock,
    context,
    (failure) => around.logger.debug("a token could not be fetched ahead of time; the old one still serves", failure)
  )
  const authorization = new Authorization(config, tokens, context)
  return yield* Effect.try({
    try: (): Anthropic => new ManagedClient(optionsOf(config, around, authorization)),
    catch: (cause) => configError([around.scrub(String(cause))])
  })
})

type RequestOptions = Awaited<Parameters<Anthropic["request"]>[0]>

/** What copies of a client share. In the options, since the SDK makes copies of a client from its options alone. */
const own = Symbol("effect-claude/own")

interface Own {
  /** `undefined` for a copy with a credential of its own. */
  readonly authorization: Authorization | undefined
  readonly watch: FetchWatch
}

interface ManagedOptions extends ClientOptions {
  readonly fetch: Fetch
  readonly [own]: Own
}

const credentialNames = ["apiKey", "authToken", "credentials", "config", "profile"] as const

class ManagedClient extends Anthropic {
  /** The options that the SDK makes copies from, and takes default headers from. Its declarations leave them out. */
  declare _options: ClientOptions
  readonly #own: Own
  /** What sends requests, below all that this client does to them. */
  readonly #transport: Fetch

  constructor(options: ManagedOptions) {
    const { defaultHeaders, fetch, [own]: { authorization, watch } } = options
    const home = { url: (): string | undefined => undefined }
    const watched = watch.wrap(fetch, () => home.url())
    super({
      ...options,
      fetch: authorization === undefined ? watched : authorization.sending(watched, () => home.url())
    })
    home.url = () => this.baseURL
    // The SDK adds ANTHROPIC_CUSTOM_HEADERS to the headers that it is given.
    this._options.defaultHeaders = defaultHeaders
    this.#own = options[own]
    this.#transport = fetch
  }

  /** A copy with a credential of its own is authorized as the SDK does it. */
  override withOptions(options: Partial<ClientOptions>): this {
    const isReplaced = credentialNames.some((name) => options[name] !== undefined)
    const { authorization, watch } = this.#own
    const changed: Partial<ManagedOptions> = {
      ...options,
      fetch: options.fetch ?? this.#transport,
      [own]: { authorization: isReplaced ? undefined : authorization, watch }
    }
    return super.withOptions(changed)
  }

  override buildURL(...[path, query, defaultBaseURL]: Parameters<Anthropic["buildURL"]>): string {
    const url = super.buildURL(path, query, defaultBaseURL)
    return this.#own.watch.urlFor(path, url, [this.baseURL, defaultBaseURL])
  }

  protected override _shouldResolveDefaultCredentials(): boolean {
    return false
  }

  protected override async authHeaders(request: RequestOptions) {
    const token = await this.#own.authorization?.token(this.credentials, request.signal)
    return token === undefined ? super.authHeaders(request) : this.#headersOf(token, request)
  }

  /** The SDK makes them of the token of a client; what it makes them with is not exported. */
  #headersOf(authToken: string, request: RequestOptions) {
    const bearer: this = Object.create(this, { authToken: { value: authToken } })
    return super.bearerAuth.call(bearer, request)
  }

  toJSON(): unknown {
    return { _id: "Anthropic", baseURL: this.baseURL }
  }

  [Inspectable.NodeInspectSymbol](): unknown {
    return this.toJSON()
  }

  /** Effect's own `format` looks at nothing else. */
  [Redactable.symbolRedactable](): unknown {
    return this.toJSON()
  }
}

/** Everything that the SDK would read from the environment is said, so that it reads none of it. */
const optionsOf = (config: ClaudeConfig, around: Surroundings, authorization: Authorization): ManagedOptions => {
  return {
    apiKey: null,
    authToken: null,
    ...credentialOption(config, tokenFetch(config, around, authorization)),
    baseURL: config.baseURL ?? null,
    webhookKey: null,
    maxRetries: 0,
    openTelemetry: false,
    logger: around.logger,
    logLevel: around.level,
    fetch: around.fetch,
    fetchOptions: config.fetchOptions,
    middleware: config.middleware,
    dangerouslyAllowBrowser: config.dangerouslyAllowBrowser,
    defaultHeaders: plainHeaders(config),
    ...(config.timeoutChosen ? { timeout: Math.min(2 ** 31 - 1, Math.ceil(Duration.toMillis(config.timeout))) } : {}),
    [own]: { authorization, watch: around.watch }
  }
}

/** What asks for the token of a client before there is a client. */
const tokenFetch = (
  { baseURL = "https://api.anthropic.com" }: ClaudeConfig,
  { fetch, watch }: Surroundings,
  authorization: Authorization
): Fetch => {
  const home = () => baseURL
  return authorization.sending(watch.wrap(fetch, home), home)
}

/** Where tokens come from. Keys are not the SDK's business: they are in no field of the client. */
const credentialOption = ({ baseURL, credential }: ClaudeConfig, fetch: Fetch): ClientOptions => {
  switch (credential._tag) {
    case "Bearer":
    case "KeyEffect":
      return {}
    case "Provider":
      return { credentials: credential.provider }
    case "Profile":
      return { profile: credential.name }
    case "WorkloadIdentity":
      return credential.identityToken === undefined
        ? { config: credential.config }
        : { credentials: federationProvider(credential.config, credential.identityToken, baseURL, fetch) }
  }
}

const plainHeaders = ({ headers }: ClaudeConfig): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string"))
