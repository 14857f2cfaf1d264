import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Redacted, Stream } from "effect"
import { Claude, type ClaudeError, MessageStream } from "effect-claude"
import { Cassette, Fault } from "../src/index.ts"
import { askedIn, cassetteFile, contents, create, environment, recording, replaying } from "./cassettes.ts"
import { hello } from "./client.ts"

const streamed = Effect.flatMap(Claude.Claude, ({ messages }) => Stream.runCollect(messages.stream(hello)))

describe("a cassette", () => {
  it.effect("replays a message when the server is gone", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const recorded = yield* Effect.provide(create("Hello"), recording(file))
      const replayed = yield* Effect.provide(create("Hello"), replaying(file))
      assert.deepStrictEqual(replayed, recorded)
    }))

  it.effect("replays a stream when the server is gone", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const recorded = yield* Effect.provide(streamed, recording(file))
      const replayed = yield* Effect.provide(streamed, replaying(file))
      assert.isAbove(recorded.length, 5)
      assert.deepStrictEqual(replayed, recorded)
    }))

  it.effect("replays a list page by page", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const list = Effect.flatMap(Claude.Claude, ({ models }) => Stream.runCollect(models.list({ limit: 7 })))
      const recorded = yield* Effect.provide(list, recording(file))
      assert.deepStrictEqual(yield* Effect.provide(list, replaying(file)), recorded)
      assert.strictEqual((yield* contents(file)).exchanges.length, 3)
    }))

  const refusals = [
    Fault.overloaded(),
    Fault.rateLimited({ retryAfter: "2 seconds", code: "enforced_spend_limit_reached" }),
    Fault.error({ status: 400, param: "max_tokens", shouldRetry: true }),
    Fault.status(502, "Bad gateway"),
    Fault.html(),
    Fault.body({ text: "" }),
    Fault.body({ text: "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}" }),
    Fault.truncatedJson({ afterBytes: 40 }),
    Fault.cutBody({ afterBytes: 40 })
  ]

  it.effect.each(refusals)("replays %j as the same failure", (fault) =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const failed = Effect.flip(create("Hello"))
      const recorded = yield* Effect.provide(failed, recording(file, {}, (sim) => sim.script([fault])))
      const replayed = yield* Effect.provide(failed, replaying(file))
      assert.deepStrictEqual(factsOf(replayed), factsOf(recorded))
    }))

  const breaks = [
    Fault.streamError({ afterEvents: 3, type: "overloaded_error" }),
    Fault.streamEnds({ afterEvents: 3 }),
    Fault.cutBody({ afterBytes: 700 }),
    Fault.unterminatedLastEvent
  ]

  it.effect.each(breaks)("replays a stream with %j with the same events and end", (fault) =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const run = Effect.gen(function*() {
        const { messages } = yield* Claude.Claude
        const events: Array<unknown> = []
        const exit = yield* Effect.exit(
          Stream.runForEach(messages.stream(hello), (event) => Effect.sync(() => events.push(event)))
        )
        return { events, end: Exit.isSuccess(exit) ? "complete" : Cause.squash(exit.cause)?.constructor.name }
      })
      const recorded = yield* Effect.provide(run, recording(file, {}, (sim) => sim.script([fault])))
      assert.deepStrictEqual(yield* Effect.provide(run, replaying(file)), recorded)
    }))

  it.effect("matches a body whatever the order of its members", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const { max_tokens, messages, model } = hello
      yield* Effect.provide(
        Effect.flatMap(Claude.Claude, (claude) => claude.messages.create({ model, max_tokens, messages })),
        recording(file)
      )
      const replayed = yield* Effect.provide(
        Effect.flatMap(Claude.Claude, (claude) => claude.messages.create({ messages, max_tokens, model })),
        replaying(file)
      )
      assert.strictEqual(replayed.type, "message")
    }))

  it.effect("replays identical requests in the order of their recording", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const twice = Effect.all([Effect.exit(create("Hello")), Effect.exit(create("Hello"))])
      yield* Effect.provide(twice, recording(file, {}, (sim) => sim.script([Fault.overloaded(), Fault.none])))
      const [first, second] = yield* Effect.provide(twice, replaying(file))
      assert.deepStrictEqual([Exit.isSuccess(first), Exit.isSuccess(second)], [false, true])
    }))

  it.effect("gives each of many calls at the same time its own answer", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const words = Array.from({ length: 20 }, (_, index) => `Hello in ${index + 1} words`)
      const all = Effect.all(words.map(create), { concurrency: "unbounded" })
      const recorded = yield* Effect.provide(all, recording(file))
      assert.deepStrictEqual(yield* Effect.provide(all, replaying(file)), recorded)
    }))

  it.effect("replays an upload whose form has another boundary", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const bytes = new Uint8Array([0, 255, 254, 1])
      const uploaded = { id: "file_1", type: "file" }
      const upload = Effect.flatMap(Claude.Claude, ({ files }) => files.upload({ file: new File([bytes], "a.bin") }))
      const fetch = () => Promise.resolve(Response.json(uploaded))
      yield* Effect.provide(upload, recording(file, { fetch }))
      assert.deepStrictEqual(yield* Effect.provide(upload, replaying(file)), uploaded as never)
    }))

  it.effect("replays a form that the client wrote out itself", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const upload = (options: Partial<Cassette.FetchOptions>) =>
        Effect.scoped(Effect.gen(function*() {
          const fetch = yield* Cassette.fetch({ file, ...options })
          const body = new FormData()
          body.append("file", new File(["Grüezi"], "a.txt"))
          const request = new Request("https://api.test/v1/files", { method: "POST", body })
          return yield* Effect.promise(async () => (await fetch(request)).json())
        }))
      const sent: Array<unknown> = []
      const fetch: typeof globalThis.fetch = async (input, init) => {
        sent.push((await new Request(input, init).formData()).has("file"))
        return Response.json({ id: "file_1" })
      }
      yield* upload({ fetch, mode: "record" })
      assert.deepStrictEqual(sent, [true])
      assert.deepStrictEqual(yield* upload({ mode: "replay" }), { id: "file_1" })
    }))

  it.effect("replays bytes as bytes", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const bytes = new Uint8Array([0, 255, 254, 1])
      const download = Effect.flatMap(Claude.Claude, ({ files }) => Stream.runCollect(files.download("file_1")))
      const fetch = () => Promise.resolve(new Response(bytes, { headers: { "content-type": "image/png" } }))
      yield* Effect.provide(download, recording(file, { fetch }))
      const replayed = yield* Effect.provide(download, replaying(file))
      assert.deepStrictEqual(replayed.flatMap((chunk) => [...chunk]), [...bytes])
    }))

  it.effect("never answers what the client gave up before an answer", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const asked = Promise.withResolvers<void>()
      const fetch: typeof globalThis.fetch = (_, init) => {
        asked.resolve()
        return new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))))
      }
      yield* Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(create("Hello"))
        yield* Effect.promise(() => asked.promise)
        yield* Fiber.interrupt(fiber)
      }).pipe(Effect.provide(recording(file, { fetch })))
      assert.strictEqual((yield* contents(file)).exchanges[0]?.response, null)
      const winner = yield* Effect.raceFirst(create("Hello"), Effect.succeed("another")).pipe(
        Effect.provide(replaying(file))
      )
      assert.strictEqual(winner, "another")
    }))

  it.effect("ends where the client left a stream", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const take = (count: number) =>
        Effect.flatMap(Claude.Claude, ({ messages }) => Stream.runCollect(Stream.take(messages.stream(hello), count)))
      const text = "word ".repeat(200_000)
      const long = {
        fetch: slowly([`data: ${start}\n\ndata: ${block}\n\n`, `event: x\ndata: {"type":"${text}"}\n\n`])
      }
      const recorded = yield* Effect.provide(take(1), recording(file, long))
      assert.strictEqual((yield* contents(file)).exchanges[0]?.response?.end, "abandoned")
      assert.deepStrictEqual(yield* Effect.provide(take(1), replaying(file)), recorded)
      const error = yield* Effect.flip(Effect.provide(take(3), replaying(file)))
      assert.strictEqual(error._tag, "StreamInterruptedError")
    }))
})

