/** Answers that come bit by bit: pages, downloads, the results of a batch and the events of a session. */
import type { BetaMessageBatchIndividualResponse } from "@anthropic-ai/sdk/resources/beta/messages/batches"
import type { MessageBatchIndividualResponse } from "@anthropic-ai/sdk/resources/messages/batches"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { type Claude, ClaudeError } from "effect-claude"
import { TestClock } from "effect/testing"
import type { ServerResponse } from "node:http"
import { json, refusal, withServer } from "./support/server.ts"

const model = (id: string) => ({ type: "model", id, display_name: id, created_at: "2026-01-01T00:00:00Z" })

const page = (ids: ReadonlyArray<string>, more: boolean) => ({
  data: ids.map(model),
  has_more: more,
  first_id: ids[0],
  last_id: ids.at(-1)
})

describe("a list", () => {
  const threePages = ({ number }: { readonly number: number }, response: ServerResponse) =>
    json(response, 200, page([`m${number}a`, `m${number}b`], number < 3))

  it.effect("is a stream of its items, a chunk a page, with the query of the call in each request", () =>
    withServer(threePages, (claude, { requests }) =>
      Effect.gen(function*() {
        const chunks = yield* claude.models.list({ limit: 2 }).pipe(
          Stream.map(({ id }) => id),
          Stream.chunks,
          Stream.runCollect
        )
        assert.deepStrictEqual(chunks, [["m1a", "m1b"], ["m2a", "m2b"], ["m3a", "m3b"]])
        assert.deepStrictEqual(requests, [
          "GET /v1/models?limit=2",
          "GET /v1/models?limit=2&after_id=m1b",
          "GET /v1/models?limit=2&after_id=m2b"
        ])
      })))

  it.effect("asks for a page when it is pulled, and not before", () =>
    withServer(threePages, (claude, { requests }) =>
      Effect.gen(function*() {
        const items = yield* claude.models.list().pipe(Stream.take(2), Stream.runCollect)
        assert.strictEqual(items.length, 2)
        assert.strictEqual(requests.length, 1)
      })))

  it.effect("asks for each page with the headers of the first", () =>
    withServer(threePages, (claude, { headers }) =>
      Effect.gen(function*() {
        const params = { workspace_id: "wrkspc_1", betas: ["beta-1"] }
        yield* Stream.runDrain(claude.beta.models.list(params, { headers: { "x-team": "a" } }))
        const sent = headers.map((each) => [each["anthropic-beta"], each["anthropic-workspace-id"], each["x-team"]])
        assert.strictEqual(sent.length, 3)
        assert.deepStrictEqual(sent[1], sent[0])
        assert.deepStrictEqual(sent[2], sent[0])
        assert.strictEqual(sent[0]?.[2], "a")
      })))

  it.effect("whose second page fails gives the items of the first, then the typed error", () =>
    withServer(
      ({ number }, response) =>
        number === 1
          ? json(response, 200, page(["m1"], true))
          : json(response, 400, refusal("invalid_request_error", "organization_on_hold")),
      (claude) =>
        Effect.gen(function*() {
          const seen: Array<string> = []
          const error = yield* claude.models.list().pipe(
            Stream.runForEach(({ id }) => Effect.sync(() => seen.push(id))),
            Effect.flip
          )
          assert.deepStrictEqual(seen, ["m1"])
          assert.instanceOf(error, ClaudeError.BadRequestError)
          assert.strictEqual(error.reason._tag, "OrganizationOnHoldError")
        })
    ))

  it.effect("has its pages one by one too", () =>
    withServer(threePages, (claude) =>
      Effect.gen(function*() {
        const first = yield* claude.models.listPage()
        assert.deepStrictEqual(first.data.map(({ id }) => id), ["m1a", "m1b"])
        assert.isTrue(first.has_more)
      })))
})

/** The headers, one chunk, and then nothing. */
const stalling = (type: string, chunk: string | Uint8Array) => (_: unknown, response: ServerResponse) => {
  response.writeHead(200, { "content-type": type, "request-id": "req_1" }).write(chunk)
}

