/** What the headers of a response tell, worked out when it is asked for. */
import type { ResponseInfo } from "../../Interceptor.ts"
import { fromHeaders } from "../answer/rateLimits.ts"
import { isSecretHeader } from "../secrets/names.ts"
import type { Attempt } from "./attempt.ts"

export class HeadersInfo implements ResponseInfo {
  readonly status: number
  readonly #headers: Headers
  readonly #attempt: Attempt

  constructor({ headers, status }: { readonly status: number; readonly headers: Headers }, attempt: Attempt) {
    this.status = status
    this.#headers = headers
    this.#attempt = attempt
  }

  get model(): string | undefined {
    return this.#attempt.model
  }

  get host(): string {
    return this.#attempt.host
  }

  get headers(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.#headers.entries()].flatMap(([name, value]) =>
        isSecretHeader(name) ? [] : [[name.toLowerCase(), this.#attempt.scrub(value)]]
      )
    )
  }

  get requestId(): string | undefined {
    return this.header("request-id")
  }

  header(name: string): string | undefined {
    const value = this.#headers.get(name)
    return value === null || value === "" ? undefined : this.#attempt.scrub(value)
  }

  get rateLimits(): ResponseInfo["rateLimits"] {
    return fromHeaders(this.#headers)
  }
}
