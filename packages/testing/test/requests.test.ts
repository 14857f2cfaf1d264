import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Simulator } from "../src/index.ts"
import { attempt, credentials, get, hello, jsonOf, post } from "./client.ts"

const simulated = Effect.provide(Simulator.layer())

const user = (content: unknown) => [{ role: "user", content }]

describe("a request to create a message is refused", () => {
  it.effect.each([
    { why: "without model", body: { ...hello, model: undefined }, status: 400, says: "model: Field required" },
    {
      why: "without max_tokens",
      body: { ...hello, max_tokens: undefined },
      status: 400,
      says: "max_tokens: Field required"
    },
    { why: "without messages", body: { ...hello, messages: undefined }, status: 400, says: "messages: Field required" },
    {
      why: "with no messages",
      body: { ...hello, messages: [] },
      status: 400,
      says: "messages: at least one message is required"
    },
    {
      why: "with max_tokens -1",
      body: { ...hello, max_tokens: -1 },
      status: 400,
      says: "max_tokens: must be greater than or equal to 0"
    },
    {
      why: "with max_tokens 1.5",
      body: { ...hello, max_tokens: 1.5 },
      status: 400,
      says: "max_tokens: Input should be a valid integer"
    },
    {
      why: "with max_tokens \"9\"",
      body: { ...hello, max_tokens: "9" },
      status: 400,
      says: "max_tokens: Input should be a valid integer"
    },
    {
      why: "with max_tokens over the model's",
      body: { ...hello, max_tokens: 200_000 },
      status: 400,
      says: "max_tokens: 200000 > 128000, which is the maximum allowed number of output tokens for claude-opus-5-5"
    },
    {
      why: "with an unknown role",
      body: { ...hello, messages: [{ role: "robot", content: "hi" }] },
      status: 400,
      says: "messages.0.role: Input should be 'user', 'assistant' or 'system'"
    },
    {
      why: "with an assistant turn first",
      body: { ...hello, messages: [{ role: "assistant", content: "hi" }] },
      status: 400,
      says: "messages: first message must use the \"user\" role"
    },
    {
      why: "with blank content",
      body: { ...hello, messages: user(" \n") },
      status: 400,
      says: "messages: text content blocks must be non-empty"
    },
    {
      why: "with a blank text block",
      body: { ...hello, messages: user([{ type: "text", text: "" }]) },
      status: 400,
      says: "messages: text content blocks must be non-empty"
    },
    {
      why: "with content of the wrong type",
      body: { ...hello, messages: user(5) },
      status: 400,
      says: "messages.0.content: Input should be a valid string or list"
    },
    {
      why: "with a hot temperature",
      body: { ...hello, temperature: 2 },
      status: 400,
      says: "temperature: range: 0..1"
    },
    { why: "with a list as its body", body: [], status: 400, says: "Input should be a valid dictionary" },
    { why: "for an unknown model", body: { ...hello, model: "foo" }, status: 404, says: "model: foo" },
    { why: "for a retired model", body: { ...hello, model: "claude-1" }, status: 404, says: "model: claude-1" }
  ])("$why", ({ body, says, status }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* post(sim, "/v1/messages", body)
      assert.strictEqual(response.status, status)
      assert.deepStrictEqual(yield* jsonOf(response), {
        type: "error",
        error: { type: status === 404 ? "not_found_error" : "invalid_request_error", message: says },
        request_id: response.headers.get("request-id")
      })
    }).pipe(Effect.provide(Simulator.layer({
      models: [{ id: "claude-opus-5-5" }, { id: "claude-1", lifecycle: "retired" }]
    }))))

  it.effect.each(["", "{", "{\"model\":"])("with %j, which is no JSON", (body) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* post(sim, "/v1/messages", body)
      assert.strictEqual(response.status, 400)
      assert.match(JSON.stringify(yield* jsonOf(response)), /The request body is not valid JSON/)
    }).pipe(simulated))

  it.effect("with more than 32 MB", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* post(sim, "/v1/messages", " ".repeat(32 * 1024 * 1024 + 1))
      assert.strictEqual(response.status, 413)
      assert.nestedPropertyVal(yield* jsonOf(response), "error.type", "request_too_large")
    }).pipe(simulated))
})

describe("JSON that is nested deeply", () => {
  it.effect.each(["/v1/messages", "/v1/messages/count_tokens", "/v1/messages/batches"])(
    "is refused at %s",
    (path) =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        const params = (depth: number) =>
          `{ "model": "${hello.model}", ${path.endsWith("tokens") ? "" : `"max_tokens": 9, `}` +
          `"messages": [{ "role": "user", "content": "Hi" }], "tools": [{ "name": "deep", "input_schema": ` +
          `{ "type": "object", "default": ${"[".repeat(depth)}${"]".repeat(depth)} } }] }`
        const body = (depth: number) =>
          path.endsWith("batches")
            ? `{ "requests": [{ "custom_id": "a", "params": ${params(depth)} }] }`
            : params(depth)
        assert.strictEqual((yield* post(sim, path, body(150))).status, 200)
        const refusal = yield* post(sim, path, body(5000))
        assert.strictEqual(refusal.status, 400)
        assert.nestedPropertyVal(
          yield* jsonOf(refusal),
          "error.message",
          "The request body is not valid JSON: recursion limit exceeded"
        )
      }).pipe(simulated)
  )
})

