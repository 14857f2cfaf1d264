/**
 * Tests of the service and of the worker, against an API that fails on demand. The programs under test stay as they are.
 *
 *     npx -y pnpm@12 test examples/19-tests.test.ts
 */
import { Fault, Simulator } from "@effect-claude/testing"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Deferred, Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { Claude, RetryPolicy } from "effect-claude"
import { HttpBody, HttpClient, HttpRouter } from "effect/http"
import { HttpApiBuilder, HttpApiClient } from "effect/http-api"
import { Answers } from "./serving/answers.ts"
import { Api } from "./serving/api.ts"
import { Job, jobs, QueuesLive, revive, Tenants, work } from "./worker/worker.ts"

/** Lets sockets have their turn. */
const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

describe("the service", () => {
  /** The service over a real socket, and a client for it as a browser would use. */
  const Service = (options?: Simulator.ClientOptions) =>
    HttpRouter.serve(HttpApiBuilder.layer(Api).pipe(Layer.provide(Answers)), {
      disableListenLog: true,
      disableLogger: true
    }).pipe(
      Layer.provideMerge(NodeHttpServer.layerTest),
      Layer.provideMerge(Simulator.layerClaude({ reply: "It rains today.", retry: RetryPolicy.none, ...options }))
    )

  const ask = Stream.unwrap(Effect.gen(function*() {
    const { answers } = yield* HttpApiClient.make(Api)
    return yield* answers.ask({ payload: { question: "How is the weather?" } })
  }))

  /** What has come, and how it ended. */
  const asked = Effect.gen(function*() {
    let text = ""
    const end = yield* ask.pipe(
      Stream.runForEach((piece) => Effect.sync(() => text += piece)),
      Effect.as("complete" as const),
      Effect.catchTag("PublicClaudeError", (error) => Effect.succeed(error))
    )
    return { text, end }
  })

  it.effect("streams an answer", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* asked, { text: "It rains today.", end: "complete" })
    }).pipe(Effect.provide(Service())))

  it.effect("tells a failure before the answer, with a status", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      yield* simulator.script([Fault.overloaded(), Fault.overloaded()])
      const { end, text } = yield* asked
      assert.strictEqual(text, "")
      assert.include(end, { _tag: "PublicClaudeError", kind: "busy", isRetryable: true })
      const response = yield* HttpClient.post("/ask", {
        body: HttpBody.jsonUnsafe({ question: "How is the weather?" })
      })
      assert.strictEqual(response.status, 503)
    }).pipe(Effect.provide(Service())))

  it.effect("tells a failure in the middle of it, as the same error", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      yield* simulator.script([Fault.streamError({ afterEvents: 4, type: "overloaded_error" })])
      const { end, text } = yield* asked
      assert.isAbove(text.length, 0)
      assert.include(end, { _tag: "PublicClaudeError", kind: "interrupted" })
    }).pipe(Effect.provide(Service())))

  it.effect("ends the request to Claude when the browser goes while it waits", () =>
    Effect.gen(function*() {
      const closed = yield* Deferred.make<Simulator.JournalEntry>()
      yield* Effect.gen(function*() {
        const simulator = yield* Simulator.Simulator
        yield* simulator.script([Fault.stallBeforeHeaders])
        const browser = yield* Effect.forkChild(Stream.runDrain(ask))
        yield* Effect.repeat(Effect.andThen(turn, simulator.openConnections), { until: (open) => open > 0 })
        yield* Fiber.interrupt(browser)
        assert.strictEqual((yield* Deferred.await(closed)).outcome, "client-disconnected")
      }).pipe(Effect.provide(Service({ onExchange: (entry) => Deferred.doneUnsafe(closed, Effect.succeed(entry)) })))
    }))

  it.effect("ends the request to Claude when the browser goes in the middle of it", () =>
    Effect.gen(function*() {
      const closed = yield* Deferred.make<Simulator.JournalEntry>()
      yield* Effect.gen(function*() {
        const simulator = yield* Simulator.Simulator
        yield* simulator.script([Fault.streamStalls({ afterEvents: 4 })])
        yield* ask.pipe(Stream.take(1), Stream.runDrain)
        assert.strictEqual((yield* Deferred.await(closed)).outcome, "client-disconnected")
      }).pipe(Effect.provide(Service({ onExchange: (entry) => Deferred.doneUnsafe(closed, Effect.succeed(entry)) })))
    }))
})

describe("the worker", () => {
  const other = Redacted.make("sk-ant-api03-globex")

  /** The tenants acme and globex have keys that the simulated API accepts, mallory has not. */
  const Worker = Layer.mergeAll(QueuesLive, Tenants.layer).pipe(
    Layer.provideMerge(
      Layer.unwrap(
        Effect.map(Simulator.Simulator, ({ apiKey, url }) =>
          ConfigProvider.layer(ConfigProvider.fromUnknown({
            ANTHROPIC_BASE_URL: url,
            ACME_API_KEY: Redacted.value(apiKey),
            GLOBEX_API_KEY: Redacted.value(other),
            MALLORY_API_KEY: "sk-ant-api03-mallory"
          })))
      )
    ),
    Layer.provideMerge(Simulator.layer({ moreApiKeys: [other], reply: "Hello!" }))
  )

  const job = (tenant: string) => new Job({ id: "1", tenant, question: "Say hello." })

  it.effect("asks for each tenant with its own key", () =>
    Effect.gen(function*() {
      const outcomes = yield* Effect.forEach(["acme", "globex", "mallory"], (tenant) => work(job(tenant)))
      assert.deepStrictEqual(outcomes, ["Hello!", "Hello!", "AuthenticationError"])
    }).pipe(Effect.provide(Worker)))

  it.effect("keeps what failed, and puts back what may work later", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const queue = yield* jobs
      yield* simulator.script([Fault.overloaded()])

      yield* queue.offer(job("acme"))
      assert.strictEqual(yield* queue.take(work), "OverloadedError")
      assert.strictEqual(yield* revive, "1: again, after OverloadedError")
      assert.strictEqual(yield* queue.take(work), "Hello!")
    }).pipe(Claude.withRetry(RetryPolicy.none), Effect.provide(Worker)))

  it.effect("gives up what will not", () =>
    Effect.gen(function*() {
      yield* work(job("mallory"))
      assert.match(yield* revive, /^1: given up, AuthenticationError, request req_/)
    }).pipe(Effect.provide(Worker)))
})
