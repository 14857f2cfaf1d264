/** Writes an answer as the `Response` of a `fetch`, with the errors that Node's `fetch` has when a connection breaks. */
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { STATUS_CODES } from "node:http"
import { constants, gunzipSync } from "node:zlib"
import * as Answer from "./answer.ts"

/** What the operating system holds of an answer that nobody reads yet. */
const bufferBytes = 64 * 1024

// The constructor of `Response` insists on none for these (Fetch standard, "null body status").
const withoutBody: ReadonlySet<number> = new Set([204, 205, 304])

const broken = (message: string, by: Answer.Disconnect["by"]): TypeError => {
  const cause = by === "reset"
    ? { message: "read ECONNRESET", code: "ECONNRESET" }
    : { message: "other side closed", code: "UND_ERR_SOCKET" }
  return new TypeError(message, { cause: Object.assign(new Error(cause.message), { code: cause.code }) })
}

const gzipped = ({ headers }: Answer.Answer): boolean => headers["content-encoding"] === "gzip"

/** Decompresses as Node's `fetch` does: as far as it goes, which need not be the end. What is no gzip breaks the body. */
const decompressed = (bytes: Uint8Array): BodyInit =>
  Result.match(
    Result.try(() => gunzipSync(bytes, { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH })),
    {
      onSuccess: (content): BodyInit => content,
      onFailure: (cause) =>
        new ReadableStream({ start: (controller) => controller.error(new TypeError("terminated", { cause })) })
    }
  )

/** One request's way back to the client. */
export class Reply {
  readonly response: Promise<Response>
  readonly #resolve: (response: Response) => void
  readonly #reject: (reason: unknown) => void
  readonly #method: string
  readonly #leave: () => void
  #body: ReadableStreamDefaultController<Uint8Array> | undefined
  #over = false
  #waiting: (() => void) | undefined

  /** `leave` is called when the client goes away before the end of the answer. */
  constructor(method: string, leave: () => void) {
    const { promise, reject, resolve } = Promise.withResolvers<Response>()
    this.response = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#method = method
    this.#leave = leave
  }

  /** The client gives up: what it waits for fails with its reason. */
  abort(reason: unknown): void {
    if (this.#over) return
    this.#fail(reason)
    this.#leave()
  }

  /** The connection ends, an unfinished answer with it. */
  close(by: Answer.Disconnect["by"] = "cut"): void {
    if (!this.#over) this.#fail(broken(this.#body === undefined ? "fetch failed" : "terminated", by))
  }

  whole(answer: Answer.Answer, bytes: Uint8Array<ArrayBuffer>): void {
    this.#over = true
    this.#resolve(this.#respond(answer, gzipped(answer) ? decompressed(bytes) : bytes))
  }

  open(answer: Answer.Answer): void {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        this.#body = controller
      },
      pull: () => this.#wake(),
      cancel: () => {
        this.#over = true
        this.#wake()
        this.#leave()
      }
    }, new ByteLengthQueuingStrategy({ highWaterMark: bufferBytes }))
    this.#resolve(this.#respond(answer, body))
  }

  /** Hands a chunk on, and waits where the client is slow. */
  chunk(chunk: Uint8Array): Effect.Effect<void, Answer.Disconnect> {
    return Effect.suspend(() => {
      if (this.#over) return Answer.disconnect("client")
      if (chunk.length > 0) this.#body?.enqueue(chunk)
      return this.#until(() => (this.#body?.desiredSize ?? 0) > 0)
    })
  }

  /** Waits until all that was sent is read: an error would take what is not read with it. */
  get read(): Effect.Effect<void, Answer.Disconnect> {
    return this.#until(() => this.#body === undefined || this.#body.desiredSize === bufferBytes)
  }

  end(): void {
    if (this.#over) return
    this.#over = true
    this.#body?.close()
  }

  #until(condition: () => boolean): Effect.Effect<void, Answer.Disconnect> {
    return Effect.callback((resume) => {
      const look = () => {
        if (this.#over) return resume(Answer.disconnect("client"))
        if (condition()) return resume(Effect.void)
        this.#waiting = look
      }
      look()
      return Effect.sync(() => {
        this.#waiting = undefined
      })
    })
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.()
  }

  #fail(reason: unknown): void {
    this.#over = true
    if (this.#body === undefined) this.#reject(reason)
    else this.#body.error(reason)
    this.#wake()
  }

  #respond({ body, headers, status }: Answer.Answer, content: BodyInit): Response {
    const length = status === 204 ? undefined : Answer.length(body)
    return new Response(withoutBody.has(status) || this.#method === "HEAD" ? null : content, {
      status,
      statusText: STATUS_CODES[status] ?? "unknown",
      headers: length === undefined ? headers : { ...headers, "content-length": String(length) }
    })
  }
}

/** The replies of the requests under way, by what the server's request was made from. */
export const replies = new WeakMap<object, Reply>()

const replyTo = ({ source }: HttpServerRequest): Effect.Effect<Reply> => {
  const reply = replies.get(source)
  return reply === undefined
    ? Effect.die("This request did not come through the simulator's fetch")
    : Effect.succeed(reply)
}

const send = (reply: Reply, answer: Answer.Answer): Effect.Effect<void, Answer.Disconnect> => {
  const piecemeal = Effect.fnUntraced(function*() {
    yield* Effect.sync(() => reply.open(answer))
    yield* Stream.runForEach(Answer.chunks(answer.body), (chunk) => reply.chunk(chunk)).pipe(
      Effect.tapError(() => reply.read)
    )
    yield* Effect.sync(() => reply.end())
  })
  return Answer.Body.$match(answer.body, {
    Whole: ({ bytes }) => Effect.sync(() => reply.whole(answer, bytes)),
    Events: piecemeal,
    Chunks: piecemeal
  })
}

/** Sends an answer, and succeeds once all of it is sent. */
export const write = Effect.fnUntraced(
  function*(request: HttpServerRequest, answer: Effect.Effect<Answer.Answer, Answer.Disconnect>) {
    const reply = yield* replyTo(request)
    yield* Effect.flatMap(answer, (ready) => send(reply, ready)).pipe(
      Effect.tapError(({ by }) => Effect.sync(() => reply.close(by)))
    )
  }
)