const start = JSON.stringify({ type: "message_start", message: { type: "message", content: [], usage: {} } })
const block = JSON.stringify({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } })

/** Events, one for each time that the client reads, and no end. */
const slowly = (events: ReadonlyArray<string>): typeof globalThis.fetch => (_, init) => {
  const left = events.slice()
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => init?.signal?.addEventListener("abort", () => controller.error(init.signal?.reason)),
    pull: (controller) => {
      const next = left.shift()
      if (next !== undefined) controller.enqueue(new TextEncoder().encode(next))
    }
  }, { highWaterMark: 0 })
  return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }))
}

/** All that an error tells, but for what it took and its request's id. */
const factsOf = (error: ClaudeError.ClaudeError): unknown =>
  JSON.parse(JSON.stringify({ ...error, cause: "", elapsed: "" }).replaceAll(/req_\w+/g, "req_scrubbed"))

describe("a request without a recording", () => {
  it.effect("fails once, and says which it was, where to look and what to do", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const error = yield* create("Hello").pipe(Effect.flip, Effect.provide(replaying(file, { retry: undefined })))
      assert.deepInclude(error, { _tag: "UnexpectedStatusError", status: 424, type: "missing_recording", attempts: 1 })
      assert.strictEqual(
        error.message,
        `There is no recording of POST /v1/messages in ${file}: nothing of that path is recorded. Record it with a key in ` +
          "ANTHROPIC_API_KEY and CASSETTE_MODE=auto, or everything anew with CASSETTE_MODE=record, and no CI in the " +
          "environment."
      )
    }))

  it.effect("says where the nearest recording differs", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      yield* Effect.provide(create("Hello"), recording(file))
      const error = yield* create("Goodbye").pipe(Effect.flip, Effect.provide(replaying(file)))
      assert.include(error.message, "the nearest recording differs at messages.0.content")
    }))

  it.effect("says that its recordings are used up", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      yield* Effect.provide(create("Hello"), recording(file))
      const error = yield* Effect.andThen(create("Hello"), Effect.flip(create("Hello"))).pipe(
        Effect.provide(replaying(file))
      )
      assert.include(error.message, "all its recordings are used up")
    }))

  it.effect("fails in CI without being asked to", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const error = yield* create("Hello").pipe(
        Effect.flip,
        Effect.provide(
          Layer.provide(Cassette.layer({ file }), environment({ CI: "true", ANTHROPIC_API_KEY: "sk-ant-in-ci" }))
        )
      )
      assert.strictEqual(error._tag, "UnexpectedStatusError")
    }))

  it.effect("is recorded elsewhere, beside what is there", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      yield* Effect.provide(create("Hello"), recording(file))
      yield* Effect.provide(Effect.andThen(create("Hello"), create("Goodbye")), recording(file))
      const { exchanges } = yield* contents(file)
      assert.deepStrictEqual(exchanges.map(({ request }) => askedIn(request)), ["Hello", "Goodbye"])
    }))

  it.effect("is recorded in CI if that is asked for", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const fetch = () => Promise.resolve(Response.json({ type: "message", content: [], stop_reason: "end_turn" }))
      yield* create("Hello").pipe(
        Effect.provide(
          Layer.provide(
            Cassette.layer({ file, fetch }),
            environment({ CI: "true", CASSETTE_MODE: "record", ANTHROPIC_API_KEY: "sk-ant-in-ci" })
          )
        )
      )
      assert.strictEqual((yield* contents(file)).exchanges.length, 1)
    }))
})

