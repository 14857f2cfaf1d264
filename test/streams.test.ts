/** Promise 3 over a real socket: a stream ends with message_stop or with a typed error, and leaves nothing behind. */
import Anthropic from "@anthropic-ai/sdk"
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Fiber, Latch, Layer, Queue, Schema, Scope, Stream } from "effect"
import { Claude, ClaudeClient, ClaudeError, MessageStream, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { setImmediate } from "node:timers/promises"
import { hello, simulated } from "./support/simulated.ts"
import { claudeServedBy, end, frame, open, say, signal, start } from "./support/wire.ts"

const beginning = start + open + say("Once ") + say("upon")

const nextTurn = Effect.promise(() => setImmediate())

describe("Promise 3: what had arrived of a stream that is cut", () => {
  const cuts: ReadonlyArray<{ readonly how: string; readonly strike: (socket: Closable) => void }> = [
    { how: "properly, before message_stop", strike: (response) => response.end() },
    { how: "in the middle of its body", strike: (response) => response.destroy() },
    {
      how: "in the middle of an event",
      strike: (response) => response.end("event: content_block_delta\ndata: {\"type\":")
    },
    { how: "in the middle of a character", strike: (response) => response.end(Uint8Array.of(0x64, 0xe2, 0x82)) }
  ]

  interface Closable {
    end(chunk?: string | Uint8Array): unknown
    destroy(): unknown
  }

  it.effect.each(cuts)(
    "is in the StreamInterruptedError of one that ends $how, with its usage",
    ({ strike }) =>
      Effect.gen(function*() {
        const { claude } = yield* claudeServedBy(({ response }) => response.write(beginning, () => strike(response)))
        const error = yield* Effect.flip(Stream.runDrain(claude.messages.stream(hello)))
        assert.instanceOf(error, ClaudeError.StreamInterruptedError)
        assert.deepInclude(error, { events: 4, requestId: "req_0" })
        assert.deepInclude(error.partial?.content[0], { type: "text", text: "Once upon" })
        assert.deepInclude(error.partial?.usage, { input_tokens: 10, output_tokens: 1 })
        assert.isNull(error.partial?.stop_reason)
      })
  )

  it.effect("fails when it is silent for too long, although the clock is set back", () =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(({ response }) => response.write(beginning))
      const seen = yield* Queue.unbounded<string>()
      const clock = yield* Clock.clockWith(Effect.succeed)
      const wall = { setBack: 0 }
      const currentTimeMillisUnsafe = () => clock.currentTimeMillisUnsafe() - wall.setBack
      const fiber = yield* claude.messages.stream(hello).pipe(
        Stream.runForEach(({ type }) => Queue.offer(seen, type)),
        Effect.flip,
        Effect.provideService(Clock.Clock, Object.assign(Object.create(clock), { currentTimeMillisUnsafe })),
        Effect.forkChild
      )
      yield* Queue.takeN(seen, 4)
      yield* nextTurn
      wall.setBack = 3_600_000
      yield* TestClock.adjust("60 seconds")
      const error = yield* Fiber.join(fiber)
      assert.instanceOf(error, ClaudeError.StreamStalledError)
      assert.strictEqual(Duration.toSeconds(error.elapsed), 60)
    }))

  it.effect("is in the StreamStalledError of one that falls silent", () =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(({ response }) => response.write(beginning))
      const seen = yield* Queue.unbounded<string>()
      const fiber = yield* claude.messages.stream(hello).pipe(
        Stream.runForEach(({ type }) => Queue.offer(seen, type)),
        Effect.flip,
        Effect.forkChild
      )
      yield* Queue.takeN(seen, 4)
      yield* nextTurn
      yield* TestClock.adjust("60 seconds")
      const error = yield* Fiber.join(fiber)
      assert.instanceOf(error, ClaudeError.StreamStalledError)
      assert.deepInclude(error.partial?.content[0], { text: "Once upon" })
    }))

  it.effect("goes to JSON and back with the error", () =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(({ response }) => response.end(beginning))
      const error = yield* Effect.flip(Stream.runDrain(claude.messages.stream(hello)))
      const codec = Schema.toCodecJson(ClaudeError.ClaudeError)
      const back = yield* Effect.flatMap(Schema.encodeEffect(codec)(error), Schema.decodeEffect(codec))
      assert.deepInclude(back, { _tag: "StreamInterruptedError", events: 4 })
      assert.propertyVal(back, "partial", "partial" in back ? back.partial : undefined)
      assert.include(JSON.stringify(back), "Once upon")
    }))
})

