/** A Node HTTP server whose sockets can be counted and all be closed at once, and which can go down and come up again. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import type * as HttpServerError from "effect/http/HttpServerError"
import type * as Scope from "effect/Scope"
import { type IncomingMessage, Server, type ServerResponse } from "node:http"
import type { ListenOptions, Socket } from "node:net"
import * as Outage from "./outage.ts"

export interface Listener {
  readonly http: HttpServer.HttpServer["Service"]
  readonly url: string
  readonly openConnections: Effect.Effect<number>
  readonly isClosing: Effect.Effect<boolean>
  readonly outage: Outage.Outage
  /** Refuses what comes, and destroys what is there. */
  readonly close: Effect.Effect<void>
}

/** How long clients have to close their end of an idle connection, in milliseconds of real time. */
const patience = 500

class CountingServer extends Server {
  isClosing = false
  readonly #sockets = new Set<Socket>()
  readonly #responses = new Set<ServerResponse>()
  #isDown = false
  #address: ListenOptions = {}

  constructor() {
    // No timeouts: only a script says when a connection ends.
    super({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 })
    const begin = (request: IncomingMessage, response: ServerResponse) => this.#begin(request, response)
    this.on("request", begin)
    this.on("checkContinue", begin)
    this.on("connection", (socket: Socket) => this.#connect(socket))
    this.once("listening", () => {
      const address = this.address()
      // Without a name to look up, a server listens within the turn.
      if (address !== null && typeof address === "object") this.#address = { host: address.address, port: address.port }
    })
  }

  /** A destroyed socket counts no longer, even if its close event is yet to come. */
  get open(): ReadonlyArray<Socket> {
    return [...this.#sockets].filter((socket) => !socket.destroyed)
  }

  get idle(): ReadonlyArray<Socket> {
    const busy = new Set(Array.from(this.#responses, ({ req }) => req.socket))
    return this.open.filter((socket) => !busy.has(socket))
  }

  /** What Node calls as the server closes. Ended, and not destroyed: once the other end closes too, the client knows. */
  override closeIdleConnections(): void {
    this.idle.forEach((socket) => socket.end())
  }

  /** Refuses connections. A request that is all here still gets its answer, as the last one of its connection. */
  goDown(): void {
    this.#isDown = true
    this.#responses.forEach((response) => {
      if (!response.req.complete) response.req.socket.resetAndDestroy()
      else if (!response.headersSent) response.setHeader("connection", "close")
    })
    this.close()
  }

  comeUp(done: () => void): void {
    this.#isDown = false
    this.listen(this.#address, done)
  }

  closeAll(): void {
    this.isClosing = true
    this.open.forEach((socket) => socket.destroy())
  }

  #connect(socket: Socket): void {
    if (this.isClosing) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.once("close", () => this.#sockets.delete(socket))
  }

  #begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    if (this.#isDown) {
      // A socket that is ended cannot be reset.
      if (socket.writableEnded) socket.destroy()
      else socket.resetAndDestroy()
      request.destroy()
      return
    }
    this.#responses.add(response)
    response.once("close", () => {
      this.#responses.delete(response)
      if (this.#isDown) socket.end()
    })
  }
}

/** Waits until a client has closed its end, and not for ever. */
const closed = (socket: Socket): Effect.Effect<void> =>
  Effect.callback((resume) => {
    socket.once("close", () => resume(Effect.void))
    socket.setTimeout(patience, () => socket.destroy())
  })

const comeUp = (server: CountingServer): Effect.Effect<void> =>
  Effect.callback<void, Error>((resume) => {
    if (server.listening) return resume(Effect.void)
    const fail = (error: Error) => resume(Effect.fail(error))
    server.once("error", fail)
    server.comeUp(() => {
      server.off("error", fail)
      resume(Effect.void)
    })
  }).pipe(Effect.catch(({ message }) => Effect.logError(`The simulator stays down: ${message}`)))

export const make: (host: string, port: number) => Effect.Effect<Listener, HttpServerError.ServeError, Scope.Scope> =
  Effect
    .fnUntraced(function*(host, port) {
      const server = new CountingServer()
      const http = yield* NodeHttpServer.make(() => server, { host, port, disablePreemptiveShutdown: true })
      // Finalizers run last in, first out: nothing comes up any more when the server closes.
      const outage = yield* Outage.make({
        goDown: () => server.goDown(),
        known: Effect.suspend(() => Effect.forEach(server.idle, closed, { concurrency: "unbounded", discard: true })),
        comeUp: comeUp(server)
      })

      return {
        http,
        url: HttpServer.formatAddress(http.address),
        openConnections: Effect.sync(() => server.open.length),
        isClosing: Effect.sync(() => server.isClosing),
        outage,
        close: Effect.sync(() => server.closeAll())
      }
    })