const octets = stalling("application/octet-stream", new Uint8Array([1, 2, 3]))

/** The headers, one chunk, and then a connection that breaks. */
const breaking = (type: string, chunk: string | Uint8Array) => (_: unknown, response: ServerResponse) => {
  response.writeHead(200, { "content-type": type, "request-id": "req_1" }).write(chunk, () => response.destroy())
}

describe("a download", () => {
  it.effect("is a stream of its bytes", () =>
    withServer((_, response) => void response.end(new Uint8Array(100_000).fill(7)), (claude) =>
      Effect.gen(function*() {
        const chunks = yield* Stream.runCollect(claude.files.download("file_1"))
        const bytes = Buffer.concat(chunks)
        assert.strictEqual(bytes.length, 100_000)
        assert.isTrue(bytes.every((byte) => byte === 7))
      })))

  it.effect("of nothing is an empty stream", () =>
    withServer((_, response) => void response.writeHead(200).end(), (claude) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* Stream.runCollect(claude.files.download("file_1")), [])
      })))

  it.effect("closes its connection when the reader stops early", () =>
    withServer(octets, (claude, { givenUp }) =>
      Effect.gen(function*() {
        yield* claude.files.download("file_1").pipe(Stream.take(1), Stream.runDrain)
        yield* givenUp
      })))

  it.effect("closes its connection when it is interrupted", () =>
    withServer(octets, (claude, { givenUp }) =>
      Effect.gen(function*() {
        const started = Promise.withResolvers<void>()
        const fiber = yield* claude.files.download("file_1").pipe(
          Stream.runForEach(() => Effect.sync(() => started.resolve())),
          Effect.forkChild
        )
        yield* Effect.promise(() => started.promise)
        yield* Fiber.interrupt(fiber)
        yield* givenUp
      })))

  it.effect("closes its connection when the reader fails", () =>
    withServer(octets, (claude, { givenUp }) =>
      Effect.gen(function*() {
        const error = yield* claude.files.download("file_1").pipe(
          Stream.runForEach(() => Effect.fail("enough")),
          Effect.flip
        )
        assert.strictEqual(error, "enough")
        yield* givenUp
      })))

  it.effect("that breaks off fails after what has come", () =>
    withServer(breaking("application/octet-stream", new Uint8Array([1, 2])), (claude) =>
      Effect.gen(function*() {
        let length = 0
        const error = yield* claude.files.download("file_1").pipe(
          Stream.runForEach((chunk) => Effect.sync(() => length += chunk.length)),
          Effect.flip
        )
        assert.strictEqual(length, 2)
        assert.instanceOf(error, ClaudeError.StreamInterruptedError)
        assert.strictEqual(error.message, "The stream ended after 1 chunks, before its end")
        assert.strictEqual(error.requestId, "req_1")
      })))

  it.effect("that falls silent fails after its idle timeout, and closes its connection", () =>
    withServer(octets, (claude, { givenUp }) =>
      Effect.gen(function*() {
        const started = Promise.withResolvers<void>()
        const fiber = yield* claude.files.download("file_1", null, { idleTimeout: "10 seconds" }).pipe(
          Stream.runForEach(() => Effect.sync(() => started.resolve())),
          Effect.flip,
          Effect.forkChild
        )
        yield* Effect.promise(() => started.promise)
        yield* TestClock.adjust("1 minute")
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error._tag, "StreamStalledError")
        yield* givenUp
      })))

  it.effect("takes longer than the timeout of its attempts once the headers are there", () => {
    const read = Promise.withResolvers<void>()
    return withServer((_, response) => {
      response.writeHead(200).write("first")
      read.promise.then(() => response.end("second"))
    }, (claude) =>
      Effect.gen(function*() {
        const options = { timeout: "1 second", idleTimeout: "1 hour" } as const
        const pieces = yield* claude.files.download("file_1", null, options).pipe(
          Stream.tap(() => Effect.andThen(TestClock.adjust("1 minute"), Effect.sync(() => read.resolve()))),
          Stream.decodeText(),
          Stream.mkString
        )
        assert.strictEqual(pieces, "firstsecond")
      }))
  })

  it.effect("that is refused fails with the method's own error", () =>
    withServer(
      (_, response) => json(response, 404, refusal("not_found_error", "file_expired")),
      (claude) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(Stream.runDrain(claude.files.download("file_1")))
          assert.instanceOf(error, ClaudeError.NotFoundError)
          assert.strictEqual(error.reason._tag, "FileExpiredError")
        })
    ))
})

