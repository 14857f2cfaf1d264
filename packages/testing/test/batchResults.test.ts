import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import { Claude, ClaudeError } from "effect-claude"
import { Fault, Simulator } from "../src/index.ts"
import { attempt, claudeOver, credentials, get, hello, jsonOf, post, sdk, textOf } from "./client.ts"

/** Batches that end as they begin. */
const atOnce = Effect.provide(Simulator.layer({ batchDuration: 0 }))

interface Sent {
  readonly custom_id: string
  readonly params: object
}

const begin = (requests: ReadonlyArray<Sent>, headers: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const sim = yield* Simulator.Simulator
    const response = yield* attempt(() =>
      sim.fetch(`${sim.url}/v1/messages/batches`, {
        method: "POST",
        headers: { ...credentials(sim), ...headers },
        body: JSON.stringify({ requests })
      })
    )
    const { id, results_url } = yield* attempt<{ id: string; results_url: string }>(() => response.json())
    return { sim, id, url: results_url }
  })

const many = (count: number): ReadonlyArray<Sent> =>
  Array.from({ length: count }, (_, i) => ({ custom_id: `r${i}`, params: hello }))

const collect = <A>(list: AsyncIterable<A>) => Stream.runCollect(Stream.fromAsyncIterable(list, (cause) => cause))

interface Api {
  readonly api: string
  readonly resultsOf: (
    client: Anthropic,
    id: string
  ) => Promise<AsyncIterable<{ readonly custom_id: string; readonly result: { readonly type: string } }>>
}

