import { toFile } from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { Claude, ClaudeError } from "effect-claude"
import { TestClock } from "effect/testing"
import { Fault, Simulator } from "../src/index.ts"
import { attempt, claudeOver, credentials, get, hello, jsonOf, sdk } from "./client.ts"

const simulated = Effect.provide(Simulator.layer())

const collect = <A>(list: AsyncIterable<A>) => Stream.runCollect(Stream.fromAsyncIterable(list, (cause) => cause))

const upload = (name: string, content = "hello") =>
  Effect.gen(function*() {
    const sim = yield* Simulator.Simulator
    return yield* attempt(async () => sdk(sim).files.upload({ file: await toFile(Buffer.from(content), name) }))
  })

/** What tools made. */
const made: ReadonlyArray<Simulator.GivenFile> = [
  { filename: "chart.png", content: new Uint8Array([137, 80, 78, 71]) },
  { filename: "naïve \"notes\".txt", content: "What I noted", id: "file_notes" },
  { filename: "gone.csv", content: "a,b", id: "file_gone", expires_at: "1970-01-01T01:00:00Z" },
  { filename: "mine.bin", content: "secret", id: "file_mine", mime_type: "x/y", downloadable: false }
]

const withFiles = Effect.provide(Simulator.layer({ files: made }))

describe("a file", () => {
  it.effect("that is there from the start is known, and can be downloaded", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const [chart] = yield* collect(sdk(sim).files.list())
      assert.deepStrictEqual(chart, {
        id: "file_011Given00000000001",
        type: "file",
        filename: "chart.png",
        mime_type: "image/png",
        size_bytes: 4,
        created_at: "1970-01-01T00:00:00.000Z",
        downloadable: true,
        expires_at: null
      })
      const response = yield* attempt(() => sdk(sim).files.download("file_011Given00000000001"))
      assert.deepStrictEqual(new Uint8Array(yield* attempt(() => response.arrayBuffer())), made[0]?.content)
      assert.strictEqual(response.headers.get("content-type"), "image/png")
      assert.strictEqual(response.headers.get("content-length"), "4")
      assert.strictEqual(response.headers.get("content-disposition"), "attachment; filename=\"chart.png\"")
    }).pipe(withFiles))

  it.effect("with a name beyond ASCII is downloaded under that name", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { headers } = yield* attempt(() => sdk(sim).beta.files.download("file_notes"))
      assert.strictEqual(
        headers.get("content-disposition"),
        "attachment; filename=\"na_ve _notes_.txt\"; filename*=UTF-8''na%C3%AFve%20%22notes%22.txt"
      )
    }).pipe(withFiles))

  it.effect("that is not downloadable is refused with its code", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { cause } = yield* Effect.flip(attempt(() => sdk(sim).files.download("file_mine")))
      assert.deepInclude(cause, { status: 400, type: "invalid_request_error", errorCode: "file_not_downloadable" })
    }).pipe(withFiles))

  it.effect("that has expired has no content, but is still known", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { files } = sdk(sim)
      yield* TestClock.adjust("59 minutes")
      yield* attempt(() => files.download("file_gone"))
      yield* TestClock.adjust("1 minute")
      const { cause } = yield* Effect.flip(attempt(() => files.download("file_gone")))
      assert.deepInclude(cause, { status: 404, type: "not_found_error", errorCode: "file_expired" })
      const { expires_at, size_bytes } = yield* attempt(() => files.retrieveMetadata("file_gone"))
      assert.deepStrictEqual({ expires_at, size_bytes }, { expires_at: "1970-01-01T01:00:00.000Z", size_bytes: 3 })
    }).pipe(withFiles))

  it.effect("can be read by a message as long as it is there", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { id } = yield* upload("report.pdf")
      const ask = (file_id: string) =>
        attempt(() =>
          sdk(sim).messages.create({
            ...hello,
            messages: [{ role: "user", content: [{ type: "document", source: { type: "file", file_id } }] }]
          })
        )
      assert.strictEqual((yield* ask(id)).stop_reason, "end_turn")
      yield* attempt(() => sdk(sim).files.delete(id))
      const { cause } = yield* Effect.flip(ask(id))
      assert.deepInclude<object>(cause as object, { status: 404, apiMessage: `File not found: ${id}` })
    }).pipe(simulated))

  it.effect("is gone once it is deleted", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { files } = sdk(sim)
      const { id } = yield* upload("a.txt")
      assert.deepInclude(yield* attempt(() => files.delete(id)), { id, type: "file_deleted" })
      assert.propertyVal((yield* Effect.flip(attempt(() => files.retrieveMetadata(id)))).cause, "status", 404)
      assert.deepStrictEqual(yield* collect(files.list()), [])
    }).pipe(simulated))

  it.effect("whose type cannot be sent breaks the connection, rather than come as an empty answer", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* Effect.flip(get(sim, "/v1/files/file_odd/content"))
      const [entry] = yield* sim.journal
      assert.strictEqual(entry?.outcome, "failed")
    }).pipe(Effect.provide(Simulator.layer({
      files: [{ filename: "odd.txt", content: "a", id: "file_odd", mime_type: "text/plain\n" }]
    }))))

  it.effect("has a scope for clients of the beta, which is none", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { id } = yield* upload("a.txt")
      const { beta, files } = sdk(sim)
      const params = { betas: ["files-api-2025-04-14"] }
      assert.isNull((yield* attempt(() => beta.files.retrieveMetadata(id, params))).scope)
      assert.deepNestedInclude(yield* Effect.flatMap(get(sim, "/v1/files?beta=true"), jsonOf), {
        "data[0].scope": null
      })
      assert.notProperty(yield* attempt(() => files.retrieveMetadata(id)), "scope")
      assert.deepStrictEqual(yield* collect(beta.files.list({ ...params, scope_id: "sesn_1" })), [])
    }).pipe(simulated))

  it.effect.each([
    { method: "GET", path: "" },
    { method: "DELETE", path: "" },
    { method: "GET", path: "/content" }
  ])("that is unknown is not found: $method $path", ({ method, path }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* attempt(() =>
        fetch(`${sim.url}/v1/files/file_0${path}`, { method, headers: credentials(sim) })
      )
      assert.strictEqual(response.status, 404)
      assert.deepNestedPropertyVal(yield* jsonOf(response), "error", {
        type: "not_found_error",
        message: "File not found: file_0"
      })
    }).pipe(simulated))

  it.effect("that came later is forgotten on reset, and what was there at first is back", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { files } = sdk(sim)
      yield* upload("a.txt")
      yield* attempt(() => files.delete("file_notes"))
      yield* sim.reset
      const names = (yield* collect(files.list())).map(({ filename }) => filename)
      assert.deepStrictEqual(names, made.map(({ filename }) => filename))
    }).pipe(withFiles))
})

