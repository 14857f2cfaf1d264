import { APIConnectionError, APIError } from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Stream } from "effect"
import * as Http from "node:http"
import { Fault, Simulator } from "../src/index.ts"
import { attempt, ClientError, credentials, get, hello, helloStreamed, post, sdk, textOf } from "./client.ts"

const simulated = Effect.provide(Simulator.layer())

/** What Node's client saw of an answer: the pieces as they came, and how it ended. */
interface Seen {
  readonly headers: Http.IncomingHttpHeaders
  readonly pieces: ReadonlyArray<string>
  readonly complete: boolean
}

const watch = (sim: Simulator.Simulator["Service"], params: object) =>
  Effect.callback<Seen, Error>((resume) => {
    const request = Http.request(
      `${sim.url}/v1/messages`,
      { method: "POST", headers: credentials(sim) },
      (response) => {
        const pieces: Array<string> = []
        response.setEncoding("utf8")
        response.on("data", (piece: string) => pieces.push(piece))
        response.on("error", () => {})
        response.on(
          "close",
          () => resume(Effect.succeed({ headers: response.headers, pieces, complete: response.complete }))
        )
      }
    )
    request.on("error", (error) => resume(Effect.fail(error)))
    request.end(JSON.stringify(params))
    return Effect.sync(() => request.destroy())
  })

/** Reads so many bytes of a body and leaves the rest. */
const read = (response: Response, bytes: number) => {
  const reader = response.body?.getReader()
  return attempt(async () => {
    let text = ""
    while (text.length < bytes) text += new TextDecoder().decode((await reader?.read())?.value)
    return text
  })
}

/** The body that another simulator, freshly started, answers with. */
const wholeBody = Effect.fn(function*(params: object) {
  const sim = yield* Simulator.Simulator
  return yield* Effect.flatMap(post(sim, "/v1/messages", params), textOf)
}, Effect.provide(Layer.fresh(Simulator.layer())))

const collect = <A>(iterable: AsyncIterable<A>) =>
  Stream.runCollect(Stream.fromAsyncIterable(iterable, (cause) => new ClientError({ cause })))

const outcome = Effect.fnUntraced(function*(sim: Simulator.Simulator["Service"]) {
  const [entry] = yield* sim.awaitJournal(([entry]) => entry !== undefined && entry.outcome !== "pending")
  return entry?.outcome
})

describe("an event", () => {
  it.effect("is sent in a chunk of its own", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { pieces } = yield* watch(sim, helloStreamed)
      for (const piece of pieces) assert.match(piece, /^event: [a-z_]+\ndata: .*\n\n$/)
      assert.strictEqual(pieces.length, 26)
    }).pipe(simulated))
})

describe("resetBeforeHeaders", () => {
  it.effect("makes fetch fail", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.resetBeforeHeaders])
      const { cause } = yield* Effect.flip(get(sim, "/v1/models"))
      assert.nestedPropertyVal(cause, "cause.code", "ECONNRESET")
      assert.strictEqual(yield* outcome(sim), "reset")
    }).pipe(simulated))

  it.effect("is a connection error to the SDK", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.resetBeforeHeaders])
      const { cause } = yield* Effect.flip(attempt(() => sdk(sim).messages.create(hello)))
      assert.instanceOf(cause, APIConnectionError)
    }).pipe(simulated))
})