const batch = (url: string) => ({ type: "message_batch", id: "batch_1", results_url: `${url}/results` })

const errored = {
  custom_id: "b",
  result: {
    type: "errored",
    error: { ...refusal("invalid_request_error", "image_dimensions_too_large"), request_id: "req_row" }
  }
}

const rows = [
  {
    custom_id: "a",
    result: { type: "succeeded", message: { type: "message", id: "msg_1", content: [], stop_reason: "end_turn" } }
  },
  errored,
  { custom_id: "c", result: { type: "canceled" } },
  { custom_id: "d", result: { type: "expired" } }
]

type Row =
  | Claude.BatchResult<MessageBatchIndividualResponse>
  | Claude.BatchResult<BetaMessageBatchIndividualResponse>

const kinds: ReadonlyArray<{
  readonly name: string
  readonly resultsOf: (claude: Claude.Methods) => Stream.Stream<Row, Claude.Error<"messages.batches.results">>
}> = [
  { name: "messages", resultsOf: (claude) => claude.messages.batches.results("batch_1") },
  { name: "beta.messages", resultsOf: (claude) => claude.beta.messages.batches.results("batch_1") }
]

describe.each(kinds)("the results of a batch of $name", ({ name, resultsOf }) => {
  const results = (lines: ReadonlyArray<string>, end: (response: ServerResponse) => void = (response) =>
    response.end()) =>
  ({ path }: { readonly path: string }, response: ServerResponse) => {
    if (path.startsWith("/v1")) return json(response, 200, batch(`http://${response.req.headers.host}`))
    response.writeHead(200, { "content-type": "application/x-jsonl", "request-id": "req_1" })
    for (const line of lines) response.write(line)
    return end(response)
  }

  const text = rows.map((row) => `${JSON.stringify(row)}\n`)

  it.effect("are a stream of rows, with the errors of the rows in the classes of the channel", () =>
    withServer(results(text), (claude) =>
      Effect.gen(function*() {
        const all = yield* Stream.runCollect(resultsOf(claude))
        assert.deepStrictEqual(all.map(({ custom_id, result }) => [custom_id, result.type]), [
          ["a", "succeeded"],
          ["b", "errored"],
          ["c", "canceled"],
          ["d", "expired"]
        ])
        const [, row] = all
        const error = row?.result.type === "errored" ? row.result.error : undefined
        assert.instanceOf(error, ClaudeError.BadRequestError)
        assert.strictEqual(error.requestId, "req_row")
        assert.strictEqual(error.operation, `${name}.create`)
        assert.isTrue(error.repeatable)
        assert.deepInclude(error.reason, {
          _tag: "ImageDimensionsTooLargeError",
          errorCode: "image_dimensions_too_large"
        })
      })))

  it.effect("are the same however the bytes are split", () =>
    withServer(
      results(Array.from(text.join("").replaceAll("\n", "\r\n\r\n").trimEnd())),
      (claude) =>
        Effect.gen(function*() {
          const all = yield* Stream.runCollect(resultsOf(claude))
          assert.deepStrictEqual(all.map(({ custom_id }) => custom_id), ["a", "b", "c", "d"])
        })
    ))

  it.effect("close their connection when the reader stops early", () =>
    withServer(results(text, () => {}), (claude, { givenUp }) =>
      Effect.gen(function*() {
        yield* resultsOf(claude).pipe(Stream.take(2), Stream.runDrain)
        yield* givenUp
      })))

  it.effect.each([
    { name: "that break off inside a row", lines: [text[0] ?? "", "{\"custom_"], tag: "StreamInterruptedError" },
    { name: "that are no JSON", lines: [text[0] ?? "", "oops\n"], tag: "InvalidResponseError" },
    { name: "that lack a result", lines: [text[0] ?? "", "{\"custom_id\":\"b\"}\n"], tag: "InvalidResponseError" },
    {
      name: "whose result is none",
      lines: [text[0] ?? "", "{\"custom_id\":\"b\",\"result\":\"succeeded\"}\n"],
      tag: "InvalidResponseError"
    },
    {
      name: "that are an error after all",
      lines: [text[0] ?? "", JSON.stringify(refusal("api_error"))],
      tag: "InternalServerError"
    }
  ])(
    "$name fail after what has come",
    ({ lines, tag }) =>
      withServer(results(lines), (claude) =>
        Effect.gen(function*() {
          const seen: Array<string> = []
          const error = yield* resultsOf(claude).pipe(
            Stream.runForEach(({ custom_id }) => Effect.sync(() => seen.push(custom_id))),
            Effect.flip
          )
          assert.deepStrictEqual(seen, ["a"])
          assert.strictEqual(error._tag, tag)
        }))
  )

  it.effect("fail with the method's own error where the second of the two requests is refused", () =>
    withServer(
      ({ path }, response) =>
        path.startsWith("/v1")
          ? json(response, 200, batch(`http://${response.req.headers.host}`))
          : json(response, 400, refusal("invalid_request_error", "cmek_key_disabled")),
      (claude) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(Stream.runDrain(resultsOf(claude)))
          assert.instanceOf(error, ClaudeError.BadRequestError)
          assert.strictEqual(error.reason._tag, "CMEKKeyDisabledError")
        })
    ))

  it.effect("of a batch that has not ended are refused, and say so", () =>
    withServer(
      (_, response) => json(response, 200, { ...batch(""), results_url: null }),
      (claude) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(Stream.runDrain(resultsOf(claude)))
          assert.strictEqual(error._tag, "RequestRejectedError")
          assert.include(error.message, "has no results yet")
        })
    ))
})

