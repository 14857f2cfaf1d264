import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { type AccessTokenProvider, AccessTokens } from "../src/internal/road/accessTokens.ts"
import { CredentialsFailure } from "../src/internal/road/credentialsFailure.ts"

/** A cache in front of a provider that gives `token-1`, `token-2`… for an hour, by the test's clock. */
const caching = Effect.fnUntraced(function*(
  give: (asked: number) => string | Promise<string> = (asked) => `token-${asked}`
) {
  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  const forced: Array<boolean> = []
  const failures: Array<unknown> = []
  const provider: AccessTokenProvider = async (options) => {
    const token = await give(forced.push(options?.forceRefresh === true))
    return { token, expiresAt: clock.currentTimeMillisUnsafe() / 1000 + 3600 }
  }
  const tokens = new AccessTokens(clock, context, (failure) => failures.push(failure))
  return {
    /** What the provider was asked: each time, whether for another token than it has. */
    forced,
    /** What fetches ahead of time failed with. */
    failures,
    tokens,
    get: Effect.promise(async () => tokens.get(provider)),
    fails: Effect.flip(Effect.tryPromise({ try: async () => tokens.get(provider), catch: (failure) => failure }))
  }
})

const anHourLess = (seconds: number) => TestClock.adjust(`${3600 - seconds} seconds`)

describe("a token", () => {
  it.effect("is fetched once for all who need one at a time", () =>
    Effect.gen(function*() {
      const { forced, get } = yield* caching()
      const tokens = yield* Effect.all(Array.from({ length: 8 }, () => get), { concurrency: "unbounded" })
      assert.deepStrictEqual([...new Set(tokens)], ["token-1"])
      assert.deepStrictEqual(forced, [false])
    }))

  it.effect("serves as it is until two minutes before its end", () =>
    Effect.gen(function*() {
      const { forced, get, tokens } = yield* caching()
      yield* get
      yield* anHourLess(121)
      assert.strictEqual(tokens.get(() => Promise.reject(new Error("asked"))), "token-1")
      assert.strictEqual(forced.length, 1)
    }))

  it.effect("still serves in its last two minutes, while the next one is fetched", () =>
    Effect.gen(function*() {
      const { forced, get } = yield* caching()
      yield* get
      yield* anHourLess(120)
      assert.strictEqual(yield* get, "token-1")
      yield* Effect.repeat(get, { until: (token) => token === "token-2" })
      assert.strictEqual(forced.length, 2)
    }))

  it.effect("does not serve in its last 30 seconds", () =>
    Effect.gen(function*() {
      const { get } = yield* caching()
      yield* get
      yield* anHourLess(30)
      assert.strictEqual(yield* get, "token-2")
    }))

  it.effect("serves on when the next one cannot be fetched, which is tried again after five seconds", () =>
    Effect.gen(function*() {
      const { failures, forced, get } = yield* caching((asked) =>
        asked === 1 ? "token-1" : Promise.reject(new Error("busy"))
      )
      yield* get
      yield* anHourLess(100)
      yield* Effect.repeat(get, { until: () => failures.length === 1 })
      assert.instanceOf(failures[0], CredentialsFailure)
      assert.strictEqual(yield* get, "token-1")
      assert.strictEqual(forced.length, 2)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* get, "token-1")
      assert.strictEqual(forced.length, 3)
    }))

  it.effect("without an end serves for ever", () =>
    Effect.gen(function*() {
      const tokens = new AccessTokens(yield* Clock.Clock, yield* Effect.context<never>(), () => {})
      const provider = () => Promise.resolve({ token: "for-ever", expiresAt: null })
      yield* Effect.promise(async () => tokens.get(provider))
      yield* TestClock.adjust("1000 days")
      assert.strictEqual(tokens.get(provider), "for-ever")
    }))
})

