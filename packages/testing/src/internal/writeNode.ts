/** Writes an answer to a socket, through Node's own response: Effect's has no way to reset, cut or hold back one. */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as Stream from "effect/Stream"
import { ServerResponse } from "node:http"
import * as Answer from "./answer.ts"

/** Waits for Node to say that what was started is flushed, or for the client to be gone. */
const flushed = (
  response: ServerResponse,
  start: (done: (error?: Error | null) => void) => void
): Effect.Effect<void, Answer.Disconnect> =>
  Effect.callback((resume) => {
    const gone = () => resume(Answer.disconnect("client"))
    if (response.destroyed) return gone()
    const { socket } = response
    response.once("close", gone)
    const stopWaiting = () => response.off("close", gone)
    start((error) => {
      stopWaiting()
      // A response says that it finished even when its socket failed with bytes still to send.
      const lost = error || socket?.errored || socket?.destroyed
      resume(lost ? Answer.disconnect("client") : Effect.void)
    })
    return Effect.sync(stopWaiting)
  })

// The callback of `write` waits for the operating system to take the bytes, so a slow client slows the stream down, and
// each chunk leaves in a packet of its own. An empty chunk flushes the headers.
const writeChunk = (response: ServerResponse, chunk: Uint8Array | ""): Effect.Effect<void, Answer.Disconnect> =>
  flushed(response, (done) => response.write(chunk, done))

const end = (response: ServerResponse, chunk?: Uint8Array): Effect.Effect<void, Answer.Disconnect> =>
  flushed(response, (done) => chunk === undefined ? response.end(done) : response.end(chunk, done))

const writeHead = (response: ServerResponse, { body, headers, status }: Answer.Answer): Effect.Effect<void> =>
  Effect.sync(() => {
    // RFC 9110, section 8.6: a 204 has no length. (Node sees to it that it has no body, nor a 304.)
    const length = status === 204 ? undefined : Answer.length(body)
    response.writeHead(status, length === undefined ? headers : { ...headers, "content-length": String(length) })
  })

const writeBody = (response: ServerResponse, body: Answer.Body): Effect.Effect<void, Answer.Disconnect> => {
  const piecemeal = Effect.fnUntraced(function*() {
    yield* writeChunk(response, "")
    yield* Stream.runForEach(Answer.chunks(body), (chunk) => writeChunk(response, chunk))
    yield* end(response)
  })
  return Answer.Body.$match(body, {
    Whole: ({ bytes }) => end(response, bytes),
    Events: piecemeal,
    Chunks: piecemeal
  })
}

/** Sends an answer on a Node response. */
export const send = Effect.fnUntraced(function*(response: ServerResponse, answer: Answer.Answer) {
  yield* writeHead(response, answer)
  yield* writeBody(response, answer.body)
})

/** Ends the connection as the disconnect says; a client that is gone needs no ending. */
const destroy = (response: ServerResponse, { by }: Pick<Answer.Disconnect, "by">): Effect.Effect<void> =>
  Effect.sync(() => {
    if (by === "reset") response.socket?.resetAndDestroy()
    response.destroy()
  })

const responseOf = (request: HttpServerRequest): Effect.Effect<ServerResponse> => {
  const response = NodeHttpServerRequest.toServerResponse(request)
  return response instanceof ServerResponse
    ? Effect.succeed(response)
    : Effect.die("The simulator speaks HTTP/1.1 only")
}

/** Sends an answer, and succeeds once all of it is sent. */
export const write = Effect.fnUntraced(
  function*(request: HttpServerRequest, answer: Effect.Effect<Answer.Answer, Answer.Disconnect>) {
    const response = yield* responseOf(request)
    yield* Effect.flatMap(answer, (ready) => send(response, ready)).pipe(
      Effect.tapError((disconnect) => destroy(response, disconnect)),
      // Without an end of ours, the server would send an empty answer.
      Effect.tapDefect(() => destroy(response, { by: "cut" }))
    )
  }
)