const event = (type: string) => `event: ${type}\ndata: ${JSON.stringify({ type, id: "evt_1" })}\n\n`

describe("the events of a session", () => {
  it.effect("end when the server ends them", () =>
    withServer((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.end(event("ping") + event("session.status_running") + event("session.status_idle"))
    }, (claude) =>
      Effect.gen(function*() {
        const events = yield* Stream.runCollect(claude.beta.sessions.events.stream("sesn_1"))
        assert.deepStrictEqual(events.map(({ type }) => type), ["session.status_running", "session.status_idle"])
      })))

  it.effect("may be none", () =>
    withServer(
      (_, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).end(),
      (claude) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* Stream.runCollect(claude.beta.sessions.events.stream("sesn_1")), [])
        })
    ))

  it.effect("fail where the connection breaks, after what has come", () =>
    withServer(breaking("text/event-stream", event("session.status_running")), (claude) =>
      Effect.gen(function*() {
        let count = 0
        const error = yield* claude.beta.sessions.threads.events.stream("thread_1", { session_id: "sesn_1" }).pipe(
          Stream.runForEach(() => Effect.sync(() => count++)),
          Effect.flip
        )
        assert.strictEqual(count, 1)
        assert.strictEqual(error._tag, "StreamInterruptedError")
        assert.strictEqual(error.message, "The stream ended after 1 events, before its end")
      })))

  it.effect("fail with the class of an error event", () =>
    withServer((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.end(`event: error\ndata: ${JSON.stringify(refusal("overloaded_error"))}\n\n`)
    }, (claude) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Stream.runDrain(claude.beta.sessions.events.stream("sesn_1")))
        assert.strictEqual(error._tag, "OverloadedError")
      })))

  it.effect("close their connection when the reader stops early", () =>
    withServer(
      stalling("text/event-stream", event("session.status_running")),
      (claude, { givenUp }) =>
        Effect.gen(function*() {
          yield* claude.beta.sessions.events.stream("sesn_1").pipe(Stream.take(1), Stream.runDrain)
          yield* givenUp
        })
    ))
})