describe("files", () => {
  const five = Effect.gen(function*() {
    const sim = yield* Simulator.Simulator
    const files = yield* Effect.forEach(["e", "d", "c", "b", "a"], (name) => upload(name))
    return { sim, files: sdk(sim).files, ids: files.map(({ id }) => id) }
  })

  const names = (files: ReadonlyArray<{ readonly filename: string }>) => files.map(({ filename }) => filename).join("")

  it.effect("are listed newest first, page by page", () =>
    Effect.gen(function*() {
      const { files, sim } = yield* five
      assert.strictEqual(names(yield* collect(files.list({ limit: 2 }))), "abcde")
      const pages = (yield* sim.journal).filter(({ method }) => method === "GET")
      assert.deepStrictEqual(pages.map(({ query }) => query.limit), ["2", "2", "2"])
      assert.deepStrictEqual(pages.map(({ query }) => typeof query.page), ["undefined", "string", "string"])
    }).pipe(simulated))

  it.effect("are listed on when one is deleted that a page ended with", () =>
    Effect.gen(function*() {
      const { files } = yield* five
      const page = yield* attempt(() => files.list({ limit: 2 }))
      yield* attempt(() => files.delete(page.data[1]?.id ?? ""))
      const next = yield* attempt(() => page.getNextPage())
      assert.strictEqual(names(next.data), "cd")
    }).pipe(simulated))

  it.effect("are listed for older clients too, by after_id and before_id", () =>
    Effect.gen(function*() {
      const { ids, sim } = yield* five
      const page = yield* Effect.flatMap(get(sim, `/v1/files?limit=2&after_id=${ids[4]}`), jsonOf)
      assert.deepNestedInclude(page, {
        has_more: true,
        first_id: ids[3],
        last_id: ids[2],
        "data[0].filename": "b",
        "data.length": 2
      })
      const before = yield* Effect.flatMap(get(sim, `/v1/files?limit=2&before_id=${ids[1]}`), jsonOf)
      assert.deepNestedInclude(before, { has_more: true, "data[0].filename": "b", "data[1].filename": "c" })
    }).pipe(simulated))

  it.effect.each(["ids", "ids[]"])(
    "are listed by %s, all on one page, without those that are not there",
    (name) =>
      Effect.gen(function*() {
        const { ids, sim } = yield* five
        const asked = [ids[1], "file_0", ids[3], ids[1]].map((id) => `${name}=${id}`).join("&")
        const page = yield* Effect.flatMap(get(sim, `/v1/files?${asked}`), jsonOf)
        assert.deepNestedInclude(page, {
          next_page: null,
          has_more: false,
          "data.length": 2,
          "data[0].id": ids[3],
          "data[1].id": ids[1]
        })
      }).pipe(simulated)
  )

  it.effect("are listed by the SDK's ids", () =>
    Effect.gen(function*() {
      const { files, ids } = yield* five
      assert.strictEqual(names(yield* collect(files.list({ ids: ids.slice(0, 2) }))), "de")
    }).pipe(simulated))

  const ids = (count: number) => Array.from({ length: count }, (_, i) => `ids=file_${i}`).join("&")

  it.effect.each([
    { query: "limit=0", says: "limit: Input should be a whole number from 1 to 1000" },
    { query: "page=banana", says: "page: Input should be a next_page of this list" },
    { query: "after_id=file_0", says: "after_id or before_id: no such file" },
    { query: ids(101), says: "ids: List should have at most 100 items, not 101" },
    { query: "ids=a&page=Mg", says: "ids: cannot be combined with page or limit" },
    { query: "ids[]=a&limit=5", says: "ids: cannot be combined with page or limit" }
  ])("are not listed by what makes no sense: $says", ({ query, says }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* get(sim, `/v1/files?${query}`)
      assert.strictEqual(response.status, 400)
      assert.nestedPropertyVal(yield* jsonOf(response), "error.message", says)
    }).pipe(simulated))

  it.effect("are listed by a hundred ids", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      assert.strictEqual((yield* get(sim, `/v1/files?${ids(100)}&ids=file_0`)).status, 200)
    }).pipe(simulated))
})

