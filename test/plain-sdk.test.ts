/** What plain use of the SDK gets wrong, each case side by side with what it is here. */
import Anthropic, { APIError, APIUserAbortError } from "@anthropic-ai/sdk"
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it, vi } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Layer, Redacted, Stream } from "effect"
import { Claude, ClaudeError, ClaudeLogger, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import process from "node:process"
import { hello, simulated } from "./support/simulated.ts"

const streamed = { ...hello, stream: true } as const

/** The SDK as its front page makes it, over the simulated API. */
const plain = (options?: ConstructorParameters<typeof Anthropic>[0]) =>
  Effect.map(
    Simulator.Simulator,
    (sim) => new Anthropic({ baseURL: sim.url, apiKey: Redacted.value(sim.apiKey), logLevel: "off", ...options })
  )

/** What a promise comes to, whichever way. */
const settled = <A>(run: () => Promise<A>) => Effect.result(Effect.tryPromise({ try: run, catch: (error) => error }))

/** What a promise fails with. */
const rejection = <A>(run: () => Promise<A>) => Effect.flip(Effect.tryPromise({ try: run, catch: (error) => error }))

const typesOf = async (events: AsyncIterable<{ readonly type: string }>) => {
  const types: Array<string> = []
  for await (const { type } of events) types.push(type)
  return types
}

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

const drain = Effect.flatMap(Claude.Claude, ({ messages }) => Stream.runDrain(messages.stream(hello)))

/** Two requests that meet the same fault. */
const twice = (fault: Fault.Fault) => Effect.flatMap(Simulator.Simulator, (sim) => sim.script([fault, fault]))

const errorBody = Fault.body({
  text: JSON.stringify({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } })
})

describe("Promise 1: the type tells the truth, where plain SDK use does not (one answer)", () => {
  it.effect("200 with HTML: the SDK resolves with the page, here it is an InvalidResponseError", () =>
    Effect.gen(function*() {
      yield* twice(Fault.html())
      const sdk = yield* plain()
      const page: unknown = yield* Effect.promise(() => sdk.messages.create(hello))
      assert.match(String(page), /^<!DOCTYPE html>/)
      assert.instanceOf(yield* Effect.flip(create), ClaudeError.InvalidResponseError)
    }).pipe(Effect.provide(simulated())))

  it.effect("200 with an error body: the SDK resolves with it, here it is the error's class", () =>
    Effect.gen(function*() {
      yield* twice(errorBody)
      const sdk = yield* plain()
      const body: unknown = yield* Effect.promise(() => sdk.messages.create(hello))
      assert.propertyVal(body, "type", "error")
      assert.instanceOf(yield* Effect.flip(create), ClaudeError.OverloadedError)
    }).pipe(Effect.provide(simulated())))

  it.effect("a body that is cut: the SDK throws a raw TypeError, here it is an InvalidResponseError", () =>
    Effect.gen(function*() {
      yield* twice(Fault.cutBody({ afterBytes: 60 }))
      const sdk = yield* plain()
      assert.instanceOf(yield* rejection(() => sdk.messages.create(hello)), TypeError)
      assert.instanceOf(yield* Effect.flip(create), ClaudeError.InvalidResponseError)
    }).pipe(Effect.provide(simulated())))

  it.effect("cut JSON: the SDK throws a raw SyntaxError, here it is an InvalidResponseError", () =>
    Effect.gen(function*() {
      yield* twice(Fault.truncatedJson({ afterBytes: 60 }))
      const sdk = yield* plain()
      assert.instanceOf(yield* rejection(() => sdk.messages.create(hello)), SyntaxError)
      assert.instanceOf(yield* Effect.flip(create), ClaudeError.InvalidResponseError)
    }).pipe(Effect.provide(simulated())))

  const headers = Deferred.makeUnsafe<void>()

  const noticing = async (...request: Parameters<typeof fetch>) => {
    const response = await fetch(...request)
    Deferred.doneUnsafe(headers, Effect.void)
    return response
  }

  it.effect("a body that stalls: the SDK's timeout ends with the headers, here it covers the body", () =>
    Effect.gen(function*() {
      yield* twice(Fault.stallBody({ afterBytes: 20 }))
      const sdk = yield* plain({ timeout: 86_000_000 })
      const started = vi.spyOn(globalThis, "setTimeout")
      const ended = vi.spyOn(globalThis, "clearTimeout")
      const controller = new AbortController()
      const call = sdk.messages.create(hello, { signal: controller.signal })
      yield* Effect.promise(() => call.asResponse())
      const timer = started.mock.results[started.mock.calls.findIndex(([, millis]) => millis === 86_000_000)]?.value
      assert.include(ended.mock.calls.map(([id]) => id), timer)
      started.mockRestore()
      ended.mockRestore()
      controller.abort()

      const fiber = yield* Effect.forkChild(Effect.flip(create))
      yield* Deferred.await(headers)
      yield* TestClock.adjust("10 minutes")
      assert.instanceOf(yield* Fiber.join(fiber), ClaudeError.APIConnectionTimeoutError)
    }).pipe(Effect.provide(simulated({ fetch: noticing }))))

  it.effect("an abort while the body is read: the SDK throws a DOMException, here it stays an interruption", () =>
    Effect.gen(function*() {
      yield* twice(Fault.stallBody({ afterBytes: 20 }))
      const sim = yield* Simulator.Simulator
      const sdk = yield* plain()
      const controller = new AbortController()
      const call = sdk.messages.create(hello, { signal: controller.signal })
      yield* Effect.promise(() => call.asResponse())
      controller.abort()
      const error = yield* rejection(() => call)
      assert.instanceOf(error, DOMException)
      assert.notInstanceOf(error, APIUserAbortError)

      const fiber = yield* Effect.forkChild(create)
      yield* sim.awaitJournal(([, second]) => second?.status === 200)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    }).pipe(Effect.provide(simulated())))
})

