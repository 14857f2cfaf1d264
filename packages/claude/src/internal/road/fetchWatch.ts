/** Knows whether a request was handed to `fetch`: what was not, cannot have run. */
import type { ClientOptions } from "@anthropic-ai/sdk"
import type { BaseAnthropic } from "@anthropic-ai/sdk/client"
import { boundErrorBody } from "../answer/errorBody.ts"
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

const betaHeader = "anthropic-beta"

/** The request with the betas of the client and of the call beside those of the parameters, which the SDK sets alone. */
const withBetas = (init: Parameters<Fetch>[1], betas: ReadonlyArray<string>): Parameters<Fetch>[1] => {
  if (betas.length === 0) return init
  const headers = new Headers(init?.headers)
  headers.set(betaHeader, mergedBetas([headers.get(betaHeader) ?? "", ...betas]))
  return { ...init, headers }
}

const mergedBetas = (lists: ReadonlyArray<string>): string =>
  [...new Set(lists.flatMap((list) => list.split(",")).map((beta) => beta.trim()).filter((beta) => beta !== ""))]
    .join(",")

export class FetchWatch {
  /** Attempts under way. A request that has lost its mark may be any of theirs. */
  private readonly waiting = new Set<Attempt>()

  /** The same `fetch`, watched. */
  wrap(fetch: Fetch): Fetch {
    return async (input, init) => {
      const attempt = (init as FetchOptions | undefined)?.[mark]
      this.record(input, attempt)
      const response = await fetch(input, attempt === undefined ? init : withBetas(init, attempt.betas))
      if (attempt === undefined) return response
      attempt.answered = response
      boundErrorBody(attempt, response)
      attempt.onAnswer?.(response, new Headers(init?.headers).get("accept"))
      return response
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
