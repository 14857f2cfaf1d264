/** Keys that are asked for, and access tokens that are fetched: over real sockets, with the SDK's own providers. */
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Redacted, Schedule } from "effect"
import { Claude, ClaudeClient, type ClaudeConfig, ClaudeError, RetryPolicy } from "effect-claude"
import { TestClock } from "effect/testing"
import { type Authority, authority, credentialsFile, type Waiting } from "./support/authority.ts"
import { hello, simulated } from "./support/simulated.ts"

const create = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(hello))

const retrieve = Effect.flatMap(Claude.Claude, ({ models }) => models.retrieve("claude-opus-5-5"))

const entries = Effect.flatMap(Simulator.Simulator, ({ journal }) => journal)

const thrice = RetryPolicy.exponential({ base: 0 }).pipe(RetryPolicy.whileRetryable, Schedule.upTo({ times: 3 }))

/** Settings of a user who logged in, whose tokens the SDK keeps in a file. `tokensAt` is where it asks for new ones. */
const user = Effect.fnUntraced(function*({ url }: Authority, tokensAt = url) {
  const credentials_path = yield* credentialsFile
  const options: ClaudeConfig.Options = {
    workloadIdentity: {
      base_url: tokensAt,
      authentication: { type: "user_oauth", client_id: "client", credentials_path }
    },
    baseURL: url,
    retry: RetryPolicy.none
  }
  return options
})

/** The service of a user, and the server that it talks to. */
const serviceOf = Effect.fnUntraced(function*(server: Authority, options?: ClaudeConfig.Options) {
  return yield* Layer.build(Claude.layer({ ...yield* user(server), ...options }))
})

/** An address that nobody listens on. */
const nowhere = Effect.map(Effect.scoped(authority()), ({ url }) => url)

/** Keeps requests waiting until there are `count` of them. */
const together = (count: number) => {
  const waiting: Array<Waiting> = []
  return (request: Waiting) => {
    waiting.push(request)
    if (waiting.length === count) { for (const { answer } of waiting) answer() }
    else if (waiting.length > count) request.answer()
  }
}

describe("the access token of a user", () => {
  it.effect("that was revoked is refreshed once for eight calls at a time, and all are answered", () =>
    Effect.gen(function*() {
      const server = yield* authority({ onCall: together(8) })
      const service = yield* serviceOf(server)
      const exits = yield* Effect.forEach(Array.from({ length: 8 }), () => Effect.exit(retrieve), {
        concurrency: "unbounded"
      }).pipe(Effect.provide(service))
      assert.strictEqual(exits.filter(Exit.isSuccess).length, 8)
      assert.strictEqual(server.refreshes.length, 1)
    }))

  it.effect("that is newer than the one refused stays: a 401 that comes late makes no refresh", () =>
    Effect.gen(function*() {
      const late = yield* Deferred.make<Waiting>()
      const server = yield* authority({
        onCall: (call) => call.number === 1 ? Deferred.doneUnsafe(late, Effect.succeed(call)) : call.answer()
      })
      const service = yield* serviceOf(server)
      const first = yield* Effect.forkChild(Effect.provide(retrieve, service))
      const { answer } = yield* Deferred.await(late)
      yield* Effect.provide(retrieve, service)
      answer()
      yield* Fiber.join(first)
      assert.deepStrictEqual(server.calls, ["access-0-revoked", "access-0-revoked", "access-1", "access-1"])
      assert.strictEqual(server.refreshes.length, 1)
    }))

  it.effect("is shared with the client's copies", () =>
    Effect.gen(function*() {
      const server = yield* authority()
      const service = yield* serviceOf(server)
      yield* Effect.provide(retrieve, service)
      const { client } = yield* Effect.provide(ClaudeClient.ClaudeClient, service)
      yield* Effect.promise(async () => client.withOptions({ timeout: 1000 }).get("/v1/models/claude-opus-5-5"))
      assert.deepStrictEqual(server.calls, ["access-0-revoked", "access-1", "access-1"])
    }))

  it.effect("is fetched on although the caller who asked first goes away", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<Waiting>()
      const server = yield* authority({
        onRefresh: (refresh) => Deferred.doneUnsafe(asked, Effect.succeed(refresh))
      })
      const service = yield* serviceOf(server)
      const first = yield* Effect.forkChild(Effect.provide(retrieve, service))
      const { answer } = yield* Deferred.await(asked)
      const second = yield* Effect.forkChild(Effect.provide(retrieve, service), { startImmediately: true })
      yield* Fiber.interrupt(first)
      answer()
      yield* Fiber.join(second)
      assert.strictEqual(server.refreshes.length, 1)
    }))
})

