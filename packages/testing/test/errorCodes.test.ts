import * as SDK from "@anthropic-ai/sdk"
import { APIError } from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Reason } from "effect-claude"
import { Fault, Simulator } from "../src/index.ts"
import { attempt, hello } from "./client.ts"

const codes = [...Reason.errorCodes()]

describe("every error code of the SDK", () => {
  it("is known", () => {
    assert.isAbove(codes.length, 0)
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
      for (const [name, { errorCode, status }] of codes) {
        yield* sim.script([Fault.coded(name as Reason.Coded["_tag"])])
        const { cause } = yield* Effect.flip(attempt(() => client.messages.create(hello)))
        assert.instanceOf(cause, APIError)
        assert.deepInclude<object>(cause, { status, errorCode })
        classes.add(Object.getPrototypeOf(cause))
      }
      assert.strictEqual(classes.size, codes.length)
    }).pipe(Effect.provide(Simulator.layerFetch())))
})
