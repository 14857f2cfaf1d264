/** Exchanges without secrets and request ids, and whether there are any left. */
import * as Secrets from "effect-claude/Secrets"
import { Buffer } from "node:buffer"
import type { Exchange, Request, Response } from "./cassetteSchema.ts"
import { chunksOf, textOrBytes } from "./recordedBody.ts"
import { redacted, type Scrubber } from "./scrubber.ts"

export const cleanExchange = ({ request, response }: Exchange, scrubber: Scrubber): Exchange => ({
  request: cleanRequest(request, scrubber),
  response: response === null ? null : cleanResponse(response, scrubber)
})

export const cleanRequest = ({ body, headers, method, path }: Request, scrubber: Scrubber): Request => ({
  method,
  path: scrubber.text(path),
  headers: cleanHeaders(headers, scrubber),
  ...(body === undefined ? {} : { body: cleanRequestBody(body, scrubber) })
})

export const cleanResponse = ({ body, headers, ...rest }: Response, scrubber: Scrubber): Response => {
  const clean = body === undefined ? undefined : cleanResponseBody(body, scrubber)
  return { ...rest, headers: cleanHeaders(headers, scrubber), ...(clean === undefined ? {} : { body: clean }) }
}

type RequestBody = NonNullable<Request["body"]>

const cleanRequestBody = (body: RequestBody, scrubber: Scrubber): RequestBody => {
  if ("json" in body) return { json: scrubber.json(body.json) }
  if ("text" in body || "base64" in body) return cleanContent(body, scrubber)
  return {
    form: body.form.map(({ filename, name, type, value }) => ({
      name: scrubber.text(name),
      ...(filename === undefined ? {} : { filename: scrubber.text(filename) }),
      ...(type === undefined ? {} : { type: scrubber.text(type) }),
      value: "text" in value && Secrets.isSecretField(name) ? { text: redacted } : cleanContent(value, scrubber)
    }))
  }
}

type ResponseBody = NonNullable<Response["body"]>

const cleanResponseBody = (body: ResponseBody, scrubber: Scrubber): ResponseBody | undefined => {
  if ("json" in body) return { json: scrubber.json(body.json) }
  const chunks = scrubber.chunks(chunksOf(body)).map(textOrBytes)
  return chunks.length < 2 ? chunks[0] : { chunks: chunks.map((chunk) => "text" in chunk ? chunk.text : chunk) }
}

type Content = { readonly text: string } | { readonly base64: string }

const cleanContent = (content: Content, scrubber: Scrubber): Content =>
  "text" in content
    ? { text: scrubber.text(content.text) }
    : textOrBytes(Buffer.concat(scrubber.chunks([Buffer.from(content.base64, "base64")])))

const cleanHeaders = (headers: Readonly<Record<string, string>>, scrubber: Scrubber): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, scrubber.header(name, value)]))

/**
 * Where a secret still stands, such as `exchanges.0.response.body.text`: as a number, or divided among the events of a
 * stream, as when a model repeats it word by word.
 */
export const leftIn = (exchanges: ReadonlyArray<Exchange>, secrets: Secrets.Secrets): string | undefined => {
  const holds = (text: string): boolean => secrets.find(text).length > 0
  for (const [index, exchange] of exchanges.entries()) {
    for (const [path, text] of textsIn(exchange, `exchanges.${index}`)) if (holds(text)) return path
    const body = exchange.response?.body
    const whole = body === undefined || "json" in body ? "" : Buffer.concat(chunksOf(body)).toString()
    if (holds(deltasIn(whole))) return `exchanges.${index}.response.body, divided among events`
    if (holds(whole)) return `exchanges.${index}.response.body`
  }
  return undefined
}

/** Every text, name and number, and where it stands. */
function* textsIn(value: unknown, path: string): Generator<readonly [path: string, text: string]> {
  if (typeof value === "string" || typeof value === "number") yield [path, String(value)]
  if (typeof value !== "object" || value === null) return
  for (const [name, item] of Object.entries(value)) {
    yield [path, name]
    yield* textsIn(item, `${path}.${name}`)
  }
}

/** What the events of a stream say together: the pieces of texts, of thoughts and of the input of tools. */
const deltasIn = (body: string): string =>
  Array.from(body.matchAll(/"(?:text|partial_json|thinking)"\s*:\s*("(?:[^"\\]|\\.)*")/g), ([, text = ""]) => {
    try {
      return String(JSON.parse(text))
    } catch {
      return ""
    }
  }).join("")
