/** How the requests of a managed client, and of its copies, get their token and their secret headers. */
import * as Redacted from "effect/Redacted"
import type { ClaudeConfig, Credential } from "../../ClaudeConfig.ts"
import type { AccessTokenProvider, AccessTokens, Fetch } from "./accessTokens.ts"

export class Authorization {
  readonly #credential: Credential
  readonly #secretHeaders: ReadonlyArray<readonly [string, Redacted.Redacted]>
  readonly #tokens: AccessTokens
  readonly #learn: (secret: string) => void

  constructor(
    { credential, headers }: Pick<ClaudeConfig, "credential" | "headers">,
    tokens: AccessTokens,
    learn: (secret: string) => void
  ) {
    this.#credential = credential
    this.#secretHeaders = Object.entries(headers).filter((entry): entry is [string, Redacted.Redacted] =>
      typeof entry[1] !== "string"
    )
    this.#tokens = tokens
    this.#learn = learn
  }

  /**
   * The token of a request. `provider` is the one that the SDK has: none for a key, and none for a profile that it could
   * not resolve, which it has its own error for.
   */
  token(provider: AccessTokenProvider | null): string | Promise<string> | undefined {
    const credential = this.#credential
    if (credential._tag === "Bearer") return Redacted.value(credential.token)
    return provider === null ? undefined : this.#tokens.get(provider)
  }

  /**
   * A `fetch` that adds the secret headers on the way out, past everything that logs or keeps a request. A token that is
   * not in the settings is seen here first and learned as a secret, and dropped when it is refused.
   */
  sending(fetch: Fetch): Fetch {
    if (this.#secretHeaders.length === 0 && this.#credential._tag === "Bearer") return fetch
    return async (url, init) => {
      const headers = new Headers(init?.headers)
      const token = /^Bearer (.+)$/i.exec(headers.get("authorization") ?? "")?.[1]
      if (token !== undefined) this.#learn(token)
      for (const [name, value] of this.#secretHeaders) headers.set(name, Redacted.value(value))
      const response = await this.#tokens.send(fetch, url, { ...init, headers })
      if (response.status === 401 && token !== undefined) this.#tokens.refuse(token)
      return response
    }
  }
}
