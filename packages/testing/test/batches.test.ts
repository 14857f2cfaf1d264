import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Simulator } from "../src/index.ts"
import { attempt, credentials, get, hello, jsonOf, post, sdk } from "./client.ts"

/** Ten seconds for each of six requests. */
const aMinute = Effect.provide(Simulator.layer({ batchDuration: "1 minute" }))

const requests = (count: number) => Array.from({ length: count }, (_, i) => ({ custom_id: `r${i}`, params: hello }))

/** A batch of six, one of them bad, and the SDK to follow it. */
const begin = Effect.gen(function*() {
  const sim = yield* Simulator.Simulator
  const { batches } = sdk(sim).messages
  const bad = { custom_id: "bad", params: { ...hello, max_tokens: -1 } }
  const { id } = yield* attempt(() => batches.create({ requests: [bad, ...requests(5)] }))
  return { sim, batches, id, retrieve: attempt(() => batches.retrieve(id)) }
})

const collect = <A>(list: AsyncIterable<A>) => Stream.runCollect(Stream.fromAsyncIterable(list, (cause) => cause))

const outcomes = (batches: Anthropic["messages"]["batches"], id: string) =>
  Effect.gen(function*() {
    const results = yield* collect(yield* attempt(() => batches.results(id)))
    return results.map(({ custom_id, result }) => `${custom_id} ${result.type}`)
  })

const none = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 }

describe("a batch", () => {
  it.effect.each(["messages", "beta"] as const)(
    "begins in progress, and expires in a day (%s)",
    (api) =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        const { batches } = api === "beta" ? sdk(sim).beta.messages : sdk(sim).messages
        const batch = yield* attempt(() => batches.create({ requests: requests(3) }))
        assert.match(batch.id, /^msgbatch_/)
        assert.deepStrictEqual({ ...batch }, {
          id: batch.id,
          type: "message_batch",
          processing_status: "in_progress",
          request_counts: { ...none, processing: 3 },
          created_at: "1970-01-01T00:00:00.000Z",
          expires_at: "1970-01-02T00:00:00.000Z",
          ended_at: null,
          cancel_initiated_at: null,
          archived_at: null,
          results_url: null
        })
      }).pipe(aMinute)
  )

  it.effect("counts nothing until all of it has ended", () =>
    Effect.gen(function*() {
      const { retrieve } = yield* begin
      yield* TestClock.adjust("59999 millis")
      const before = yield* retrieve
      assert.deepInclude(before, { processing_status: "in_progress", request_counts: { ...none, processing: 6 } })
      assert.isNull(before.results_url)
      yield* TestClock.adjust("1 millis")
      assert.deepInclude(yield* retrieve, {
        processing_status: "ended",
        request_counts: { ...none, succeeded: 5, errored: 1 },
        ended_at: "1970-01-01T00:01:00.000Z"
      })
    }).pipe(aMinute))

  it.effect("takes a second unless told otherwise", () =>
    Effect.gen(function*() {
      const { retrieve } = yield* begin
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* retrieve).ended_at, "1970-01-01T00:00:01.000Z")
    }).pipe(Effect.provide(Simulator.layer())))

  it.effect("may end at once", () =>
    Effect.gen(function*() {
      const { batches, id, retrieve } = yield* begin
      assert.strictEqual((yield* retrieve).processing_status, "ended")
      assert.strictEqual((yield* outcomes(batches, id)).length, 6)
    }).pipe(Effect.provide(Simulator.layer({ batchDuration: 0 }))))

  it.effect("expires where it takes more than a day", () =>
    Effect.gen(function*() {
      const { batches, id, retrieve } = yield* begin
      yield* TestClock.adjust("24 hours")
      assert.deepInclude(yield* retrieve, {
        processing_status: "ended",
        request_counts: { ...none, succeeded: 3, errored: 1, expired: 2 },
        ended_at: "1970-01-02T00:00:00.000Z"
      })
      assert.deepStrictEqual(yield* outcomes(batches, id), [
        "bad errored",
        "r0 succeeded",
        "r1 succeeded",
        "r2 succeeded",
        "r3 expired",
        "r4 expired"
      ])
    }).pipe(Effect.provide(Simulator.layer({ batchDuration: "36 hours" }))))

  it.effect("is archived after 29 days, and its results are gone", () =>
    Effect.gen(function*() {
      const { batches, id, retrieve, sim } = yield* begin
      yield* TestClock.adjust("28 days")
      const { archived_at, results_url } = yield* retrieve
      assert.isNull(archived_at)
      const path = new URL(results_url ?? "").pathname
      assert.strictEqual((yield* get(sim, path)).status, 200)
      yield* TestClock.adjust("1 day")
      assert.strictEqual((yield* get(sim, path)).status, 404)
      const { cause } = yield* Effect.flip(attempt(() => batches.results(id)))
      assert.deepInclude(cause, { status: 404, type: "not_found_error" })
      assert.deepInclude(yield* retrieve, {
        archived_at: "1970-01-30T00:00:00.000Z",
        request_counts: { ...none, succeeded: 5, errored: 1 }
      })
    }).pipe(aMinute))

  it.effect("that nobody looked at until it was archived still knows its counts", () =>
    Effect.gen(function*() {
      const { retrieve } = yield* begin
      yield* TestClock.adjust("30 days")
      assert.deepStrictEqual((yield* retrieve).request_counts, { ...none, succeeded: 5, errored: 1 })
      assert.deepStrictEqual((yield* retrieve).request_counts, { ...none, succeeded: 5, errored: 1 })
    }).pipe(aMinute))

  it.effect("is not held up by the limits on messages", () =>
    Effect.gen(function*() {
      const { batches, id } = yield* begin
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* outcomes(batches, id)).filter((line) => line.endsWith("succeeded")).length, 5)
    }).pipe(Effect.provide(Simulator.layer({ limits: { requestsPerMinute: 1, outputTokensPerMinute: 1 } }))))

  it.effect("is forgotten on reset", () =>
    Effect.gen(function*() {
      const { retrieve, sim } = yield* begin
      yield* sim.reset
      assert.propertyVal((yield* Effect.flip(retrieve)).cause, "status", 404)
    }).pipe(aMinute))
})

