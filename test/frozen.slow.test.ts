/** A process that was frozen is no stalled server: what its sockets hold is read before a timer judges. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, Stream } from "effect"
import { Claude, type ClaudeConfig, RetryPolicy } from "effect-claude"
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { hello } from "./support/simulated.ts"
import { end, open, say, start } from "./support/wire.ts"

const message = JSON.stringify({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [],
  stop_reason: "end_turn",
  usage: { input_tokens: 1, output_tokens: 1 }
})

/** A server in a thread of its own. Once it has the request it wakes nobody: it tells by `state`, and answers. */
const code = `
  const { workerData, parentPort } = require("node:worker_threads")
  const { createServer } = require("node:http")
  const state = new Int32Array(workerData.state)
  const tell = (value) => { Atomics.store(state, 0, value); Atomics.notify(state, 0) }
  createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": workerData.type })
      response.write(workerData.first, () => {
        tell(1)
        // Goes on while the client is frozen.
        Atomics.wait(state, 0, 1)
        response.end(workerData.rest, () => tell(3))
      })
    })
  }).listen(0, "127.0.0.1", function () { parentPort.postMessage(this.address().port) })
`

/** Freezes this thread, from when `freeze` is called until the server has answered and the timer is far too late. */
const serving = (type: string, first: string, rest: string) =>
  Effect.gen(function*() {
    const shared = new SharedArrayBuffer(4)
    const worker = yield* Effect.acquireRelease(
      Effect.sync(() => new Worker(code, { eval: true, workerData: { state: shared, type, first, rest } })),
      (worker) => Effect.promise(() => worker.terminate())
    )
    const [port] = yield* Effect.promise(() => once(worker, "message"))
    const state = new Int32Array(shared)
    const freeze = (millis: number) => {
      const until = Date.now() + millis
      // The answer may be here before the server has told so.
      while (Atomics.load(state, 0) === 0) Atomics.wait(state, 0, 0, 50)
      Atomics.store(state, 0, 2)
      Atomics.notify(state, 0)
      while (Atomics.load(state, 0) !== 3 || Date.now() < until) {
        assert.isBelow(Date.now(), until + 60_000, "the server has not answered")
        Atomics.wait(state, 0, Atomics.load(state, 0), 50)
      }
    }
    return { baseURL: `http://127.0.0.1:${port}`, state, freeze }
  })

const claudeAt = (baseURL: string, options: ClaudeConfig.Options) =>
  Effect.provide(
    Claude.Claude,
    Claude.layer({ apiKey: Redacted.make("sk-test"), baseURL, retry: RetryPolicy.none, ...options })
  )

const millis = 5000

/** Long enough that a timer of `millis` is far too late. */
const frozenFor = millis + 1500

describe("a process that was frozen past its timeout", () => {
  it.live("gets the answer that came meanwhile", () =>
    Effect.gen(function*() {
      const { baseURL, freeze, state } = yield* serving("application/json", message.slice(0, 9), message.slice(9))
      const claude = yield* claudeAt(baseURL, { timeout: millis })
      const answered = yield* Effect.forkChild(claude.messages.create(hello))
      while (Atomics.load(state, 0) !== 1 && answered.pollUnsafe() === undefined) {
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      freeze(frozenFor)
      assert.strictEqual((yield* Fiber.join(answered)).id, "msg_1")
    }))

  it.live("reads the stream that went on meanwhile", () =>
    Effect.gen(function*() {
      const { baseURL, freeze } = yield* serving("text/event-stream", start + open + say("Hello"), end)
      const claude = yield* claudeAt(baseURL, { idleTimeout: millis })
      const types = yield* claude.messages.stream(hello).pipe(
        Stream.map(({ type }) => type),
        Stream.tap((type) =>
          Effect.sync(() => {
            if (type === "content_block_delta") setImmediate(() => freeze(frozenFor))
          })
        ),
        Stream.runCollect
      )
      assert.strictEqual(types.at(-1), "message_stop")
    }))
})
