import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Logger, Redacted, Scope } from "effect"
import { Claude, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { once } from "node:events"
import { createServer } from "node:http"
import { connect } from "node:net"
import { text } from "node:stream/consumers"
import { Fault, Scenario, Simulator } from "../src/index.ts"
import { attempt, claudeOver, credentials, elapse, hello, helloStreamed, textOf } from "./client.ts"

type Sim = Simulator.Simulator["Service"]

const ask = (sim: Sim, path = "/v1/models", init: RequestInit = {}) =>
  attempt((signal) => sim.fetch(`${sim.url}${path}`, { headers: credentials(sim), signal, ...init }))

/** The status of an answer, or the code of what kept it from coming. */
const outcome = (sim: Sim, path?: string, init?: RequestInit): Effect.Effect<unknown> =>
  Effect.matchEffect(ask(sim, path, init), {
    onFailure: ({ cause }) =>
      Effect.succeed(cause instanceof TypeError ? Reflect.get(Object(cause.cause), "code") : cause),
    onSuccess: (response) => Effect.as(Effect.orDie(textOf(response)), response.status)
  })

const call = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

const forms = [
  { form: "over a socket", layer: (options?: Simulator.ClientOptions) => Simulator.layer(options) },
  { form: "without a socket", layer: (options?: Simulator.ClientOptions) => Simulator.layerFetch(options) }
]

describe.each(forms)("a server that is down, $form", ({ layer }) => {
  const simulated = Effect.provide(layer())

  it.effect("refuses connections until its time is over", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      assert.strictEqual(yield* outcome(sim), 200)
      yield* sim.script([Fault.refused("5 seconds"), Fault.overloaded()])
      assert.strictEqual(yield* sim.remaining, 1)
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
      yield* TestClock.adjust(4999)
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
      yield* TestClock.adjust(1)
      assert.deepStrictEqual([yield* outcome(sim), yield* outcome(sim)], [529, 200])
      assert.deepStrictEqual((yield* sim.journal).map(({ status }) => status), [200, 529, 200])
    }).pipe(simulated))

  it.effect("is a connection error of effect-claude", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.refused("5 seconds")])
      assert.deepInclude(yield* Effect.flip(call), { _tag: "APIConnectionError", isRetryable: true })
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* call).role, "assistant")
    }).pipe(Effect.provide(claudeOver(layer()))))

  it.effect("is ridden out by a policy that retries", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.refused("12 seconds")])
      const fiber = yield* Effect.forkChild(call)
      // Less than the ten minutes of a timeout, even where a connection takes its time.
      yield* elapse(fiber, "20 millis")
      assert.strictEqual((yield* Fiber.join(fiber)).role, "assistant")
      const [entry, ...others] = yield* sim.journal
      assert.deepStrictEqual(others, [])
      assert.isAbove(Number(entry?.headers["x-stainless-retry-count"]), 0)
      assert.isAtLeast(entry?.receivedAt.epochMilliseconds ?? 0, 12_000)
    }).pipe(Effect.provide(claudeOver(layer(), { retry: RetryPolicy.constant("5 seconds") }))))

  it.effect("goes down after the request before, which gets its own fault", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* Effect.all([outcome(sim), outcome(sim), outcome(sim)], { concurrency: "unbounded" })
      yield* sim.script([Fault.overloaded(), Fault.refused("5 seconds"), Fault.none, Fault.refused("5 seconds")])
      assert.deepStrictEqual([yield* outcome(sim), yield* outcome(sim)], [529, "ECONNREFUSED"])
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual([yield* outcome(sim), yield* outcome(sim)], [200, "ECONNREFUSED"])
      assert.strictEqual(yield* sim.remaining, 0)
    }).pipe(simulated))

  it.effect("finishes what it is about to answer", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.delayed("1 second"), Fault.refused("1 minute")])
      const fiber = yield* Effect.forkChild(outcome(sim))
      yield* sim.awaitJournal((entries) => entries.length === 1)
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(fiber), 200)
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
      assert.deepStrictEqual((yield* sim.journal).map(({ outcome }) => outcome), ["answered"])
    }).pipe(simulated))

  it.effect("finishes what it has begun to answer", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.slowBody({ bytesPerSecond: 100 })])
      const response = yield* ask(sim, "/v1/messages", { method: "POST", body: JSON.stringify(helloStreamed) })
      yield* sim.script([Fault.refused("1 hour")])
      const body = yield* Effect.forkChild(textOf(response))
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
      yield* TestClock.adjust("1 minute")
      assert.include(yield* Fiber.join(body), "message_stop")
      yield* sim.awaitJournal(([entry]) => entry?.outcome === "answered")
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
    }).pipe(simulated))

  it.effect("stays down for the sum of all times", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.refused("2 seconds"), Fault.refused("3 seconds")])
      yield* TestClock.adjust("4 seconds")
      yield* sim.script([Fault.refused("5 seconds")])
      yield* TestClock.adjust(5999)
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* outcome(sim), 200)
      yield* sim.script([Fault.refused("1 second")])
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* outcome(sim), 200)
    }).pipe(simulated))

  it.effect("is not down for no time", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.refused(0)])
      assert.strictEqual(yield* outcome(sim), 200)
    }).pipe(simulated))

  it.effect("resets the request that meets the fault in a scenario, and is down then", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      assert.deepStrictEqual([yield* outcome(sim), yield* outcome(sim)], ["ECONNRESET", "ECONNREFUSED"])
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* outcome(sim), 200)
      assert.deepStrictEqual((yield* sim.journal).map(({ fault, outcome }) => [fault, outcome]), [
        ["Refused", "reset"],
        [undefined, "answered"]
      ])
    }).pipe(Effect.provide(layer({
      scenario: Scenario.make({ rules: [{ fault: { _tag: "Refused", duration: "5 seconds" }, times: 1 }] })
    }))))

  it.effect("resets the request that meets the fault after a delay, and is down then", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.delayed("1 second", Fault.refused("5 seconds"))])
      const fiber = yield* Effect.forkChild(outcome(sim))
      yield* sim.awaitJournal((entries) => entries.length === 1)
      assert.strictEqual(yield* outcome(sim), 200)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(fiber), "ECONNRESET")
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* outcome(sim), 200)
    }).pipe(simulated))

  it.effect("comes up when it is reset, for good", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.refused("1 hour")])
      yield* sim.reset
      assert.strictEqual(yield* outcome(sim), 200)
      yield* sim.script([Fault.refused("2 hours")])
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
    }).pipe(simulated))

  it.effect("ends with its layer, and never comes up again", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const sim = Context.get(yield* Layer.buildWithScope(layer(), scope), Simulator.Simulator)
      assert.strictEqual(yield* outcome(sim), 200)
      yield* sim.script([Fault.delayed("1 hour"), Fault.refused("5 seconds")])
      const fiber = yield* Effect.forkChild(Effect.exit(ask(sim)))
      yield* sim.awaitJournal((entries) => entries.length === 2)
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Exit.isFailure(yield* Fiber.join(fiber)))
      assert.strictEqual((yield* sim.journal)[1]?.outcome, "server-closed")
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
      yield* sim.script([Fault.refused("5 seconds")])
      assert.strictEqual(yield* sim.openConnections, 0)
    }))

  it.effect("ends with its layer while it comes up", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const sim = Context.get(yield* Layer.buildWithScope(layer(), scope), Simulator.Simulator)
      yield* sim.script([Fault.refused("5 seconds")])
      yield* Effect.all([TestClock.adjust("5 seconds"), Scope.close(scope, Exit.void)], { concurrency: "unbounded" })
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
    }))
})