describe("a token that was refused", () => {
  it.effect("is replaced, and its provider told not to give it again", () =>
    Effect.gen(function*() {
      const { forced, get, tokens } = yield* caching()
      yield* get
      tokens.refuse("token-1")
      assert.strictEqual(yield* get, "token-2")
      assert.deepStrictEqual(forced, [false, true])
    }))

  it.effect("is not the matter of a newer one", () =>
    Effect.gen(function*() {
      const { forced, get, tokens } = yield* caching()
      yield* get
      tokens.refuse("token-1")
      yield* get
      tokens.refuse("token-1")
      tokens.refuse("of-somebody-else")
      assert.strictEqual(yield* get, "token-2")
      assert.strictEqual(forced.length, 2)
    }))

  it.effect("is still known as refused after a refresh that failed", () =>
    Effect.gen(function*() {
      const { fails, forced, get, tokens } = yield* caching((asked) =>
        asked === 2 ? Promise.reject(new Error("busy")) : `token-${asked}`
      )
      yield* get
      tokens.refuse("token-1")
      yield* fails
      assert.strictEqual(yield* get, "token-3")
      assert.deepStrictEqual(forced, [false, true, true])
    }))

  it.effect("while it is being refreshed is not taken from the file again", () =>
    Effect.gen(function*() {
      const answered = Promise.withResolvers<string>()
      const { forced, get, tokens } = yield* caching((asked) => asked === 2 ? answered.promise : `token-${asked}`)
      yield* get
      yield* anHourLess(60)
      assert.strictEqual(yield* get, "token-1")
      tokens.refuse("token-1")
      const waiting = yield* Effect.forkChild(get, { startImmediately: true })
      answered.resolve("token-1")
      assert.strictEqual(yield* Fiber.join(waiting), "token-3")
      assert.deepStrictEqual(forced, [false, false, true])
    }))

  it.effect("serves again where its provider has no other", () =>
    Effect.gen(function*() {
      const { forced, get, tokens } = yield* caching(() => "the-only-one")
      yield* get
      tokens.refuse("the-only-one")
      assert.strictEqual(yield* get, "the-only-one")
      assert.deepStrictEqual(forced, [false, true])
    }))
})

describe("a provider", () => {
  it.effect("that failed is asked again by the next call", () =>
    Effect.gen(function*() {
      const { fails, get } = yield* caching((asked) =>
        asked === 1 ? Promise.reject(new Error("no token today")) : "token-2"
      )
      const failure = yield* fails
      assert.instanceOf(failure, CredentialsFailure)
      assert.deepInclude(failure, {
        message: "Could not fetch an access token: no token today",
        retryable: false
      })
      assert.strictEqual(yield* get, "token-2")
    }))

  it.effect("that throws fails as one that rejects", () =>
    Effect.gen(function*() {
      const tokens = new AccessTokens(yield* Clock.Clock, yield* Effect.context<never>(), () => {})
      const failure = yield* Effect.flip(Effect.tryPromise({
        try: async () =>
          tokens.get(() => {
            throw new Error("no token today")
          }),
        catch: (failure) => failure
      }))
      assert.propertyVal(failure, "message", "Could not fetch an access token: no token today")
    }))

  it.effect.each(["", " ", "one\ntwo", "\u200b"])(
    "that gives %j gives nothing that can be sent",
    (token) =>
      Effect.gen(function*() {
        const { fails } = yield* caching(() => token)
        assert.deepInclude(yield* fails, { retryable: false })
      })
  )

  it.effect("that hangs is given up after 60 seconds, for all who wait, and asked again", () =>
    Effect.gen(function*() {
      const { fails, get } = yield* caching((asked) => asked === 1 ? new Promise<string>(() => {}) : "token-2")
      const waiting = yield* Effect.forkChild(Effect.all([fails, fails], { concurrency: 2 }), {
        startImmediately: true
      })
      yield* TestClock.adjust("60 seconds")
      for (const failure of yield* Fiber.join(waiting)) assert.deepInclude(failure, { retryable: true })
      assert.strictEqual(yield* get, "token-2")
    }))
})