describe("cancelling a batch", () => {
  it.effect("keeps what was done, and lasts as long as one request", () =>
    Effect.gen(function*() {
      const { batches, id, retrieve } = yield* begin
      yield* TestClock.adjust("25 seconds")
      const cancelled = yield* attempt(() => batches.cancel(id))
      assert.deepInclude(cancelled, {
        processing_status: "canceling",
        request_counts: { ...none, processing: 6 },
        cancel_initiated_at: "1970-01-01T00:00:25.000Z",
        ended_at: null
      })
      yield* TestClock.adjust("9999 millis")
      assert.strictEqual((yield* retrieve).processing_status, "canceling")
      yield* TestClock.adjust("1 millis")
      assert.deepInclude(yield* retrieve, {
        processing_status: "ended",
        request_counts: { ...none, succeeded: 1, errored: 1, canceled: 4 },
        ended_at: "1970-01-01T00:00:35.000Z"
      })
      assert.deepStrictEqual(yield* outcomes(batches, id), [
        "bad errored",
        "r0 succeeded",
        "r1 canceled",
        "r2 canceled",
        "r3 canceled",
        "r4 canceled"
      ])
    }).pipe(aMinute))

  it.effect("never makes it longer", () =>
    Effect.gen(function*() {
      const { batches, id, retrieve } = yield* begin
      yield* TestClock.adjust("55 seconds")
      yield* attempt(() => batches.cancel(id))
      yield* TestClock.adjust("5 seconds")
      assert.deepInclude(yield* retrieve, { processing_status: "ended", ended_at: "1970-01-01T00:01:00.000Z" })
    }).pipe(aMinute))

  it.effect("again says the same again", () =>
    Effect.gen(function*() {
      const { batches, id } = yield* begin
      const first = yield* attempt(() => batches.cancel(id))
      yield* TestClock.adjust("5 seconds")
      const second = yield* attempt(() => batches.cancel(id))
      assert.deepStrictEqual({ ...second }, { ...first })
    }).pipe(aMinute))

  it.effect("is refused once it has ended", () =>
    Effect.gen(function*() {
      const { batches, id } = yield* begin
      yield* TestClock.adjust("1 minute")
      const { cause } = yield* Effect.flip(attempt(() => batches.cancel(id)))
      assert.deepInclude(cause, {
        status: 400,
        type: "invalid_request_error",
        apiMessage: `Message batch ${id} has ended and cannot be canceled.`
      })
    }).pipe(aMinute))
})

describe("deleting a batch", () => {
  it.effect("is refused while it is processed", () =>
    Effect.gen(function*() {
      const { batches, id } = yield* begin
      const { cause } = yield* Effect.flip(attempt(() => batches.delete(id)))
      assert.deepInclude(cause, { status: 400, type: "invalid_request_error" })
      yield* attempt(() => batches.cancel(id))
      assert.propertyVal((yield* Effect.flip(attempt(() => batches.delete(id)))).cause, "status", 400)
    }).pipe(aMinute))

  it.effect("leaves nothing of it", () =>
    Effect.gen(function*() {
      const { batches, id, retrieve } = yield* begin
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* attempt(() => batches.delete(id)), { id, type: "message_batch_deleted" })
      assert.propertyVal((yield* Effect.flip(retrieve)).cause, "status", 404)
      assert.deepStrictEqual(yield* collect(batches.list()), [])
    }).pipe(aMinute))
})