describe("the results of a batch", () => {
  it.effect.each<Api>([
    { api: "messages", resultsOf: ({ messages }, id) => messages.batches.results(id) },
    { api: "beta.messages", resultsOf: ({ beta }, id) => beta.messages.batches.results(id) }
  ])("are read by the SDK's $api", ({ resultsOf }) =>
    Effect.gen(function*() {
      const { id, sim } = yield* begin(many(3))
      const results = yield* collect(yield* attempt(() => resultsOf(sdk(sim), id)))
      assert.deepStrictEqual(
        results.map(({ custom_id, result }) => [custom_id, result.type]),
        [["r0", "succeeded"], ["r1", "succeeded"], ["r2", "succeeded"]]
      )
      assert.deepStrictEqual((yield* sim.journal).map(({ path, status }) => ({ path, status })), [
        { path: "/v1/messages/batches", status: 200 },
        { path: `/v1/messages/batches/${id}`, status: 200 },
        { path: `/v1/messages/batches/${id}/results`, status: 200 }
      ])
    }).pipe(atOnce))

  it.effect("have the messages that the requests alone would get, at the batch's service tier", () =>
    Effect.gen(function*() {
      const { sim, url } = yield* begin(many(2))
      const message = yield* attempt(() => sdk(sim).messages.create(hello))
      const response = yield* attempt(() => fetch(url, { headers: credentials(sim) }))
      assert.strictEqual(response.headers.get("content-type"), "application/x-jsonl")
      const [first, second] = (yield* textOf(response)).trimEnd().split("\n").map((line) => JSON.parse(line))
      assert.match(first.result.message.id, /^msg_/)
      assert.notStrictEqual(first.result.message.id, second.result.message.id)
      assert.deepStrictEqual(first.result.message, {
        ...message,
        id: first.result.message.id,
        usage: { ...message.usage, service_tier: "batch" }
      })
    }).pipe(atOnce))

  it.effect.each([
    {
      why: "what a message refuses",
      params: { ...hello, max_tokens: -1 },
      error: { type: "invalid_request_error", message: "max_tokens: must be greater than or equal to 0" }
    },
    {
      why: "an unknown model",
      params: { ...hello, model: "foo" },
      error: { type: "not_found_error", message: "model: foo" }
    },
    {
      why: "a stream",
      params: { ...hello, stream: true },
      error: { type: "invalid_request_error", message: "stream: a request of a batch cannot be streamed" }
    },
    {
      why: "somebody else's bill",
      params: { ...hello, billing_policy: { type: "billing_policy", bill_to: "user_profile" } },
      error: {
        type: "invalid_request_error",
        message: "billing_policy: a request of a batch cannot bill a user profile"
      }
    },
    {
      why: "another user profile than the header's",
      params: { ...hello, user_profile_id: "uprof_2" },
      error: {
        type: "invalid_request_error",
        message: "user_profile_id: conflicts with the anthropic-user-profile-id header of the batch"
      }
    }
  ])("have an error for $why, and nothing else fails of it", ({ error, params }) =>
    Effect.gen(function*() {
      const requests = [...many(1), { custom_id: "bad", params }]
      const { id, sim } = yield* begin(requests, {
        "anthropic-user-profile-id": "uprof_1",
        "anthropic-beta": "user-profiles-2026-09-04"
      })
      const { request_counts } = yield* attempt(() => sdk(sim).messages.batches.retrieve(id))
      assert.deepInclude(request_counts, { succeeded: 1, errored: 1 })
      const [first, bad] = yield* collect(yield* attempt(() => sdk(sim).messages.batches.results(id)))
      assert.strictEqual(first?.result.type, "succeeded")
      assert.deepStrictEqual<unknown>(bad, {
        custom_id: "bad",
        result: {
          type: "errored",
          error: { type: "error", error, request_id: `${id.replace("msgbatch", "req")}000002` }
        }
      })
    }).pipe(atOnce))

  it.effect("may be asked for with stream: false, and by the user profile of the header", () =>
    Effect.gen(function*() {
      const params = { ...hello, stream: false, user_profile_id: "uprof_1" }
      const { id, sim } = yield* begin([{ custom_id: "a", params }], { "anthropic-user-profile-id": "uprof_1" })
      const { request_counts } = yield* attempt(() => sdk(sim).messages.batches.retrieve(id))
      assert.deepInclude(request_counts, { succeeded: 1, errored: 0 })
    }).pipe(atOnce))

  it.effect("are not there before its end", () =>
    Effect.gen(function*() {
      const { id, sim } = yield* begin(many(1))
      const response = yield* get(sim, `/v1/messages/batches/${id}/results`)
      assert.strictEqual(response.status, 404)
      assert.deepNestedPropertyVal(yield* jsonOf(response), "error", {
        type: "not_found_error",
        message: `Message batch ${id} has no results yet: it is still being processed.`
      })
      const { cause } = yield* Effect.flip(attempt(() => sdk(sim).messages.batches.results(id)))
      assert.match(String(cause), /Has it finished processing\? in_progress/)
    }).pipe(Effect.provide(Simulator.layer())))

  it.effect("are where the client reached the simulator", () =>
    Effect.gen(function*() {
      const { id, sim, url } = yield* begin(many(1))
      assert.strictEqual(url, `${sim.url}/v1/messages/batches/${id}/results`)
      const other = sim.url.replace("127.0.0.1", "localhost")
      const response = yield* attempt(() => fetch(`${other}/v1/messages/batches/${id}`, { headers: credentials(sim) }))
      assert.nestedPropertyVal(yield* jsonOf(response), "results_url", `${other}/v1/messages/batches/${id}/results`)
    }).pipe(atOnce))

  it.effect("are made no faster than the client takes them", () => {
    let made = 0
    const reply = () => `Text number ${++made}`
    return Effect.gen(function*() {
      const { sim, url } = yield* begin(many(10_000))
      assert.strictEqual(made, 0)
      const response = yield* attempt(() => sim.fetch(url, { headers: credentials(sim) }))
      const reader = response.body?.getReader()
      const { value } = yield* attempt(() => reader?.read() ?? Promise.reject())
      assert.include(new TextDecoder().decode(value), "Text number 1\"")
      yield* attempt(() => reader?.cancel() ?? Promise.reject())
      yield* sim.awaitJournal((entries) => entries.at(-1)?.outcome === "client-disconnected")
      assert.isBelow(made, 1000)
    }).pipe(Effect.provide(Simulator.layerFetch({ batchDuration: 0, reply })))
  })

  it.effect("tell of a text that cannot be made", () =>
    Effect.gen(function*() {
      const { id, sim } = yield* begin(many(1))
      const [row] = yield* collect(yield* attempt(() => sdk(sim).messages.batches.results(id)))
      assert.nestedPropertyVal(row, "result.error.error.message", "The simulator failed: Error: no words")
    }).pipe(Effect.provide(Simulator.layer({
      batchDuration: 0,
      reply: () => {
        throw new Error("no words")
      }
    }))))
})

