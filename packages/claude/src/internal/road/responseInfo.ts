/** What the headers of a response tell, worked out when it is asked for. */
import type { ResponseInfo } from "../../Interceptor.ts"
import { fromHeaders } from "../answer/rateLimits.ts"
import type { Scrub } from "../secrets.ts"
import { isSecretHeader } from "../secrets/names.ts"

export class HeadersInfo implements ResponseInfo {
  readonly status: number
  readonly #headers: Headers
  readonly #scrub: Scrub

  constructor({ headers, status }: { readonly status: number; readonly headers: Headers }, scrub: Scrub) {
    this.status = status
    this.#headers = headers
    this.#scrub = scrub
  }

  get headers(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.#headers.entries()].flatMap(([name, value]) =>
        isSecretHeader(name) ? [] : [[name.toLowerCase(), this.#scrub(value)]]
      )
    )
  }

  get requestId(): string | undefined {
    return this.header("request-id")
  }

  header(name: string): string | undefined {
    const value = this.#headers.get(name)
    return value === null || value === "" ? undefined : this.#scrub(value)
  }

  get rateLimits(): ResponseInfo["rateLimits"] {
    return fromHeaders(this.#headers)
  }
}
