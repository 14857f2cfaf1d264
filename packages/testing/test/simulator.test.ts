import { assert, describe, it } from "@effect/vitest"
import { DateTime, Deferred, Effect, Exit, Fiber, Layer, Redacted, Scope, Stream, Tracer } from "effect"
import { Claude } from "effect-claude"
import { TestClock } from "effect/testing"
import { IncomingMessage, request, ServerResponse } from "node:http"
import { connect, Socket } from "node:net"
import { Writable } from "node:stream"
import { Fault, Simulator } from "../src/index.ts"
import * as Answer from "../src/internal/answer.ts"
import { send } from "../src/internal/writeNode.ts"
import { attempt, credentials, get, hello, helloStreamed, jsonOf, post, textOf } from "./client.ts"

const simulated = Effect.provide(Simulator.layer())

describe("the journal", () => {
  it.effect("says what was asked, and how it was answered", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* TestClock.adjust("1 day")
      const response = yield* attempt(() =>
        fetch(`${sim.url}/v1/messages?beta=true&tag=a&tag=b`, {
          method: "POST",
          headers: { ...credentials(sim), "X-Trace": "7" },
          body: JSON.stringify(hello)
        })
      )
      yield* textOf(response)
      const [entry] = yield* sim.awaitJournal(([entry]) => entry?.outcome === "answered")
      assert.deepInclude(entry, {
        method: "POST",
        path: "/v1/messages",
        query: { beta: "true", tag: ["a", "b"] },
        body: hello,
        requestId: response.headers.get("request-id") ?? "",
        fault: undefined,
        status: 200,
        receivedAt: DateTime.makeUnsafe("1970-01-02T00:00:00Z"),
        outcome: "answered"
      })
      assert.strictEqual(entry?.headers["x-trace"], "7")
    }).pipe(simulated))

  it.effect("keeps credentials to itself", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* attempt(() =>
        fetch(`${sim.url}/v1/models`, {
          headers: { "x-api-key": "sk-secret", authorization: "Bearer sk-secret", cookie: "session=sk-secret" }
        })
      )
      const [entry] = yield* sim.journal
      assert.deepInclude(entry?.headers, {
        "x-api-key": "<redacted>",
        authorization: "Bearer <redacted>",
        cookie: "<redacted>"
      })
      assert.notInclude(JSON.stringify(entry), "sk-secret")
    }).pipe(simulated))

  it.effect("has no body where none was sent, or no JSON", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* get(sim, "/v1/models")
      yield* post(sim, "/v1/messages", "{")
      assert.deepStrictEqual((yield* sim.journal).map(({ body }) => body), [undefined, undefined])
    }).pipe(simulated))

  it.effect("names the fault", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded(), Fault.none])
      yield* Effect.replicateEffect(get(sim, "/v1/models"), 2)
      assert.deepStrictEqual((yield* sim.journal).map(({ fault, status }) => ({ fault, status })), [
        { fault: "Error", status: 529 },
        { fault: undefined, status: 200 }
      ])
    }).pipe(simulated))

  it.effect("notes a client that goes away while it uploads", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { hostname, port } = new URL(sim.url)
      const socket = connect(Number(port), hostname)
      socket.write("POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{", () => socket.destroy())
      const [entry] = yield* sim.awaitJournal((entries) => entries.length === 1)
      assert.strictEqual(entry?.outcome, "client-disconnected")
    }).pipe(simulated))

  describe.each([
    { kind: "JSON", params: hello },
    { kind: "a stream", params: helloStreamed }
  ])("of an answer that is $kind, longer than the buffers on the way,", ({ params }) => {
    const long = Effect.provide(Simulator.layer({
      reply: "x".repeat(16 * 1024 * 1024),
      models: [{ id: hello.model, max_tokens: null }]
    }))

    const start = (sim: Simulator.Simulator["Service"]) => {
      const call = request(`${sim.url}/v1/messages`, { method: "POST", headers: credentials(sim) })
      call.on("error", () => {}).end(JSON.stringify({ ...params, max_tokens: 10_000_000 }))
      return call
    }

    it.effect("notes a client that goes away before it is sent", () =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        const call = start(sim)
        yield* sim.awaitJournal(([entry]) => entry?.status === 200)
        call.destroy()
        const [entry] = yield* sim.awaitJournal(([entry]) => entry?.outcome !== "pending")
        assert.strictEqual(entry?.outcome, "client-disconnected")
      }).pipe(long))

    it.effect("notes a client that goes away without reading it", () =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        const call = start(sim)
        yield* Effect.callback<void>((resume) => {
          call.on("response", (response) => {
            response.on("error", () => {}).pause()
            resume(Effect.void)
          })
        })
        assert.strictEqual((yield* sim.journal)[0]?.outcome, "pending")
        call.destroy()
        const [entry] = yield* sim.awaitJournal(([entry]) => entry?.outcome !== "pending")
        assert.strictEqual(entry?.outcome, "client-disconnected")
      }).pipe(long))
  })

  it.effect("looks at each change once", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      let looks = 0
      const waiting = yield* Effect.forkChild(sim.awaitJournal(([entry]) => {
        looks++
        return entry?.outcome === "answered"
      }))
      yield* Effect.flatMap(get(sim, "/v1/models"), textOf)
      yield* Fiber.join(waiting)
      // Before anything, at the arrival, with the status, at the end.
      assert.isAtMost(looks, 4)
    }).pipe(simulated))

  it.effect("can be awaited before anything happens", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const waiting = yield* Effect.forkChild(sim.awaitJournal((entries) => entries.length === 2))
      yield* Effect.replicateEffect(get(sim, "/v1/models"), 2)
      assert.strictEqual((yield* Fiber.join(waiting)).length, 2)
    }).pipe(simulated))
})