describe("Promise 3: silence", () => {
  it.effect("ends a stream after a minute by default, and any byte counts as life", () =>
    Effect.gen(function*() {
      const seen = yield* Queue.unbounded<string>()
      const chunks = yield* Queue.unbounded<void>()
      // Tells of each chunk that has come, also of those without an event. The client takes the `fetch` that it finds.
      const { fetch } = globalThis
      globalThis.fetch = async (input, init) => {
        const response = await fetch(input, init)
        const told = new TransformStream({
          transform: (chunk, controller) => {
            controller.enqueue(chunk)
            Queue.offerUnsafe(chunks, undefined)
          }
        })
        return new Response(response.body?.pipeThrough(told), response)
      }
      yield* Effect.addFinalizer(() => Effect.sync(() => void (globalThis.fetch = fetch)))
      const connected = signal<{ write(chunk: string, done: () => void): unknown }>()
      const { claude } = yield* claudeServedBy(({ response }) => {
        response.write(beginning)
        connected.tell(response)
      })
      const fiber = yield* claude.messages.stream(hello).pipe(
        Stream.runForEach(({ type }) => Queue.offer(seen, type)),
        Effect.flip,
        Effect.forkChild
      )
      const response = yield* connected.told
      yield* Queue.takeN(seen, 4)
      yield* Queue.takeAll(chunks)
      for (const life of [": a comment\n", "\n", "event: pi", "ng\ndata: {}\n\n"]) {
        yield* nextTurn
        yield* TestClock.adjust("45 seconds")
        yield* Effect.callback<void>((resume) => void response.write(life, () => resume(Effect.void)))
        yield* Queue.take(chunks)
        yield* nextTurn
      }
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.instanceOf(yield* Fiber.join(fiber), ClaudeError.StreamStalledError)
    }))

  it.effect("does not count while the reader is busy", () =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(({ response }) => response.end(beginning + end))
      const fiber = yield* claude.messages.stream(hello).pipe(
        Stream.mapEffect((event) => Effect.as(Effect.sleep("10 minutes"), event.type)),
        Stream.runCollect,
        Effect.forkChild
      )
      while (fiber.pollUnsafe() === undefined) {
        yield* nextTurn
        yield* TestClock.adjust("5 minutes")
      }
      assert.strictEqual((yield* Fiber.join(fiber)).at(-1), "message_stop")
    }))
})