/** A connection of one's own, and what came over it. */
const dial = (sim: Sim) =>
  Effect.acquireRelease(
    attempt(async () => {
      const { hostname, port } = new URL(sim.url)
      const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
      socket.setEncoding("utf8")
      await once(socket, "connect")
      return socket
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

const head = (sim: Sim, ...lines: ReadonlyArray<string>) =>
  [
    `GET /v1/models HTTP/1.1`,
    `host: simulator`,
    `x-api-key: ${Redacted.value(sim.apiKey)}`,
    `anthropic-version: 2026-10-21`,
    ...lines,
    "",
    ""
  ].join("\r\n")

/** A connection that one request was answered on. */
const answered = Effect.fnUntraced(function*(sim: Simulator.Simulator["Service"]) {
  const socket = yield* dial(sim)
  socket.write(head(sim))
  yield* attempt(() => once(socket, "data"))
  return socket
})

describe("the sockets of a server that goes down", () => {
  const simulated = Effect.provide(Simulator.layer())

  it.effect("are closed where no request is under way", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const socket = yield* answered(sim)
      socket.once("end", () => socket.end())
      yield* sim.script([Fault.refused("5 seconds")])
      assert.strictEqual(yield* sim.openConnections, 0)
    }).pipe(simulated))

  it.effect("are destroyed where the client keeps its end open", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* answered(sim)
      yield* sim.script([Fault.refused("5 seconds")])
      assert.strictEqual(yield* sim.openConnections, 0)
    }).pipe(simulated))

  it.effect("are closed where a request comes all the same, which is not written down", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const socket = yield* answered(sim)
      const down = yield* Effect.forkChild(sim.script([Fault.refused("5 seconds")]))
      yield* attempt(() => once(socket, "end"))
      socket.write(head(sim))
      const answer = yield* Effect.forkChild(attempt(() => once(socket, "data")))
      yield* Fiber.join(down)
      assert.isUndefined(answer.pollUnsafe())
      assert.strictEqual(yield* sim.openConnections, 0)
      assert.strictEqual((yield* sim.journal).length, 1)
    }).pipe(simulated))

  it.effect("are reset where a request is yet to come in full, which is not written down", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const socket = yield* dial(sim)
      socket.write(head(sim, "content-length: 100", "expect: 100-continue"))
      const [interim] = yield* attempt(() => once(socket, "data"))
      assert.match(String(interim), /100 Continue/)
      socket.write("{")
      const closed = yield* Effect.forkChild(Effect.flip(attempt(() => once(socket, "close"))))
      yield* sim.script([Fault.refused("5 seconds")])
      assert.propertyVal((yield* Fiber.join(closed)).cause, "code", "ECONNRESET")
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* outcome(sim), 200)
      assert.strictEqual((yield* sim.journal).length, 1)
    }).pipe(simulated))

  it.effect("are destroyed as the layer closes, while the server waits for them", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const sim = Context.get(yield* Layer.buildWithScope(Simulator.layer(), scope), Simulator.Simulator)
      const socket = yield* answered(sim)
      const down = yield* Effect.forkChild(sim.script([Fault.refused("5 seconds")]))
      yield* attempt(() => once(socket, "end"))
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(down)
      assert.strictEqual(yield* sim.openConnections, 0)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
    }))

  it.effect("take no orders any more", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const socket = yield* answered(sim)
      const down = yield* Effect.forkChild(sim.script([Fault.refused("5 seconds")]))
      yield* attempt(() => once(socket, "end"))
      const orders = JSON.stringify([{ _tag: "Error", status: 529 }])
      socket.write(`POST /__simulator/faults HTTP/1.1\r\nhost: simulator\r\ncontent-length: ${orders.length}\r\n\r\n`)
      socket.write(orders)
      yield* Fiber.join(down)
      assert.strictEqual(yield* sim.remaining, 0)
    }).pipe(Effect.provide(Simulator.layer({ control: true }))))

  it.effect("are closed after the answer that is under way", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.slowBody({ bytesPerSecond: 1000 })])
      const socket = yield* dial(sim)
      socket.write(head(sim))
      const [begin] = yield* attempt(() => once(socket, "data"))
      yield* sim.script([Fault.refused("1 hour")])
      const rest = yield* Effect.forkChild(attempt(() => text(socket)))
      yield* TestClock.adjust("1 minute")
      assert.match(String(begin), /^HTTP\/1\.1 200 OK\r\n/)
      assert.match(yield* Fiber.join(rest), /"has_more":false.*}$/)
    }).pipe(simulated))

  it.effect("close after the answer that is under way, which says so", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.none, Fault.refused("5 seconds")])
      const { headers } = yield* ask(sim)
      assert.strictEqual(headers.get("connection"), "close")
    }).pipe(simulated))
})

describe("a port that another takes while the server is down", () => {
  it.effect("is logged, and a reset tries again", () => {
    const logged: Array<unknown> = []
    const logger = Logger.make(({ message }) => void logged.push(message))
    return Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.refused("5 seconds")])
      const other = createServer((_, response) => response.writeHead(418, { connection: "close" }).end())
      yield* attempt(async () => {
        other.listen({ host: "127.0.0.1", port: Number(new URL(sim.url).port) })
        await once(other, "listening")
      })
      yield* TestClock.adjust("5 seconds")
      yield* sim.reset
      assert.strictEqual(yield* outcome(sim), 418)
      const { port } = new URL(sim.url)
      const message = `The simulator stays down: listen EADDRINUSE: address already in use 127.0.0.1:${port}`
      assert.deepStrictEqual(logged, [[message], [message]])
      yield* attempt(async () => {
        other.close()
        await once(other, "close")
      })
      assert.strictEqual(yield* outcome(sim), "ECONNREFUSED")
      yield* sim.reset
      assert.strictEqual(yield* outcome(sim), 200)
    }).pipe(Effect.provide(Layer.merge(Simulator.layer(), Logger.layer([logger]))))
  })
})