describe("batches", () => {
  const create = (count: number) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { batches } = sdk(sim).messages
      const made = yield* Effect.replicateEffect(attempt(() => batches.create({ requests: requests(1) })), count)
      return { sim, batches, ids: made.map(({ id }) => id).toReversed() }
    })

  it.effect("are listed newest first, page by page", () =>
    Effect.gen(function*() {
      const { batches, ids, sim } = yield* create(5)
      const listed = yield* collect(batches.list({ limit: 2 }))
      assert.deepStrictEqual(listed.map(({ id }) => id), ids)
      const pages = (yield* sim.journal).filter(({ method }) => method === "GET")
      assert.deepStrictEqual(pages.map(({ query }) => query), [
        { limit: "2" },
        { limit: "2", after_id: ids[1] ?? "" },
        { limit: "2", after_id: ids[3] ?? "" }
      ])
    }).pipe(aMinute))

  it.effect("are listed backwards too, the page next to the cursor first", () =>
    Effect.gen(function*() {
      const { batches, ids } = yield* create(5)
      const listed = yield* collect(batches.list({ limit: 2, before_id: ids[4] ?? "" }))
      assert.deepStrictEqual(listed.map(({ id }) => id), [2, 3, 0, 1].map((index) => ids[index]))
    }).pipe(aMinute))

  it.effect("are twenty to a page", () =>
    Effect.gen(function*() {
      const { batches } = yield* create(21)
      const page = yield* attempt(() => batches.list())
      assert.deepInclude(page, { has_more: true })
      assert.strictEqual(page.data.length, 20)
    }).pipe(aMinute))

  it.effect.each(["limit=0", "limit=1001", "after_id=msgbatch_0", "before_id=msgbatch_0"])(
    "are not listed by %s",
    (query) =>
      Effect.gen(function*() {
        const { sim } = yield* create(1)
        assert.strictEqual((yield* get(sim, `/v1/messages/batches?${query}`)).status, 400)
      }).pipe(aMinute)
  )

  it.effect.each([
    { method: "GET", path: "" },
    { method: "DELETE", path: "" },
    { method: "POST", path: "/cancel" },
    { method: "GET", path: "/results" }
  ])("that are unknown are not found: $method $path", ({ method, path }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* attempt(() =>
        fetch(`${sim.url}/v1/messages/batches/msgbatch_0${path}`, { method, headers: credentials(sim) })
      )
      assert.strictEqual(response.status, 404)
      assert.deepNestedPropertyVal(yield* jsonOf(response), "error", {
        type: "not_found_error",
        message: "Message batch not found: msgbatch_0"
      })
    }).pipe(aMinute))

  it.effect.each([
    { why: "nothing", body: {}, says: "requests: Field required" },
    { why: "no list", body: { requests: {} }, says: "requests: Input should be a valid list" },
    { why: "no request", body: { requests: [] }, says: "requests: List should have at least 1 item" },
    {
      why: "a request without id",
      body: { requests: [{ params: hello }] },
      says: "requests.0.custom_id: Field required"
    },
    {
      why: "an id with a blank",
      body: { requests: [...requests(1), { custom_id: "a b", params: hello }] },
      says: "requests.1.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"
    },
    {
      why: "an id that is too long",
      body: { requests: [{ custom_id: "x".repeat(65), params: hello }] },
      says: "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"
    },
    {
      why: "an id twice",
      body: { requests: [...requests(2), ...requests(1)] },
      says: "requests: custom_id must be unique, but \"r0\" is there more than once"
    },
    {
      why: "a request without params",
      body: { requests: [{ custom_id: "a" }] },
      says: "requests.0.params: Field required"
    },
    {
      why: "params that are no object",
      body: { requests: [{ custom_id: "a", params: 5 }] },
      says: "requests.0.params: Input should be a valid dictionary"
    }
  ])("are not made of $why", ({ body, says }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* post(sim, "/v1/messages/batches", body)
      assert.strictEqual(response.status, 400)
      assert.deepNestedPropertyVal(yield* jsonOf(response), "error", { type: "invalid_request_error", message: says })
    }).pipe(aMinute))

  it.effect("are not made of more than 100,000 requests", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const made = (count: number) =>
        post(sim, "/v1/messages/batches", {
          requests: Array.from({ length: count }, (_, i) => ({ custom_id: `${i}`, params: {} }))
        })
      const response = yield* made(100_001)
      assert.strictEqual(response.status, 400)
      assert.nestedPropertyVal(
        yield* jsonOf(response),
        "error.message",
        "requests: List should have at most 100000 items"
      )
      assert.strictEqual((yield* made(100_000)).status, 200)
    }).pipe(aMinute))

  it.effect("may be made of more than a message", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const body = JSON.stringify({ requests: requests(1) }) + " ".repeat(33 * 1024 * 1024)
      assert.strictEqual((yield* post(sim, "/v1/messages/batches", body)).status, 200)
    }).pipe(aMinute))

  it.effect("are not made of more than 256 MB", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const chunk = new Uint8Array(1024 * 1024).fill(32)
      let left = 257
      const body = new ReadableStream({
        pull: (controller) => left-- > 0 ? controller.enqueue(chunk) : controller.close()
      })
      const init = { method: "POST", headers: credentials(sim), body, duplex: "half" }
      const response = yield* attempt(() => sim.fetch(`${sim.url}/v1/messages/batches`, init))
      assert.strictEqual(response.status, 413)
    }).pipe(Effect.provide(Simulator.layerFetch())))
})