describe.each([{ kind: "JSON", params: hello }, { kind: "a stream", params: helloStreamed }])(
  "of an answer that is $kind",
  ({ params }) => {
    it.effect("resetAfterHeaders sends the status, and nothing of the body", () =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.resetAfterHeaders])
        const response = yield* post(sim, "/v1/messages", params)
        assert.strictEqual(response.status, 200)
        const { cause } = yield* Effect.flip(textOf(response))
        assert.instanceOf(cause, TypeError)
        assert.strictEqual(yield* outcome(sim), "reset")
      }).pipe(simulated))

    it.effect("cutBody sends so many bytes, then closes the connection", () =>
      Effect.gen(function*() {
        const whole = yield* wholeBody(params)
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.cutBody({ afterBytes: 100 })])
        const { complete, pieces } = yield* watch(sim, params)
        assert.strictEqual(pieces.join(""), whole.slice(0, 100))
        assert.isFalse(complete)
        assert.strictEqual(yield* outcome(sim), "cut")
      }).pipe(simulated))

    it.effect("cutBody never sends all, however many bytes it may", () =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        const whole = yield* wholeBody(params)
        yield* sim.script([Fault.cutBody({ afterBytes: 1_000_000 })])
        const { complete, pieces } = yield* watch(sim, params)
        assert.strictEqual(pieces.join(""), whole.trimEnd().slice(0, -1))
        assert.isFalse(complete)
      }).pipe(simulated))

    it.effect("truncatedJson sends so many bytes, and ends well", () =>
      Effect.gen(function*() {
        const whole = yield* wholeBody(params)
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.truncatedJson({ afterBytes: 100 })])
        const { complete, pieces } = yield* watch(sim, params)
        assert.strictEqual(pieces.join(""), whole.slice(0, 100))
        assert.isTrue(complete)
        assert.strictEqual(yield* outcome(sim), "answered")
      }).pipe(simulated))

    it.effect("truncatedJson never sends all, however many bytes it may", () =>
      Effect.gen(function*() {
        const whole = yield* wholeBody(params)
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.truncatedJson({ afterBytes: 1_000_000 })])
        const { complete, pieces } = yield* watch(sim, params)
        assert.strictEqual(pieces.join(""), whole.trimEnd().slice(0, -1))
        assert.isTrue(complete)
      }).pipe(simulated))

    it.effect("stallBody sends so many bytes, then waits for the client to go away", () =>
      Effect.gen(function*() {
        const whole = yield* wholeBody(params)
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.stallBody({ afterBytes: 100 })])
        const abort = new AbortController()
        const response = yield* attempt(() =>
          fetch(`${sim.url}/v1/messages`, {
            method: "POST",
            headers: credentials(sim),
            body: JSON.stringify(params),
            signal: abort.signal
          })
        )
        assert.strictEqual(yield* read(response, 100), whole.slice(0, 100))
        assert.strictEqual((yield* sim.journal)[0]?.outcome, "pending")
        abort.abort()
        assert.strictEqual(yield* outcome(sim), "client-disconnected")
      }).pipe(simulated))
  }
)

describe("a broken JSON answer", () => {
  it.effect("claims its full length when cut", () =>
    Effect.gen(function*() {
      const whole = yield* wholeBody(hello)
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.cutBody({ afterBytes: 100 })])
      const { headers } = yield* watch(sim, hello)
      assert.strictEqual(headers["content-length"], String(whole.length))
    }).pipe(simulated))

  it.effect("is a raw TypeError to the SDK when cut", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.cutBody({ afterBytes: 100 })])
      const { cause } = yield* Effect.flip(attempt(() => sdk(sim).messages.create(hello)))
      assert.instanceOf(cause, TypeError)
    }).pipe(simulated))

  it.effect("is a raw SyntaxError to the SDK when truncated", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.truncatedJson({ afterBytes: 100 })])
      const { cause } = yield* Effect.flip(attempt(() => sdk(sim).messages.create(hello)))
      assert.instanceOf(cause, SyntaxError)
    }).pipe(simulated))
})

describe("stallBeforeHeaders", () => {
  it.effect("sends nothing until the client goes away", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.stallBeforeHeaders])
      const call = yield* Effect.forkChild(watch(sim, hello))
      yield* sim.awaitJournal((entries) => entries.length === 1)
      yield* Fiber.interrupt(call)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(call)))
      assert.strictEqual(yield* outcome(sim), "client-disconnected")
      assert.strictEqual((yield* sim.journal)[0]?.status, undefined)
      assert.strictEqual(yield* sim.openConnections, 0)
    }).pipe(simulated))
})

