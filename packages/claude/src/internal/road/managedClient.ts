/** The SDK client that this library makes from settings. It reads no environment. */
import { Anthropic, type ClientOptions } from "@anthropic-ai/sdk"
import * as Clock from "effect/Clock"
import type * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import type { ClaudeConfig, LogLevel } from "../../ClaudeConfig.ts"
import { configError } from "../config/configError.ts"
import type { Scrub } from "../secrets.ts"
import { AccessTokens, type Fetch } from "./accessTokens.ts"
import { Authorization } from "./authorization.ts"
import { federationProvider } from "./federation.ts"

/** What a managed client gets from its surroundings. */
export interface Surroundings {
  readonly level: LogLevel
  readonly logger: NonNullable<ClientOptions["logger"]>
  /** Is told every key and token as it is used, so that texts can be scrubbed of it. */
  readonly learn: (secret: string) => void
  readonly scrub: Scrub
  /** What sends requests. */
  readonly fetch: Fetch
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
  const authorization = new Authorization(config, tokens, context, around.learn)
  return yield* Effect.try({
    try: (): Anthropic => new ManagedClient(optionsOf(config, around, authorization)),
    catch: (cause) => configError([around.scrub(String(cause))])
  })
})

type RequestOptions = Awaited<Parameters<Anthropic["request"]>[0]>

/** In the options, since the SDK makes copies of a client from its options alone. */
const own = Symbol("effect-claude/authorization")

interface ManagedOptions extends ClientOptions {
  readonly [own]?: Authorization | undefined
}

const credentialNames = ["apiKey", "authToken", "credentials", "config", "profile"] as const

class ManagedClient extends Anthropic {
  /** The options that the SDK makes copies from, and takes default headers from. Its declarations leave them out. */
  declare _options: ClientOptions
  readonly #authorization: Authorization | undefined

  constructor(options: ManagedOptions) {
    super(options)
    // The SDK adds ANTHROPIC_CUSTOM_HEADERS to the headers that it is given.
    this._options.defaultHeaders = options.defaultHeaders
    this.#authorization = options[own]
  }

  /** A copy with a credential of its own is authorized as the SDK does it. */
  override withOptions(options: Partial<ManagedOptions>): this {
    const isReplaced = credentialNames.some((name) => options[name] !== undefined)
    const changed = isReplaced ? { ...options, [own]: undefined } : options
    const { fetch } = options
    return super.withOptions(
      fetch === undefined || this.#authorization === undefined
        ? changed
        : { ...changed, fetch: this.#authorization.sending(fetch) }
    )
  }

  protected override _shouldResolveDefaultCredentials(): boolean {
    return false
  }

  protected override async authHeaders(request: RequestOptions) {
    const token = await this.#authorization?.token(this.credentials, request.signal)
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
}

/** Everything that the SDK would read from the environment is said, so that it reads none of it. */
const optionsOf = (config: ClaudeConfig, around: Surroundings, authorization: Authorization): ManagedOptions => {
  const fetch = authorization.sending(around.fetch)
  return {
    apiKey: null,
    authToken: null,
    ...credentialOption(config, fetch),
    baseURL: config.baseURL ?? null,
    webhookKey: null,
    maxRetries: 0,
    openTelemetry: false,
    logger: around.logger,
    logLevel: around.level,
    fetch,
    fetchOptions: config.fetchOptions,
    middleware: config.middleware,
    dangerouslyAllowBrowser: config.dangerouslyAllowBrowser,
    defaultHeaders: plainHeaders(config),
    ...(config.timeoutChosen ? { timeout: Math.min(2 ** 31 - 1, Math.ceil(Duration.toMillis(config.timeout))) } : {}),
    [own]: authorization
  }
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