describe("the mode", () => {
  it.effect("record makes the file anew", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      yield* Effect.provide(create("Hello"), recording(file))
      yield* Effect.provide(create("Goodbye"), recording(file, { mode: "record" }))
      const { exchanges } = yield* contents(file)
      assert.deepStrictEqual(exchanges.map(({ request }) => askedIn(request)), ["Goodbye"])
    }))

  it.effect("auto asks nobody for what is recorded", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const recorded = yield* Effect.provide(create("Hello"), recording(file))
      const fetch = () => Promise.reject(new Error("asked"))
      assert.deepStrictEqual(yield* Effect.provide(create("Hello"), recording(file, { fetch })), recorded)
    }))

  it.effect("auto replays where there is no key", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const recorded = yield* Effect.provide(create("Hello"), recording(file))
      const replayed = yield* create("Hello").pipe(
        Effect.provide(Layer.provide(Cassette.layer({ file }), environment({})))
      )
      assert.deepStrictEqual(replayed, recorded)
    }))

  it.effect("auto asks for a key where there is nothing to replay", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const error = yield* create("Hello").pipe(
        Effect.provide(Layer.provide(Cassette.layer({ file }), environment({}))),
        Effect.flip
      )
      assert.include(String(error), "ANTHROPIC_API_KEY is missing")
    }))

  it.effect("that the environment misspells is an error", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const error = yield* create("Hello").pipe(
        Effect.provide(Layer.provide(Cassette.layer({ file }), environment({ CASSETTE_MODE: "rewind" }))),
        Effect.flip
      )
      assert.include(String(error), "CASSETTE_MODE")
    }))
})

