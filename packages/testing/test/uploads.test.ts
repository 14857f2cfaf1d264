import { toFile } from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Claude } from "effect-claude"
import { TestClock } from "effect/testing"
import { createReadStream } from "node:fs"
import { Simulator } from "../src/index.ts"
import { attempt, claudeOver, credentials, jsonOf, sdk } from "./client.ts"

const forms = [
  { form: "with a socket", layer: Simulator.layer },
  { form: "without a socket", layer: Simulator.layerFetch }
]

const crlf = (...lines: ReadonlyArray<string>) => lines.join("\r\n")

/** Sends a body that is made by hand. */
const send = (body: BodyInit, contentType = "multipart/form-data; boundary=b") =>
  Effect.gen(function*() {
    const sim = yield* Simulator.Simulator
    const headers = { ...credentials(sim), "content-type": contentType }
    const init = { method: "POST", headers, body, duplex: "half" }
    return yield* attempt(() => sim.fetch(`${sim.url}/v1/files`, init))
  })

const part = (disposition: string, ...lines: ReadonlyArray<string>) =>
  crlf("--b", `content-disposition: form-data; ${disposition}`, ...lines, "--b--", "")

describe.each(forms)("an upload $form", ({ layer }) => {
  const simulated = Effect.provide(layer())

  const client = Effect.map(Simulator.Simulator, (sim) => sdk(sim).withOptions({ fetch: sim.fetch }))

  it.effect.each(["files", "beta"] as const)(
    "is known to the SDK by its name, type and size (%s)",
    (api) =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        const { beta, files } = yield* client
        yield* TestClock.adjust("1 hour")
        const file = yield* attempt(() => toFile(Buffer.from("naïve"), "notes.txt", { type: "text/plain" }))
        const uploaded = yield* attempt(() => (api === "beta" ? beta.files : files).upload({ file }))
        assert.match(uploaded.id, /^file_/)
        assert.deepStrictEqual({ ...uploaded }, {
          id: uploaded.id,
          type: "file",
          filename: "notes.txt",
          mime_type: "text/plain",
          size_bytes: 6,
          created_at: "1970-01-01T01:00:00.000Z",
          downloadable: false,
          expires_at: null
        })
        assert.deepStrictEqual(yield* attempt(() => files.retrieveMetadata(uploaded.id)), uploaded)
        const [entry] = yield* sim.journal
        assert.deepInclude(entry, {
          method: "POST",
          path: "/v1/files",
          body: { file: { filename: "notes.txt", mime_type: "text/plain", size_bytes: 6 } },
          status: 200
        })
      }).pipe(simulated)
  )

  it.effect("may be a stream of a file", () =>
    Effect.gen(function*() {
      const { files } = yield* client
      const { filename, size_bytes } = yield* attempt(() =>
        files.upload({ file: createReadStream(new URL("../LICENSE", import.meta.url)) })
      )
      assert.strictEqual(filename, "LICENSE")
      assert.isAbove(size_bytes, 1000)
    }).pipe(simulated))

  it.effect("may be JSON, or hold what looks like a boundary", () =>
    Effect.gen(function*() {
      const { files } = yield* client
      const content = "{\"a\":\"\\r\\n--b--\\r\\n\"}\r\n--b--\r\n"
      const file = yield* attempt(() => toFile(Buffer.from(content), "a.json", { type: "application/json" }))
      const uploaded = yield* attempt(() => files.upload({ file }))
      assert.deepInclude(uploaded, { mime_type: "application/json", size_bytes: content.length })
    }).pipe(simulated))

  it.effect("cannot be downloaded", () =>
    Effect.gen(function*() {
      const { files } = yield* client
      const file = yield* attempt(() => toFile(Buffer.from("hello"), "a.txt"))
      const { id } = yield* attempt(() => files.upload({ file }))
      const { cause } = yield* Effect.flip(attempt(() => files.download(id)))
      assert.propertyVal(cause, "errorCode", "file_not_downloadable")
    }).pipe(simulated))

  it.effect("expires when it is told to", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { files } = yield* client
      const file = yield* attempt(() => toFile(Buffer.from("hello"), "a.txt"))
      const { expires_at } = yield* attempt(() => files.upload({ file, expires_in_seconds: 3600 }))
      assert.strictEqual(expires_at, "1970-01-01T01:00:00.000Z")
      assert.nestedPropertyVal((yield* sim.journal)[0], "body.expires_in_seconds", "3600")
    }).pipe(simulated))

  it.effect.each(["3599", "7776001", "4000.5", "soon"])(
    "does not expire in %s seconds",
    (expires_in_seconds) =>
      Effect.gen(function*() {
        const form = new FormData()
        form.set("file", new File(["hello"], "a.txt"))
        form.set("expires_in_seconds", expires_in_seconds)
        const sim = yield* Simulator.Simulator
        const response = yield* attempt(() =>
          sim.fetch(`${sim.url}/v1/files`, { method: "POST", headers: credentials(sim), body: form })
        )
        assert.strictEqual(response.status, 400)
        assert.nestedPropertyVal(
          yield* jsonOf(response),
          "error.message",
          "expires_in_seconds: Input should be a whole number from 3600 to 7776000"
        )
      }).pipe(simulated)
  )

  it.effect.each([
    { disposition: "name=file; filename=\"../a/b.txt\"", type: "text/plain", name: "b.txt" },
    { disposition: "name=file; filename=\"C:\\docs\\b.txt\"", type: "text/plain", name: "b.txt" },
    { disposition: "name=file; filename=\"a/\"", type: "application/pdf", name: "unnamed.pdf" },
    { disposition: "name=file; filename=\"\"", type: "application/x-unheard-of", name: "unnamed" },
    { disposition: "name=file", type: "text/csv", name: "unnamed.csv" }
  ])("with $disposition and $type is named $name", ({ disposition, name, type }) =>
    Effect.gen(function*() {
      const response = yield* send(part(disposition, `content-type: ${type}`, "", "hello"))
      assert.deepInclude(yield* jsonOf(response), { filename: name, mime_type: type, size_bytes: 5 })
    }).pipe(simulated))

  it.effect.each([
    { why: "of no file", body: part("name=note", "", "hello"), says: "file: Field required" },
    { why: "of no part", body: "--b--\r\n", says: "file: Field required" },
    { why: "of nothing", body: "", says: /its last boundary is missing/ },
    { why: "without its end", body: part("name=file", "", "hello").slice(0, -8), says: /its last boundary is missing/ },
    { why: "with a part without headers", body: crlf("--b", "hello: x", "--b--", ""), says: /a part has no headers/ },
    { why: "with a part without name", body: part("filename=a", "", "hello"), says: /a part has no name/ },
    { why: "with bad headers", body: part("name=a", "oh no", "", "hello"), says: /headers that cannot be read/ }
  ])("$why is refused", ({ body, says }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* send(body)
      assert.strictEqual(response.status, 400)
      const error = yield* attempt<{ error: { message: string } }>(() => response.json())
      if (typeof says === "string") assert.strictEqual(error.error.message, says)
      else assert.match(error.error.message, says)
      const [entry] = yield* sim.awaitJournal(([entry]) => entry?.outcome === "answered")
      assert.strictEqual(entry?.status, 400)
    }).pipe(simulated))

  it.effect.each(["application/json", "multipart/form-data"])(
    "as %s is refused",
    (contentType) =>
      Effect.gen(function*() {
        const response = yield* send("{}", contentType)
        assert.strictEqual(response.status, 400)
        assert.nestedPropertyVal(
          yield* jsonOf(response),
          "error.message",
          "The request body is not valid multipart/form-data: the content-type header names no boundary"
        )
      }).pipe(simulated)
  )

  it.effect("with a field that is too long is refused", () =>
    Effect.gen(function*() {
      const response = yield* send(part("name=note", "", "x".repeat(2 * 1024 * 1024)))
      assert.strictEqual(response.status, 413)
    }).pipe(simulated))

  it.effect("with too many fields is refused", () =>
    Effect.gen(function*() {
      const note = crlf("--b", "content-disposition: form-data; name=note", "", "hello", "")
      assert.strictEqual((yield* send(note.repeat(99) + part("name=file", "", "hello"))).status, 200)
      assert.strictEqual((yield* send(note.repeat(100) + part("name=file", "", "hello"))).status, 413)
    }).pipe(simulated))

  it.effect("goes over the quota with its code, until something is deleted or expires", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { files } = yield* client
      const file = yield* attempt(() => toFile(Buffer.from("12345678"), "a.txt"))
      const first = yield* attempt(() => files.upload({ file, expires_in_seconds: 3600 }))
      const { cause } = yield* Effect.flip(attempt(() => files.upload({ file })))
      assert.deepInclude(cause, {
        status: 400,
        type: "invalid_request_error",
        errorCode: "storage_quota_exceeded"
      })
      yield* attempt(() => files.delete(first.id))
      yield* attempt(() => files.upload({ file, expires_in_seconds: 3600 }))
      yield* TestClock.adjust("1 hour")
      yield* attempt(() => files.upload({ file }))
      assert.deepStrictEqual((yield* sim.journal).map(({ status }) => status), [200, 400, 200, 200, 200])
    }).pipe(Effect.provide(layer({ files: [{ filename: "given", content: "12" }], limits: { storageBytes: 10 } }))))

  it.effect("over the quota is a typed error of effect-claude", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const file = yield* attempt(() => toFile(Buffer.from("hello"), "a.txt"))
      const error = yield* Effect.flip(claude.files.upload({ file }))
      assert.deepNestedInclude(error, { _tag: "BadRequestError", "reason._tag": "StorageQuotaExceededError" })
    }).pipe(Effect.provide(claudeOver(layer({ limits: { storageBytes: 4 } })))))
})

describe("an upload of more than 500 MB", () => {
  const chunk = new Uint8Array(1024 * 1024)

  /** So many megabytes, the same one over and over. */
  const megabytes = (count: number) => {
    let left = count
    const start = crlf("--b", "content-disposition: form-data; name=file; filename=big", "", "")
    return new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(start)),
      pull: (controller) => {
        if (left-- > 0) return controller.enqueue(chunk)
        controller.enqueue(new TextEncoder().encode("\r\n--b--\r\n"))
        controller.close()
      }
    })
  }

  it.effect.each([{ count: 500, status: 200 }, { count: 501, status: 413 }])(
    "is refused, and no less: $count",
    ({ count, status }) =>
      Effect.gen(function*() {
        const response = yield* send(megabytes(count))
        assert.strictEqual(response.status, status)
      }).pipe(Effect.provide(Simulator.layerFetch()))
  )
})
