import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Simulator } from "../src/index.ts"
import { jsonOf, post } from "./client.ts"

const nested = `{ "_tag": "Delayed", "duration": "0 seconds", "fault":`.repeat(10_000)

describe("orders", () => {
  it.effect.each([
    { what: "no JSON", body: "{", says: /^The body is not JSON$/ },
    { what: "an unknown fault", body: `[{ "_tag": "Eror" }]`, says: /SchemaError/ },
    { what: "a fault with too much", body: `[{ "_tag": "None", "x": 1 }]`, says: /no excess property/ },
    { what: "a fault without end", body: `[${nested}{ "_tag": "None" }${"}".repeat(10_000)}]`, says: /RangeError/ }
  ])("that are $what are refused", ({ body, says }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* post(sim, "/__simulator/faults", body)
      assert.strictEqual(response.status, 400)
      const answer = yield* jsonOf(response)
      assert(typeof answer === "object" && answer !== null && "error" in answer)
      assert.match(String(answer.error), says)
      assert.strictEqual(yield* sim.remaining, 0)
    }).pipe(Effect.provide(Simulator.layer({ control: true }))))
})
