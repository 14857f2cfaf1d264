import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { cleanBody, cleanText } from "../src/internal/answer/size.ts"
import { redact, scrubFields, withoutExcerpt } from "../src/internal/secrets.ts"
import { Scrubber } from "../src/internal/secrets/scrubber.ts"

const key = "sk-ant-api03-secret"

const secrets = new Scrubber([key])
const { scrub } = secrets

describe("a scrubber", () => {
  it("blanks every occurrence of a secret", () => {
    assert.strictEqual(scrub(`Bearer ${key}, again ${key}${key}`), "Bearer <redacted>, again <redacted><redacted>")
  })

  it("leaves other texts as they are", () => {
    assert.strictEqual(scrub("sk-ant-api03-"), "sk-ant-api03-")
  })

  it.effect.each(["", "sk-1234"])(
    "changes nothing for secrets too short to tell from words: %j",
    (given) => Effect.sync(() => assert.strictEqual(new Scrubber([given]).scrub("sk-1234, a text"), "sk-1234, a text"))
  )

  it.effect.each([[[key, `${key}-of-webhooks`]], [[`${key}-of-webhooks`, key]]])(
    "leaves no end of a secret that begins with another: %j",
    ([given = []]) =>
      Effect.sync(() =>
        assert.strictEqual(new Scrubber(given).scrub(`${key}-of-webhooks and ${key}`), "<redacted> and <redacted>")
      )
  )

  it.effect.each(["with \"quotes\"", "with\\backslash", "tab\tand more", "pass/word\u2028line"])(
    "blanks a secret in JSON too: %j",
    (secret) =>
      Effect.sync(() =>
        assert.strictEqual(
          new Scrubber([secret]).scrub(JSON.stringify({ header: secret })),
          "{\"header\":\"<redacted>\"}"
        )
      )
  )

  it("takes a secret for a text, not for a pattern", () => {
    const literal = "$&.*+?^()\\[]{}|"
    assert.strictEqual(new Scrubber([literal]).scrub(`a ${literal} b $& c`), "a <redacted> b $& c")
  })

  it.effect.prop(
    "finds a secret in each form, in the middle of other text",
    [Schema.String.check(Schema.isMinLength(8)), Schema.String, Schema.String],
    ([drawn, before, after]) =>
      Effect.sync(() => {
        const secret = drawn.toWellFormed()
        // A text that begins or ends with a piece of the secret may hold it twice.
        const [start, end] = [`${before.toWellFormed()}|`, `|${after.toWellFormed()}`]
        const { scrub } = new Scrubber([secret])
        const forms = {
          plain: secret,
          JSON: JSON.stringify(secret).slice(1, -1),
          "JSON in JSON": JSON.stringify(JSON.stringify(secret)).slice(3, -3),
          "JSON with escaped slashes": JSON.stringify(secret).slice(1, -1).replaceAll("/", "\\/"),
          "JSON with nothing but letters and digits": secret.replaceAll(
            /[^A-Za-z0-9]/g,
            (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
          ),
          "a URL": encodeURIComponent(secret),
          "a form": new URLSearchParams({ a: secret }).toString().slice(2),
          "a URL in JSON": JSON.stringify(encodeURIComponent(secret)).slice(1, -1)
        }
        for (const [name, form] of Object.entries(forms)) {
          assert.strictEqual(scrub(form), "<redacted>", name)
          assert.include(scrub(start + form + end), "<redacted>", name)
        }
        for (const encoding of ["base64", "base64url"] as const) {
          const encoded = Buffer.from(start + secret + end).toString(encoding)
          const clean = scrub(encoded)
          assert.include(clean, "<redacted>", encoding)
          assert.isBelow(
            clean.length - "<redacted>".length,
            encoded.length - Math.floor(Buffer.from(secret).length * 4 / 3) + 4
          )
        }
      }),
    { arbitrary: { seed: 7 } }
  )

  it("blanks a secret from when it is learned on", () => {
    const { learn, scrub } = new Scrubber()
    assert.strictEqual(scrub(`Bearer ${key}`), `Bearer ${key}`)
    learn(key)
    assert.strictEqual(scrub(`Bearer ${key}`), "Bearer <redacted>")
  })

  it("blanks the secrets that it began with, however many it learns", () => {
    const { learn, scrub } = new Scrubber([key])
    for (let n = 0; n < 100; n++) learn(`learned-${n}`)
    assert.strictEqual(scrub(key), "<redacted>")
  })

  it("blanks as many learned secrets as it is told to, those used last", () => {
    const { learn, scrub } = new Scrubber([], 2)
    for (const letter of "abac") learn(`learned-${letter}`)
    assert.strictEqual(scrub("learned-a learned-b learned-c"), "<redacted> learned-b <redacted>")
  })

  it("leaves no end of a learned secret that begins with another", () => {
    const { learn, scrub } = new Scrubber([key])
    learn(`${key}-2`)
    assert.strictEqual(scrub(`${key}-2`), "<redacted>")
  })

  it.effect.each<readonly [string, HeadersInit, string]>([
    ["a bearer token", { authorization: "Bearer token-of-one" }, "token-of-one"],
    ["a basic credential", { authorization: `Basic ${btoa("me:password-of-one")}` }, btoa("me:password-of-one")],
    ["the password in a basic credential", { authorization: `Basic ${btoa("me:password-of-one")}` }, "password-of-one"],
    ["a key without a scheme", { "X-Api-Key": "key-of-one" }, "key-of-one"],
    ["a gateway's key", { "Ocp-Apim-Subscription-Key": "key-of-one" }, "key-of-one"],
    ["a secret of a custom header", { "x-client-secret": "secret-of-one" }, "secret-of-one"],
    ["a cookie", { cookie: "a=1; session=cookie-of-one" }, "cookie-of-one"],
    ["the cookie of an answer", { "set-cookie": "session=cookie-of-one; Path=/" }, "cookie-of-one"],
    ["a part of a list", { authorization: "Digest username=\"me\", response=\"response-of-one\"" }, "response-of-one"]
  ])("learns %s", ([, headers, secret]) =>
    Effect.sync(() => {
      const scrubber = new Scrubber()
      scrubber.learnHeaders(new Headers(headers))
      assert.strictEqual(scrubber.scrub(`(${secret})`), "(<redacted>)")
    }))

  it("learns no header that is for everybody to see", () => {
    const scrubber = new Scrubber()
    scrubber.learnHeaders(
      new Headers({
        "idempotency-key": "key-of-everyone",
        "x-request-id": "request-of-one",
        accept: "application/json"
      })
    )
    assert.deepStrictEqual(scrubber.find("key-of-everyone request-of-one application/json"), [])
  })

  it("learns secret fields of JSON and of forms, and keys in queries", () => {
    const scrubber = new Scrubber()
    scrubber.learnBody("{\"a\": {\"access_token\" : \"token-\\u0041\\/1\", \"model\": \"claude-opus\"}}")
    scrubber.learnBody("grant_type=refresh_token&refresh_token=token%2FB-1")
    scrubber.learnUrl("https://api.test/v1/models?limit=100000000&api_key=key-of-one")
    assert.strictEqual(
      scrubber.scrub("token-A/1 token/B-1 key-of-one claude-opus 100000000"),
      "<redacted> <redacted> <redacted> claude-opus 100000000"
    )
  })

  it("takes keys out of queries by their names, however short", () => {
    assert.strictEqual(
      new Scrubber().scrub("GET https://api.test/v1?key=abc&limit=1&sig=x#a"),
      "GET https://api.test/v1?key=<redacted>&limit=1&sig=<redacted>#a"
    )
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
    ([, value, expected]) => Effect.sync(() => assert.deepStrictEqual<unknown>(redact(value, secrets), expected))
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
      assert.deepStrictEqual(redact({ headers: { [name]: { nested: "value" }, accept: "*/*" } }, secrets), expected)
    }))

  it("reads Headers as fields", () => {
    const headers = new Headers({ authorization: "Bearer other", "x-team": key, accept: "*/*" })
    assert.deepStrictEqual(redact({ headers }, secrets), {
      headers: { accept: "*/*", authorization: "<redacted>", "x-team": "<redacted>" }
    })
  })

  it("keeps of an error its name and its clean message", () => {
    const error = Object.assign(new TypeError(`bad ${key}`, { cause: key }), { request: { key } })
    assert.deepStrictEqual(redact({ error }, secrets), { error: { name: "TypeError", message: "bad <redacted>" } })
  })

  it("ends at a depth of four", () => {
    const deep = { a: { b: { c: { d: { e: 1 } } } } }
    assert.deepStrictEqual(redact(deep, secrets), { a: { b: { c: { d: "…" } } } })
  })

  it("ends at a cycle", () => {
    const cycle: Record<string, unknown> = { name: "cycle" }
    cycle["self"] = [cycle]
    assert.include(JSON.stringify(redact(cycle, secrets)), "…")
  })

  it("leaves the value itself as it was", () => {
    const value = { headers: { authorization: key } }
    redact(value, secrets)
    assert.deepStrictEqual(value, { headers: { authorization: key } })
  })
})