describe("Promise 3: a stream ends with message_stop or with a typed error, where plain SDK use does not", () => {
  it.effect("200 with HTML: the SDK's loop ends normally, here it is an InvalidResponseError", () =>
    Effect.gen(function*() {
      yield* twice(Fault.html())
      const sdk = yield* plain()
      assert.deepStrictEqual(yield* Effect.promise(async () => typesOf(await sdk.messages.create(streamed))), [])
      assert.instanceOf(yield* Effect.flip(drain), ClaudeError.InvalidResponseError)
    }).pipe(Effect.provide(simulated())))

  it.effect("200 with an error body: the SDK's loop ends normally, here it is the error's class", () =>
    Effect.gen(function*() {
      yield* twice(errorBody)
      const sdk = yield* plain()
      assert.deepStrictEqual(yield* Effect.promise(async () => typesOf(await sdk.messages.create(streamed))), [])
      assert.instanceOf(yield* Effect.flip(drain), ClaudeError.OverloadedError)
    }).pipe(Effect.provide(simulated())))

  it.effect("an error event: the SDK throws a bare APIError without a status, here it is an OverloadedError, 529", () =>
    Effect.gen(function*() {
      yield* twice(Fault.streamError({ afterEvents: 2, type: "overloaded_error" }))
      const sdk = yield* plain()
      const thrown = yield* rejection(async () => typesOf(await sdk.messages.create(streamed)))
      assert.instanceOf(thrown, APIError)
      assert.strictEqual(Object.getPrototypeOf(thrown), APIError.prototype)
      assert.isUndefined(thrown.status)
      const error = yield* Effect.flip(drain)
      assert.instanceOf(error, ClaudeError.OverloadedError)
      assert.strictEqual(error.status, 529)
    }).pipe(Effect.provide(simulated())))

  it.effect("an end before message_stop: the SDK's loop ends normally, here it is a StreamInterruptedError", () =>
    Effect.gen(function*() {
      yield* twice(Fault.streamEnds({ afterEvents: 2 }))
      const sdk = yield* plain()
      const types = yield* Effect.promise(async () => typesOf(await sdk.messages.create(streamed)))
      assert.deepStrictEqual(types, ["message_start", "content_block_start"])
      assert.instanceOf(yield* Effect.flip(drain), ClaudeError.StreamInterruptedError)
    }).pipe(Effect.provide(simulated())))

  it.effect("a last event without its blank line: the SDK drops it, here it arrives", () =>
    Effect.gen(function*() {
      yield* twice(Fault.unterminatedLastEvent)
      const sdk = yield* plain()
      const claude = yield* Claude.Claude
      const types = yield* Effect.promise(async () => typesOf(await sdk.messages.create(streamed)))
      assert.strictEqual(types.at(-1), "message_delta")
      const events = yield* Stream.runCollect(claude.messages.stream(hello))
      assert.strictEqual(events.at(-1)?.type, "message_stop")
    }).pipe(Effect.provide(simulated())))

  it.effect("a failure while the reader is busy: the SDK's MessageStream loses it, here it waits for the reader", () =>
    Effect.gen(function*() {
      yield* twice(Fault.streamError({ afterEvents: 4, type: "overloaded_error" }))
      const sim = yield* Simulator.Simulator
      const sdk = yield* plain()
      const types: Array<string> = []
      yield* Effect.promise(async () => {
        const stream = sdk.messages.stream(hello)
        for await (const { type } of stream) {
          types.push(type)
          await stream.done().catch(() => {})
        }
      })
      assert.strictEqual(types[0], "message_start")

      const claude = yield* Claude.Claude
      const error = yield* claude.messages.stream(hello).pipe(
        Stream.runForEach(() => sim.awaitJournal(([, second]) => second?.outcome === "answered")),
        Effect.flip
      )
      assert.instanceOf(error, ClaudeError.OverloadedError)
    }).pipe(Effect.provide(simulated())))

  it.effect("a failure that nobody listens for: the SDK's MessageStream rejects unhandled, here nothing does", () =>
    Effect.gen(function*() {
      yield* twice(Fault.overloaded())
      const sdk = yield* plain({ maxRetries: 0 })
      const unhandled: Array<unknown> = []
      const first = yield* Deferred.make<void>()
      // Vitest would count it as a failure of the run.
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const listeners = process.listeners("unhandledRejection")
          process.removeAllListeners("unhandledRejection")
          process.on("unhandledRejection", (reason) => {
            unhandled.push(reason)
            Deferred.doneUnsafe(first, Effect.void)
          })
          return listeners
        }),
        (listeners) =>
          Effect.sync(() => {
            process.removeAllListeners("unhandledRejection")
            listeners.forEach((listener) => process.on("unhandledRejection", listener))
          })
      )
      sdk.messages.stream(hello)
      yield* Deferred.await(first)
      assert.strictEqual(unhandled.length, 1)

      const fiber = yield* Effect.forkChild(Effect.exit(drain))
      yield* Fiber.await(fiber)
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      assert.strictEqual(unhandled.length, 1)
    }).pipe(Effect.provide(simulated())))

  // More than all buffers between a server and its client hold.
  const megabyte = { type: "redacted_thinking" as const, data: "x".repeat(1024 * 1024) }
  const large = { reply: { content: Array.from({ length: 40 }, () => megabyte) } }

  it.effect("a slow reader: the SDK's MessageStream buffers everything, here the server waits", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const sdk = yield* plain()
      const stream = sdk.messages.stream(hello)
      yield* Effect.promise(() => stream[Symbol.asyncIterator]().next())
      yield* sim.awaitJournal(([first]) => first?.outcome === "answered")

      const claude = yield* Claude.Claude
      const [outcome] = yield* claude.messages.stream(hello).pipe(
        Stream.mapEffect(() =>
          // What else could arrive meanwhile has arrived when another answer has.
          Effect.andThen(claude.models.retrieve(hello.model), Effect.map(sim.journal, ([, second]) => second?.outcome))
        ),
        Stream.take(1),
        Stream.runCollect
      )
      assert.strictEqual(outcome, "pending")
    }).pipe(Effect.provide(simulated({}, large))))
})

