import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream } from "effect"
import { Claude, MessageStream } from "effect-claude"
import { TestClock } from "effect/testing"
import { once } from "node:events"
import * as Http from "node:http"
import { buffer } from "node:stream/consumers"
import { constants, gunzipSync } from "node:zlib"
import { Fault, Simulator } from "../src/index.ts"
import { attempt, claudeOver, ClientError, credentials, hello, helloStreamed, post, sdk, textOf } from "./client.ts"

const simulated = Effect.provide(Simulator.layer())

const calling = Effect.provide(claudeOver(Simulator.layer()))

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

const streamed = Effect.map(Claude.Claude, ({ messages }) => messages.stream(hello))

/** What is sent, before any client makes something of it. */
const raw = (sim: Simulator.Simulator["Service"], params: object) =>
  attempt(async () => {
    const request = Http.request(`${sim.url}/v1/messages`, { method: "POST", headers: credentials(sim) })
    request.end(JSON.stringify(params))
    const [response] = await once(request, "response")
    return { headers: response.headers, bytes: await buffer(response) }
  })

/** What the same request gets when nothing goes wrong. */
const whole = (params: object) =>
  Effect.flatMap(Simulator.Simulator, (sim) => Effect.flatMap(post(sim, "/v1/messages", params), textOf)).pipe(
    Effect.provide(Layer.fresh(Simulator.layer()))
  )

describe.each([{ kind: "JSON", params: hello }, { kind: "a stream", params: helloStreamed }])(
  "of an answer that is $kind",
  ({ params }) => {
    it.effect.each([0, 5, 30, 100])(
      "truncatedGzip sends %i bytes of its gzip stream, and ends well",
      (afterBytes) =>
        Effect.gen(function*() {
          const sim = yield* Simulator.Simulator
          yield* sim.script([Fault.truncatedGzip({ afterBytes })])
          const { bytes, headers } = yield* raw(sim, params)
          assert.deepInclude(headers, { "content-encoding": "gzip", "content-length": String(afterBytes) })
          assert.strictEqual(bytes.length, afterBytes)
          assert.throws(() => gunzipSync(bytes), /unexpected end of file/)
        }).pipe(simulated)
    )

    it.effect("truncatedGzip sends half unless told otherwise, and never what completes the content", () =>
      Effect.gen(function*() {
        const text = yield* whole(params)
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.truncatedGzip(), Fault.truncatedGzip({ afterBytes: 1_000_000 })])
        const half = yield* raw(sim, params)
        const most = yield* raw(sim, params)
        assert.strictEqual(half.bytes.length, (most.bytes.length + 12) >> 1)
        const content = gunzipSync(most.bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString()
          .replaceAll("00000000002", "00000000001")
        assert.isTrue(text.startsWith(content))
        assert.isBelow(content.length, text.trimEnd().length)
      }).pipe(simulated))

    it.effect("slowBody sends all, little by little, on the clock", () =>
      Effect.gen(function*() {
        const text = yield* whole(params)
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.slowBody({ bytesPerSecond: 100 })])
        const response = yield* post(sim, "/v1/messages", params)
        const body = yield* Effect.forkChild(textOf(response))
        const seconds = text.length / 100
        yield* TestClock.adjust(1000 * seconds - 50)
        assert.strictEqual((yield* sim.journal)[0]?.outcome, "pending")
        yield* TestClock.adjust(50)
        assert.strictEqual(yield* Fiber.join(body), text)
        assert.strictEqual((yield* sim.awaitJournal(([entry]) => entry?.outcome !== "pending"))[0]?.outcome, "answered")
      }).pipe(simulated))

    it.effect("slowBody keeps pieces small, and their intervals even", () =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.slowBody({ bytesPerSecond: 100 })])
        const { body } = yield* post(sim, "/v1/messages", params)
        const reader = body?.getReader()
        for (let piece = 0; piece < 5; piece++) {
          const next = yield* Effect.forkChild(attempt(async () => reader?.read()))
          yield* TestClock.adjust("100 millis")
          assert.strictEqual((yield* Fiber.join(next))?.value?.length, 10)
        }
      }).pipe(simulated))

    it.effect("contentType changes the type, and nothing else", () =>
      Effect.gen(function*() {
        const text = yield* whole(params)
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.contentType("text/html")])
        const response = yield* post(sim, "/v1/messages", params)
        assert.strictEqual(response.headers.get("content-type"), "text/html")
        assert.strictEqual(yield* textOf(response), text)
      }).pipe(simulated))

    it.effect("contentType is a typed error of effect-claude where it is HTML", () =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.contentType("text/html")])
        const call = params === hello ? create : Effect.flatMap(streamed, Stream.runDrain)
        assert.deepInclude(yield* Effect.flip(call), { _tag: "InvalidResponseError", problem: "not-json" })
      }).pipe(calling))
  }
)