describe("a simulator", () => {
  it.effect("counts the faults to come", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded(), Fault.overloaded()])
      assert.strictEqual(yield* sim.remaining, 2)
      yield* get(sim, "/v1/models")
      assert.strictEqual(yield* sim.remaining, 1)
    }).pipe(simulated))

  it.effect("forgets script and journal on reset", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* get(sim, "/v1/models")
      yield* sim.script([Fault.overloaded()])
      yield* sim.reset
      assert.deepStrictEqual([yield* sim.journal, yield* sim.remaining], [[], 0])
    }).pipe(simulated))

  it.effect("does not write down after a reset what was asked before it", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.delayed("1 hour")])
      const call = yield* Effect.forkChild(get(sim, "/v1/models"))
      yield* sim.awaitJournal((entries) => entries.length === 1)
      yield* sim.reset
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(call)).status, 200)
      assert.deepStrictEqual(yield* sim.journal, [])
    }).pipe(simulated))

  it.effect("repeats itself exactly", () =>
    Effect.gen(function*() {
      const run = Effect.flatMap(Simulator.Simulator, (sim) =>
        Effect.forEach([hello, { ...hello, max_tokens: 0 }], (params) =>
          Effect.flatMap(post(sim, "/v1/messages", params), jsonOf)))
      assert.deepStrictEqual(yield* simulated(run), yield* simulated(run))
    }))

  it.effect("answers many requests at once", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const responses = yield* Effect.replicateEffect(
        Effect.flatMap(post(sim, "/v1/messages", helloStreamed), textOf),
        50,
        { concurrency: "unbounded" }
      )
      for (const text of responses) assert.include(text, "event: message_stop")
    }).pipe(simulated))

  it.effect("listens on the port it is given", () =>
    Effect.gen(function*() {
      const port = yield* Effect.map(Simulator.Simulator, (sim) => Number(new URL(sim.url).port)).pipe(simulated)
      const sim = yield* Effect.provide(Simulator.Simulator, Simulator.layer({ port }))
      assert.strictEqual(sim.url, `http://127.0.0.1:${port}`)
    }))

  it.effect("makes no spans, as those under test are the client's", () =>
    Effect.gen(function*() {
      const spans: Array<string> = []
      const tracer = Tracer.make({
        span: (options) => {
          spans.push(options.name)
          return new Tracer.NativeSpan(options)
        }
      })
      const sim = yield* Simulator.Simulator.pipe(
        Effect.tap((sim) => get(sim, "/v1/models")),
        simulated,
        Effect.withTracer(tracer)
      )
      assert.strictEqual((yield* sim.journal)[0]?.status, 200)
      assert.deepStrictEqual(spans, [])
    }))

  it.effect("does not show its key", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      assert.notInclude(JSON.stringify(sim), Redacted.value(sim.apiKey))
    }).pipe(simulated))
})

