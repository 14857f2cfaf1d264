import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Schema } from "effect"
import { ClaudeError } from "effect-claude"
import { TestClaude } from "../src/index.ts"

describe("TestClaude.error", () => {
  const tags = ClaudeError.ClaudeError.members.map(({ identifier }) => identifier.split("/")[1])
    .filter((tag) => tag !== "StructuredOutputError" && tag !== "IncompleteMessageError")

  it.effect.each(tags)("%s has a message of its own and survives JSON", (tag) =>
    Effect.gen(function*() {
      const error = TestClaude.error(tag as TestClaude.ErrorTag)
      assert.strictEqual(error._tag, tag)
      assert.isAbove(error.message.length, 3)
      const codec = Schema.toCodecJson(Schema.Array(ClaudeError.ClaudeError))
      const errors = [error as ClaudeError.ClaudeError]
      const encoded = yield* Schema.encodeEffect(codec)(errors)
      assert.deepStrictEqual(yield* Schema.decodeEffect(codec)(encoded), errors)
    }))

  it("has the type, the request id and the body that the API sends", () => {
    const { body, requestId, status, type } = TestClaude.error("OverloadedError")
    assert.strictEqual(status, 529)
    assert.strictEqual(type, "overloaded_error")
    assert.deepStrictEqual(body, {
      type: "error",
      error: { type: "overloaded_error", message: "Overloaded" },
      request_id: String(requestId)
    })
  })

  it("takes a message that is undefined for one that is not said", () => {
    assert.strictEqual(TestClaude.error("OverloadedError", { message: undefined }).message, "Overloaded")
    assert.strictEqual(TestClaude.error("InvalidResponseError", { problem: undefined }).problem, "not-json")
  })

  it("has no request id where that is said", () => {
    assert.isUndefined(TestClaude.error("OverloadedError", { requestId: undefined }).requestId)
  })

  it("takes a duration as people write it", () => {
    const { retryAfter } = TestClaude.error("RateLimitError", { retryAfter: "2 seconds" })
    assert.deepStrictEqual(retryAfter, Duration.seconds(2))
  })

  it("takes a reason by its tag, and adds code and details", () => {
    const error = TestClaude.error("RateLimitError", { reason: "EnforcedSpendLimitReachedError" })
    assert.deepInclude(error.reason, {
      _tag: "EnforcedSpendLimitReachedError",
      errorCode: "enforced_spend_limit_reached"
    })
    assert.isFalse(error.isRetryable)
  })

  it("has the reason in its body too", () => {
    const { body } = TestClaude.error("BadRequestError", { reason: "CMEKKeyDisabledError", message: "No key" })
    assert.deepInclude(body, {
      error: { type: "invalid_request_error", message: "No key", details: { error_code: "cmek_key_disabled" } }
    })
  })
})
