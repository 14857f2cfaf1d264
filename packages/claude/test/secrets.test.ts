import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { makeLearningScrub, makeScrub, redact } from "../src/internal/secrets.ts"

const key = "sk-ant-api03-secret"

const scrub = makeScrub([Redacted.make(key)])

describe("makeScrub", () => {
  it("blanks every occurrence of a secret", () => {
    assert.strictEqual(scrub(`Bearer ${key}, again ${key}${key}`), "Bearer <redacted>, again <redacted><redacted>")
  })

  it("leaves other texts as they are", () => {
    assert.strictEqual(scrub("sk-ant-api03-"), "sk-ant-api03-")
  })

  it.effect.each([[], [Redacted.make("")], [Redacted.make("sk-123")]])(
    "changes nothing for secrets too short to tell from words: %j",
    (...[secrets]) => Effect.sync(() => assert.strictEqual(makeScrub(secrets)("sk-123, a text"), "sk-123, a text"))
  )

  it.effect.each([[[key, `${key}-of-webhooks`]], [[`${key}-of-webhooks`, key]]])(
    "leaves no end of a secret that begins with another: %j",
    ([secrets = []]) =>
      Effect.sync(() => {
        const text = makeScrub(secrets.map((secret) => Redacted.make(secret)))(`${key}-of-webhooks and ${key}`)
        assert.strictEqual(text, "<redacted> and <redacted>")
      })
  )

  it.effect.each(["with \"quotes\"", "with\\backslash", "tab\tand more", "pass/word\u2028line"])(
    "blanks a secret in JSON too: %j",
    (secret) =>
      Effect.sync(() => {
        const json = makeScrub([Redacted.make(secret)])(JSON.stringify({ header: secret }))
        assert.strictEqual(json, "{\"header\":\"<redacted>\"}")
      })
  )

  it("takes a secret for a text, not for a pattern", () => {
    assert.strictEqual(makeScrub([Redacted.make("$&.*+?^()[]")])("a $&.*+?^()[] b $& c"), "a <redacted> b $& c")
  })
})

describe("makeLearningScrub", () => {
  it("blanks a secret from when it is learned on", () => {
    const { learn, scrub } = makeLearningScrub([])
    assert.strictEqual(scrub(`Bearer ${key}`), `Bearer ${key}`)
    learn(key)
    assert.strictEqual(scrub(`Bearer ${key}`), "Bearer <redacted>")
  })

  it("blanks the secrets that it began with, however many it learns", () => {
    const { learn, scrub } = makeLearningScrub([Redacted.make(key)])
    for (let n = 0; n < 100; n++) learn(`learned-${n}`)
    assert.strictEqual(scrub(key), "<redacted>")
  })

  it("blanks the eight secrets that it learned last", () => {
    const { learn, scrub } = makeLearningScrub([])
    for (const letter of "abcdefghi") learn(`learned-${letter}`)
    assert.strictEqual(scrub("learned-a learned-b learned-i"), "learned-a <redacted> <redacted>")
  })

  it("leaves no end of a learned secret that begins with another", () => {
    const { learn, scrub } = makeLearningScrub([Redacted.make(key)])
    learn(`${key}-2`)
    assert.strictEqual(scrub(`${key}-2`), "<redacted>")
  })
})

describe("redact", () => {
  it.effect.each([
    ["a text", `key ${key}`, "key <redacted>"],
    ["a number", 5, 5],
    ["null", null, null],
    ["undefined", undefined, undefined],
    ["a boolean", false, false],
    ["a bigint", 5n, 5n],
    ["a list", [key, 1, [key]], ["<redacted>", 1, ["<redacted>"]]],
    ["an object", { url: `https://x/${key}` }, { url: "https://x/<redacted>" }],
    ["an object without a prototype", Object.assign(Object.create(null), { a: key }), { a: "<redacted>" }],
    ["a function", () => key, undefined],
    [
      "an instance",
      new (class Client {
        key = key
      })(),
      "[object Object]"
    ],
    ["a map", new Map([["key", key]]), "[object Map]"],
    ["a URL", new URL(`https://x/${key}`), "[object URL]"],
    ["a Redacted", Redacted.make(key), "[object Object]"]
  ])(
    "keeps of %s no more than is plain and clean",
    ([, value, expected]) => Effect.sync(() => assert.deepStrictEqual<unknown>(redact(value, scrub), expected))
  )

  it.effect.each([
    "authorization",
    "Authorization",
    "X-API-KEY",
    "x-api-key",
    "api-key",
    "cookie",
    "Set-Cookie",
    "proxy-authorization",
    "x-amz-security-token",
    "body"
  ])("takes out the value of %s", (name) =>
    Effect.sync(() => {
      const expected = { headers: { [name]: "<redacted>", accept: "*/*" } }
      assert.deepStrictEqual(redact({ headers: { [name]: { nested: "value" }, accept: "*/*" } }, scrub), expected)
    }))

  it("reads Headers as fields", () => {
    const headers = new Headers({ authorization: "Bearer other", "x-team": key, accept: "*/*" })
    assert.deepStrictEqual(redact({ headers }, scrub), {
      headers: { accept: "*/*", authorization: "<redacted>", "x-team": "<redacted>" }
    })
  })

  it("keeps of an error its name and its clean message", () => {
    const error = Object.assign(new TypeError(`bad ${key}`, { cause: key }), { request: { key } })
    assert.deepStrictEqual(redact({ error }, scrub), { error: { name: "TypeError", message: "bad <redacted>" } })
  })

  it("ends at a depth of four", () => {
    const deep = { a: { b: { c: { d: { e: 1 } } } } }
    assert.deepStrictEqual(redact(deep, scrub), { a: { b: { c: { d: "…" } } } })
  })

  it("ends at a cycle", () => {
    const cycle: Record<string, unknown> = { name: "cycle" }
    cycle["self"] = [cycle]
    assert.include(JSON.stringify(redact(cycle, scrub)), "…")
  })

  it("leaves the value itself as it was", () => {
    const value = { headers: { authorization: key } }
    redact(value, scrub)
    assert.deepStrictEqual(value, { headers: { authorization: key } })
  })
})
