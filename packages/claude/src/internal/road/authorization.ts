/** How the requests of a managed client, and of its copies, get their token and their secret headers. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import type { ClaudeConfig, Credential } from "../../ClaudeConfig.ts"
import { usableToken } from "../config/rules.ts"
import type { AccessTokenProvider, AccessTokens, Fetch } from "./accessTokens.ts"
import { CredentialsFailure, failureOfCause } from "./credentialsFailure.ts"
import { originOf } from "./origins.ts"

type Signal = AbortSignal | null | undefined

export class Authorization {
  readonly #credential: Credential
  readonly #secretHeaders: ReadonlyArray<readonly [string, Redacted.Redacted]>
  readonly #tokens: AccessTokens
  readonly #run: ReturnType<typeof Effect.runPromiseExitWith<never>>

  constructor(
    { credential, headers }: Pick<ClaudeConfig, "credential" | "headers">,
    tokens: AccessTokens,
    context: Context.Context<never>
  ) {
    this.#credential = credential
    this.#secretHeaders = Object.entries(headers).filter((entry): entry is [string, Redacted.Redacted] =>
      typeof entry[1] !== "string"
    )
    this.#tokens = tokens
    this.#run = Effect.runPromiseExitWith(context)
  }

  /**
   * The token of a request. `provider` is the one that the SDK has: none for a key, and none for a profile that it could
   * not resolve, which it has its own error for.
   */
  token(provider: AccessTokenProvider | null, signal: Signal): string | Promise<string> | undefined {
    const credential = this.#credential
    switch (credential._tag) {
      case "Bearer":
        return Redacted.value(credential.token)
      case "KeyEffect":
        return this.#ask(credential, signal)
      default:
        return provider === null ? undefined : this.#tokens.get(provider)
    }
  }

  async #ask(credential: Credential & { readonly _tag: "KeyEffect" }, signal: Signal): Promise<string> {
    // The errors are the caller's.
    // @effect-diagnostics-next-line anyUnknownInErrorContext:off
    const exit = await this.#run(credential.key, signal ? { signal } : undefined)
    if (Exit.isFailure(exit)) throw failureOfCause("Could not get the API key", exit.cause)
    const token = usableToken(exit.value)
    if (token !== undefined) return token
    throw new CredentialsFailure(
      "Could not get the API key: expected a Redacted that holds a key, got another value",
      false
    )
  }

  /**
   * A `fetch` that adds the secret headers on the way out, past everything that logs or keeps a request, where the request
   * goes to the client's own address (`home`) and nowhere else. A token that is refused is dropped.
   */
  sending(fetch: Fetch, home: () => string | undefined): Fetch {
    if (this.#secretHeaders.length === 0 && this.#credential._tag === "Bearer") return fetch
    return async (url, init) => {
      const headers = new Headers(init?.headers)
      const token = /^Bearer (.+)$/i.exec(headers.get("authorization") ?? "")?.[1]
      const isHome =
        originOf(url instanceof URL || typeof url === "string" ? String(url) : url.url) === originOf(home())
      if (isHome) { for (const [name, value] of this.#secretHeaders) headers.set(name, Redacted.value(value)) }
      const response = await this.#tokens.send(fetch, url, { ...init, headers })
      if (response.status === 401 && token !== undefined) this.#tokens.refuse(token)
      return response
    }
  }
}
