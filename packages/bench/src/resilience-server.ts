/** Answers every request with the message of the stub, and tells its parent where. */
import { createServer } from "node:http"
import process from "node:process"
import { fetch } from "./turns.ts"

const body = Buffer.from(await (await fetch()).arrayBuffer())

const server = createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(body))
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (typeof address === "object") process.send?.(`http://127.0.0.1:${address?.port}`)
})

process.on("disconnect", () => process.exit())
