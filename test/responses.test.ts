/** What the headers of a success tell. */
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Stream } from "effect"
import { Claude, ClaudeError, Interceptor, MessageStream, RetryPolicy } from "effect-claude"
import { over } from "./support/every.ts"
import { hello, simulated } from "./support/simulated.ts"
import { claudeServedBy, end, open, say, signal, start } from "./support/wire.ts"

describe("Claude.withResponse", () => {
  it.effect("gives status, request id and rate limits of a success", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      const { response, value } = yield* Claude.withResponse(claude.messages.create(hello))
      assert.strictEqual(response?.status, 200)
      assert.strictEqual(response?.requestId, (yield* sim.journal)[0]?.requestId)
      assert.isDefined(response?.rateLimits)
      assert.strictEqual(value.type, "message")
    }).pipe(Effect.provide(simulated())))

  it.effect("gives the response of the attempt that was answered", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      const claude = yield* Claude.Claude
      const { response } = yield* Claude.withResponse(claude.messages.create(hello))
      assert.strictEqual(response?.requestId, (yield* sim.journal)[1]?.requestId)
    }).pipe(Effect.provide(simulated({ retry: RetryPolicy.constant(0) }))))

  it.effect("tells which model and which host was asked, where an interceptor has chosen others", () => {
    const another = Interceptor.make({
      call: (call, next) => next(call.with({ params: { ...call.params, model: "claude-haiku-5-5" } }))
    })
    return Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      const { response } = yield* Claude.withResponse(claude.messages.create(hello))
      assert.strictEqual(response?.model, "claude-haiku-5-5")
      assert.strictEqual(response?.host, new URL(sim.url).host)
    }).pipe(Effect.provide(simulated({ interceptors: [another] })))
  })

  it.effect("shows no cookie", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const { response } = yield* Claude.withResponse(claude.models.retrieve("m"))
      assert.deepStrictEqual(Object.keys(response?.headers ?? {}), ["content-type"])
    }).pipe(Effect.provide(over(() => Response.json({ type: "model" }, { headers: { "set-cookie": "a=b" } })))))

  it.effect("is undefined where nothing was answered, and fails as the effect does", () =>
    Effect.gen(function*() {
      const { response } = yield* Claude.withResponse(Effect.succeed(1))
      assert.isUndefined(response)
      assert.deepStrictEqual(yield* Effect.exit(Claude.withResponse(Effect.fail("no"))), Exit.fail("no"))
    }))
})

describe("MessageStream.open", () => {
  it.effect("gives the response with the first event, and all events", () =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(({ response }) => response.end(start + open + say("Hi") + end))
      const { events, response } = yield* MessageStream.open(claude.messages.stream(hello))
      assert.strictEqual(response?.requestId, "req_0")
      const types = yield* events.pipe(Stream.map(({ type }) => type), Stream.runCollect)
      assert.strictEqual(types[0], "message_start")
      assert.strictEqual(types.at(-1), "message_stop")
    }))

  it.effect("gives events that can be read once: a second reader is told", () =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(({ response }) => response.end(start + open + say("Hi") + end))
      const { events } = yield* MessageStream.open(claude.messages.stream(hello))
      yield* Stream.runDrain(events)
      const exit = yield* Effect.exit(Stream.runDrain(events))
      assert.include(Exit.isFailure(exit) ? String(exit.cause) : "", "can be read once")
    }))

  it.effect("fails where the stream fails before its first event", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded()])
      const claude = yield* Claude.Claude
      const error = yield* Effect.flip(MessageStream.open(claude.messages.stream(hello)))
      assert.instanceOf(error, ClaudeError.OverloadedError)
    }).pipe(Effect.scoped, Effect.provide(simulated())))

  it.effect("closes the connection with its scope, where nobody reads on", () =>
    Effect.gen(function*() {
      const closed = signal()
      const { claude } = yield* claudeServedBy(({ response }) => {
        response.on("close", () => closed.tell())
        response.write(start + open + say("Hi"))
      })
      yield* Effect.scoped(MessageStream.open(claude.messages.stream(hello)))
      yield* closed.told
    }))
})