describe("a token endpoint", () => {
  const failing = (status: number) => ({ number, answer, response }: Waiting) =>
    number === 1 ? response.writeHead(status).end("busy") : answer()

  it.effect.each([408, 429, 500, 503])(
    "that answers %d makes a failure that is retried",
    (status) =>
      Effect.gen(function*() {
        const server = yield* authority({ onRefresh: failing(status) })
        const service = yield* serviceOf(server, { retry: thrice })
        yield* Effect.provide(retrieve, service)
        assert.deepStrictEqual(server.calls, ["access-0-revoked", "access-1"])
      })
  )

  it.effect("that is down for a moment is said to be, with its host, as what did not run", () =>
    Effect.gen(function*() {
      const server = yield* authority({ onRefresh: failing(503) })
      const error = yield* Effect.flip(Effect.provide(retrieve, yield* serviceOf(server)))
      assert.instanceOf(error, ClaudeError.APIConnectionError)
      assert.isTrue(error.message.startsWith(`Could not fetch an access token from ${new URL(server.url).host}: `))
      assert.include(error.message, "503")
      assert.isTrue(error.isRetryable)
      assert.strictEqual(error.outcome, "not-executed")
    }))

  it.effect("that nobody can reach is said to be, with its host and the reason", () =>
    Effect.gen(function*() {
      const server = yield* authority()
      const tokensAt = yield* nowhere
      const service = yield* Layer.build(Claude.layer(yield* user(server, tokensAt)))
      const error = yield* Effect.flip(Effect.provide(retrieve, service))
      assert.instanceOf(error, ClaudeError.APIConnectionError)
      assert.isTrue(error.message.startsWith(`Could not fetch an access token from ${new URL(tokensAt).host}: `))
      assert.include(error.message, "ECONNREFUSED")
      assert.strictEqual(error.outcome, "not-executed")
    }))

  it.effect("that refuses a grant makes a RequestRejectedError, and no call", () =>
    Effect.gen(function*() {
      const server = yield* authority({
        onRefresh: ({ response }) => response.writeHead(400).end(JSON.stringify({ error: "invalid_grant" }))
      })
      const error = yield* Effect.flip(Effect.provide(retrieve, yield* serviceOf(server, { retry: thrice })))
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.include(error.message, "invalid_grant")
      assert.isUndefined(error.param)
      assert.strictEqual(server.refreshes.length, 1)
    }))

  it.effect("that hangs is given up after 60 seconds, and its connection closed", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const server = yield* authority({
        onRefresh: ({ response }) => {
          response.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
          Deferred.doneUnsafe(asked, Effect.void)
        }
      })
      const call = Effect.flip(Effect.provide(retrieve, yield* serviceOf(server)))
      const fiber = yield* Effect.forkChild(call)
      yield* Deferred.await(asked)
      yield* TestClock.adjust("60 seconds")
      const error = yield* Fiber.join(fiber)
      yield* Deferred.await(closed)
      assert.instanceOf(error, ClaudeError.APIConnectionError)
      assert.match(
        error.message,
        /^Could not fetch an access token from 127\.0\.0\.1:\d+: no answer within 60 seconds$/
      )
    }))
})

