/** Two servers on the loopback: the client's own, and one that it must never reach. */
import { Effect, type Scope } from "effect"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

export interface Host {
  readonly url: string
  readonly host: string
  readonly received: ReadonlyArray<Received>
  /** How many sockets were opened, whether or not a request came. */
  readonly connections: () => number
}

type Handler = (request: Received, response: ServerResponse) => void

/** A server that answers with `handler`, and stops with the scope. */
export const host = (handler: Handler): Effect.Effect<Host, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const received: Array<Received> = []
        let connections = 0
        const server = createServer(async (request, response) => {
          const { headers, method = "", url: path = "" } = request
          const each = { method, path, headers, body: await text(request) }
          received.push(each)
          handler(each, response)
        })
        server.on("connection", () => connections++)
        await once(server.listen(0, "127.0.0.1"), "listening")
        return { server, received, connections: () => connections }
      }),
      ({ server }) => Effect.promise(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
    ),
    ({ server, ...rest }) => {
      const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
      return { ...rest, host, url: `http://${host}` }
    }
  )

/** A server that would answer anything with what looks like success. */
export const foreign = host((_, response) => {
  response.writeHead(200, { "content-type": "application/json" }).end("{\"type\":\"message\",\"data\":[]}")
})