describe("a batch in the journal", () => {
  it.effect("is all that was asked of it", () =>
    Effect.gen(function*() {
      const { id, sim } = yield* begin(many(1))
      yield* Effect.flatMap(get(sim, `/v1/messages/batches/${id}/results`), textOf)
      yield* post(sim, `/v1/messages/batches/${id}/cancel`, {})
      const path = "/v1/messages/batches"
      const entries = yield* sim.awaitJournal((entries) => entries.every(({ outcome }) => outcome === "answered"))
      assert.deepStrictEqual(
        entries.map(({ body, method, path, status }) => ({ body, method, path, status })),
        [
          { method: "POST", path, body: { requests: many(1) }, status: 200 },
          { method: "GET", path: `${path}/${id}/results`, body: undefined, status: 200 },
          { method: "POST", path: `${path}/${id}/cancel`, body: {}, status: 400 }
        ]
      )
    }).pipe(atOnce))
})

describe.each([
  { form: "with a socket", simulator: Simulator.layer({ batchDuration: 0 }) },
  { form: "without a socket", simulator: Simulator.layerFetch({ batchDuration: 0 }) }
])("the results of a batch, $form,", ({ simulator }) => {
  const over = Effect.provide(claudeOver(simulator))

  const batch = Effect.gen(function*() {
    const { id, sim, url } = yield* begin([...many(2), { custom_id: "bad", params: {} }])
    const text = yield* Effect.flatMap(attempt(() => sim.fetch(url, { headers: credentials(sim) })), textOf)
    return { id, sim, insideSecond: text.indexOf("\n") + 10 }
  })

  /** The rows that come, and what then goes wrong. */
  const read = (id: string) =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const rows: Array<string> = []
      const error = yield* claude.messages.batches.results(id).pipe(
        Stream.runForEach(({ custom_id, result }) => Effect.sync(() => rows.push(`${custom_id} ${result.type}`))),
        Effect.flip,
        Effect.option
      )
      return { rows, error: Option.getOrUndefined(error) }
    })

  const lastEntry = Effect.gen(function*() {
    const sim = yield* Simulator.Simulator
    return (yield* sim.awaitJournal((entries) => entries.at(-1)?.outcome !== "pending")).at(-1)
  })

  it.effect("are rows, with errors in the client's classes", () =>
    Effect.gen(function*() {
      const { id } = yield* batch
      const claude = yield* Claude.Claude
      const rows = yield* Stream.runCollect(claude.messages.batches.results(id))
      assert.deepStrictEqual(rows.map(({ result }) => result.type), ["succeeded", "succeeded", "errored"])
      const result = rows[2]?.result
      const error = result?.type === "errored" ? result.error : undefined
      assert.instanceOf(error, ClaudeError.BadRequestError)
      assert.strictEqual(error.message, "model: Field required")
    }).pipe(over))

  it.effect("may break off inside a row", () =>
    Effect.gen(function*() {
      const { id, insideSecond, sim } = yield* batch
      yield* sim.script([Fault.none, Fault.cutBody({ afterBytes: insideSecond })])
      const { error, rows } = yield* read(id)
      assert.deepStrictEqual(rows, ["r0 succeeded"])
      assert.instanceOf(error, ClaudeError.StreamInterruptedError)
      assert.deepInclude(yield* lastEntry, { fault: "CutBody", status: 200, outcome: "cut" })
    }).pipe(over))

  it.effect("may end inside a row", () =>
    Effect.gen(function*() {
      const { id, insideSecond, sim } = yield* batch
      yield* sim.script([Fault.none, Fault.truncatedJson({ afterBytes: insideSecond })])
      const { error, rows } = yield* read(id)
      assert.deepStrictEqual(rows, ["r0 succeeded"])
      assert.instanceOf(error, ClaudeError.StreamInterruptedError)
      assert.deepInclude(yield* lastEntry, { fault: "TruncatedJson", status: 200, outcome: "answered" })
    }).pipe(over))

  it.effect("may be refused", () =>
    Effect.gen(function*() {
      const { id, sim } = yield* batch
      yield* sim.script([Fault.none, Fault.coded("CMEKKeyDisabledError")])
      const { error, rows } = yield* read(id)
      assert.deepStrictEqual(rows, [])
      assert.nestedPropertyVal(error, "reason._tag", "CMEKKeyDisabledError")
    }).pipe(over))

  it.effect("of an unknown batch are not found", () =>
    Effect.gen(function*() {
      const { error } = yield* read("msgbatch_0")
      assert.instanceOf(error, ClaudeError.NotFoundError)
      assert.strictEqual(error.message, "Message batch not found: msgbatch_0")
    }).pipe(over))
})
