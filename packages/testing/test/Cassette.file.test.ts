import { assert, describe, it, vi } from "@effect/vitest"
import { Cause, Effect, Exit, Logger, Stream } from "effect"
import { Claude } from "effect-claude"
import { Cassette } from "../src/index.ts"
import { Scrubber } from "../src/internal/scrubber.ts"
import {
  askedIn,
  cassetteFile,
  contents,
  create,
  filesBeside,
  readText,
  recording,
  replaying,
  streamOf,
  writeText
} from "./cassettes.ts"
import { hello } from "./client.ts"

const linesLogged = <A, E, R>(self: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel}: ${String(message)}`))
  return Effect.as(Effect.provide(self, Logger.layer([logger])), lines)
}

const streamed = Effect.flatMap(Claude.Claude, ({ messages }) => Stream.runDrain(messages.stream(hello)))

describe("what was not used", () => {
  const Both = Effect.gen(function*() {
    const file = yield* cassetteFile
    yield* Effect.provide(Effect.andThen(create("Hello"), create("Goodbye")), recording(file))
    return file
  })

  it.effect("is warned of when the layer closes", () =>
    Effect.gen(function*() {
      const file = yield* Both
      const lines = yield* linesLogged(Effect.provide(create("Hello"), replaying(file)))
      assert.deepStrictEqual(lines, [
        `Warn: In ${file} recordings were not used: POST /v1/messages. Delete them, or record anew with CASSETTE_MODE=record.`
      ])
    }))

  it.effect("is a defect when the layer is strict", () =>
    Effect.gen(function*() {
      const file = yield* Both
      const exit = yield* Effect.exit(Effect.provide(create("Hello"), replaying(file, { strict: true })))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.deepInclude(Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined, {
        _tag: "CassetteError",
        problem: "incomplete"
      })
    }))

  it.effect("is not held against a program that failed", () =>
    Effect.gen(function*() {
      const file = yield* Both
      const failed = Effect.andThen(create("Hello"), Effect.fail("for another reason"))
      assert.strictEqual(
        yield* Effect.flip(Effect.provide(failed, replaying(file, { strict: true }))),
        "for another reason"
      )
    }))

  it.effect("includes what a program swallowed", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const lines = yield* linesLogged(Effect.provide(Effect.exit(create("Hello")), replaying(file)))
      assert.deepStrictEqual(lines, [`Warn: In ${file} there was no recording of POST /v1/messages.`])
    }))
})

describe("the file", () => {
  it.effect("is JSON for reviewers: two spaces, sorted requests, a line break at its end", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const fetch = () =>
        Promise.resolve(
          Response.json({ type: "message", id: "msg_1", content: [], stop_reason: "end_turn" }, {
            headers: { "request-id": "req_0123456789", "x-other": "1" }
          })
        )
      yield* Effect.provide(create("Grüezi 🌞"), recording(file, { fetch }))
      assert.strictEqual(
        yield* readText(file),
        `{
  "version": 1,
  "exchanges": [
    {
      "request": {
        "method": "POST",
        "path": "/v1/messages",
        "headers": {
          "anthropic-version": "2026-10-21"
        },
        "body": {
          "json": {
            "max_tokens": 100,
            "messages": [
              {
                "content": "Grüezi 🌞",
                "role": "user"
              }
            ],
            "model": "claude-opus-5-5"
          }
        }
      },
      "response": {
        "status": 200,
        "headers": {
          "content-type": "application/json",
          "request-id": "req_scrubbed"
        },
        "body": {
          "json": {
            "type": "message",
            "id": "msg_1",
            "content": [],
            "stop_reason": "end_turn"
          }
        }
      }
    }
  ]
}
`
      )
    }))

  it.effect("holds a stream in the chunks in which it came", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      const whole =
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"type\":\"message\",\"content\":[]}}\n\n" +
        "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n" +
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
      const chunks = [whole.slice(0, 10), whole.slice(10, 60), whole.slice(60)]
      const ended: typeof globalThis.fetch = () =>
        Promise.resolve(
          new Response(streamOf(chunks), {
            headers: { "content-type": "text/event-stream" }
          })
        )
      yield* Effect.provide(streamed, recording(file, { fetch: ended }))
      assert.deepStrictEqual((yield* contents(file)).exchanges[0]?.response?.body, { chunks })
      const replayed: Array<string> = []
      const fetch = yield* Cassette.fetch({ file, mode: "replay" })
      const response = yield* Effect.promise(() =>
        fetch("https://api.test/v1/messages", { method: "POST", body: JSON.stringify({ ...hello, stream: true }) })
      )
      yield* Effect.promise(async () => {
        for await (const chunk of response.body ?? []) replayed.push(new TextDecoder().decode(chunk))
      })
      assert.deepStrictEqual(replayed, chunks)
    }))

  it.effect("is written whole or not at all, and leaves nothing beside it", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      yield* Effect.provide(create("Hello"), recording(file))
      assert.deepStrictEqual(yield* filesBeside(file), ["it.json"])
    }))

  it.effect("that cannot be written is a defect, and leaves nothing beside it", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      yield* writeText(`${file}/in-the-way`, "")
      const exit = yield* Effect.exit(Effect.provide(create("Hello"), recording(file, { mode: "record" })))
      assert.deepInclude(Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined, {
        _tag: "CassetteError",
        problem: "unwritable",
        file
      })
      assert.deepStrictEqual(yield* filesBeside(file), ["it.json"])
    }))

  it.effect("stays as it was where a program that is recorded anew fails half-way", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      yield* Effect.provide(Effect.andThen(create("a"), create("b")), recording(file, { mode: "record" }))
      const before = yield* readText(file)
      const half = Effect.andThen(create("a"), Effect.fail("half-way"))
      const lines = yield* linesLogged(Effect.exit(Effect.provide(half, recording(file, { mode: "record" }))))
      assert.strictEqual(yield* readText(file), before)
      assert.deepStrictEqual(yield* filesBeside(file), ["it.json"])
      assert.include(lines.join(), "stays as it was")
      yield* Effect.provide(create("a"), recording(file, { mode: "record" }))
      assert.strictEqual((yield* contents(file)).exchanges.length, 1)
    }))

  it.effect("is written though the program fails", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      yield* Effect.exit(Effect.provide(Effect.andThen(create("Hello"), Effect.fail("later")), recording(file)))
      assert.strictEqual((yield* contents(file)).exchanges.length, 1)
    }))

  it.effect("keeps what two layers record on it at the same time", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      yield* Effect.all(
        ["a", "b", "c"].map((content) => Effect.provide(create(content), recording(file), { local: true })),
        { concurrency: "unbounded" }
      )
      const { exchanges } = yield* contents(file)
      assert.sameMembers(exchanges.map(({ request }) => askedIn(request)), ["a", "b", "c"])
    }))

  it.effect("is whole when two threads write it at the same time", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      // Each has a lock of its own, as threads do.
      const threads = yield* Effect.promise(async () => {
        const imported = []
        for (let thread = 0; thread < 4; thread++) {
          vi.resetModules()
          imported.push(await import("../src/internal/cassetteFile.ts"))
        }
        return imported
      })
      yield* Effect.forEach(threads, ({ write }) => write(file, [], "replace", new Scrubber([])), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual((yield* contents(file)).exchanges, [])
      assert.deepStrictEqual(yield* filesBeside(file), ["it.json"])
    }))

  it.effect.each([
    { problem: "cut JSON", text: "{\"version\": 1", says: "is not a cassette" },
    { problem: "another version", text: "{\"version\": 2, \"exchanges\": []}", says: "At version" },
    {
      problem: "a member too many",
      text: "{\"version\": 1, \"exchanges\": [], \"extra\": true}",
      says: "At extra"
    },
    {
      problem: "bytes that are no base64",
      text: `{"version":1,"exchanges":[{"request":{"method":"GET","path":"/","headers":{}},"response":` +
        `{"status":200,"headers":{},"body":{"base64":"%"}}}]}`,
      says: "At exchanges.0.response"
    }
  ])("with $problem fails the layer with a typed error that says where", ({ says, text }) =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      yield* writeText(file, text)
      const error = yield* create("Hello").pipe(Effect.provide(replaying(file)), Effect.flip)
      assert.deepInclude(error, { _tag: "CassetteError", problem: "malformed", file })
      assert.include(error.message, says)
    }))

  it.effect("that cannot be read fails the layer with a typed error", () =>
    Effect.gen(function*() {
      const file = yield* cassetteFile
      yield* writeText(file, "")
      const error = yield* create("Hello").pipe(Effect.provide(replaying(`${file}/below-a-file/../..`)), Effect.flip)
      assert.deepInclude(error, { _tag: "CassetteError", problem: "unreadable" })
    }))
})
