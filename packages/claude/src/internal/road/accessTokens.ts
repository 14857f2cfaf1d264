/**
 * Access tokens: fetched once for all callers, kept until they are about to expire or the API refuses them.
 *
 * In place of the SDK's own cache, which fetches once for each 401, however many calls one token was refused to.
 */
import type { ClientOptions } from "@anthropic-ai/sdk"
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { usableToken } from "../config/rules.ts"
import {
  CredentialsFailure,
  credentialsFailure,
  isTransient,
  isTransientFetchFailure,
  messageOf
} from "./credentialsFailure.ts"

export type AccessTokenProvider = NonNullable<ClientOptions["credentials"]>

type AccessToken = Awaited<ReturnType<AccessTokenProvider>>

export type Fetch = NonNullable<ClientOptions["fetch"]>

/** From when on before a token's end a new one is fetched while the old one still serves, as the SDK does. */
export const advisorySeconds = 120

/** From when on before its end a token is not used any more, as the SDK does. */
export const mandatorySeconds = 30

/** How long a failure to fetch ahead of time is left alone, as the SDK does. */
export const advisoryBackoffSeconds = 5

/** Where the SDK's providers ask for tokens. */
export const tokenEndpoint = "/v1/oauth/token"

/** How long a fetch may take. The SDK sets no limit, and one that hangs would be in the way of every later call. */
const patience = "60 seconds"

/** What is known of the request that a fetch of a token makes, if it makes one. */
interface Exchange {
  readonly signal: AbortSignal
  host: string | undefined
  /** What `fetch` failed with, the last time. */
  failure: unknown
}

export class AccessTokens {
  readonly #clock: Clock.Clock
  readonly #run: <A, E>(effect: Effect.Effect<A, E>) => Promise<A>
  readonly #onAdvisoryFailure: (failure: unknown) => void
  #current: AccessToken | undefined
  #refused: string | undefined
  #pending: Promise<string> | undefined
  #exchange: Exchange | undefined
  #advisoryFailedAt = -Infinity

  constructor(
    clock: Clock.Clock,
    context: Context.Context<never>,
    onAdvisoryFailure: (failure: unknown) => void
  ) {
    this.#clock = clock
    this.#run = Effect.runPromiseWith(context)
    this.#onAdvisoryFailure = onAdvisoryFailure
  }

  /** A token, at once where there is one that lasts. */
  get(provider: AccessTokenProvider): string | Promise<string> {
    const token = this.#current
    const left = token === undefined ? 0 : this.#secondsLeft(token)
    if (token === undefined || left <= mandatorySeconds) return this.#refresh(provider)
    if (left <= advisorySeconds) this.#refreshAhead(provider)
    return token.token
  }

  /** Drops a token that the API answered 401 to, unless a newer one has taken its place. */
  refuse(token: string): void {
    if (this.#current?.token !== token) return
    this.#current = undefined
    this.#refused = token
  }

  /** Sends a request. One for a token is ended in time, and what becomes of it remembered. */
  send(fetch: Fetch, ...[target, init]: Parameters<Fetch>): Promise<Response> {
    const exchange = this.#exchange
    if (exchange === undefined) return fetch(target, init)
    const url = URL.parse(target instanceof URL || typeof target === "string" ? target : target.url)
    if (url?.pathname.endsWith(tokenEndpoint) !== true) return fetch(target, init)
    exchange.host = url.host
    exchange.failure = undefined
    return fetch(target, { ...init, signal: exchange.signal }).catch((cause: unknown) => {
      exchange.failure = cause
      throw cause
    })
  }

  #secondsLeft({ expiresAt }: AccessToken): number {
    return typeof expiresAt === "number" ? expiresAt - this.#clock.currentTimeMillisUnsafe() / 1000 : Infinity
  }

  /** One fetch at a time: whoever needs a token meanwhile waits for the same one. */
  #refresh(provider: AccessTokenProvider): Promise<string> {
    if (this.#pending !== undefined) return this.#pending
    const pending = this.#run(this.#fetched(provider))
    const end = () => {
      this.#pending = undefined
      this.#exchange = undefined
    }
    this.#pending = pending
    pending.then(end, end)
    return pending
  }

  #refreshAhead(provider: AccessTokenProvider): void {
    const now = this.#clock.currentTimeMillisUnsafe() / 1000
    if (this.#pending !== undefined || now - this.#advisoryFailedAt < advisoryBackoffSeconds) return
    this.#refresh(provider).catch((failure: unknown) => {
      this.#advisoryFailedAt = this.#clock.currentTimeMillisUnsafe() / 1000
      this.#onAdvisoryFailure(failure)
    })
  }

  #fetched(provider: AccessTokenProvider): Effect.Effect<string, CredentialsFailure> {
    return Effect.suspend(() => {
      const force = this.#refused !== undefined
      return Effect.flatMap(
        this.#ask(provider, force),
        // A file may still hold the token that has been refused meanwhile.
        (token) => !force && token.token === this.#refused ? this.#ask(provider, true) : Effect.succeed(token)
      )
    }).pipe(
      Effect.timeoutOrElse({
        duration: patience,
        orElse: () => Effect.fail(new CredentialsFailure(`${this.#what}: no answer within ${patience}`, true))
      }),
      Effect.map((token) => {
        this.#current = token
        this.#refused = undefined
        return token.token
      })
    )
  }

  #ask(provider: AccessTokenProvider, forceRefresh: boolean): Effect.Effect<AccessToken, CredentialsFailure> {
    return Effect.tryPromise({
      try: (signal) => {
        this.#exchange = { signal, host: undefined, failure: undefined }
        return provider(forceRefresh ? { forceRefresh } : undefined)
      },
      catch: (cause) => this.#failureOf(cause)
    }).pipe(Effect.flatMap((token) => {
      const usable = usableToken(Redacted.make(token?.token))
      return usable === undefined
        ? Effect.fail(new CredentialsFailure(`${this.#what}: the answer holds no token that can be sent`, false))
        : Effect.succeed({ ...token, token: usable })
    }))
  }

  #failureOf(cause: unknown): CredentialsFailure {
    const failure = this.#exchange?.failure
    return failure === undefined
      ? credentialsFailure(this.#what, cause)
      // The SDK's error has the failure only as a text.
      : new CredentialsFailure(
        `${this.#what}: ${messageOf(failure)}`,
        isTransient(failure) || isTransientFetchFailure(failure),
        cause
      )
  }

  get #what(): string {
    const host = this.#exchange?.host
    return host === undefined ? "Could not fetch an access token" : `Could not fetch an access token from ${host}`
  }
}
