import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Schedule, Scope, Stream } from "effect"
import { Claude, ClaudeClient, ClaudeError, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import process from "node:process"
import { hello, simulated } from "./support/simulated.ts"

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

const events = Stream.unwrap(Effect.map(Claude.Claude, ({ messages }) => messages.stream(hello)))

/** One turn of Node's event loop. */
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** Waits until the first request is over, and tells how. */
const outcome = Effect.flatMap(Simulator.Simulator, (sim) =>
  Effect.map(
    sim.awaitJournal(([entry]) => entry !== undefined && entry.outcome !== "pending"),
    ([entry]) => entry?.outcome
  ))

/** Waits until no socket is open any more. */
const noConnections: Effect.Effect<void, never, Simulator.Simulator> = Effect.flatMap(
  Simulator.Simulator,
  ({ openConnections }) =>
    Effect.andThen(turn, Effect.repeat(Effect.andThen(turn, openConnections), { until: (open) => open === 0 }))
).pipe(Effect.asVoid)

/** Starts a call whose request meets a fault, and waits until the server has begun with it. */
const underway = Effect.fnUntraced(function*<A, E, R>(fault: Fault.Fault, call: Effect.Effect<A, E, R>) {
  const sim = yield* Simulator.Simulator
  yield* sim.script([fault])
  const fiber = yield* Effect.forkChild(call)
  yield* sim.awaitJournal(([entry]) =>
    entry !== undefined && (fault._tag === "StallBeforeHeaders" || entry.status !== undefined)
  )
  return fiber
})

/** Starts a stream that falls silent after its third event, and waits until that has arrived. */
const midway = Effect.fnUntraced(function*() {
  const sim = yield* Simulator.Simulator
  yield* sim.script([Fault.streamStalls({ afterEvents: 4 })])
  const third = yield* Deferred.make<void>()
  const fiber = yield* events.pipe(
    Stream.runForEach(({ type }) => type === "content_block_delta" ? Deferred.succeed(third, undefined) : Effect.void),
    Effect.forkChild
  )
  yield* Deferred.await(third)
  return fiber
})

const calls: ReadonlyArray<{
  readonly where: string
  readonly fault: Fault.Fault
  readonly call: Effect.Effect<unknown, ClaudeError.ClaudeError, Claude.Claude | ClaudeClient.ClaudeClient>
}> = [
  { where: "a call before the headers", fault: Fault.stallBeforeHeaders, call: create },
  { where: "a call in the middle of the body", fault: Fault.stallBody({ afterBytes: 40 }), call: create },
  { where: "a stream before the headers", fault: Fault.stallBeforeHeaders, call: Stream.runDrain(events) },
  {
    where: "a stream before its first event",
    fault: Fault.stallBody({ afterBytes: 40 }),
    call: Stream.runDrain(events)
  },
  {
    where: "a list in the middle of a page",
    fault: Fault.stallBody({ afterBytes: 40 }),
    call: Effect.flatMap(Claude.Claude, ({ models }) => Stream.runDrain(models.list()))
  },
  {
    where: "a call of the SDK's own",
    fault: Fault.stallBeforeHeaders,
    call: Effect.flatMap(
      ClaudeClient.ClaudeClient,
      ({ use }) => use((client, options) => client.get("/v1/models", options))
    )
  }
]

describe("Promise 3: interrupting a fiber closes the socket at once", () => {
  it.effect.each(calls)("interrupting $where closes its socket", ({ call, fault }) =>
    Effect.gen(function*() {
      const fiber = yield* underway(fault, call)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* outcome, "client-disconnected")
      yield* noConnections
    }).pipe(Effect.provide(simulated())))

  it.effect.each(calls)(
    "interrupting $where stays an interruption, without an error",
    ({ call, fault }) =>
      Effect.gen(function*() {
        const fiber = yield* underway(fault, call)
        yield* Fiber.interrupt(fiber)
        const exit = yield* Fiber.await(fiber)
        assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
      }).pipe(Effect.provide(simulated()))
  )

  it.effect("interrupting a stream in mid-flight closes its socket", () =>
    Effect.gen(function*() {
      const fiber = yield* midway()
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* outcome, "client-disconnected")
      yield* noConnections
    }).pipe(Effect.provide(simulated())))

  it.effect("taking as much of a stream as one wants closes its socket", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamStalls({ afterEvents: 4 })])
      const taken = yield* Stream.runCollect(Stream.take(events, 2))
      assert.strictEqual(taken.length, 2)
      assert.strictEqual(yield* outcome, "client-disconnected")
      yield* noConnections
    }).pipe(Effect.provide(simulated())))

  it.effect("a consumer that fails closes the socket of its stream", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamStalls({ afterEvents: 4 })])
      const error = yield* Effect.flip(Stream.runForEach(events, () => Effect.fail("no more, please")))
      assert.strictEqual(error, "no more, please")
      assert.strictEqual(yield* outcome, "client-disconnected")
      yield* noConnections
    }).pipe(Effect.provide(simulated())))

  it.effect("a consumer that dies closes the socket of its stream", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamStalls({ afterEvents: 4 })])
      yield* Effect.exit(Stream.runForEach(events, () => Effect.die("a bug")))
      assert.strictEqual(yield* outcome, "client-disconnected")
      yield* noConnections
    }).pipe(Effect.provide(simulated())))

  it.effect("closing the scope of a stream closes its socket", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.streamStalls({ afterEvents: 4 })])
      const scope = yield* Scope.make()
      const pull = yield* Scope.provide(Stream.toPull(events), scope)
      yield* pull
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* outcome, "client-disconnected")
      yield* noConnections
    }).pipe(Effect.provide(simulated())))

  it.effect("a stream that falls silent for too long closes its socket", () =>
    Effect.gen(function*() {
      const fiber = yield* midway()
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(yield* outcome, "client-disconnected")
      yield* noConnections
      assert.instanceOf(yield* Effect.flip(Fiber.join(fiber)), ClaudeError.StreamStalledError)
    }).pipe(Effect.provide(simulated())))

  it.effect.each(calls.slice(0, 5))(
    "the timeout of $where closes its socket",
    ({ call, fault }) =>
      Effect.gen(function*() {
        yield* underway(fault, Effect.exit(call))
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual(yield* outcome, "client-disconnected")
        yield* noConnections
      }).pipe(Effect.provide(simulated()))
  )

  it.effect.each(calls)(
    "a timeout of the caller's around $where closes its socket",
    ({ call, fault }) =>
      Effect.gen(function*() {
        yield* underway(fault, Effect.timeoutOption(call, "3 seconds"))
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual(yield* outcome, "client-disconnected")
        yield* noConnections
      }).pipe(Effect.provide(simulated()))
  )

  it.effect("losing a race closes the socket", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.stallBeforeHeaders])
      const underway = sim.awaitJournal(([entry]) => entry !== undefined)
      yield* Effect.raceFirst(create, underway)
      assert.strictEqual(yield* outcome, "client-disconnected")
      yield* noConnections
    }).pipe(Effect.provide(simulated())))

  it.effect("interrupting one call leaves another alone", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const fiber = yield* underway(Fault.stallBeforeHeaders, create)
      yield* sim.script([Fault.delayed("1 second")])
      const other = yield* Effect.forkChild(create)
      yield* sim.awaitJournal(({ length }) => length === 2)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* outcome, "client-disconnected")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(other)).type, "message")
    }).pipe(Effect.provide(simulated())))

  it.effect("interrupting a call that waits for its retry sends nothing more", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([Fault.overloaded({ retryAfter: "30 seconds" })])
      const claude = yield* Claude.Claude
      const waiting = yield* Deferred.make<void>()
      const policy = Schedule.tap(RetryPolicy.standard, () => Deferred.succeed(waiting, undefined))
      const fiber = yield* Effect.forkChild(claude.messages.create(hello, { retry: policy }))
      yield* Deferred.await(waiting)
      yield* TestClock.adjust("29 seconds")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      // A request that had left in spite of it would be there before this one.
      yield* claude.models.retrieve("claude-opus-5-5")
      assert.deepStrictEqual((yield* sim.journal).map(({ path }) => path), [
        "/v1/messages",
        "/v1/models/claude-opus-5-5"
      ])
    }).pipe(Effect.provide(simulated())))
})

