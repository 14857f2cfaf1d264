/** A Node HTTP server whose sockets can be counted and all be closed at once. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import type * as HttpServerError from "effect/http/HttpServerError"
import type * as Scope from "effect/Scope"
import { createServer } from "node:http"
import type { Socket } from "node:net"

export interface Listener {
  readonly http: HttpServer.HttpServer["Service"]
  readonly url: string
  readonly openConnections: Effect.Effect<number>
  readonly isClosing: Effect.Effect<boolean>
  /** Refuses what comes, and destroys what is there. */
  readonly close: Effect.Effect<void>
}

export const make: (host: string, port: number) => Effect.Effect<Listener, HttpServerError.ServeError, Scope.Scope> =
  Effect
    .fnUntraced(function*(host, port) {
      const sockets = new Set<Socket>()
      let closing = false

      // No timeouts: only a script says when a connection ends.
      const server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 })
      server.on("connection", (socket: Socket) => {
        if (closing) {
          socket.destroy()
          return
        }
        sockets.add(socket)
        socket.once("close", () => sockets.delete(socket))
      })

      const http = yield* NodeHttpServer.make(() => server, { host, port, disablePreemptiveShutdown: true })

      return {
        http,
        url: HttpServer.formatAddress(http.address),
        // A destroyed socket counts no longer, even if its close event is yet to come.
        openConnections: Effect.sync(() => [...sockets].filter((socket) => !socket.destroyed).length),
        isClosing: Effect.sync(() => closing),
        close: Effect.sync(() => {
          closing = true
          sockets.forEach((socket) => socket.destroy())
        })
      }
    })