describe("Promise 2: one retry loop, and you own it, where plain SDK use does not", () => {
  const policy = { retry: RetryPolicy.standard }

  it.effect("429 for a spend limit: the SDK tries three times, here once", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const spendLimit = Fault.rateLimited({ code: "enforced_spend_limit_reached", retryAfterMs: 1 })
      yield* sim.script([spendLimit, spendLimit, spendLimit, spendLimit])
      const sdk = yield* plain()
      yield* rejection(() => sdk.messages.create(hello))
      assert.strictEqual((yield* sim.journal).length, 3)
      const reason = yield* create.pipe(
        Effect.catchReason("RateLimitError", "EnforcedSpendLimitReachedError", ({ _tag }) => Effect.succeed(_tag))
      )
      assert.strictEqual(reason, "EnforcedSpendLimitReachedError")
      assert.strictEqual((yield* sim.journal).length, 4)
    }).pipe(Effect.provide(simulated(policy))))

  it.effect("retry-after: 86400: the SDK sleeps a day, here the call gives up and tells", () =>
    Effect.gen(function*() {
      yield* twice(Fault.rateLimited({ retryAfter: "86400 seconds" }))
      const sdk = yield* plain()
      const controller = new AbortController()
      const asleep = yield* Deferred.make<void>()
      const { setTimeout } = globalThis
      const timers = vi.spyOn(globalThis, "setTimeout").mockImplementation((callback, millis, ...args) => {
        if (millis === 86_400_000) Deferred.doneUnsafe(asleep, Effect.void)
        return setTimeout(callback, millis, ...args)
      })
      const call = yield* Effect.forkChild(settled(() => sdk.messages.create(hello, { signal: controller.signal })))
      yield* Effect.andThen(Deferred.await(asleep), Effect.yieldNow)
      timers.mockRestore()
      controller.abort()
      yield* Fiber.await(call)

      const error = yield* Effect.flip(create)
      assert.instanceOf(error, ClaudeError.RateLimitError)
      assert.strictEqual(error.attempts, 1)
      assert.deepStrictEqual(error.retryAfter, Duration.millis(86_400_000))
    }).pipe(Effect.provide(simulated(policy))))
})