describe.each([
  { form: "with a socket", simulator: Simulator.layer({ files: made }) },
  { form: "without a socket", simulator: Simulator.layerFetch({ files: made }) }
])("a download, $form,", ({ simulator }) => {
  const over = Effect.provide(claudeOver(simulator))

  /** The text that comes, and what then goes wrong. */
  const download = (id: string) =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      let text = ""
      const problem = yield* claude.files.download(id).pipe(
        Stream.decodeText(),
        Stream.runForEach((piece) => Effect.sync(() => text += piece)),
        Effect.match({ onFailure: (error) => error, onSuccess: () => undefined })
      )
      return { text, problem }
    })

  it.effect("is a stream of bytes", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* download("file_notes"), { text: "What I noted", problem: undefined })
    }).pipe(over))

  it.effect("may break off", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.cutBody({ afterBytes: 6 })])
      const { problem, text } = yield* download("file_notes")
      assert.strictEqual(text, "What I")
      assert.instanceOf(problem, ClaudeError.StreamInterruptedError)
      const [entry] = yield* sim.awaitJournal(([entry]) => entry?.outcome !== "pending")
      assert.deepInclude(entry, {
        method: "GET",
        path: "/v1/files/file_notes/content",
        fault: "CutBody",
        status: 200,
        outcome: "cut"
      })
    }).pipe(over))

  it.effect.each([
    { id: "file_mine", tag: "BadRequestError", reason: "FileNotDownloadableError" },
    { id: "file_gone", tag: "NotFoundError", reason: "FileExpiredError" },
    { id: "file_0", tag: "NotFoundError", reason: "Unspecified" }
  ])("of $id fails with a $tag: $reason", ({ id, reason, tag }) =>
    Effect.gen(function*() {
      yield* TestClock.adjust("1 hour")
      const { problem } = yield* download(id)
      assert.deepNestedInclude(problem, { _tag: tag, "reason._tag": reason })
    }).pipe(over))
})

describe("a client with its simulator", () => {
  it.effect("has the files, the quota and the duration of batches that are its options", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const files = yield* Stream.runCollect(claude.files.list())
      assert.deepStrictEqual(files.map(({ filename }) => filename), ["a.txt"])
      const file = yield* attempt(() => toFile(Buffer.from("12345"), "b.txt"))
      assert.nestedPropertyVal(
        yield* Effect.flip(claude.files.upload({ file })),
        "reason._tag",
        "StorageQuotaExceededError"
      )
      const requests = [{ custom_id: "a", params: hello }]
      const { processing_status } = yield* claude.messages.batches.create({ requests })
      assert.strictEqual(processing_status, "ended")
    }).pipe(Effect.provide(Claude.layerClient.pipe(Layer.provide(Simulator.layerClient({
      batchDuration: 0,
      files: [{ filename: "a.txt", content: "123456" }],
      limits: { storageBytes: 10 }
    }))))))
})
