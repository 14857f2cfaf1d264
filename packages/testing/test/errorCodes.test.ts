import * as SDK from "@anthropic-ai/sdk"
import { APIError } from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Fault, Simulator } from "../src/index.ts"
import { errorCodes } from "../src/internal/errorCodes.ts"
import { attempt, hello } from "./client.ts"

describe("every error code of the SDK", () => {
  it("is known", () => {
    assert.strictEqual(errorCodes.size, 100)
    assert.deepStrictEqual(
      Fault.coded("RampLimitExceededError"),
      Fault.error({ status: 429, code: "ramp_limit_exceeded" })
    )
  })

  it.effect("can be provoked by its name, and is of a class of its own there", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const client = new SDK.Anthropic({
        baseURL: sim.url,
        apiKey: Redacted.value(sim.apiKey),
        fetch: sim.fetch,
        maxRetries: 0,
        logLevel: "off"
      })
      const classes = new Set<unknown>()
      for (const { code, status } of errorCodes.values()) {
        yield* sim.script([Fault.error({ status, code })])
        const { cause } = yield* Effect.flip(attempt(() => client.messages.create(hello)))
        assert.instanceOf(cause, APIError)
        assert.deepInclude<object>(cause, { status, errorCode: code })
        classes.add(Object.getPrototypeOf(cause))
      }
      assert.strictEqual(classes.size, 100)
    }).pipe(Effect.provide(Simulator.layerFetch())))
})
