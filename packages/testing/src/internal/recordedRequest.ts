/** A request as a cassette knows it. */
import { isSecretParameter } from "effect-claude/Secrets"
import { Buffer } from "node:buffer"
import type { Exchange, Request as Recorded } from "./cassetteSchema.ts"
import { cleanRequest } from "./clean.ts"
import { formBody, requestBody, sorted } from "./recordedBody.ts"
import { redacted, type Scrubber } from "./scrubber.ts"

export interface Incoming {
  readonly recorded: Recorded
  /** The body to send, read to its end. `undefined` where it can be read again. */
  readonly body: Uint8Array<ArrayBuffer> | undefined
}

/** Those that tell what was asked, beside the body. */
const kept: ReadonlyArray<string> = ["anthropic-beta", "anthropic-version"]

/** Reads a request for good, secrets taken out. `basePath` is left away from its path. */
export const readRequest = async (
  request: Request,
  form: FormData | undefined,
  basePath: string,
  scrubber: Scrubber
): Promise<Incoming> => {
  const url = new URL(request.url)
  scrubber.learnHeaders(request.headers)
  scrubber.secrets.learnUrl(request.url)
  const bytes = form === undefined ? new Uint8Array(await request.arrayBuffer()) : undefined
  const fields = bytes === undefined ? form : await formIn(bytes, request.headers.get("content-type") ?? "")
  const body = fields === undefined ? bytes && requestBody(bytes) : await formBody(fields)
  if (bytes !== undefined) scrubber.secrets.learnBody(Buffer.from(bytes).toString())
  const recorded: Recorded = {
    method: request.method,
    path: pathOf(url, basePath, scrubber),
    headers: keep(request.headers, kept),
    ...(body === undefined ? {} : { body })
  }
  return {
    recorded: cleanRequest(recorded, scrubber),
    body: bytes === undefined || bytes.length === 0 ? undefined : bytes
  }
}

/** The form that a client has written out itself. */
const formIn = (bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<FormData | undefined> =>
  contentType.startsWith("multipart/form-data")
    ? new Response(bytes, { headers: { "content-type": contentType } }).formData().catch(() => undefined)
    : Promise.resolve(undefined)

/** Compared and cleaned as it is meant, since a URL may encode the same in several ways. */
const pathOf = (url: URL, basePath: string, scrubber: Scrubber): string => {
  const path = url.pathname.startsWith(`${basePath}/`) ? url.pathname.slice(basePath.length) : url.pathname
  const clean = (text: string, encoded: string): string => {
    const scrubbed = scrubber.text(text)
    return scrubbed === text ? encoded : scrubbed
  }
  const segments = path.split("/").map((segment) => clean(decode(segment), segment))
  url.searchParams.sort()
  const query = Array.from(
    url.searchParams,
    ([name, value]) =>
      `${clean(name, encodeURIComponent(name))}=${
        isSecretParameter(name) ? redacted : clean(value, encodeURIComponent(value))
      }`
  )
  return segments.join("/") + (query.length === 0 ? "" : `?${query.join("&")}`)
}

/** Takes what is no encoding as it stands, where `decodeURIComponent` throws. */
const decode = (segment: string): string => {
  const value = segment.replaceAll("+", "%2B").replaceAll("&", "%26")
  return new URLSearchParams(`segment=${value}`).get("segment") ?? segment
}

/** Some of the headers, in order. */
export const keep = (headers: Headers, names: ReadonlyArray<string>): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value]]
  }))

/** Equal for requests that ask for the same. */
export const keyOf = ({ body, method, path }: Recorded): string => `${method} ${path}\n${JSON.stringify(sorted(body))}`

/** The same request to a base URL without a path: answers hold URLs of whatever base URL they were recorded at. */
export const atRoot = (request: Recorded): Recorded => ({
  ...request,
  path: request.path.replace(/^[^?]*?(?=\/v1\/)/, "")
})

export const nameOf = ({ method, path }: Recorded): string => `${method} ${path}`

/** Where a request first differs from the nearest of those on tape, such as `messages.0.content`. */
export const nearestDifference = (request: Recorded, tape: ReadonlyArray<Exchange>): string | undefined =>
  tape.filter((exchange) => nameOf(exchange.request) === nameOf(request))
    .map((exchange) => differences(request.body, exchange.request.body, "body"))
    .toSorted((a, b) => a.length - b.length)
    .flatMap(([first]) => first?.replace("body.json.", "") ?? [])
    .at(0)

const differences = (a: unknown, b: unknown, path: string): ReadonlyArray<string> => {
  if (Object.is(a, b)) return []
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return [path]
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].flatMap((name) => differences(Reflect.get(a, name), Reflect.get(b, name), `${path}.${name}`))
}
