import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { fromHeaders } from "../src/internal/answer/rateLimits.ts"

const buckets = [
  ["requests", "requests"],
  ["tokens", "tokens"],
  ["input-tokens", "inputTokens"],
  ["output-tokens", "outputTokens"]
] as const

const resetOf = (reset: string) => fromHeaders(new Headers({ "anthropic-ratelimit-requests-reset": reset }))

describe("rate limit headers", () => {
  it.effect.each(buckets)("of %s are the bucket %s", ([header, name]) =>
    Effect.sync(() => {
      const limits = fromHeaders(
        new Headers({
          [`anthropic-ratelimit-${header}-limit`]: "50",
          [`anthropic-ratelimit-${header}-remaining`]: "0",
          [`anthropic-ratelimit-${header}-reset`]: "2026-11-20T10:00:30Z"
        })
      )
      assert.deepStrictEqual(limits, {
        [name]: { limit: 50, remaining: 0, reset: DateTime.makeUnsafe("2026-11-20T10:00:30Z") }
      })
    }))

  it("are all read at once", () => {
    const headers = Object.fromEntries(
      buckets.map(([header], index) => [`Anthropic-Ratelimit-${header}-Limit`, `${index}`])
    )
    assert.deepStrictEqual(fromHeaders(new Headers(headers)), {
      requests: { limit: 0 },
      tokens: { limit: 1 },
      inputTokens: { limit: 2 },
      outputTokens: { limit: 3 }
    })
  })

  it("that are missing tell nothing", () => {
    assert.isUndefined(fromHeaders(new Headers({ "content-type": "application/json", "retry-after": "5" })))
  })

  it.effect.each(
    [
      ["2026-11-20T10:00:30Z", "2026-11-20T10:00:30.000Z"],
      ["2026-11-20T10:00:30.25Z", "2026-11-20T10:00:30.250Z"],
      ["2026-11-20T10:00:30.123456789Z", "2026-11-20T10:00:30.123Z"],
      ["2026-11-20T11:00:30+01:00", "2026-11-20T10:00:30.000Z"],
      ["2026-11-20T02:00:30-08:00", "2026-11-20T10:00:30.000Z"],
      ["2026-11-20t10:00:30z", "2026-11-20T10:00:30.000Z"],
      [" 2026-11-20T10:00:30Z ", "2026-11-20T10:00:30.000Z"]
    ] as const
  )("give the time of a reset in RFC 3339: %s", ([header, expected]) =>
    Effect.sync(() => {
      const reset = resetOf(header)?.requests?.reset
      assert.strictEqual(reset && DateTime.formatIso(reset), expected)
    }))

  it.effect.each([
    "",
    "soon",
    "30",
    "6s",
    "1ms",
    "2026",
    "2026-11-20",
    "2026-11-20T10:00:30",
    "2026-11-20T10:00:30 GMT",
    "2026-13-40T10:00:30Z",
    "2026-11-20T25:00:30Z",
    "Fri, 20 Nov 2026 10:00:30 GMT",
    "1795168830"
  ])("leave out a reset that is no RFC 3339: %j", (header) => Effect.sync(() => assert.isUndefined(resetOf(header))))

  it.effect.each(["", " ", "many", "NaN", "Infinity", "1e999", "5 requests", "0x10", "1,000"])(
    "leave out an amount that is no number: %j",
    (header) =>
      Effect.sync(() => {
        const limits = fromHeaders(
          new Headers({ "anthropic-ratelimit-tokens-limit": header, "anthropic-ratelimit-tokens-remaining": "5" })
        )
        assert.deepStrictEqual(limits, { tokens: { remaining: 5 } })
      })
  )

  it("that cannot be read at all tell nothing", () => {
    const headers = { "anthropic-ratelimit-tokens-limit": "many", "anthropic-ratelimit-tokens-reset": "soon" }
    assert.isUndefined(fromHeaders(new Headers(headers)))
  })
})
