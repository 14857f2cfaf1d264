/** A server on the loopback that counts what is left open. */
import { Effect, Redacted } from "effect"
import { Claude, type ClaudeConfig, RetryPolicy } from "effect-claude"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export interface Server {
  /** The requests so far, as `GET /v1/models?limit=2`. */
  readonly requests: ReadonlyArray<string>
  /** The headers of each. */
  readonly headers: ReadonlyArray<IncomingMessage["headers"]>
  /** Waits until the answer that is under way has been given up by the client. */
  readonly givenUp: Effect.Effect<void>
}

type Handler = (request: { readonly path: string; readonly number: number }, response: ServerResponse) => void

const listen = (handler: Handler) => {
  const requests: Array<string> = []
  const headers: Array<IncomingMessage["headers"]> = []
  const closed = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    headers.push(request.headers)
    response.on("close", () => response.writableFinished || closed.resolve())
    handler({ path: request.url ?? "", number: requests.length }, response)
  })
  return { server, requests, headers, givenUp: Effect.promise(() => closed.promise) }
}

/** Runs `use` with the service over a server of the test's, whose connections have to be gone afterwards. */
export const withServer = <A, E>(
  handler: Handler,
  use: (claude: Claude.Methods, server: Server & { readonly url: string }) => Effect.Effect<A, E>,
  options: ClaudeConfig.Options = {}
): Effect.Effect<A, E> =>
  Effect.scoped(Effect.gen(function*() {
    const { server, ...rest } = listen(handler)
    yield* Effect.acquireRelease(
      Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")),
      () => Effect.promise(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
    )
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const layer = Claude.layer({ apiKey: Redacted.make("sk-test"), baseURL: url, retry: RetryPolicy.none, ...options })
    return yield* Effect.provide(Effect.flatMap(Claude.Claude, (claude) => use(claude, { ...rest, url })), layer)
      .pipe(Effect.catchTag("ConfigError", Effect.die))
  })) as Effect.Effect<A, E>

export const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json", "request-id": "req_1" }).end(JSON.stringify(body))
}

export const refusal = (type: string, code?: string) => ({
  type: "error",
  error: { type, message: "no", ...(code === undefined ? {} : { details: { error_code: code } }) }
})
