/**
 * The one place that requests pass on their way to `fetch`. It knows whether a request was handed over: what was not,
 * cannot have run. It learns what is secret in what goes out, follows no redirect, and keeps credentials from origins that
 * are not the client's.
 */
import type { ClientOptions } from "@anthropic-ai/sdk"
import type { BaseAnthropic } from "@anthropic-ai/sdk/client"
import { readerOf } from "../answer/body.ts"
import { boundErrorBody } from "../answer/errorBody.ts"
import { redactDetail } from "../secrets.ts"
import { withGiven } from "../secrets/given.ts"
import type { Scrubber } from "../secrets/scrubber.ts"
import { tokenEndpoint } from "./accessTokens.ts"
import type { Attempt } from "./attempt.ts"
import { checkOrigin, FollowedRedirectError, originOf, withoutCredentials } from "./origins.ts"
import { thawMillis } from "./timer.ts"
import { usableResponse } from "./usableResponse.ts"

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
  private readonly secrets: Scrubber
  /** Where results may be, beside the client's own origin. */
  private readonly resultsOrigins: ReadonlyArray<string>

  constructor(secrets: Scrubber, resultsOrigins: ReadonlyArray<string | URL> = []) {
    this.secrets = secrets
    this.resultsOrigins = resultsOrigins.flatMap((origin) => originOf(String(origin)) ?? [])
  }

  /** The same `fetch`, watched. `home` is the address of the client that uses it. */
  wrap(fetch: Fetch, home: () => string | undefined): Fetch {
    return async (input, init = {}) => {
      const url = typeof input === "string" ? input : input instanceof URL ? input.href : input.url
      // The SDK asks so whether a `fetch` takes forms.
      if (url.startsWith("data:")) return fetch(input, init)
      const isForToken = isTokenRequest(url)
      const attempt = (init as FetchOptions)[mark]
      this.record(attempt, isForToken)
      const headers = init.headers instanceof Headers ? init.headers : new Headers(init.headers)
      this.learn(url, headers, init.body)
      const isOpen = this.resultsOrigins.length > 0 && this.isForeign(url, home)
      const own = isOpen ? withoutCredentials(init, headers) : init
      const sent = attempt === undefined ? own : withBetas(own, attempt.betas)
      const signal = patient(init.signal, attempt?.signal)
      const response = usableResponse(
        await fetch(input, {
          ...sent,
          ...withGiven(this.secrets.headerNames),
          ...(signal === undefined ? {} : { signal }),
          redirect: "manual"
        })
      )
      if (isForToken) return this.learnTokens(notRedirected(response))
      if (attempt !== undefined) {
        attempt.answered = response
        attempt.asksForPart = headers.has("range")
        boundErrorBody(attempt, response)
        attempt.onAnswer?.(response, headers.get("accept"))
      }
      return notRedirected(response)
    }
  }

  begin(attempt: Attempt): void {
    this.waiting.add(attempt)
  }

  end(attempt: Attempt): void {
    this.waiting.delete(attempt)
  }

  /**
   * The URL of a request. Refuses one that neither belongs to a client nor is allowed; to one that is only allowed, nothing
   * is added: the query of a call or of a client may hold keys.
   */
  urlFor(path: string, built: string, home: ReadonlyArray<string | undefined>): string {
    checkOrigin(built, home, this.resultsOrigins)
    const isOwn = home.some((each) => originOf(each) === originOf(built))
    if (isOwn) return built
    return originOf(path) === originOf(built) ? path : built.replace(/\?.*$/s, "")
  }

  private isForeign(url: string, home: () => string | undefined): boolean {
    const origin = originOf(url)
    return origin !== undefined && this.resultsOrigins.includes(origin) && origin !== originOf(home())
  }

  /** The last ones are remembered longest: a body may hold any number. */
  private learn(url: string, headers: Headers, body: RequestInit["body"]): void {
    if (typeof body === "string") this.secrets.learnBody(body)
    else if (body instanceof URLSearchParams) this.secrets.learnBody(body.toString())
    this.secrets.learnUrl(url)
    this.secrets.learnHeaders(headers)
  }

  /** The answer of a token endpoint, read to its end: it holds tokens. */
  private async learnTokens(response: Response): Promise<Response> {
    if (response.body === null) return response
    const { headers, status, statusText } = response
    const body = await response.text()
    this.secrets.learnBody(body)
    return new Response(body, { headers, status, statusText })
  }

  private record(attempt: Attempt | undefined, isForToken: boolean): void {
    if (attempt !== undefined) return attempt.recordSent()
    // Requests for tokens are nobody's.
    if (isForToken) return
    for (const each of this.waiting) each.recordSent()
  }
}

