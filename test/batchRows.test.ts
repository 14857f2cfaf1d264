/** A row of a batch that failed tells what its request would have failed with by itself. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Claude, ClaudeError } from "effect-claude"
import { hello, simulated } from "./support/simulated.ts"

const failing: Readonly<Record<string, Claude.MessageCreateParams>> = {
  unknown: { ...hello, model: "claude-none" },
  wrong: { ...hello, tool_choice: { type: "any" } },
  other: { ...hello, model: "claude-none-2" }
}

const told = (error: ClaudeError.StatusErrors<"messages.create">) => {
  const { isRetryable, isThrottling, message, model, operation, outcome, reason, repeatable, status, type } = error
  return {
    tag: error._tag,
    isRetryable,
    isThrottling,
    message,
    model,
    operation,
    outcome,
    reason,
    repeatable,
    status,
    type
  }
}

const requests = Object.entries({ ...failing, fine: hello }).map(([custom_id, params]) => ({ custom_id, params }))

const errorsOf = (rows: ReadonlyArray<Claude.BatchResult<never>>) =>
  rows.flatMap(({ custom_id, result }) => result.type === "errored" ? [[custom_id, told(result.error)] as const] : [])

describe("the error of a row", () => {
  it.effect("is that of the request", () =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      const { id } = yield* messages.batches.create({ requests })
      const rows = yield* Stream.runCollect(messages.batches.results(id))
      const alone = yield* Effect.forEach(Object.entries(failing), ([custom_id, params]) =>
        Effect.map(Effect.flip(messages.create(params)), (error) => {
          assert(ClaudeError.isStatusError(error))
          return [custom_id, told(error)] as const
        }))
      assert.deepStrictEqual(errorsOf(rows as never), alone)
    }).pipe(Effect.provide(simulated({}, { batchDuration: 0 }))))

  it.effect("is that of the request of beta.messages too", () =>
    Effect.gen(function*() {
      const { messages } = (yield* Claude.Claude).beta
      const { id } = yield* messages.batches.create({ requests: requests as never })
      const rows = yield* Stream.runCollect(messages.batches.results(id))
      assert.deepStrictEqual(
        errorsOf(rows as never).map(([custom_id, { model, operation }]) => [custom_id, model, operation]),
        Object.entries(failing).map(([custom_id, { model }]) => [custom_id, model, "beta.messages.create"])
      )
    }).pipe(Effect.provide(simulated({}, { batchDuration: 0 }))))
})
