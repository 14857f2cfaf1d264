/** Bulkheads: over real sockets, and under random orders of calls, ends and cancellations. */
import { Fault, Simulator, TestClaude } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Metric, Schema, Stream } from "effect"
import { Claude, ClaudeError } from "effect-claude"
import { Bulkhead } from "../src/index.ts"
import { hello, say } from "./support/programs.ts"
import { overSocket } from "./support/sockets.ts"

const Tenant = Context.Reference<string>("Tenant", { defaultValue: () => "nobody" })

const load = Effect.flatMap(Bulkhead.Bulkhead, ({ load }) => load)

const entries = (count: number) =>
  Effect.flatMap(Simulator.Simulator, ({ awaitJournal }) => awaitJournal((journal) => journal.length === count))

/** A call that the server leaves hanging. */
const hanging = Effect.gen(function*() {
  const { journal, script } = yield* Simulator.Simulator
  const before = (yield* journal).length
  yield* script([Fault.stallBeforeHeaders])
  const fiber = yield* Effect.forkChild(say())
  yield* entries(before + 1)
  return fiber
})

const one = Bulkhead.layer({ concurrency: 1, queue: 1 })

describe("a bulkhead", () => {
  it.effect("lets a call in when the one before it has ended", () =>
    Effect.gen(function*() {
      const first = yield* hanging
      const second = yield* Effect.forkChild(say(), { startImmediately: true })
      assert.deepStrictEqual(yield* load, { inFlight: 1, waiting: 1 })
      yield* Fiber.interrupt(first)
      yield* Fiber.join(second)
      assert.deepStrictEqual(yield* load, { inFlight: 0, waiting: 0 })
    }).pipe(Effect.provide(overSocket(one))))

  it.effect("refuses a call where the queue is full, and says so", () =>
    Effect.gen(function*() {
      yield* hanging
      const waiting = yield* Effect.forkChild(say(), { startImmediately: true })
      const error = yield* Effect.flip(say())
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.deepStrictEqual(error.reason, { _tag: "TooManyWaiting", name: "claude" })
      assert.strictEqual(
        error.message,
        "The bulkhead claude has 1 calls in flight, and 1 calls wait already. Call again later, or allow more by " +
          "`concurrency` or `queue`."
      )
      // Who leaves the queue makes room in it.
      yield* Fiber.interrupt(waiting)
      assert.deepStrictEqual(yield* load, { inFlight: 1, waiting: 0 })
      yield* Effect.forkChild(say(), { startImmediately: true })
      assert.deepStrictEqual(yield* load, { inFlight: 1, waiting: 1 })
      yield* entries(1)
    }).pipe(Effect.provide(overSocket(one))))

  it.effect("gives the place back after a failure", () =>
    Effect.gen(function*() {
      const { script } = yield* Simulator.Simulator
      yield* script([Fault.overloaded(), Fault.resetBeforeHeaders])
      yield* Effect.flip(say())
      yield* Effect.flip(say())
      yield* say()
      assert.deepStrictEqual(yield* load, { inFlight: 0, waiting: 0 })
    }).pipe(Effect.provide(overSocket(one))))

  it.effect("has a queue for each key, and serves the keys in turn", () =>
    Effect.gen(function*() {
      const first = yield* hanging
      const served: Array<string> = []
      const calls = yield* Effect.forEach(["a", "a", "a", "b", "c", "b"], (tenant) =>
        say().pipe(
          Effect.tap(() => Effect.sync(() => served.push(tenant))),
          Effect.provideService(Tenant, tenant),
          Effect.forkChild({ startImmediately: true })
        ))
      const full = yield* Effect.flip(Effect.provideService(say(), Tenant, "a"))
      assert.include(full.message, "3 calls of a wait already")
      yield* Fiber.interrupt(first)
      yield* Fiber.joinAll(calls)
      assert.deepStrictEqual(served, ["a", "b", "c", "a", "b", "a"])
    }).pipe(Effect.provide(overSocket(Bulkhead.layer({ concurrency: 1, queue: 3, key: () => Tenant })))))

  it.effect("is seen in metrics", () =>
    Effect.gen(function*() {
      const first = yield* hanging
      yield* Effect.forkChild(say(), { startImmediately: true })
      yield* Effect.flip(say())
      const values = Object.fromEntries((yield* Metric.snapshot).flatMap((metric) =>
        metric.type === "Gauge" ?
          [[metric.id, metric.state.value]]
          : metric.type === "Counter" ?
          [[metric.id, metric.state.count]]
          : []
      ))
      assert.deepInclude(values, {
        "claude.bulkhead.in_flight": 1,
        "claude.bulkhead.waiting": 1,
        "claude.bulkhead.rejections": 1
      })
      yield* Fiber.interrupt(first)
    }).pipe(Effect.provide(overSocket(one)), Effect.provideService(Metric.MetricRegistry, new Map())))
})

