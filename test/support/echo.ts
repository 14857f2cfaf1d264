/** A server that shows whatever it was sent, ever, in every way and every encoding. */
import { Effect } from "effect"
import { Buffer } from "node:buffer"
import type { ServerResponse } from "node:http"
import { host, type Received } from "./hosts.ts"

const escapedAll = (text: string): string =>
  text.replaceAll(/[^A-Za-z0-9]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** One text in all forms. */
const formsOf = (text: string): ReadonlyArray<string> => [
  text,
  JSON.stringify(text),
  JSON.stringify(text).replaceAll("/", "\\/"),
  escapedAll(text),
  encodeURIComponent(text),
  encodeURIComponent(JSON.stringify(text)),
  Buffer.from(text).toString("base64"),
  Buffer.from(text).toString("base64url"),
  Buffer.from(`.${text}`).toString("base64"),
  Buffer.from(`..${text}`).toString("base64")
]

/** What is worth showing: with a secret of the test's in it, or a credential. */
const valuesOf = ({ body, headers, path }: Received): ReadonlyArray<string> => {
  const known = (text: string): boolean => /zq[0-9a-f]{14}/.test(text)
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" && (name === "authorization" || known(value)) ? [value] : []
  )
  return [...lines, ...lines.map((value) => value.replace(/^\w+ /, "")), ...[path, body].filter(known)]
}

/** What an HTTP header can carry of it: whole words, since half a secret is no secret that anybody can know. */
const inHeader = (text: string, limit = 2000): string => {
  let line = ""
  for (const word of text.split(" ")) {
    if (/^[\x21-\x7e]+$/.test(word) && line.length + word.length < limit) line += ` ${word}`
  }
  return line.trim()
}

type Answer = (echo: string, response: ServerResponse, elsewhere: string) => void

const error = (status: number): Answer => (echo, response) => {
  const line = inHeader(echo)
  response.writeHead(status, {
    "content-type": "application/json",
    "request-id": line,
    "x-echo": line,
    "set-cookie": [`a=${encodeURIComponent(inHeader(echo, 500))}; Path=/`],
    authorization: line,
    "anthropic-ratelimit-requests-limit": line
  }).end(JSON.stringify({
    type: "error",
    request_id: echo,
    error: { type: echo, message: echo, param: echo, details: { error_code: echo, [echo]: [echo] } },
    access_token: "q7z9x2k",
    nested: { signing_secret: "q7z9x2k" }
  }))
}

const send = (status: number, contentType: string, body: (echo: string) => string): Answer => (echo, response) => {
  response.writeHead(status, { "content-type": contentType }).end(body(echo))
}

const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`

const begun = (echo: string) => ({
  message: { id: echo, type: "message", role: "assistant", model: echo, content: [], stop_reason: echo, usage: {} }
})

/** The ways to answer, by name. */
export const answers: Readonly<Record<string, Answer>> = {
  ...Object.fromEntries([400, 401, 418, 429, 500, 529].map((status) => [`error ${status}`, error(status)])),
  "a gateway's page": send(502, "text/html", (echo) => `<html>${echo}</html>`),
  "a page that says success": send(200, "text/html", (echo) => `<html>${echo}</html>`),
  "another shape": send(200, "application/json", (echo) => JSON.stringify({ [echo]: echo })),
  "broken JSON": send(200, "application/json", (echo) => `{"a": ${echo}`),
  "a body of another type": (echo, response) => {
    response.writeHead(200, { "content-type": `text/${encodeURIComponent(inHeader(echo, 1000))}` }).end(echo)
  },
  "an error event": send(200, "text/event-stream", (echo) => event("error", { error: { type: echo, message: echo } })),
  "a broken event": send(200, "text/event-stream", (echo) => `event: ${inHeader(echo)}\ndata: {${inHeader(echo)}\n\n`),
  "an unknown event": send(200, "text/event-stream", (echo) => event(inHeader(echo), { echo })),
  "a cut stream": send(200, "text/event-stream", (echo) => event("message_start", begun(echo))),
  "a redirect": (echo, response, elsewhere) => {
    response.writeHead(307, { location: `${elsewhere}/?echo=${encodeURIComponent(inHeader(echo, 1000))}` }).end(echo)
  },
  "results elsewhere": (echo, response, elsewhere) => {
    const results_url = `${elsewhere}/?echo=${encodeURIComponent(echo)}`
    const batch = { type: "message_batch", id: "b", processing_status: "ended", results_url }
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(batch))
  },
  "a broken connection": (_, response) => response.destroy()
}

/** `grant` is what its token endpoint gives, which echoes where that is nothing. `elsewhere` must get nothing. */
export const echoing = (elsewhere: string, grant?: object) =>
  Effect.gen(function*() {
    const seen = new Set<string>()
    let current: Answer = error(400)
    const server = yield* host((request, response) => {
      // The oldest go, or answers that hold paths that hold answers would grow without end.
      for (const value of valuesOf(request)) seen.add(value)
      for (const oldest of [...seen].slice(0, -12)) seen.delete(oldest)
      const echo = [...seen].flatMap(formsOf).join(" ")
      if (request.path.startsWith("/v1/oauth/token")) {
        const body = JSON.stringify(grant ?? { error: echo, error_description: echo })
        response.writeHead(grant === undefined ? 400 : 200, { "content-type": "application/json" }).end(body)
      } else current(echo, response, elsewhere)
    })
    return {
      ...server,
      answer: (name: string) =>
        Effect.sync(() => {
          current = answers[name] ?? current
        }),
      /** Forgets what it was sent. */
      forget: Effect.sync(() => seen.clear())
    }
  })