describe("closing a simulator", () => {
  it.effect("ends what stalls, at once, and leaves no connection", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(Simulator.layer(), scope)
      const sim = yield* Effect.provide(Simulator.Simulator, context)
      yield* sim.script([
        Fault.stallBeforeHeaders,
        Fault.stallBody({ afterBytes: 10 }),
        Fault.streamStalls({ afterEvents: 2 }),
        Fault.delayed("1 hour")
      ])
      const calls = yield* Effect.forEach(
        [1, 2, 3, 4],
        () => Effect.forkChild(Effect.flatMap(post(sim, "/v1/messages", helloStreamed), textOf))
      )
      yield* sim.awaitJournal((entries) => entries.filter(({ status }) => status === 200).length === 2)
      yield* sim.awaitJournal((entries) => entries.length === 4)
      assert.strictEqual(yield* sim.openConnections, 4)

      yield* Scope.close(scope, Exit.void)

      const exits = yield* Fiber.awaitAll(calls)
      assert.isTrue(exits.every(Exit.hasFails))
      assert.deepStrictEqual((yield* sim.journal).map(({ outcome }) => outcome), Array(4).fill("server-closed"))
      assert.strictEqual(yield* sim.openConnections, 0)
    }))

  it.effect("ends what waits behind a stalled request on the same connection", () =>
    Effect.gen(function*() {
      const sim = yield* simulated(Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.stallBeforeHeaders, Fault.stallBody({ afterBytes: 5 })])
        const { hostname, port } = new URL(sim.url)
        connect(Number(port), hostname).end("GET /1 HTTP/1.1\r\nhost: x\r\n\r\nGET /2 HTTP/1.1\r\nhost: x\r\n\r\n")
          .on("error", () => {})
        yield* sim.awaitJournal((entries) => entries.length === 2)
        return sim
      }))
      assert.deepStrictEqual((yield* sim.journal).map(({ outcome }) => outcome), Array(2).fill("server-closed"))
    }))

  it.effect("closes idle connections too", () =>
    Effect.gen(function*() {
      const sim = yield* simulated(Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        yield* Effect.flatMap(get(sim, "/v1/models"), textOf)
        assert.strictEqual(yield* sim.openConnections, 1)
        return sim
      }))
      assert.strictEqual(yield* sim.openConnections, 0)
    }))

  it.effect("refuses connections from then on", () =>
    Effect.gen(function*() {
      const sim = yield* simulated(Simulator.Simulator)
      const { cause } = yield* Effect.flip(attempt(() => fetch(sim.url)))
      assert.nestedPropertyVal(cause, "cause.code", "ECONNREFUSED")
    }))
})

describe("a stream of events", () => {
  it.effect("is made no faster than the client takes it", () =>
    Effect.gen(function*() {
      let made = 0
      const events = Stream.fromEffectRepeat(Effect.sync(() => Answer.event("ping", { made: ++made })))

      // A client that takes the headers and two events, and then no more.
      let taken = 0
      const full = Deferred.makeUnsafe<void>()
      const take = (done: () => void) => ++taken > 3 ? Deferred.doneUnsafe(full, Effect.void) : done()
      const socket = new Writable({
        write: (_chunk, _encoding, done) => take(done),
        writev: (_chunks, done) => take(done)
      })
      const response = new ServerResponse(new IncomingMessage(new Socket()))
      response.assignSocket(socket as Socket)

      yield* Effect.forkChild(send(response, Answer.events(events)))
      yield* Deferred.await(full)
      yield* Effect.yieldNow
      assert.strictEqual(made, 3)
    }))
})

describe("without a socket", () => {
  it.live("timers have their turn while requests follow each other", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const timer = { isDue: false }
      setTimeout(() => {
        timer.isDue = true
      }, 0)
      let requests = 0
      while (!timer.isDue && requests < 2000) {
        yield* claude.models.retrieve(hello.model)
        requests++
      }
      assert.isBelow(requests, 2000)
    }).pipe(Effect.provide(Claude.layerClient.pipe(Layer.provide(Simulator.layerClient())))))
})