describe("a stream", () => {
  const open = Effect.gen(function*() {
    const claude = yield* Claude.Claude
    const began = yield* Deferred.make<void>()
    const reader = yield* claude.messages.stream(hello).pipe(
      Stream.runForEach(() => Deferred.succeed(began, undefined)),
      Effect.exit,
      Effect.forkChild
    )
    yield* Deferred.await(began)
    return reader
  })

  it.effect("holds its place until it has ended", () =>
    Effect.gen(function*() {
      const { script } = yield* Simulator.Simulator
      yield* script([Fault.streamStalls({ afterEvents: 5 })])
      const reader = yield* open
      assert.deepStrictEqual(yield* load, { inFlight: 1, waiting: 0 })
      yield* Fiber.interrupt(reader)
      assert.deepStrictEqual(yield* load, { inFlight: 0, waiting: 0 })
      yield* Fiber.await(yield* open)
      assert.deepStrictEqual(yield* load, { inFlight: 0, waiting: 0 })
    }).pipe(Effect.provide(overSocket(one))))

  it.effect("gives its place back where it is cut", () =>
    Effect.gen(function*() {
      const { script } = yield* Simulator.Simulator
      yield* script([Fault.cutBody({ afterBytes: 900 })])
      const exit = yield* Fiber.join(yield* open)
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(yield* load, { inFlight: 0, waiting: 0 })
    }).pipe(Effect.provide(overSocket(one))))
})

const keys = ["a", "b", "c"] as const

const Step = Schema.Struct({
  does: Schema.Literals(["start", "start", "start", "finish", "fail", "cancel"]),
  key: Schema.Literals(keys),
  /** Which of the calls. */
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
  /** Whether all fibers come to rest before the next step. */
  rests: Schema.Boolean
})

const Case = {
  concurrency: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4 })),
  queue: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 })),
  steps: Schema.Array(Step).check(Schema.isMaxLength(40))
}

interface Started {
  readonly key: string
  readonly gate: Deferred.Deferred<boolean>
  readonly fiber: Fiber.Fiber<Exit.Exit<unknown, unknown>>
  state: "waiting" | "running" | "ended" | "refused"
}

const hi = TestClaude.reply("Hi").message

const rest = Effect.replicateEffect(Effect.yieldNow, 100, { discard: true })

/** Calls that end when the test says so. */
const world = (concurrency: number, queue: number) => {
  const calls: Array<Started> = []
  const served: Array<string> = []
  let mostRunning = 0
  const inState = (state: Started["state"]) => calls.filter((call) => call.state === state)
  const answers = TestClaude.layer({
    messages: {
      create: ({ metadata }) =>
        Effect.gen(function*() {
          const call = calls[Number(metadata?.user_id?.split(" ")[1])]
          if (call === undefined) return yield* Effect.die("no such call")
          call.state = "running"
          served.push(call.key)
          mostRunning = Math.max(mostRunning, inState("running").length)
          const succeeds = yield* Effect.onExit(Deferred.await(call.gate), () =>
            Effect.sync(() => {
              call.state = "ended"
            }))
          return yield* succeeds ? Effect.succeed(hi) : Effect.fail(TestClaude.error("OverloadedError"))
        })
    }
  })
  const start = (key: string) =>
    Effect.gen(function*() {
      const index = calls.length
      const gate = yield* Deferred.make<boolean>()
      const call = say({ metadata: { user_id: `${key} ${index}` } }).pipe(
        Effect.onExit((exit) =>
          Effect.sync(() => {
            const started = calls[index]
            if (started?.state === "waiting") started.state = Exit.isFailure(exit) ? "refused" : "ended"
          })
        ),
        Effect.exit
      )
      const fiber = yield* Effect.forkChild(call)
      calls.push({ key, gate, fiber, state: "waiting" })
    })
  const key = ({ params }: { readonly params: { readonly [name: string]: unknown } }) => {
    const { user_id = "" } = params["metadata"] as { readonly user_id?: string }
    return user_id.split(" ")[0] ?? ""
  }
  return {
    calls,
    served,
    inState,
    start,
    get mostRunning() {
      return mostRunning
    },
    layer: answers.pipe(Layer.provideMerge(Bulkhead.layer({ concurrency, queue, key })))
  }
}

