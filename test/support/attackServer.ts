/** A server that answers by the number of a case, byte for byte, and knows which sockets are open. */
import { Deferred, Effect } from "effect"
import { once } from "node:events"
import { type AddressInfo, createServer, type Socket } from "node:net"

/** The header that says which case a request belongs to. */
export const caseHeader = "x-case"

type Wire = ReadonlyArray<Uint8Array>

/** A whole request: its head, and as much of a body as it announces. */
const isWhole = (received: string): boolean => {
  const end = received.indexOf("\r\n\r\n")
  if (end === -1) return false
  const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0)
  return Buffer.byteLength(received.slice(end + 4), "latin1") >= length
}

const write = (socket: Socket, wire: Wire): void => {
  for (const bytes of wire) socket.write(bytes)
  socket.end()
}

/** `answer` gives the bytes for a request of a case, counted from 0. `drained` waits until no socket is open. */
export const attackServer = (answer: (id: number, request: number) => Wire) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sockets = new Set<Socket>()
      const requests = new Map<number, number>()
      let waiting: Deferred.Deferred<void> | undefined
      const server = createServer((socket) => {
        sockets.add(socket)
        socket.on("error", () => socket.destroy())
        socket.on("close", () => {
          sockets.delete(socket)
          if (sockets.size === 0 && waiting !== undefined) Deferred.doneUnsafe(waiting, Effect.void)
        })
        let received = ""
        let isAnswered = false
        socket.on("data", (bytes) => {
          received += bytes.toString("latin1")
          if (isAnswered || !isWhole(received)) return
          isAnswered = true
          const id = Number(/x-case: (\d+)/i.exec(received)?.[1])
          const request = requests.get(id) ?? 0
          requests.set(id, request + 1)
          write(socket, answer(id, request))
        })
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      return {
        server,
        sockets,
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        drained: Effect.suspend(() => {
          if (sockets.size === 0) return Effect.void
          waiting = Deferred.makeUnsafe<void>()
          return Deferred.await(waiting)
        })
      }
    }),
    ({ server, sockets }) =>
      Effect.promise(() => {
        for (const socket of sockets) socket.destroy()
        return new Promise<void>((resolve) => server.close(() => resolve()))
      })
  )