describe("Promise 4: nothing secret leaks, where plain SDK use lets it", () => {
  it.effect("a deprecated model: the SDK writes to the console, here the line goes to the logger", () =>
    Effect.gen(function*() {
      const sdk = yield* plain()
      const params = { ...hello, model: "claude-sonnet-4-5" }
      const written = vi.spyOn(console, "warn").mockImplementation(() => {})
      yield* Effect.promise(() => sdk.messages.create(params))
      assert.match(String(written.mock.lastCall?.[0]), /'claude-sonnet-4-5' is deprecated/)

      const claude = yield* Claude.Claude
      yield* claude.messages.create(params)
      assert.strictEqual(written.mock.calls.length, 1)
      written.mockRestore()
      assert.match(lines.at(-1) ?? "", /'claude-sonnet-4-5' is deprecated/)
    }).pipe(Effect.provide(simulated().pipe(Layer.provide(collecting)))))

  it.effect("debug log level: the SDK logs what people wrote, here bodies are taken out", () =>
    Effect.gen(function*() {
      const params = { ...hello, messages: [{ role: "user" as const, content: "my diary of today" }] }
      const logged: Array<unknown> = []
      const log = (...args: ReadonlyArray<unknown>) => void logged.push(...args)
      const sdk = yield* plain({ logLevel: "debug", logger: { error: log, warn: log, info: log, debug: log } })
      yield* Effect.promise(() => sdk.messages.create(params))
      assert.include(JSON.stringify(logged), "my diary of today")

      const claude = yield* Claude.Claude
      lines.length = 0
      yield* claude.messages.create(params)
      assert.isNotEmpty(lines)
      assert.notInclude(lines.join("\n"), "my diary of today")
    }).pipe(Effect.provide(simulated({ logLevel: "debug" }).pipe(Layer.provide(collecting)))))
})

const lines: Array<string> = []

const collecting = ClaudeLogger.layer({
  log: (line) => Effect.sync(() => lines.push(JSON.stringify(line)))
})
