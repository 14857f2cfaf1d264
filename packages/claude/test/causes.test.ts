/** What errors keep of what was thrown. */
import { APIError } from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Data, Effect, Redacted } from "effect"
import { inspect } from "node:util"
import { scrubError } from "../src/internal/causes.ts"
import { Scrubber } from "../src/internal/secrets/scrubber.ts"

const key = "sk-ant-api03-secret"

const { scrub } = new Scrubber([key])

/** An error with a field that shows the secret. */
const withField = (name: PropertyKey, value: unknown) => Object.assign(new Error("no"), { [name]: value })

const hidden = (name: string, value: unknown) => Object.defineProperty(new Error("no"), name, { value })

/** Headers of another package's `fetch`. */
class OtherHeaders {
  readonly #values: ReadonlyMap<string, string>

  constructor(values: Readonly<Record<string, string>>) {
    this.#values = new Map(Object.entries(values))
  }

  get(name: string): string | null {
    return this.#values.get(name) ?? null
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  forEach(f: (value: string, name: string) => void): void {
    this.#values.forEach(f)
  }

  [inspect.custom](): unknown {
    return Object.fromEntries(this.#values)
  }
}

class WithGetter extends Error {
  get config() {
    return { headers: { "x-team": key } }
  }
}

class Shy extends Data.TaggedError("Shy")<{ readonly key: Redacted.Redacted }> {}

describe("the cause of an error", () => {
  const failure = (headers: Record<string, string>, body: object) =>
    APIError.generate(400, { type: "error", ...body }, undefined, new Headers(headers))

  it("is the error itself where it shows no secret", () => {
    const error = failure({ "request-id": "req_1" }, { error: { message: "no" } })
    assert.strictEqual(scrubError(scrub, error), error)
  })

  it("has no cookie and no credential among its headers, and all else", () => {
    const headers = { "request-id": "req_1", "set-cookie": "a=b", authorization: "Bearer x", "x-gateway-token": "y" }
    const error = failure(headers, { error: { message: "no" } })
    const clean = scrubError(scrub, error)
    assert.instanceOf(clean, APIError)
    assert.deepStrictEqual([...(clean as typeof error).headers ?? []], [["request-id", "req_1"]])
    assert.strictEqual((clean as typeof error).status, 400)
    assert.strictEqual((clean as typeof error).message, error.message)
    assert.isTrue(error.headers?.has("set-cookie"), "the original is not touched")
  })

  it.effect.each([
    ["a header", failure({ "x-echo": key }, {})],
    ["a body", failure({}, { error: { message: key } })],
    ["a secret field, however short", failure({}, { nested: [{ signing_secret: "abc" }] })],
    ["its own cause", new Error("no", { cause: new Error(key) })],
    ["cookies, in its own cause", new Error("no", { cause: failure({ "set-cookie": "a=b" }, {}) })]
  ])("has only its name and its clean message where %s shows a secret", ([, error]) =>
    Effect.sync(() => {
      const clean = scrubError(scrub, error)
      assert.instanceOf(clean, Error)
      assert.notStrictEqual(clean, error)
      assert.deepStrictEqual(Object.keys(clean as Error).filter((name) => name !== "name"), [])
      assert.isUndefined((clean as Error).cause)
    }))

  it.effect.each<readonly [string, object]>([
    ["errors of an AggregateError", new Error("no", { cause: new AggregateError([new Error(key)], "many") })],
    ["a hidden field", hidden("request", { headers: { "x-team": key } })],
    ["a symbol's field", withField(Symbol("headers"), { "x-team": key })],
    ["the name of a field", withField("sent", { [key]: 1 })],
    ["the name of a symbol", withField(Symbol(key), 1)],
    ["a URL", withField("url", new URL(`https://api.test/?a=${key}`))],
    ["a query", withField("query", new URLSearchParams({ a: key }))],
    ["a map", withField("map", new Map([["a", key]]))],
    ["a set", withField("set", new Set([key]))],
    ["a request", withField("request", new Request("https://api.test/", { headers: { "x-team": key } }))],
    ["bytes", withField("body", Buffer.from(`..${key}..`))],
    ["a function", withField("retry", Object.assign(() => 1, { key }))],
    ["a stack", Object.assign(new Error("no"), { stack: `Error: ${key}\n    at x.js:1:1` })],
    ["a getter", new WithGetter("no")],
    ["a way to be inspected", withField(inspect.custom, () => key)],
    ["a way to be written", withField("toJSON", () => ({ key }))],
    ["a thrown object", { sent: { key } }],
    ["the user of a URL", new Error("cannot connect to http://me:hunter2@proxy.test:8080/")],
    ["a piece of what was parsed", new SyntaxError(`Unexpected token 's', "${key.slice(0, 10)}"... is not valid JSON`)],
    [
      "what cannot be read",
      new Proxy(new Error("no"), {
        ownKeys: () => {
          throw new Error("no")
        }
      })
    ]
  ])("shows no secret by %s", ([, error]) =>
    Effect.sync(() => {
      const clean = scrubError(scrub, error)
      assert.notStrictEqual(clean, error)
      const options = { depth: Infinity, showHidden: true, getters: true }
      for (const text of [inspect(clean, options), String(clean), String(JSON.stringify(clean))]) {
        assert.notInclude(text, key.slice(0, 10))
        assert.notInclude(text, "hunter2")
      }
    }))

  it("has clean headers where they are of another class", () => {
    const error = Object.assign(new Error("no"), {
      headers: new OtherHeaders({ "set-cookie": "a=b", "request-id": "req_1" })
    })
    const clean = scrubError(scrub, error) as { readonly headers: Headers }
    assert.deepStrictEqual([...clean.headers], [["request-id", "req_1"]])
  })

  it("does not say where a redirect leads", () => {
    const clean = scrubError(scrub, failure({ location: "https://other.test/#token", "request-id": "req_1" }, {}))
    assert.deepStrictEqual([...(clean as ReturnType<typeof failure>).headers ?? []], [["request-id", "req_1"]])
  })

  it.effect.each<readonly [string, object]>([
    [
      "with a socket",
      new TypeError("fetch failed", {
        cause: Object.assign(new Error("other side closed"), {
          code: "UND_ERR_SOCKET",
          socket: { localPort: 1, remotePort: 2 }
        })
      })
    ],
    [
      "of several addresses",
      new TypeError("fetch failed", {
        cause: new AggregateError([new Error("connect ECONNREFUSED ::1:80")], "")
      })
    ],
    ["with a Redacted", new Shy({ key: Redacted.make(key) })],
    ["of the platform", new DOMException("aborted", "AbortError")]
  ])("is the error itself: %s", ([, error]) => Effect.sync(() => assert.strictEqual(scrubError(scrub, error), error)))

  it("is not looked for in a graph without end", () => {
    const graph: Record<string, unknown> = {}
    let node = graph
    for (let n = 0; n < 10_000; n++) node = node["next"] = { n }
    assert.deepStrictEqual(Object.keys(scrubError(scrub, withField("socket", graph)) as object), ["name"])
  })
})
