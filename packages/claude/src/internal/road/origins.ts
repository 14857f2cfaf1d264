/**
 * Where a client sends its requests: its own origin, and without credentials the origins that its settings allow for
 * results. No URL that an answer names leads anywhere else.
 */

/** Thrown before anything is sent. */
export class ForeignOriginError extends Error {
  override readonly name = "ForeignOriginError"
}

/** An answer that `fetch` had to follow a redirect for, or that hides where a redirect leads, as in browsers. */
export class FollowedRedirectError extends Error {
  override readonly name = "FollowedRedirectError"
  readonly response: Response

  constructor(response: Response) {
    super("a redirect was answered, and none is followed")
    this.response = response
  }
}

/** Of an absolute URL. One without an origin of its own (`data:`) has none. */
export const originOf = (url: string | undefined): string | undefined => {
  const origin = url === undefined ? undefined : URL.parse(url)?.origin
  return origin === "null" ? undefined : origin
}

/** Refuses a URL that is not of the client's address, nor of an origin that is allowed. */
export const checkOrigin = (
  url: string,
  home: ReadonlyArray<string | undefined>,
  allowed: ReadonlyArray<string>
): void => {
  const origin = originOf(url)
  const own = home.flatMap((each) => originOf(each) ?? [])
  if (origin !== undefined && (own.includes(origin) || allowed.includes(origin))) return
  throw new ForeignOriginError(
    `The request would go to ${origin ?? "a URL without an origin"}, and this client sends requests to ` +
      `${own.join(" and ") || "its own address"} only. Nothing was sent. If batch results are kept there, add the ` +
      "origin to `resultsOrigins`; it gets no credentials."
  )
}

/** What a request without credentials is sent with. */
const openHeaders = ["accept", "range", "user-agent"]

/** The options of a request without credentials. */
export const withoutCredentials = (init: RequestInit, headers: Headers): RequestInit => ({
  ...init,
  headers: openHeaders.flatMap((name): Array<[string, string]> => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value]]
  }),
  credentials: "omit",
  referrerPolicy: "no-referrer"
})

/** Where a redirect leads: its host alone, since the rest may be a secret. */
export const hostOfLocation = (headers: Headers): string | undefined =>
  URL.parse(headers.get("location") ?? "", "relative:/")?.host || undefined