it("a body has no text in the fields that hold secrets", () => {
  assert.deepStrictEqual(
    scrubFields(scrub, { access_token: "a", token: 5, secret: "", list: [{ password: "b", name: key }] }),
    { access_token: "<redacted>", token: 5, secret: "", list: [{ password: "<redacted>", name: "<redacted>" }] }
  )
})

it.effect.each(["{\"a\": sk-ant-secret}", "[1, 2, sk-ant-secret-that-goes-on-and-on-and-on]"])(
  "what is wrong with JSON is said without a piece of it: %s",
  (text) =>
    Effect.sync(() => {
      try {
        JSON.parse(text)
        assert.fail("parsed")
      } catch (error) {
        assert.match(withoutExcerpt(String(error)), /^SyntaxError: Unexpected token 's' is not valid in JSON$/)
      }
    })
)

describe("a text as long as a server may send it", () => {
  // Of a pattern that needs so many, V8's stack overflows on a run of 8 MB.
  it.each([
    ["a run of digits", "x".repeat(10_000_000)],
    // From each of them on, a pattern would look through all the others.
    ["a row of backslashes", `"${"\\".repeat(300_000)}`],
    ["escapes in the field of a secret", `{"password":"${"\\n".repeat(5_000_000)}`]
  ])("is looked through: %s", (_, text) => {
    const secret = "sk-ant-secret"
    const clean = new Scrubber([secret]).scrub(`${text} ${secret}`)
    assert.notInclude(clean.slice(-30), secret)
  })

  it("is looked through for base64 of a secret in a long run", () => {
    const secret = "sk-ant-secret"
    const clean = new Scrubber([secret]).scrub("A".repeat(4_000_000) + btoa(`xx${secret}xx`) + "A".repeat(4_000_000))
    assert.notInclude(clean, btoa(`xx${secret}xx`))
    assert.include(clean, "<redacted>")
  })
})