describe("Promise 3: no unhandled rejection", () => {
  /** What is rejected without anybody to handle it while an effect runs, and in the turns after it. */
  const unhandledIn = <E, R>(self: Effect.Effect<unknown, E, R>) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const reasons: Array<unknown> = []
        const listener = (reason: unknown) => void reasons.push(reason)
        process.on("unhandledRejection", listener)
        return { listener, reasons }
      }),
      ({ reasons }) => Effect.as(Effect.andThen(Effect.exit(self), Effect.repeat(turn, { times: 10 })), reasons),
      ({ listener }) => Effect.sync(() => process.off("unhandledRejection", listener))
    )

  it.effect.each(calls)("follows interrupting $where", ({ call, fault }) =>
    Effect.gen(function*() {
      const reasons = yield* unhandledIn(
        Effect.andThen(Effect.flatMap(underway(fault, call), Fiber.interrupt), Effect.andThen(outcome, noConnections))
      )
      assert.deepStrictEqual(reasons, [])
    }).pipe(Effect.provide(simulated())))

  it.effect("follows interrupting a stream in mid-flight", () =>
    Effect.gen(function*() {
      const reasons = yield* unhandledIn(
        Effect.andThen(Effect.flatMap(midway(), Fiber.interrupt), Effect.andThen(outcome, noConnections))
      )
      assert.deepStrictEqual(reasons, [])
    }).pipe(Effect.provide(simulated())))

  it.effect.each([
    { what: "an error status", fault: Fault.overloaded() },
    { what: "a reset", fault: Fault.resetBeforeHeaders },
    { what: "a cut body", fault: Fault.cutBody({ afterBytes: 700 }) },
    { what: "an error event", fault: Fault.streamError({ afterEvents: 3, type: "overloaded_error" }) },
    { what: "a stream without an end", fault: Fault.streamEnds({ afterEvents: 3 }) }
  ])("follows $what", ({ fault }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* sim.script([fault])
      assert.deepStrictEqual(yield* unhandledIn(Stream.runDrain(events)), [])
    }).pipe(Effect.provide(simulated())))
})
