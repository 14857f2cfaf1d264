import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Predicate, Redacted, Scope, Stream } from "effect"
import { Claude } from "effect-claude"
import { TestClock } from "effect/testing"
import { Fault, Simulator } from "../src/index.ts"
import { attempt, claudeOver, elapse, hello } from "./client.ts"

const call = Effect.flatMap(Claude.Claude, (claude) => claude.messages.create(hello))
const stream = Effect.flatMap(Claude.Claude, (claude) => Stream.runCollect(claude.messages.stream(hello)))

/** What a failure says, without what differs from one run to the next: the address, and how a stack was reached. */
const essence = (error: object) => {
  const field = (name: string): unknown => Reflect.get(error, name)
  return {
    tag: field("_tag"),
    // A kernel tells the two ends of a connection apart, but not always in time.
    message: String(field("message"))
      .replace(/127\.0\.0\.1:\d+|simulator\.invalid/g, "host")
      .replace(/other side closed|read ECONNRESET/, "connection lost"),
    ...Object.fromEntries(
      [
        "status",
        "type",
        "reason",
        "problem",
        "requestId",
        "param",
        "shouldRetry",
        "isRetryable",
        "isThrottling",
        "outcome",
        "events",
        "partial",
        "body",
        "snippet",
        "contentType",
        "sent",
        "rateLimits"
      ].map((name) => [name, field(name)])
    ),
    retryAfter: String(field("retryAfter"))
  }
}

/** What becomes of a call that meets a fault, for the client and in the journal. The clock runs on, so stalls time out. */
const outcome = <A, E extends object>(fault: Fault.Fault, call: Effect.Effect<A, E, Claude.Claude>) =>
  Effect.gen(function*() {
    const sim = yield* Simulator.Simulator
    yield* TestClock.setTime(0)
    yield* sim.script([fault])
    const fiber = yield* Effect.forkChild(Effect.match(call, {
      onFailure: (error): unknown => essence(error),
      onSuccess: (value): unknown => value
    }))
    // Two minutes are past the silence that a stream may have, ten past what a call may take.
    if (stalls(fault)) {
      yield* sim.awaitJournal((entries) => entries.length === 1)
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* TestClock.adjust("11 minutes")
    }
    if (isSlow(fault)) {
      yield* sim.awaitJournal(([entry]) => entry?.status !== undefined)
      yield* TestClock.adjust("1 minute")
    }
    const result = yield* Fiber.join(fiber)
    const [entry] = yield* sim.awaitJournal(([entry]) => entry?.outcome !== "pending")
    return { result, outcome: entry?.outcome, status: entry?.status, fault: entry?.fault, body: entry?.body }
  })

const stalls = ({ _tag }: Fault.Fault): boolean => /Stall|Delayed/.test(_tag)

const isSlow = Predicate.isTagged("SlowBody")

const at = "Wed, 21 Oct 2026 07:28:00 GMT"

/** The whole list of faults, with their variants. */
const faults: ReadonlyArray<Fault.Fault> = [
  Fault.none,
  ...[400, 401, 402, 403, 404, 408, 409, 412, 413, 418, 422, 429, 431, 499, 500, 501, 502, 503, 504, 529].map((
    status
  ) => Fault.error({ status })),
  Fault.error({ status: 400, code: "image_too_large", details: { max: 5 }, param: "messages.0" }),
  Fault.rateLimited({ retryAfter: "2 seconds", code: "ramp_limit_exceeded" }),
  ...[at, "banana", "0", "-1"].map((retryAfter) => Fault.rateLimited({ retryAfter })),
  Fault.rateLimited({ retryAfterMs: 1500 }),
  Fault.overloaded({ shouldRetry: false }),
  Fault.error({ status: 400, shouldRetry: true }),
  Fault.internal(),
  Fault.status(418, "short and stout"),
  Fault.status(204),
  Fault.status(304),
  Fault.html(),
  Fault.html({ status: 502 }),
  Fault.body({ text: "" }),
  Fault.body({ text: "{" }),
  Fault.body({ text: "", contentType: "text/event-stream" }),
  Fault.error({ status: 200, type: "overloaded_error" }),
  Fault.delayed("5 seconds"),
  Fault.delayed("5 seconds", Fault.overloaded()),
  Fault.refused("5 seconds"),
  Fault.delayed("5 seconds", Fault.refused("5 seconds")),
  Fault.resetBeforeHeaders,
  Fault.resetAfterHeaders,
  ...[0, 1, 200, 1_000_000].flatMap((afterBytes) => [
    Fault.cutBody({ afterBytes }),
    Fault.truncatedJson({ afterBytes }),
    Fault.stallBody({ afterBytes })
  ]),
  Fault.emptyBody,
  Fault.badJson,
  ...[undefined, 0, 5, 30, 100, 1_000_000].map((afterBytes) => Fault.truncatedGzip({ afterBytes })),
  Fault.error({ status: 400, headers: { "content-encoding": "gzip" } }),
  Fault.contentType("text/html"),
  Fault.contentType("text/plain; charset=utf-8"),
  Fault.contentType("application/json"),
  Fault.contentType("text/event-stream"),
  Fault.slowBody({ bytesPerSecond: 1000 }),
  Fault.slowBody({ bytesPerSecond: 300 }),
  Fault.stallBeforeHeaders,
  ...[0, 1, 2, 3, 10, 11, 12, 1000].map((afterEvents) => Fault.duplicateEvent({ afterEvents })),
  ...[0, 3, 1000].flatMap((afterEvents) => [
    Fault.streamError({ afterEvents, type: "overloaded_error" }),
    Fault.streamEnds({ afterEvents }),
    Fault.streamStalls({ afterEvents })
  ]),
  Fault.unterminatedLastEvent
]