describe("Promise 3: what is no event", () => {
  const problems: ReadonlyArray<{ readonly what: string; readonly bytes: string; readonly message: RegExp }> = [
    {
      what: "no JSON",
      bytes: "event: content_block_delta\ndata: {oops\n\n",
      message: /Event 3 .*content_block_delta.* is not a JSON object/
    },
    { what: "no object", bytes: "event: content_block_delta\ndata: 7\n\n", message: /Event 3 .* is not a JSON object/ },
    {
      what: "an event without its part",
      bytes: frame({ type: "content_block_delta", index: 0 }),
      message: /Event 3 .*content_block_delta.*: delta: expected an object, got nothing/
    },
    {
      what: "a text whose citations are no list",
      bytes: frame({
        type: "content_block_start",
        index: 1,
        content_block: { type: "text", text: "", citations: 5 }
      }),
      message: /Event 3 .*content_block_start.*: content_block.citations: expected an array, got a number/
    },
    {
      what: "a count beyond all numbers",
      bytes:
        "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":null},\"usage\":{\"output_tokens\":1e999}}\n\n",
      message: /Event 3 .*message_delta.*: usage.output_tokens: expected a number, got a number beyond all others/
    }
  ]

  it.effect.each(problems)(
    "is an InvalidResponseError that says where: $what",
    ({ bytes, message }) =>
      Effect.gen(function*() {
        const { claude } = yield* claudeServedBy(({ response }) => response.end(start + open + bytes + end))
        const types: Array<string> = []
        const error = yield* claude.messages.stream(hello).pipe(
          Stream.runForEach(({ type }) => Effect.sync(() => types.push(type))),
          Effect.flip
        )
        assert.instanceOf(error, ClaudeError.InvalidResponseError)
        assert.match(error.message, message)
        assert.deepStrictEqual(types, ["message_start", "content_block_start"])
      })
  )

  it.effect("pings and events without data are kept out, unknown events are passed on", () =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(({ response }) =>
        response.end(
          `event: ping\ndata: {"type": "ping"}\n\n: comment\n\n${start}${open}event: ping\ndata: not JSON\n\n` +
            `event: nothing\ndata:\n\n${frame({ type: "surprise", content: 1 })}${end}`
        )
      )
      const types = yield* claude.messages.stream(hello).pipe(
        Stream.map((event): string => event.type),
        Stream.runCollect
      )
      assert.deepStrictEqual(types, [
        "message_start",
        "content_block_start",
        "surprise",
        "content_block_stop",
        "message_delta",
        "message_stop"
      ])
    }))
})

describe("Promise 1: a stream of anything", () => {
  const Part = Schema.Union([
    Schema.Json,
    Schema.Struct({
      type: Schema.Literals(["text_delta", "input_json_delta", "citations_delta", "tool_use", "fallback"])
    })
  ])

  const Anything = Schema.Array(Schema.Struct({
    type: Schema.Literals([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "message_delta",
      "surprise",
      "error"
    ]),
    index: Part,
    message: Part,
    content_block: Part,
    delta: Part,
    usage: Part,
    error: Part
  }))

  const claudeReading = (body: () => string) =>
    Layer.build(Claude.layerClient.pipe(
      Layer.provide(ClaudeClient.layerSdk(
        new Anthropic({
          apiKey: "sk-ant-test",
          fetch: async () => new Response(body(), { headers: { "content-type": "text/event-stream" } })
        })
      ))
    )).pipe(Effect.flatMap((context) => Effect.provide(Claude.Claude, context)))

  it.effect.prop(
    "ends with a typed failure, never with a defect",
    { events: Anything, begun: Schema.Boolean },
    ({ begun, events }) =>
      Effect.gen(function*() {
        const { messages } = yield* claudeReading(() => (begun ? start + open : "") + events.map(frame).join(""))
        const stream = messages.stream(hello, { retry: RetryPolicy.none })
        const error = yield* Effect.flip(MessageStream.runMessage(stream))
        assert.isTrue(ClaudeError.isClaudeError(error))
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 500, seed: 1 } }
  )
})

describe("Promise 3: retries of a stream", () => {
  const policy = { retry: RetryPolicy.exponential({ base: 0 }).pipe(RetryPolicy.whileRetryable) }

  it.effect("go up to its first event", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* sim.script([
        Fault.overloaded(),
        Fault.resetBeforeHeaders,
        Fault.resetAfterHeaders,
        Fault.streamEnds({ afterEvents: 0 }),
        Fault.streamError({ afterEvents: 0, type: "overloaded_error" })
      ])
      const events = yield* Stream.runCollect(claude.messages.stream(hello))
      assert.strictEqual(events.at(-1)?.type, "message_stop")
      assert.strictEqual((yield* sim.journal).length, 6)
    }).pipe(Effect.provide(simulated(policy))))

  it.effect("never go on after it", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* sim.script([Fault.streamError({ afterEvents: 2, type: "overloaded_error" })])
      assert.instanceOf(yield* Effect.flip(Stream.runDrain(claude.messages.stream(hello))), ClaudeError.OverloadedError)
      assert.strictEqual((yield* sim.journal).length, 1)
    }).pipe(Effect.provide(simulated(policy))))
})

