import { assert, describe, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as ClaudeError from "../src/ClaudeError.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"

const message = "as the API says it"
const overloaded = new ClaudeError.OverloadedError({
  message,
  type: "overloaded_error",
  retryAfter: Duration.seconds(3)
})

class NotFoundError extends Data.TaggedError("NotFoundError")<{ readonly table: string }> {}

const failing: Effect.Effect<never, ClaudeError.OverloadedError | ClaudeError.NotFoundError> = Effect.fail(overloaded)

describe("sealed", () => {
  it.effect("folds the failures of an effect into one", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(failing.pipe(ClaudeError.sealed))
      assert.instanceOf(error, ClaudeError.Sealed)
      assert.strictEqual(error._tag, "ClaudeError")
      assert.strictEqual(error.reason, overloaded)
      assert.strictEqual(error.message, message)
      assert.strictEqual(error.name, "ClaudeError")
      assert.isTrue(error.isRetryable)
      assert.isTrue(error.isThrottling)
      assert.strictEqual(error.outcome, "not-executed")
    }))

  it.effect("folds those of a stream", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Stream.runDrain(Stream.fromEffect(failing).pipe(ClaudeError.sealed)))
      assert.instanceOf(error, ClaudeError.Sealed)
    }))

  it.effect("leaves another library's failure of the same name", () =>
    Effect.gen(function*() {
      const ours = new ClaudeError.NotFoundError({ message })
      const theirs = new NotFoundError({ table: "users" })
      const handle = (error: ClaudeError.NotFoundError | NotFoundError) =>
        Effect.fail(error).pipe(
          ClaudeError.sealed,
          Effect.catchTag("NotFoundError", ({ table }) => Effect.succeed(table)),
          Effect.catchReason("ClaudeError", "NotFoundError", ({ status }) => Effect.succeed(status))
        )
      assert.strictEqual(yield* handle(theirs), "users")
      assert.strictEqual(yield* handle(ours), 404)
    }))

  it.effect("leaves defects and interruption", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Effect.exit(ClaudeError.sealed(Effect.die("a bug"))), Exit.die("a bug"))
    }))

  it.effect("can be undone", () =>
    Effect.gen(function*() {
      const error = yield* failing.pipe(ClaudeError.sealed, Effect.unwrapReason("ClaudeError"), Effect.flip)
      assert.strictEqual(error, overloaded)
    }))

  it.effect("comes back from JSON", () =>
    Effect.gen(function*() {
      const codec = Schema.toCodecJson(ClaudeError.Sealed)
      const json = yield* Schema.encodeEffect(codec)(new ClaudeError.Sealed({ reason: overloaded }))
      const back = yield* Schema.decodeUnknownEffect(codec)(JSON.parse(JSON.stringify(json)))
      assert.instanceOf(back.reason, ClaudeError.OverloadedError)
      assert.deepStrictEqual(back.reason.retryAfter, Duration.seconds(3))
    }))

  it.effect.each(["OverloadedError", "BadRequestError"] as const)(
    "a policy sees through it: %s",
    (tag) =>
      Effect.gen(function*() {
        let calls = 0
        const error = ClaudeError.statusClasses[tag].make({ message, type: "any" })
        const call = Effect.suspend(() => {
          calls++
          return Effect.fail(error)
        })
        const retried = (effect: Effect.Effect<never, unknown>) =>
          Effect.gen(function*() {
            calls = 0
            yield* Effect.forkChild(Effect.ignore(Effect.retry(effect, RetryPolicy.standard)))
            yield* TestClock.adjust("10 minutes")
            return calls
          })
        const plain = yield* retried(call)
        assert.strictEqual(yield* retried(ClaudeError.sealed(call)), plain)
        assert.strictEqual(plain > 1, tag === "OverloadedError")
      })
  )
})

describe("isStatusError", () => {
  it.effect.each(ClaudeError.statuses.map(({ tag }) => tag))(
    "is true for %s",
    (tag) =>
      Effect.sync(() =>
        assert.isTrue(ClaudeError.isStatusError(ClaudeError.statusClasses[tag].make({ message, status: 1 })))
      )
  )

  it.effect.each([
    ["a failure without a status", new ClaudeError.APIConnectionError({ message })],
    ["another library's", new NotFoundError({ table: "users" })],
    ["null", null]
  ])("is false for %s", ([, value]) => Effect.sync(() => assert.isFalse(ClaudeError.isStatusError(value))))
})

