import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { request } from "node:http"
import { Simulator } from "../src/index.ts"
import { get, hello, jsonOf, post, textOf } from "./client.ts"

const nested = `{ "_tag": "Delayed", "duration": "0 seconds", "fault":`.repeat(10_000)

describe("orders", () => {
  it.effect.each([
    { what: "no JSON", body: "{", says: /^no JSON: / },
    { what: "an unknown fault", body: `[{ "_tag": "Eror" }]`, says: /^\[0\]\._tag: no fault is named "Eror"/ },
    {
      what: "a fault with too much",
      body: `[{ "_tag": "None", "x": 1 }]`,
      says: /^\[0\]\.x: this name means nothing here$/
    },
    {
      what: "a fault without end",
      body: `[${nested}{ "_tag": "None" }${"}".repeat(10_000)}]`,
      says: /^nested too deeply$/
    }
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

const controlled = Effect.provide(Simulator.layer({ control: true }))

const statusOf = (path: string, headers: Readonly<Record<string, string>>, body?: string) =>
  Effect.gen(function*() {
    const { url } = yield* Simulator.Simulator
    const { port } = new URL(url)
    // Node's fetch sets some of these headers itself.
    return yield* Effect.callback<number>((resume) => {
      const method = body === undefined ? "GET" : "POST"
      const call = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
        response.resume()
        resume(Effect.succeed(response.statusCode ?? 0))
      })
      call.end(body)
    })
  })

const json = { "content-type": "application/json" }

describe("the paths of control", () => {
  it.live.each([
    { what: "no browser", headers: {}, get: 200, post: 200 },
    { what: "localhost", headers: { host: "localhost:8787" }, get: 200, post: 200 },
    { what: "another container", headers: { host: "simulator:8787" }, get: 200, post: 200 },
    {
      what: "its own page",
      headers: { host: "localhost:1", origin: "http://localhost:1", "sec-fetch-site": "same-origin" },
      get: 200,
      post: 200
    },
    {
      what: "a page of another site",
      headers: { host: "localhost:1", origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      get: 403,
      post: 403
    },
    {
      what: "a page of another port",
      headers: { host: "localhost:1", origin: "http://localhost:2", "sec-fetch-site": "same-site" },
      get: 403,
      post: 403
    },
    { what: "a page without an origin", headers: { host: "localhost:1", origin: "null" }, get: 403, post: 403 },
    {
      what: "a name that was rebound",
      headers: { host: "evil.example:1", origin: "http://evil.example:1" },
      get: 403,
      post: 403
    },
    {
      what: "a link",
      headers: { host: "localhost:1", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
      get: 200,
      post: 403
    }
  ])("are asked by $what", ({ get, headers, post }) =>
    Effect.gen(function*() {
      for (const path of ["/__simulator", "/__simulator/journal", "/__simulator/state"]) {
        assert.strictEqual(yield* statusOf(path, headers), get, path)
      }
      for (const path of ["/__simulator/faults", "/__simulator/replies", "/__simulator/reset"]) {
        assert.strictEqual(yield* statusOf(path, { ...headers, ...json }, "[]"), post, path)
      }
    }).pipe(controlled))

  it.live.each(["/__simulator/faults", "/__simulator/replies", "/__simulator/reset"])(
    "%s wants JSON that says so",
    (path) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* statusOf(path, { "content-type": "text/plain" }, "[]"), 400)
        assert.strictEqual(yield* statusOf(path, {}, "[]"), 400)
      }).pipe(controlled)
  )

  it.live("are not there unless they are asked for", () =>
    Effect.gen(function*() {
      for (const path of ["/__simulator", "/__simulator/journal", "/__simulator/state"]) {
        assert.strictEqual(yield* statusOf(path, {}), 404)
      }
    }).pipe(Effect.provide(Simulator.layer())))

  it.live("say what answers, what is left of limits, and why a request was refused", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* post(sim, "/__simulator/replies", { text: "canned" })
      yield* post(sim, "/__simulator/faults", [{ _tag: "None" }, { _tag: "None" }])
      const text = yield* Effect.flatMap(post(sim, "/v1/messages", hello), textOf)
      assert.include(text, "canned")
      yield* post(sim, "/v1/messages", { ...hello, tempo: 1 })
      const state = yield* Effect.flatMap(get(sim, "/__simulator/state"), jsonOf)
      assert.deepInclude(state, { requests: 2, faults: 0, replies: 1 })
      assert.deepInclude((state as { limits: ReadonlyArray<object> }).limits[0], {
        key: 1,
        group: "opus-5",
        name: "requests",
        limit: 10
      })
      const journal = yield* Effect.flatMap(get(sim, "/__simulator/journal"), textOf)
      assert.include(
        journal,
        `"error":{"type":"invalid_request_error","message":"tempo: Extra inputs are not permitted"}`
      )
      for (const seen of [journal, JSON.stringify(state)]) assert.notInclude(seen, Redacted.value(sim.apiKey))
      yield* post(sim, "/v1/messages", "{ \"key\": sk-ant-1234")
      const malformed = yield* Effect.flatMap(get(sim, "/__simulator/journal?last=1"), textOf)
      assert.match(malformed, /The request body is not valid JSON: /)
      assert.notInclude(malformed, "sk-ant")
      const latest = yield* Effect.flatMap(get(sim, "/__simulator/journal?last=1"), jsonOf)
      assert.deepInclude((latest as ReadonlyArray<object>)[0], { status: 400 })
      assert.lengthOf(latest as ReadonlyArray<object>, 1)
      yield* post(sim, "/__simulator/reset", {})
      assert.deepStrictEqual(yield* Effect.flatMap(get(sim, "/__simulator/journal"), jsonOf), [])
    }).pipe(Effect.provide(Simulator.layer({ control: true, limits: { requestsPerMinute: 10 } }))))
})