describe("Promise 3: the socket of a stream", () => {
  type Events = Stream.Stream<{ readonly type: string }, Claude.Error<"messages.stream">>

  const leaving: ReadonlyArray<{ readonly how: string; readonly leave: (events: Events) => Effect.Effect<unknown> }> = [
    { how: "Stream.take", leave: (events) => Effect.orDie(Stream.runDrain(Stream.take(events, 2))) },
    {
      how: "a failing reader",
      leave: (events) =>
        Effect.exit(
          Stream.runForEach(events, ({ type }) => type === "content_block_start" ? Effect.fail("no") : Effect.void)
        )
    },
    {
      how: "a reader with a bug",
      leave: (events) => Effect.exit(Stream.runForEach(events, () => Effect.die("bug")))
    },
    {
      how: "a scope that closes",
      leave: (events) =>
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const pull = yield* Stream.toPull(events).pipe(Scope.provide(scope))
          yield* Effect.orDie(pull)
          yield* Scope.close(scope, Exit.void)
        })
    },
    {
      how: "an interruption in the middle of a pull",
      leave: (events) =>
        Effect.gen(function*() {
          const latch = yield* Latch.make()
          const fiber = yield* Effect.forkChild(Stream.runForEach(events, () => latch.open))
          yield* latch.await
          yield* nextTurn
          yield* Fiber.interrupt(fiber)
        })
    }
  ]

  it.effect.each(leaving)("is closed at once by $how", ({ leave }) =>
    Effect.gen(function*() {
      const closed = signal()
      const { claude } = yield* claudeServedBy(({ response }) => {
        response.on("close", () => closed.tell())
        response.write(beginning)
      })
      yield* leave(claude.messages.stream(hello))
      yield* closed.told
    }))

  it.effect("gives what comes after a pull that was given up to the next pull", () =>
    Effect.gen(function*() {
      let goOn = (): unknown => undefined
      const { claude } = yield* claudeServedBy(({ response }) => {
        response.write(beginning)
        goOn = () => response.end(end)
      })
      const pull = yield* Stream.toPull(claude.messages.stream(hello))
      const types: Array<string> = []
      const take = Effect.map(pull, (events) => types.push(...events.map(({ type }) => type)))
      while (types.length < 4) yield* take
      const given = yield* Effect.forkChild(take)
      yield* nextTurn
      yield* Fiber.interrupt(given)
      goOn()
      while (types.at(-1) !== "message_stop") yield* take
      assert.deepStrictEqual(types.slice(4), ["content_block_stop", "message_delta", "message_stop"])
    }))

  it.effect("is kept for the next call when the stream ends as it should", () =>
    Effect.gen(function*() {
      const { claude, server } = yield* claudeServedBy(({ response }) => response.end(beginning + end))
      for (let call = 0; call < 5; call++) {
        yield* Stream.runDrain(claude.messages.stream(hello))
        yield* nextTurn
      }
      assert.deepStrictEqual([server.requests(), server.connections()], [5, 1])
    }))

  it.effect("is not waited for once message_stop has come", () =>
    Effect.gen(function*() {
      const { claude } = yield* claudeServedBy(({ response }) => response.write(beginning + end))
      const events = yield* Stream.runCollect(claude.messages.stream(hello))
      assert.strictEqual(events.at(-1)?.type, "message_stop")
    }))

  it.effect("holds back a server whose reader pauses", () =>
    Effect.gen(function*() {
      const many = say("x".repeat(64 * 1024))
      let written = 0
      const { claude, server } = yield* claudeServedBy(({ index, response }) => {
        const go = (): void => {
          written += many.length
          if (written < 200e6) response.write(many, () => go())
        }
        if (index === 0) response.write(start + open, go)
        else response.end(beginning + end)
      })
      const rounds = 20
      yield* claude.messages.stream(hello).pipe(
        Stream.mapEffect(() =>
          // What could be written meanwhile has been written when other answers have come and gone.
          Effect.repeat(Stream.runDrain(claude.messages.stream(hello)), { times: rounds - 1 })
        ),
        Stream.take(1),
        Stream.runDrain
      )
      assert.strictEqual(server.requests(), rounds + 1)
      // The buffers of two operating system sockets and one web stream.
      assert.isBelow(written, 20e6)
    }))

  it.live("is not left open, nor a timer, by 1,000 interrupted streams", () =>
    Effect.gen(function*() {
      const { claude, server } = yield* claudeServedBy(({ response }) => response.write(beginning))
      // Vitest maps every stack, and a thousand aborts have one each.
      const { stackTraceLimit } = Error
      Error.stackTraceLimit = 0
      yield* Effect.addFinalizer(() => Effect.sync(() => Error.stackTraceLimit = stackTraceLimit))
      const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length
      const before = timers()
      let finalized = 0
      const interrupted = Effect.gen(function*() {
        const latch = yield* Latch.make()
        const fiber = yield* claude.messages.stream(hello, { idleTimeout: "1 hour" }).pipe(
          Stream.ensuring(Effect.sync(() => finalized++)),
          Stream.runForEach(() => latch.open),
          Effect.forkChild
        )
        yield* latch.await
        yield* Fiber.interrupt(fiber)
      })
      yield* Effect.replicateEffect(interrupted, 1000, { concurrency: 50, discard: true })
      assert.deepStrictEqual([server.requests(), finalized], [1000, 1000])
      // The client's pool may have made a connection more than it needed. One with a stream on it is not idle.
      server.server.closeIdleConnections()
      while ((yield* server.open) > 0) yield* nextTurn
      assert.isAtMost(timers(), before)
    }))
})