/**
 * The signal of a request, which is that of the SDK's own timer too. Where it aborts and the attempt has not been given up,
 * the sockets are read first: after a freeze, what came meanwhile was not late.
 */
const patient = (
  signal: AbortSignal | null | undefined,
  ofAttempt: AbortSignal | undefined
): AbortSignal | undefined => {
  if (!signal || ofAttempt === undefined) return signal ?? undefined
  const controller = new AbortController()
  const abort = () => controller.abort(signal.reason)
  // By a real timer, as the SDK's is.
  // @effect-diagnostics-next-line globalTimers:off
  const hear = () => ofAttempt.aborted ? abort() : setTimeout(abort, thawMillis)
  if (signal.aborted) abort()
  else {
    signal.addEventListener("abort", hear, { once: true })
    ofAttempt.addEventListener("abort", abort, { once: true })
  }
  return controller.signal
}

const isTokenRequest = (url: string): boolean =>
  url.includes(tokenEndpoint) && new URL(url).pathname.endsWith(tokenEndpoint)

/** A `fetch` of somebody's own may follow redirects all the same, and one of a browser hides where they lead. */
const notRedirected = (response: Response): Response => {
  if (response.type !== "opaqueredirect" && !response.redirected) return response
  readerOf(response).cancel()
  throw new FollowedRedirectError(response)
}

/** A copy of the client with its `fetch` watched, where it lets itself be copied. So are the copies of the copy. */
export const watched = (
  client: BaseAnthropic,
  secrets: Scrubber,
  resultsOrigins: ReadonlyArray<string | URL> = []
): { readonly client: BaseAnthropic; readonly watch: FetchWatch | undefined } => {
  const watch = new FetchWatch(secrets, resultsOrigins)
  try {
    const fetch: unknown = Reflect.get(client, "fetch")
    if (typeof fetch !== "function") return { client, watch: undefined }
    const copy = watchedCopy((all) => client.withOptions(all), loggerOf(client, secrets), fetch as Fetch, watch)
    return isCopyOf(copy, client) ? { client: copy, watch } : { client, watch: undefined }
  } catch {
    return { client, watch: undefined }
  }
}

/** The client's own logger, which gets no secrets and no bodies. */
const loggerOf = ({ logger }: BaseAnthropic, secrets: Scrubber): Pick<ClientOptions, "logger"> => {
  if (logger === undefined) return {}
  const at = (level: keyof typeof logger) => (message: string, ...details: Array<unknown>): void =>
    logger[level](secrets.scrub(message), ...details.map((detail) => redactDetail(detail, secrets)))
  return { logger: { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") } }
}

/** A class with a constructor of its own may make something else of the options. */
const isCopyOf = (copy: BaseAnthropic, client: BaseAnthropic): boolean =>
  copy.baseURL === client.baseURL && copy.apiKey === client.apiKey && copy.authToken === client.authToken

type MakeCopy = (options: Partial<ClientOptions>) => BaseAnthropic

const watchedCopy = (
  makeCopy: MakeCopy,
  options: Partial<ClientOptions>,
  fetch: Fetch,
  watch: FetchWatch
): BaseAnthropic => {
  const copy = makeCopy({ ...options, fetch: watch.wrap(fetch, () => copy.baseURL) })
  const { buildURL, withOptions } = copy
  const checkedURL: typeof buildURL = (path, query, defaultBaseURL) => {
    const url = buildURL.call(copy, path, query, defaultBaseURL)
    return watch.urlFor(path, url, [copy.baseURL, defaultBaseURL])
  }
  const copyAgain: MakeCopy = (more) =>
    watchedCopy((all) => withOptions.call(copy, all), more, more.fetch ?? fetch, watch)
  return Object.defineProperties(copy, {
    buildURL: { value: checkedURL, configurable: true, writable: true },
    withOptions: { value: copyAgain, configurable: true, writable: true }
  })
}