describe("a base URL", () => {
  it.effect("leaves no trace of its path", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const fetch = () => Promise.resolve(Response.json({ type: "message", content: [], stop_reason: "end_turn" }))
      yield* Effect.provide(create("Hello"), recording(file, { fetch, baseURL: "https://gateway.test/team/claude" }))
      yield* Effect.provide(create("Hello"), replaying(file))
      assert.strictEqual((yield* contents(file)).exchanges[0]?.request.path, "/v1/messages")
    }))

  it.effect("may stand in an answer", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const batch = {
        id: "b",
        type: "message_batch",
        results_url: "https://gateway.test/team/claude/v1/messages/batches/b/results"
      }
      const row = { custom_id: "a", result: { type: "canceled" } }
      const fetch: typeof globalThis.fetch = (input) =>
        Promise.resolve(Response.json(new Request(input).url.endsWith("/results") ? row : batch))
      const results = Effect.flatMap(Claude.Claude, ({ messages }) => Stream.runCollect(messages.batches.results("b")))
      const recorded = yield* Effect.provide(
        results,
        recording(file, { fetch, baseURL: "https://gateway.test/team/claude" })
      )
      assert.deepStrictEqual(yield* Effect.provide(results, replaying(file)), recorded)
    }))
})

describe("fetch", () => {
  it.effect("plugs into the layer of a client", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const recorded = yield* Effect.provide(create("Hello"), recording(file))
      const fetch = yield* Cassette.fetch({ file, mode: "replay" })
      const RecordedClaude = Claude.layer({ apiKey: Redacted.make("never-sent"), fetch })
      assert.deepStrictEqual(yield* Effect.provide(create("Hello"), RecordedClaude), recorded)
    }))

  it.effect("folds a replayed stream to the recorded message", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const message = Effect.flatMap(Claude.Claude, ({ messages }) => MessageStream.runMessage(messages.stream(hello)))
      const recorded = yield* Effect.provide(message, recording(file))
      assert.deepStrictEqual(yield* Effect.provide(message, replaying(file)), recorded)
    }))
})