describe("MessageStream over a real socket", () => {
  it.effect("recovers a text that was cut twice, one seamless text", () =>
    Effect.gen(function*() {
      const words = ["Once ", "upon ", "a ", "time ", "there ", "was ", "a ", "queen."]
      const { claude, server } = yield* claudeServedBy(({ index, params, response }) => {
        const said = params.messages.find(({ role }) => role === "assistant")?.content ?? ""
        const rest = words.join("").slice(said.length).match(/ ?[^ ]+ ?/g) ?? []
        const now = index < 2 ? rest.slice(0, 2) : rest
        response.end(start + open + now.map(say).join("") + (index < 2 ? "" : end))
      })
      const params: Claude.MessageCreateParams = { ...hello }
      const text = yield* claude.messages.stream(params).pipe(
        MessageStream.recover({
          schedule: RetryPolicy.exponential({ base: 0 }).pipe(RetryPolicy.whileRetryable),
          continue: MessageStream.continueByPrefill(claude.messages.stream, params)
        }),
        Stream.mkString
      )
      assert.strictEqual(text, words.join(""))
      assert.strictEqual(server.requests(), 3)
    }))

  it.effect("closes the socket when both readers of a tee have left", () =>
    Effect.gen(function*() {
      const closed = signal()
      const { claude } = yield* claudeServedBy(({ response }) => {
        response.on("close", () => closed.tell())
        response.write(beginning)
      })
      const [left, right] = yield* MessageStream.tee(claude.messages.stream(hello))
      yield* Effect.all([Stream.runDrain(Stream.take(left, 1)), Stream.runDrain(Stream.take(right, 2))], {
        concurrency: 2
      })
      yield* closed.told
    }))
})
