/** What may pass for the whole of an answer, and is nothing, a part, or something else: files, rows, and open-ended events. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { Claude } from "effect-claude"
import type { ServerResponse } from "node:http"
import { gzipSync } from "node:zlib"
import { json, refusal, withServer } from "./support/server.ts"

const download = ({ files }: Claude.Methods) => Stream.runCollect(files.download("file_1"))

const session = ({ beta }: Claude.Methods) => Stream.runCollect(beta.sessions.events.stream("sesn_1"))

const results = ({ messages }: Claude.Methods) => Stream.runCollect(messages.batches.results("msgbatch_1"))

const counts = { processing: 0, succeeded: 0, errored: 0, canceled: 2, expired: 0 }

const row = (id: string): string => `${JSON.stringify({ custom_id: id, result: { type: "canceled" } })}\n`

/** A batch of two requests, and what its results are. */
const batch =
  (answer: (response: ServerResponse) => void, request_counts: object | undefined = counts) =>
  ({ path }: { readonly path: string }, response: ServerResponse): void => {
    if (path.endsWith("/results")) return answer(response)
    const results_url = `http://${response.req.headers.host}/v1/messages/batches/msgbatch_1/results`
    json(response, 200, { type: "message_batch", id: "msgbatch_1", results_url, request_counts })
  }

describe("a status of success", () => {
  const statuses = [
    { status: 204, lack: "nothing" },
    { status: 205, lack: "nothing" },
    { status: 206, lack: "a part" }
  ]

  it.effect.each(statuses)("$status brings no whole file", ({ lack, status }) =>
    withServer(
      (_, response) =>
        response.writeHead(status, { "content-type": "application/octet-stream" }).end(status === 206 ? "half" : ""),
      (claude) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(download(claude))
          assert.strictEqual(error._tag, "InvalidResponseError")
          assert.include(error.message, `answered ${status}, ${lack} instead of a file`)
        })
    ))

  it.effect.each(statuses)("$status brings no rows", ({ status }) =>
    withServer(
      batch((response) => response.writeHead(status).end(status === 206 ? row("a") : ""), {}),
      (claude) =>
        Effect.gen(function*() {
          assert.strictEqual((yield* Effect.flip(results(claude)))._tag, "InvalidResponseError")
        })
    ))

  it.effect("206 brings the part that was asked for", () =>
    withServer(
      (_, response) => response.writeHead(206, { "content-range": "bytes 0-3/8" }).end("half"),
      ({ files }, { headers }) =>
        Effect.gen(function*() {
          const part = yield* Stream.runCollect(files.download("file_1", {}, { headers: { range: "bytes=0-3" } }))
          assert.strictEqual(String(Buffer.concat(part)), "half")
          assert.strictEqual(headers[0]?.range, "bytes=0-3")
        })
    ))
})

describe("the rows of a batch", () => {
  it.effect("are as many as the batch counts: a cut between two of them is no end", () =>
    withServer(batch((response) => response.end(row("a"))), (claude) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(results(claude))
        assert.deepInclude(error, { _tag: "InvalidResponseError", problem: "unreadable" })
        assert.include(error.message, "after 1 rows, and the batch counts 2")
        assert.isTrue(error.isRetryable)
      })))

  it.effect.each([
    { name: "all that were counted", answered: ["a", "b"], request_counts: counts },
    { name: "more than were counted", answered: ["a", "b", "c"], request_counts: counts },
    { name: "any number where nothing was counted", answered: ["a"], request_counts: {} },
    { name: "any number where a count is a text", answered: ["a"], request_counts: { ...counts, errored: "many" } },
    {
      name: "any number where a count is no number",
      answered: ["a"],
      request_counts: { ...counts, errored: { toString: {} } }
    }
  ])(
    "are read: $name",
    ({ answered, request_counts }) =>
      withServer(
        batch((response) => response.end(answered.map(row).join("")), request_counts),
        (claude) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(
              (yield* results(claude)).map(({ custom_id }) => custom_id),
              answered
            )
          })
      )
  )
})

describe("a list", () => {
  it.effect("that says there is more, and not how to go on, is no whole list", () =>
    withServer(
      (_, response) => json(response, 200, { data: [{ id: "m", type: "model" }], has_more: true, last_id: null }),
      ({ models }) =>
        Effect.gen(function*() {
          const seen: Array<string> = []
          const read = Stream.runForEach(models.list(), ({ id }) => Effect.sync(() => void seen.push(id)))
          const error = yield* Effect.flip(read)
          assert.deepInclude(error, { _tag: "InvalidResponseError", problem: "unexpected-shape" })
          assert.include(error.message, "there is no cursor to go on from")
          assert.deepStrictEqual(seen, [])
        })
    ))
})

describe("events that come until the server ends them", () => {
  const event = `data: ${JSON.stringify({ type: "session.status_idle", id: "evt_1" })}\n\n`

  const answered = (body: string | Buffer, headers: Readonly<Record<string, string>> = {}) =>
    withServer(
      (_, response) => response.writeHead(200, { "content-type": "text/event-stream", ...headers }).end(body),
      (claude, server) => Effect.map(Effect.result(session(claude)), (result) => ({ result, server }))
    )

  it.effect("ask for no compression, since a cut would go unnoticed, and say so where they are compressed all the same", () =>
    Effect.gen(function*() {
      const { result, server } = yield* answered(gzipSync(event), { "content-encoding": "gzip" })
      assert.strictEqual(server.headers[0]?.["accept-encoding"], "identity")
      assert.deepNestedPropertyVal(result, "failure.problem", "unreadable")
    }))

  it.effect.each([
    { name: "an error", body: JSON.stringify(refusal("overloaded_error")), tag: "OverloadedError" },
    { name: "a page", body: "<!doctype html><p>Sign in</p>", tag: "InvalidResponseError" },
    { name: "UTF-16", body: Buffer.from(event, "utf16le"), tag: "InvalidResponseError" },
    { name: "an event named error", body: "event: error\ndata: {\"type\":\"ping\"}\n\n", tag: "InternalServerError" }
  ])("are none where the body is $name that says it is a stream", ({ body, tag }) =>
    Effect.gen(function*() {
      assert.deepNestedPropertyVal((yield* answered(body)).result, "failure._tag", tag)
    }))

  it.effect.each([
    { name: "comments", body: ": still here\n\n: still here\n\n" },
    { name: "pings", body: "event: ping\ndata: {\"type\":\"ping\"}\n\n" },
    { name: "fields of no event", body: "\uFEFFid: 5\nretry: 100\n\n" }
  ])("may be none between $name", ({ body }) =>
    Effect.gen(function*() {
      assert.deepNestedPropertyVal((yield* answered(body)).result, "success", [])
    }))
})
