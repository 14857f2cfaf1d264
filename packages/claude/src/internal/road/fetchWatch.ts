/** Knows whether a request was handed to `fetch`: what was not, cannot have run. */
import type { ClientOptions } from "@anthropic-ai/sdk"
import type { BaseAnthropic } from "@anthropic-ai/sdk/client"
import type { Attempt } from "./attempt.ts"

type Fetch = NonNullable<ClientOptions["fetch"]>

/** Travels with the options of `fetch`, which the SDK and its middleware pass on. */
const mark = Symbol("effect-claude/attempt")

type FetchOptions = NonNullable<ClientOptions["fetchOptions"]> & { readonly [mark]?: Attempt }

/** The options of `fetch` for the request of an attempt. */
export const marked = (options: ClientOptions["fetchOptions"], attempt: Attempt): FetchOptions => ({
  ...options,
  [mark]: attempt
})

export class FetchWatch {
  /** Attempts under way. A request that has lost its mark may be any of theirs. */
  private readonly waiting = new Set<Attempt>()

  /** The same `fetch`, watched. */
  wrap(fetch: Fetch): Fetch {
    return (input, init) => {
      this.record(input, (init as FetchOptions | undefined)?.[mark])
      return fetch(input, init)
    }
  }

  begin(attempt: Attempt): void {
    this.waiting.add(attempt)
  }

  end(attempt: Attempt): void {
    this.waiting.delete(attempt)
  }

  private record(input: Parameters<Fetch>[0], attempt: Attempt | undefined): void {
    if (attempt !== undefined) return attempt.recordSent()
    const url = String(input)
    // Requests for tokens, and the SDK's question whether a `fetch` takes forms, are nobody's.
    if (url.startsWith("data:") || url.endsWith("/v1/oauth/token")) return
    for (const each of this.waiting) each.recordSent()
  }
}

/** The client with its `fetch` watched, where it lets itself be copied. */
export const watched = (
  client: BaseAnthropic
): { readonly client: BaseAnthropic; readonly watch: FetchWatch | undefined } => {
  const watch = new FetchWatch()
  try {
    const fetch: unknown = Reflect.get(client, "fetch")
    return typeof fetch === "function"
      ? { client: client.withOptions({ fetch: watch.wrap(fetch as Fetch) }), watch }
      : { client, watch: undefined }
  } catch {
    return { client, watch: undefined }
  }
}
