/** Promise 1: the type tells the truth. Every code that the SDK documents for a method, answered to that method. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { calls, model, over, run } from "./support/every.ts"

interface Refusal {
  readonly status: number
  readonly errorCode: string
}

const answer = ({ errorCode, status }: Refusal) =>
  Response.json(
    { type: "error", error: { type: "api_error", message: "no", details: { error_code: errorCode, more: 1 } } },
    { status }
  )

describe("a documented error code is the reason of its class", () => {
  it.effect.each(calls.filter(({ errors }) => errors.length > 0))("$path", (call) =>
    Effect.forEach(
      model.errorCodes.filter(({ tag }) => call.errors.includes(tag)),
      Effect.fnUntraced(function*(code) {
        const error = yield* Effect.flip(run(call)).pipe(Effect.provide(over(() => answer(code))))
        assert.strictEqual(error._tag, code.parent)
        const reason: unknown = "reason" in error ? { ...error.reason } : undefined
        assert.deepStrictEqual(reason, {
          _tag: code.tag,
          errorCode: code.errorCode,
          details: { error_code: code.errorCode, more: 1 }
        })
      })
    ))
})

describe("an error code that the method does not document is unspecified, and kept", () => {
  it.effect.each(calls)("$path", (call) =>
    Effect.forEach(
      [
        ...model.errorCodes.filter(({ tag }) => !call.errors.includes(tag)).slice(0, 3),
        { status: 400, errorCode: "made_up", parent: "BadRequestError" }
      ],
      Effect.fnUntraced(function*(code) {
        const error = yield* Effect.flip(run(call)).pipe(Effect.provide(over(() => answer(code))))
        assert.strictEqual(error._tag, code.parent)
        const reason: object = "reason" in error ? error.reason : {}
        assert.deepInclude(reason, { _tag: "Unspecified", errorCode: code.errorCode })
      })
    ))
})

describe("a method without a documented code still has every class of a status", () => {
  const plain = calls.find(({ errors }) => errors.length === 0)
  it.effect.each(model.errorClasses.flatMap(({ name, status }) => status === null ? [] : [{ name, status }]))(
    "$status is $name",
    ({ name, status }) =>
      Effect.gen(function*() {
        if (plain === undefined) return assert.fail("every method documents a code")
        const error = yield* Effect.flip(run(plain)).pipe(
          Effect.provide(over(() => answer({ status, errorCode: "made_up" })))
        )
        assert.strictEqual(error._tag, name)
      })
  )
})