describe("a truncated gzip stream", () => {
  it.effect("is a raw SyntaxError to the SDK, and a stream that ends normally", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.truncatedGzip(), Fault.truncatedGzip({ afterBytes: 1_000_000 })])
      const { cause } = yield* Effect.flip(attempt(() => sdk(sim).messages.create(hello)))
      assert.instanceOf(cause, SyntaxError)
      const stream = yield* attempt(() => sdk(sim).messages.create(helloStreamed))
      const events = yield* Stream.runCollect(Stream.fromAsyncIterable(stream, (cause) => new ClientError({ cause })))
      assert.notStrictEqual(events.at(-1)?.type, "message_stop")
    }).pipe(simulated))

  it.effect("is a typed error of effect-claude", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.truncatedGzip(), Fault.truncatedGzip({ afterBytes: 1_000_000 })])
      assert.deepInclude(yield* Effect.flip(create), { _tag: "InvalidResponseError", problem: "malformed-json" })
      assert.deepInclude(yield* Effect.flip(Stream.runDrain(yield* streamed)), {
        _tag: "StreamInterruptedError",
        isRetryable: true
      })
    }).pipe(calling))
})

describe("duplicateEvent", () => {
  const eventsOf = (text: string) => text.split(/(?<=\n\n)/)

  it.effect.each([0, 4, 11, 12, 1000])(
    "sends the event after %i twice, or the last",
    (afterEvents) =>
      Effect.gen(function*() {
        const events = eventsOf(yield* whole(helloStreamed))
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.duplicateEvent({ afterEvents })])
        const doubled = Math.min(afterEvents, events.length - 1)
        const seen = yield* Effect.flatMap(post(sim, "/v1/messages", helloStreamed), textOf)
        assert.deepStrictEqual(
          eventsOf(seen),
          events.flatMap((event, index) => index === doubled ? [event, event] : [event])
        )
      }).pipe(simulated)
  )

  // Events have no ids: one that comes twice is one that says the same again.
  it.effect("of a piece of text is the text twice, to the SDK and to effect-claude", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([
        Fault.none,
        Fault.duplicateEvent({ afterEvents: 3 }),
        Fault.duplicateEvent({ afterEvents: 3 })
      ])
      const text = yield* Stream.mkString(MessageStream.text(yield* streamed))
      const [first = ""] = text.split(" ")
      assert.strictEqual(yield* Stream.mkString(MessageStream.text(yield* streamed)), first + text)
      const message = yield* attempt(() => sdk(sim).messages.stream(hello).finalMessage())
      assert.deepNestedPropertyVal(message, "content[0].text", first + text)
    }).pipe(calling))

  it.effect.each([0, 1])(
    "of event %i, the start of a message or of a block, is no message to effect-claude",
    (afterEvents) =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.duplicateEvent({ afterEvents })])
        const error = yield* Effect.flip(MessageStream.runMessage(yield* streamed))
        assert.deepInclude(error, { _tag: "InvalidResponseError", problem: "unexpected-shape" })
      }).pipe(calling)
  )
})
