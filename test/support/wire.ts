/** A server of one's own, for what the simulator does not do to a stream. */
import { Deferred, Effect, Layer, Redacted } from "effect"
import { Claude, type ClaudeConfig, RetryPolicy } from "effect-claude"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"

export interface Exchange {
  readonly request: IncomingMessage
  /** The JSON that was sent. */
  readonly params: Claude.MessageCreateParams
  readonly response: ServerResponse
  /** Counted from 0. */
  readonly index: number
}

/** Answers every request with `answer`, which may write to the response. Gives what the server sees of its connections. */
export const serving = (answer: (exchange: Exchange) => void) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      let index = 0
      let connections = 0
      const server = createServer(async (request, response) => {
        const params = JSON.parse(await text(request))
        response.writeHead(200, { "content-type": "text/event-stream", "request-id": `req_${index}` })
        response.flushHeaders()
        answer({ request, params, response, index: index++ })
      })
      server.on("connection", () => connections++)
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const { port } = server.address() as AddressInfo
      return {
        server,
        url: `http://127.0.0.1:${port}`,
        requests: () => index,
        connections: () => connections,
        /** How many sockets are open now. */
        open: Effect.callback<number>((resume) => {
          server.getConnections((_, count) => resume(Effect.succeed(count)))
        })
      }
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  )

export const claudeAt = (url: string, options: ClaudeConfig.Options = {}) =>
  Layer.build(Claude.layer({ baseURL: url, apiKey: Redacted.make("sk-ant-test"), retry: RetryPolicy.none, ...options }))
    .pipe(
      Effect.flatMap((context) => Effect.provide(Claude.Claude, context))
    )

/** A server, and the service for it. */
export const claudeServedBy = (answer: (exchange: Exchange) => void, options?: ClaudeConfig.Options) =>
  Effect.gen(function*() {
    const server = yield* serving(answer)
    return { server, claude: yield* claudeAt(server.url, options) }
  })

export const frame = (event: { readonly type: string; readonly [field: string]: unknown }): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

export const start = frame({
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-opus-5-5",
    content: [],
    stop_reason: null,
    stop_details: null,
    usage: { input_tokens: 10, output_tokens: 1 }
  }
})

export const open = frame({
  type: "content_block_start",
  index: 0,
  content_block: { type: "text", text: "", citations: null }
})

export const say = (text: string): string =>
  frame({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })

export const ended = (stop_reason: string, stop_details: unknown = null): string =>
  frame({ type: "content_block_stop", index: 0 }) +
  frame({ type: "message_delta", delta: { stop_reason, stop_details }, usage: { output_tokens: 7 } }) +
  frame({ type: "message_stop" })

export const end = ended("end_turn")

/** Waits for what a callback will tell. */
export const signal = <A = void>() => {
  const deferred = Deferred.makeUnsafe<A>()
  return {
    tell: (value: A) => Deferred.doneUnsafe(deferred, Effect.succeed(value)),
    told: Deferred.await(deferred)
  }
}