const run = ({ concurrency, queue, steps }: {
  readonly concurrency: number
  readonly queue: number
  readonly steps: ReadonlyArray<typeof Step.Type>
}) => {
  const there = world(concurrency, queue)
  const active = () => there.calls.filter(({ state }) => state === "waiting" || state === "running")
  const atRest = Effect.gen(function*() {
    yield* rest
    const running = there.inState("running").length
    const waiting = there.inState("waiting").length
    // No place is lost, and none is empty while somebody waits.
    assert.deepStrictEqual(yield* load, { inFlight: running, waiting })
    assert.strictEqual(running, Math.min(concurrency, active().length))
    for (const key of keys) {
      assert.isAtMost(there.inState("waiting").filter((call) => call.key === key).length, queue)
    }
  })
  return Effect.gen(function*() {
    for (const { at, does, key, rests } of steps) {
      const [running, all] = [there.inState("running"), active()]
      if (does === "start") yield* there.start(key)
      else if (does === "cancel") {
        const call = all[at % Math.max(1, all.length)]
        if (call !== undefined) {
          yield* Fiber.interrupt(call.fiber)
          // A fiber that had not begun says nothing of its end.
          if (call.state === "waiting") call.state = "ended"
        }
      } else {
        const call = running[at % Math.max(1, running.length)]
        if (call !== undefined) yield* Deferred.succeed(call.gate, does === "finish")
      }
      if (rests) yield* atRest
    }
    yield* atRest
    // All who wait are served in the end.
    while (active().length > 0) {
      yield* Effect.forEach(there.inState("running"), ({ gate }) => Deferred.succeed(gate, true))
      yield* atRest
    }
    assert.deepStrictEqual(yield* load, { inFlight: 0, waiting: 0 })
    assert.isAtMost(there.mostRunning, concurrency)
  }).pipe(Effect.provide(there.layer))
}

describe("in whatever order calls come, end and are cancelled", () => {
  it.effect.prop("no place is lost, none is given twice, and all who wait are served", Case, run, {
    arbitrary: { runs: 300, seed: 16 }
  })

  it.effect.prop(
    "no key is served twice while another one waits",
    {
      counts: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 8 }))).check(Schema.isMaxLength(6))
    },
    ({ counts }) => {
      const there = world(1, 100)
      return Effect.gen(function*() {
        yield* there.start("first")
        yield* rest
        for (const [index, count] of counts.entries()) {
          yield* Effect.forEach(Array.from({ length: count }), () => there.start(`key ${index}`.replace(" ", "-")))
        }
        yield* rest
        while (there.inState("running").length > 0) {
          yield* Effect.forEach(there.inState("running"), ({ gate }) => Deferred.succeed(gate, true))
          yield* rest
        }
        const served = there.served.slice(1)
        const left = new Map(counts.map((count, index) => [`key-${index}`, count]))
        // In rounds: each key that still waits is served once.
        while (left.size > 0) {
          const round = served.splice(0, left.size)
          assert.sameMembers(round, [...left.keys()])
          for (const [key, count] of left) {
            if (count === 1) left.delete(key)
            else left.set(key, count - 1)
          }
        }
        assert.isEmpty(served)
      }).pipe(Effect.provide(there.layer))
    },
    { arbitrary: { runs: 100, seed: 16 } }
  )
})

describe("wrong options", () => {
  it("are errors of the line that says them", () => {
    assert.throws(() => Bulkhead.make({ concurrency: 0 }), "concurrency must be a whole number of at least 1, got 0")
    assert.throws(() => Bulkhead.make({ concurrency: 1, queue: -1 }), "queue")
  })
})