describe("credentials", () => {
  it.effect.each([
    { headers: {}, says: "x-api-key header is required" },
    { headers: { "x-api-key": "wrong" }, says: "invalid x-api-key" },
    { headers: { authorization: "Bearer wrong" }, says: "Invalid bearer token" },
    { headers: { authorization: "Basic c2VjcmV0" }, says: "x-api-key header is required" }
  ])("refuses $headers", ({ headers, says }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* attempt(() =>
        fetch(`${sim.url}/v1/models`, { headers: { "anthropic-version": "2023-06-01", ...headers } })
      )
      assert.strictEqual(response.status, 401)
      assert.deepNestedPropertyVal(yield* jsonOf(response), "error", { type: "authentication_error", message: says })
    }).pipe(simulated))

  it.effect("come before everything else of a route", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* attempt(() => fetch(`${sim.url}/v1/messages`, { method: "POST", body: "{" }))
      assert.strictEqual(response.status, 401)
    }).pipe(simulated))

  it.effect("may be a bearer token", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* attempt(() =>
        fetch(`${sim.url}/v1/models`, {
          headers: { authorization: `Bearer ${Redacted.value(sim.apiKey)}`, "anthropic-version": "2023-06-01" }
        })
      )
      assert.strictEqual(response.status, 200)
    }).pipe(simulated))

  it.effect("may be chosen", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      assert.strictEqual(Redacted.value(sim.apiKey), "sk-ant-mine")
      assert.strictEqual((yield* get(sim, "/v1/models")).status, 200)
    }).pipe(Effect.provide(Simulator.layer({ apiKey: Redacted.make("sk-ant-mine") }))))

  it.effect("need an API version with them", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* attempt(() =>
        fetch(`${sim.url}/v1/models`, { headers: { "x-api-key": Redacted.value(sim.apiKey) } })
      )
      assert.strictEqual(response.status, 400)
      assert.nestedPropertyVal(yield* jsonOf(response), "error.message", "anthropic-version: header is required")
    }).pipe(simulated))
})

describe("a route", () => {
  it.effect.each(["/", "/v1", "/v1/nowhere", "/v1/Models", "/v1//models", "/v1/messages/", "/%zz"])(
    "that is unknown is a 404: %s",
    (path) =>
      Effect.gen(function*() {
        const sim = yield* Simulator.Simulator
        const response = yield* get(sim, path)
        assert.strictEqual(response.status, 404)
        assert.nestedPropertyVal(yield* jsonOf(response), "error.type", "not_found_error")
      }).pipe(simulated)
  )

  it.effect.each([
    { method: "GET", path: "/v1/messages" },
    { method: "DELETE", path: "/v1/messages/count_tokens" },
    { method: "POST", path: "/v1/models" },
    { method: "PUT", path: "/v1/models/claude-opus-5-5" }
  ])("does not take another method: $method $path", ({ method, path }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* attempt(() => fetch(`${sim.url}${path}`, { method, headers: credentials(sim) }))
      assert.strictEqual(response.status, 405)
    }).pipe(simulated))
})

describe("every answer", () => {
  it.effect("has a request id of its own", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const responses = yield* Effect.forEach(["/v1/models", "/v1/models/foo", "/nowhere"], (path) => get(sim, path))
      const ids = responses.map((response) => response.headers.get("request-id"))
      assert.strictEqual(new Set(ids).size, 3)
      for (const id of ids) assert.match(id ?? "", /^req_/)
    }).pipe(simulated))

  it.effect("has the rate limit headers", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const { headers } = yield* get(sim, "/v1/models")
      for (const bucket of ["requests", "tokens", "input-tokens", "output-tokens"]) {
        const limit = Number(headers.get(`anthropic-ratelimit-${bucket}-limit`))
        assert.isAbove(limit, Number(headers.get(`anthropic-ratelimit-${bucket}-remaining`)))
        // The test clock stands at the epoch.
        assert.strictEqual(headers.get(`anthropic-ratelimit-${bucket}-reset`), "1970-01-01T00:01:00Z")
      }
    }).pipe(simulated))
})

describe("a path that is not served", () => {
  it.effect.each([
    { method: "GET", path: "/v1/nothing", status: 404, says: "Not Found" },
    { method: "POST", path: "/v1/Messages", status: 404, says: "Not Found" },
    {
      method: "GET",
      path: "/v1/skills/skill_1?beta=true",
      status: 501,
      says: "The simulator does not serve GET /v1/skills/{skill_id} (skills.retrieve)."
    },
    { method: "GET", path: "/v1/skills/", status: 404, says: "Not Found" }
  ])("says so to everybody: $method $path", ({ method, path, says, status }) =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const response = yield* attempt((signal) => fetch(`${sim.url}${path}`, { method, signal }))
      assert.nestedPropertyVal(yield* jsonOf(response), "error.message", says)
      assert.strictEqual(response.status, status)
    }).pipe(simulated))
})