describe("a text that is cut", () => {
  const secret = `sk-ant-${"s".repeat(93)}`
  const { scrub } = new Scrubber([secret])

  it("shows no half of a secret, wherever it is cut", () => {
    for (let before = 0; before < 101; before++) {
      const text = " ".repeat(before) + `${secret} `.repeat(400)
      assert.notInclude(cleanText(scrub, text), "sk-ant")
      assert.notInclude(JSON.stringify(cleanBody(scrub, text.repeat(5))), "sk-ant")
      assert.notInclude(
        JSON.stringify(cleanBody(scrub, { error: { message: text }, junk: "x".repeat(70_000) })),
        "sk-ant"
      )
    }
  })

  it("says how long it was", () => {
    assert.match(cleanText(scrub, "x".repeat(9000)), /^x{8192}… \(cut; 9000 characters in all\)$/)
    assert.strictEqual(cleanText(scrub, "x".repeat(8192)), "x".repeat(8192))
  })

  it("keeps the field of a secret by its name alone", () => {
    const error = { type: "api_error", message: "no", details: { api_key: "hush" } }
    const body = cleanBody(scrub, { error, request_id: "req_1", junk: "x".repeat(70_000) })
    assert.deepInclude(body, { request_id: "req_1", error: { ...error, details: { api_key: "<redacted>" } } })
  })
})
