import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Fault, Simulator } from "../src/index.ts"
import { attempt, hello } from "./client.ts"

const ask = (options: { readonly key?: string; readonly model?: string; readonly words?: number } = {}) =>
  Effect.gen(function*() {
    const sim = yield* Simulator.Simulator
    const content = `Say hello in ${options.words ?? 20} words`
    const response = yield* attempt(() =>
      sim.fetch(`${sim.url}/v1/messages`, {
        method: "POST",
        headers: { "x-api-key": options.key ?? Redacted.value(sim.apiKey), "anthropic-version": "2026-10-21" },
        body: JSON.stringify({ ...hello, model: options.model ?? hello.model, messages: [{ role: "user", content }] })
      })
    )
    yield* attempt(() => response.text())
    return response
  })

const header = (response: Response, name: string) => response.headers.get(`anthropic-ratelimit-${name}`)

const limited = (limits: Simulator.Limits, options: Simulator.Options = {}) =>
  Effect.provide(Simulator.layerFetch({ ...options, limits }))

describe("a limit", () => {
  it.effect("of requests is full at first, and says when it is full again", () =>
    Effect.gen(function*() {
      const first = yield* ask()
      assert.strictEqual(header(first, "requests-limit"), "2")
      assert.strictEqual(header(first, "requests-remaining"), "1")
      assert.strictEqual(header(first, "requests-reset"), "1970-01-01T00:00:30Z")
      assert.strictEqual((yield* ask()).status, 200)
      const refused = yield* ask()
      assert.strictEqual(refused.status, 429)
      assert.strictEqual(refused.headers.get("retry-after"), "30")
      assert.strictEqual(header(refused, "requests-remaining"), "0")
      assert.strictEqual(header(refused, "requests-reset"), "1970-01-01T00:01:00Z")
    }).pipe(limited({ requestsPerMinute: 2 })))

  it.effect("keeps what retry-after promises, and not a second earlier", () =>
    Effect.gen(function*() {
      yield* ask()
      const { headers } = yield* ask()
      const seconds = Number(headers.get("retry-after"))
      yield* TestClock.adjust(`${seconds - 1} seconds`)
      assert.strictEqual((yield* ask()).status, 429)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* ask()).status, 200)
    }).pipe(limited({ requestsPerMinute: 1 })))

  it.effect("of tokens counts what was written and read", () =>
    Effect.gen(function*() {
      const response = yield* ask({ words: 20 })
      const used = 100 - Number(header(response, "input-tokens-remaining"))
      assert.isAbove(used, 5)
      assert.strictEqual(header(response, "output-tokens-remaining"), "5")
      assert.strictEqual(header(response, "tokens-limit"), "125")
      assert.strictEqual(header(response, "tokens-remaining"), String(100 - used + 5))
      // The last one may overdraw: its length is known when it is written.
      assert.strictEqual((yield* ask({ words: 20 })).status, 200)
      const refused = yield* ask()
      assert.deepStrictEqual([refused.status, refused.headers.get("retry-after")], [429, "39"])
    }).pipe(limited({ inputTokensPerMinute: 100, outputTokensPerMinute: 25 })))

  it.effect("is that of a key and a group of models", () =>
    Effect.gen(function*() {
      const statuses = yield* Effect.forEach([
        { model: "claude-opus-5-5" },
        { model: "claude-opus-5" },
        { model: "claude-sonnet-5-5" },
        { model: "claude-opus-5-5", key: "another" },
        { model: "claude-haiku-5-5" },
        { model: "claude-haiku-5-5" }
      ], (options) => Effect.map(ask(options), ({ status }) => status))
      assert.deepStrictEqual(statuses, [200, 429, 200, 200, 200, 200])
    }).pipe(limited({ requestsPerMinute: 1, groups: { "haiku-5": { requestsPerMinute: 2 } } }, {
      moreApiKeys: [Redacted.make("another")]
    })))

  it.effect("of a month is for good, and promises nothing", () =>
    Effect.gen(function*() {
      yield* ask()
      yield* TestClock.adjust("1 hour")
      const refused = yield* ask()
      assert.deepStrictEqual([refused.status, refused.headers.get("retry-after")], [429, null])
    }).pipe(limited({ tokensPerMonth: 10 })))

  it.effect("comes before the model: what is refused asks for no reply", () => {
    let asked = 0
    const reply = () => `Reply ${++asked}`
    return Effect.gen(function*() {
      yield* ask()
      assert.strictEqual((yield* ask()).status, 429)
      assert.strictEqual(asked, 1)
    }).pipe(limited({ requestsPerMinute: 1 }, { reply }))
  })

  it.effect("can also be a fault", () =>
    Effect.gen(function*() {
      const { script } = yield* Simulator.Simulator
      yield* script([Fault.monthlyCap(), Fault.accelerationLimit()])
      const [cap, acceleration] = [yield* ask(), yield* ask()]
      assert.deepStrictEqual([cap.status, cap.headers.get("retry-after")], [429, null])
      assert.deepStrictEqual([acceleration.status, acceleration.headers.get("retry-after")], [429, "20"])
    }).pipe(limited({})))
})