const cases = faults.flatMap((fault) => {
  const name = `${fault._tag} ${JSON.stringify(fault)}`
  return [
    { name: `a message under ${name}`, fault, call },
    { name: `a stream under ${name}`, fault, call: stream }
  ]
})

describe("with a socket and without", () => {
  it.effect.each<{
    readonly name: string
    readonly fault: Fault.Fault
    readonly call: Effect.Effect<unknown, object, Claude.Claude>
  }>(cases)("$name comes out the same", ({ call, fault }) =>
    Effect.gen(function*() {
      const socket = yield* Effect.provide(outcome(fault, call), claudeOver(Simulator.layer()))
      const socketless = yield* Effect.provide(outcome(fault, call), claudeOver(Simulator.layerFetch()))
      assert.deepStrictEqual(socketless, socket)
    }))

  it.effect("a client that goes away shows in the journal", () =>
    Effect.gen(function*() {
      const leave = Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        yield* sim.script([Fault.stallBody({ afterBytes: 10 })])
        const fiber = yield* Effect.forkChild(call)
        yield* sim.awaitJournal(([entry]) => entry?.status === 200)
        yield* Fiber.interrupt(fiber)
        const [entry] = yield* sim.awaitJournal(([entry]) => entry?.outcome !== "pending")
        return entry?.outcome
      })
      assert.strictEqual(yield* Effect.provide(leave, claudeOver(Simulator.layer())), "client-disconnected")
      assert.strictEqual(yield* Effect.provide(leave, claudeOver(Simulator.layerFetch())), "client-disconnected")
    }))
})

describe("a simulator without a socket", () => {
  const simulated = Effect.provide(Claude.layerClient.pipe(Layer.provideMerge(Simulator.layerClient())))

  it.effect("is retried by the client's policy, in virtual time", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.rateLimited({ retryAfter: "30 seconds" }), Fault.resetBeforeHeaders])
      const fiber = yield* Effect.forkChild(call)
      yield* elapse(fiber, "10 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).role, "assistant")
      assert.deepStrictEqual((yield* sim.journal).map(({ outcome }) => outcome), ["answered", "reset", "answered"])
    }).pipe(simulated))

  it.effect("holds a stream back from a client that does not read it", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const headers = { "x-api-key": Redacted.value(sim.apiKey), "anthropic-version": "2026-10-21" }
      const words = "Say it in 100000 words"
      const body = JSON.stringify({
        ...hello,
        max_tokens: 128000,
        stream: true,
        messages: [{ role: "user", content: words }]
      })
      const response = yield* Effect.promise(() =>
        sim.fetch(`${sim.url}/v1/messages`, { method: "POST", headers, body })
      )
      assert.strictEqual((yield* sim.journal)[0]?.outcome, "pending")
      assert.strictEqual(yield* sim.openConnections, 1)
      yield* Effect.promise(() => response.body?.cancel() ?? Promise.resolve())
      yield* sim.awaitJournal(([entry]) => entry?.outcome === "client-disconnected")
      assert.strictEqual(yield* sim.openConnections, 0)
    }).pipe(simulated))

  it.effect("ends what is under way when its layer closes, and is gone after that", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const sim = Context.get(yield* Layer.buildWithScope(Simulator.layerFetch(), scope), Simulator.Simulator)
      yield* sim.script([Fault.stallBeforeHeaders])
      const ask = attempt(() => sim.fetch(`${sim.url}/v1/models`))
      const fiber = yield* Effect.forkChild(Effect.flip(ask))
      yield* sim.awaitJournal((entries) => entries.length === 1)
      yield* Scope.close(scope, Exit.void)
      assert.match(String((yield* Fiber.join(fiber)).cause), /fetch failed/)
      assert.strictEqual((yield* sim.journal)[0]?.outcome, "server-closed")
      assert.match(String((yield* Effect.flip(ask)).cause), /fetch failed/)
    }))
})
