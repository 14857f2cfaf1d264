/** What an error code says about the outcome and about retrying counts for every method that documents it. */
import type { Call } from "@effect-claude/codegen/calls"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { type ClaudeError, Reason, RetryPolicy } from "effect-claude"
import { calls, over, run } from "./support/every.ts"

/** Up to two retries, at once. */
const policy = RetryPolicy.exponential({ base: 0 }).pipe(RetryPolicy.whileRetryable, Schedule.upTo({ times: 2 }))

interface Refusal {
  readonly status: number
  readonly errorCode: string
}

/** How a call fails that is always answered with a code, and how often it was sent. */
const refused = (call: Call, { errorCode, status }: Refusal) =>
  Effect.gen(function*() {
    let sent = 0
    const layer = over(() => {
      sent++
      const error = { type: "api_error", message: "no", details: { error_code: errorCode } }
      return Response.json({ type: "error", error }, { status })
    }, { retry: policy })
    const error = yield* Effect.flip(run(call)).pipe(Effect.provide(layer))
    return { error, sent }
  })

/** A method that documents the code, and that changes something. */
const writing = (tag: string): Call | undefined =>
  calls.find(({ errors, path, sent }) =>
    errors.includes(tag) && sent.request?.verb !== "GET" && !/^(beta\.)?messages\.\w+$/.test(path)
  )

const codes = [...Reason.errorCodes()].flatMap(([tag, code]) => {
  const call = writing(tag)
  return call === undefined ? [] : [{ tag, code, call }]
})

describe("a 503 without a code", () => {
  const answered = (path: string) =>
    Effect.gen(function*() {
      const call = calls.find((each) => each.path === path) ?? assert.fail(path)
      let sent = 0
      const layer = over(() => {
        sent++
        return new Response("upstream connect error", { status: 503 })
      }, { retry: policy })
      const { outcome } = yield* Effect.flip(run(call)).pipe(Effect.provide(layer))
      return { outcome, sent }
    })

  it.effect.each([
    // "If the request returns `503`, send it again to finish."
    { path: "beta.organization.users.signOut", sent: 3 },
    { path: "beta.organization.workspaces.archive", sent: 1 }
  ])(
    "of $path is sent $sent times: what the API calls safe to repeat is repeated",
    ({ path, sent }) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* answered(path), { outcome: "unknown", sent })
      })
  )
})

describe("an error code", () => {
  it.effect.each(codes.filter(({ code }) => code.retryable === false || code.outcome === "executed"))(
    "$tag is sent once, with its outcome",
    ({ call, code }) =>
      Effect.gen(function*() {
        const { error, sent } = yield* refused(call, code)
        assert.strictEqual(sent, 1)
        assert.isFalse(error.isRetryable)
        assert.strictEqual(error.outcome, code.outcome ?? "not-executed")
      })
  )

  it.effect.each<{ readonly tag: Reason.Coded["_tag"]; readonly sent: number; readonly outcome: ClaudeError.Outcome }>([
    { tag: "WorkspaceCreatedIncompleteError", sent: 1, outcome: "executed" },
    { tag: "ChangeOutcomeUnknownError", sent: 3, outcome: "unknown" },
    { tag: "BetaAuthorizationCheckUnavailableError", sent: 3, outcome: "not-executed" },
    { tag: "BetaRegistrationPendingError", sent: 1, outcome: "executed" },
    { tag: "BetaPluginNameTakenError", sent: 1, outcome: "not-executed" },
    { tag: "ExternalKeyValidationTimedOutError", sent: 3, outcome: "not-executed" },
    { tag: "ConcurrentMembershipChangeError", sent: 3, outcome: "not-executed" },
    { tag: "EnforcedSpendLimitReachedError", sent: 1, outcome: "not-executed" }
  ])("$tag: sent $sent times, $outcome", ({ outcome, sent, tag }) =>
    Effect.gen(function*() {
      const found = codes.find((each) => each.tag === tag)
      if (found === undefined) return assert.fail(`no method that changes something documents ${tag}`)
      const result = yield* refused(found.call, found.code)
      assert.deepStrictEqual({ sent: result.sent, outcome: result.error.outcome }, { sent, outcome })
    }))

  it.effect.each([
    { verb: "GET", sent: 3 },
    { verb: "POST", sent: 1 }
  ])(
    "of a later version under 503 leaves the outcome open: $verb is sent $sent times",
    ({ sent, verb }) =>
      Effect.gen(function*() {
        const call = calls.find(({ form, path, sent: { request } }) =>
          form === "json" && request?.verb === verb && !path.startsWith("messages.")
        )
        if (call === undefined) return assert.fail(`no method with ${verb}`)
        const result = yield* refused(call, { status: 503, errorCode: "code_of_tomorrow" })
        assert.deepStrictEqual({ sent: result.sent, outcome: result.error.outcome }, { sent, outcome: "unknown" })
      })
  )
})
