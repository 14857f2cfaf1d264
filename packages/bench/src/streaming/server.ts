/** Answers every request with a streamed message: `/packed/10000/…` or `/single/10000/…`. Tells its parent the port. */
import { createServer, type ServerResponse } from "node:http"
import process from "node:process"
import { packed, single } from "./wire.ts"

const pieces = { packed, single }

const bodies = new Map<string, ReadonlyArray<Uint8Array>>()

const bodyOf = (mode: string, count: number): ReadonlyArray<Uint8Array> => {
  const key = `${mode} ${count}`
  const body = bodies.get(key) ?? pieces[mode === "packed" ? "packed" : "single"](count)
  bodies.set(key, body)
  return body
}

/** Each piece leaves in a write of its own, when the one before it is with the operating system. */
const send = (response: ServerResponse, body: ReadonlyArray<Uint8Array>, index = 0): void => {
  const piece = body[index]
  if (piece === undefined) response.end()
  else response.write(piece, (error) => error ? undefined : send(response, body, index + 1))
}

const server = createServer((request, response) => {
  const [, mode = "packed", count = "100"] = request.url?.split("/") ?? []
  request.resume().on("end", () => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "request-id": "req_bench" })
    send(response, bodyOf(mode, Number(count)))
  })
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.send?.({ port: typeof address === "object" ? address?.port : undefined })
})

process.on("disconnect", () => process.exit())