describe("an API key that is an effect", () => {
  const key = Redacted.make("sk-ant-right-0123456789")

  const accepting = { apiKey: key }

  /** Gives its results in turn, the last one for ever, and counts. */
  const asking = <E>(...results: ReadonlyArray<Effect.Effect<Redacted.Redacted, E>>) => {
    let asked = 0
    const apiKey = Effect.suspend(() => results[Math.min(asked++, results.length - 1)] ?? Effect.die("no result"))
    return { apiKey, count: () => asked }
  }

  it.effect("is asked for each request", () => {
    const { apiKey, count } = asking(Effect.succeed(Redacted.make("sk-ant-old")), Effect.succeed(key))
    return Effect.gen(function*() {
      assert.instanceOf(yield* Effect.flip(create), ClaudeError.AuthenticationError)
      yield* create
      assert.strictEqual(count(), 2)
    }).pipe(Effect.provide(simulated({ apiKey }, accepting)))
  })

  it.effect("is asked again after its time, where the caller caches it", () =>
    Effect.gen(function*() {
      const { apiKey, count } = asking(Effect.succeed(key))
      const cached = yield* Effect.cachedWithTTL(apiKey, "5 minutes")
      yield* Effect.gen(function*() {
        yield* Effect.repeat(create, { times: 2 })
        assert.strictEqual(count(), 1)
        yield* TestClock.adjust("5 minutes")
        yield* create
        assert.strictEqual(count(), 2)
      }).pipe(Effect.provide(simulated({ apiKey: cached }, accepting)))
    }))

  it.effect("is asked again for a retry", () => {
    const { apiKey, count } = asking(Effect.succeed(key))
    return Effect.gen(function*() {
      yield* Effect.flatMap(Simulator.Simulator, (sim) => sim.script([Fault.overloaded()]))
      yield* create
      assert.strictEqual(count(), 2)
    }).pipe(Effect.provide(simulated({ apiKey, retry: thrice }, accepting)))
  })

  const passing: ReadonlyArray<readonly [string, unknown]> = [
    ["says that it is retryable", { message: "sealed", isRetryable: true }],
    ["has a status of its server", { message: "sealed", status: 503 }],
    ["is a broken connection", new Error("sealed", { cause: { code: "ECONNRESET" } })],
    ["is a timeout", Object.assign(new Error("sealed"), { name: "TimeoutError" })]
  ]

  it.effect.each(passing)("fails the call in a way that is retried, where its failure %s", ([, failure]) => {
    const { apiKey } = asking(Effect.fail(failure), Effect.succeed(key))
    return Effect.gen(function*() {
      yield* create
      assert.strictEqual((yield* entries).length, 1)
    }).pipe(Effect.provide(simulated({ apiKey, retry: thrice }, accepting)))
  })

  it.effect("says what failed, and that nothing was sent", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(create)
      assert.instanceOf(error, ClaudeError.APIConnectionError)
      assert.strictEqual(error.message, "Could not get the API key: sealed")
      assert.strictEqual(error.outcome, "not-executed")
      assert.deepStrictEqual(yield* entries, [])
    }).pipe(Effect.provide(simulated({ apiKey: Effect.fail({ message: "sealed", isRetryable: true }) }))))

  const lasting: ReadonlyArray<readonly [string, Effect.Effect<Redacted.Redacted, unknown>, string]> = [
    ["fails", Effect.fail({ _tag: "NoSuchSecret" }), "NoSuchSecret"],
    ["fails with a text", Effect.fail("no such secret"), "no such secret"],
    ["fails and says that it stays so", Effect.fail({ isRetryable: false, status: 503 }), "no reason given"],
    ["dies", Effect.die(new Error("a bug")), "a bug"],
    ["gives a blank key", Effect.succeed(Redacted.make(" ")), "expected a Redacted that holds a key"],
    ["gives a key of two lines", Effect.succeed(Redacted.make("one\ntwo")), "expected a Redacted that holds a key"]
  ]

  it.effect.each(lasting)(
    "that %s is a RequestRejectedError, never a defect, and not retried",
    ([, apiKey, message]) => {
      const { apiKey: counted, count } = asking(apiKey)
      return Effect.gen(function*() {
        const error = yield* Effect.flip(create)
        assert.instanceOf(error, ClaudeError.RequestRejectedError)
        assert.include(error.message, message)
        assert.strictEqual(error.outcome, "not-executed")
        assert.strictEqual(count(), 1)
        assert.deepStrictEqual(yield* entries, [])
      }).pipe(Effect.provide(simulated({ apiKey: counted, retry: thrice })))
    }
  )

  it.effect("is interrupted with the call", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const apiKey = Deferred.succeed(asked, undefined).pipe(
        Effect.andThen(Effect.never),
        Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
      )
      const fiber = yield* Effect.forkChild(Effect.provide(create, simulated({ apiKey })))
      yield* Deferred.await(asked)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(interrupted)
    }))

  it.effect("takes part in the timeout of the attempt", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const apiKey = Effect.andThen(Deferred.succeed(asked, undefined), Effect.never)
      const call = Effect.flip(Effect.provide(create, simulated({ apiKey, timeout: "5 seconds" })))
      const fiber = yield* Effect.forkChild(call)
      yield* Deferred.await(asked)
      yield* TestClock.adjust("5 seconds")
      assert.instanceOf(yield* Fiber.join(fiber), ClaudeError.APIConnectionTimeoutError)
    }))
})