describe("toPublic", () => {
  const secret = "org-1 has used 40,000 of its 40,000 tokens"
  const organizations = {
    message: secret,
    requestId: "req_1",
    model: secret,
    body: { error: { message: secret } },
    cause: new Error(secret),
    param: secret,
    rateLimits: { requests: { limit: 50, remaining: 0 } },
    retryAfter: Duration.seconds(2),
    reason: { _tag: "Unspecified", errorCode: secret, details: { secret } }
  } as const

  it.effect("shows no words, limits or codes of the organization's", () =>
    Effect.gen(function*() {
      const shown = ClaudeError.toPublic(new ClaudeError.RateLimitError(organizations))
      const json = yield* Schema.encodeEffect(Schema.toCodecJson(ClaudeError.Public))(shown)
      assert.deepStrictEqual(json, {
        _tag: "PublicClaudeError",
        kind: "busy",
        message: "Too much is going on right now. Please try again in a moment.",
        isRetryable: true,
        retryAfter: 2000,
        requestId: "req_1"
      })
    }))

  it.effect("comes back from JSON", () =>
    Effect.gen(function*() {
      const codec = Schema.toCodecJson(ClaudeError.Public)
      const shown = ClaudeError.toPublic(new ClaudeError.RateLimitError(organizations))
      const json = yield* Schema.encodeEffect(codec)(shown)
      const read = yield* Schema.decodeUnknownEffect(codec)(JSON.parse(JSON.stringify(json)))
      assert.deepStrictEqual({ ...read }, { ...shown }) // of two errors, it would compare name and message alone
    }))

  const partial = { content: [{ type: "text", text: "Once" }] } as never

  it.effect.each<readonly [ClaudeError.PublicKind, string, ClaudeError.ClaudeError]>([
    ["busy", "overload", overloaded],
    ["busy", "a limit of ours", new ClaudeError.RequestRejectedError({ message, reason: { _tag: "LimitExceeded" } })],
    ["unavailable", "no connection", new ClaudeError.APIConnectionError({ message })],
    ["unavailable", "500", new ClaudeError.InternalServerError({ message })],
    ["interrupted", "a cut stream", new ClaudeError.StreamInterruptedError({ message })],
    ["interrupted", "overload in the middle", new ClaudeError.OverloadedError({ message, partial })],
    ["too-long", "413", new ClaudeError.ContentTooLargeError({ message })],
    [
      "too-long",
      "the context",
      new ClaudeError.BadRequestError({ message: "prompt is too long: 5 tokens > 4 maximum" })
    ],
    ["failed", "a bad request", new ClaudeError.BadRequestError({ message })],
    ["failed", "a wrong key", new ClaudeError.AuthenticationError({ message })],
    ["failed", "a spend limit", new ClaudeError.RateLimitError({ message, shouldRetry: false })],
    ["failed", "a bug", new ClaudeError.RequestRejectedError({ message })]
  ])("says %s of %s", ([kind, , error]) =>
    Effect.sync(() => {
      assert.strictEqual(ClaudeError.toPublic(error).kind, kind)
    }))

  it.effect("says the same of a sealed failure", () =>
    Effect.gen(function*() {
      const error = new ClaudeError.RateLimitError(organizations)
      const sealed = yield* Effect.flip(ClaudeError.sealed(Effect.fail(error)))
      assert.deepStrictEqual({ ...ClaudeError.toPublic(sealed) }, { ...ClaudeError.toPublic(error) })
    }))
})

describe("contextWindow", () => {
  const sizes = (inputTokens?: number, limit?: number, maxTokens?: number) => ({ inputTokens, maxTokens, limit })

  it.effect.each<readonly [string, ClaudeError.ContextWindow]>([
    ["prompt is too long: 208310 tokens > 200000 maximum", sizes(208310, 200000)],
    [
      "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease input length or `max_tokens` " +
      "and try again",
      sizes(178959, 200000, 64000)
    ],
    ["Prompt is too long", sizes()],
    ["Input is too long for requested model.", sizes()]
  ])("reads %s", ([words, expected]) =>
    Effect.sync(() => {
      const error = new ClaudeError.BadRequestError({ message: words })
      assert.isTrue(error.isContextWindowExceeded)
      assert.deepStrictEqual(error.contextWindow, expected)
    }))

  it.effect.each([
    "max_tokens: 300000 > 64000, which is the maximum allowed number of output tokens for claude-opus-5-5",
    "messages.0.content.0.image: image is too long",
    message
  ])("leaves %s", (words) =>
    Effect.sync(() => {
      const error = new ClaudeError.BadRequestError({ message: words })
      assert.isFalse(error.isContextWindowExceeded)
      assert.isUndefined(error.contextWindow)
    }))

  it("is of a refused request, not of a failing server", () => {
    assert.isFalse(new ClaudeError.InternalServerError({ message: "prompt is too long" }).isContextWindowExceeded)
    assert.isFalse(new ClaudeError.APIConnectionError({ message: "prompt is too long" }).isContextWindowExceeded)
  })
})