describe("streamError", () => {
  it.effect("is an error event after so many events, and the end", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamError({ afterEvents: 4, type: "overloaded_error", code: "busy" })])
      const { complete, pieces } = yield* watch(sim, helloStreamed)
      assert.strictEqual(pieces.length, 5)
      assert.isTrue(complete)
      assert.strictEqual(
        pieces.at(-1),
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"," +
          "\"details\":{\"error_code\":\"busy\"}},\"request_id\":\"req_011Simulated00000000001\"}\n\n"
      )
    }).pipe(simulated))

  it.effect("is an APIError without a status to the SDK", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamError({ afterEvents: 4, type: "overloaded_error", message: "Too much" })])
      const stream = yield* attempt(() => sdk(sim).messages.create(helloStreamed))
      const { cause } = yield* Effect.flip(collect(stream))
      assert.instanceOf(cause, APIError)
      assert.deepInclude(cause, { status: undefined, type: "overloaded_error" })
    }).pipe(simulated))
})

describe("streamEnds", () => {
  it.effect.each([{ afterEvents: 0, pieces: 0 }, { afterEvents: 5, pieces: 5 }, { afterEvents: 1000, pieces: 25 }])(
    "is the end after $afterEvents events, but always before message_stop",
    ({ afterEvents, pieces }) =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.streamEnds({ afterEvents })])
        const seen = yield* watch(sim, helloStreamed)
        assert.strictEqual(seen.pieces.length, pieces)
        assert.notInclude(seen.pieces.join(""), "message_stop")
        assert.isTrue(seen.complete)
      }).pipe(simulated)
  )

  it.effect("is no error to the SDK", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamEnds({ afterEvents: 5 })])
      const stream = yield* attempt(() => sdk(sim).messages.create(helloStreamed))
      const events = yield* collect(stream)
      assert.deepStrictEqual(events.map(({ type }) => type), [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta"
      ])
    }).pipe(simulated))
})

describe("streamStalls", () => {
  it.effect("waits after so many events for the client to go away", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamStalls({ afterEvents: 4 })])
      const stream = yield* attempt(() => sdk(sim).messages.create(helloStreamed))
      const events = stream[Symbol.asyncIterator]()
      const types = yield* Effect.replicateEffect(attempt(() => events.next()), 3)
      assert.strictEqual(types.at(-1)?.value.type, "content_block_delta")
      assert.strictEqual((yield* sim.journal)[0]?.outcome, "pending")
      stream.controller.abort()
      assert.strictEqual(yield* outcome(sim), "client-disconnected")
    }).pipe(simulated))
})

describe("unterminatedLastEvent", () => {
  it.effect("leaves out the last blank line only", () =>
    Effect.gen(function*() {
      const whole = yield* wholeBody(helloStreamed)
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.unterminatedLastEvent])
      const { complete, pieces } = yield* watch(sim, helloStreamed)
      assert.strictEqual(pieces.join(""), whole.slice(0, -1))
      assert.isTrue(complete)
    }).pipe(simulated))

  it.effect("hides message_stop from the SDK", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.unterminatedLastEvent])
      const stream = yield* attempt(() => sdk(sim).messages.create(helloStreamed))
      const events = yield* collect(stream)
      assert.strictEqual(events.at(-1)?.type, "message_delta")
    }).pipe(simulated))
})

describe("a stream fault on a request that does not stream", () => {
  it.effect.each([
    Fault.streamError({ afterEvents: 0, type: "api_error" }),
    Fault.streamEnds({ afterEvents: 0 }),
    Fault.streamStalls({ afterEvents: 0 }),
    Fault.unterminatedLastEvent
  ])("is a 400 that says so: $_tag", (fault) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([fault])
      const response = yield* post(sim, "/v1/messages", hello)
      assert.strictEqual(response.status, 400)
      assert.include(yield* textOf(response), `inject Fault ${fault._tag}`)
    }).pipe(simulated))

  it.effect("leaves the refusal of a bad request alone", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamEnds({ afterEvents: 0 })])
      const response = yield* post(sim, "/v1/messages", { ...helloStreamed, max_tokens: -1 })
      assert.include(yield* textOf(response), "max_tokens: must be greater than or equal to 0")
    }).pipe(simulated))
})
