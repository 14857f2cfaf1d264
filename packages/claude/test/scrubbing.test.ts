/** Secrets in texts that are large, or odd, or hold many of them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cleanText } from "../src/internal/answer/size.ts"
import { Scrubber } from "../src/internal/secrets/scrubber.ts"

describe("a secret", () => {
  it.effect.each<readonly [string, string, string]>([
    ["behind a backslash", "token-0123456789", "C:\\token-0123456789"],
    ["behind a backslash, in JSON", "token-0123456789", JSON.stringify("C:\\token-0123456789")],
    ["behind a percent sign", "deadbeef0123456789", "100%deadbeef0123456789"],
    ["behind a percent sign, in a URL", "deadbeef0123456789", encodeURIComponent("100%deadbeef0123456789")],
    ["behind an ampersand", "amp;0123456789", "x&amp;0123456789"],
    ["that looks like an escape", "u00e9zzz0123456789", "\\u00e9zzz0123456789"],
    ["that ends like an escape", "0123456789\\", "0123456789\\n"],
    ["in base64 behind a backslash", "nsecret0123456789", `\\${btoa("nsecret0123456789")}`],
    ["in base64 behind a percent sign", "secret-0123456789", `%${btoa("secret-0123456789")}`]
  ])("is found %s", ([, secret, text]) =>
    Effect.sync(() => {
      const clean = new Scrubber([secret]).scrub(text)
      assert.notInclude(clean, secret)
      assert.notInclude(clean, btoa(secret).slice(0, 12))
      assert.include(clean, "<redacted>")
    }))

  it("is found beside ten thousand others, the oldest too", () => {
    const scrubber = new Scrubber(["given-0123456789"])
    const nameOf = (n: number) => `sk-ant-api03-${n}-of-a-tenant`
    for (let n = 0; n < 10_000; n++) scrubber.learn(nameOf(n))
    assert.strictEqual(
      scrubber.scrub(`${nameOf(0)} ${nameOf(9999)} given-0123456789`),
      "<redacted> <redacted> <redacted>"
    )
  })

  it("is found by the name of its field or parameter, in other spellings and places too", () => {
    assert.strictEqual(
      new Scrubber().scrub("{\"accessToken\": \"abc\"} https://a.test/#access_token=abc http://me:abc@proxy.test"),
      "{\"accessToken\": \"<redacted>\"} https://a.test/#access_token=<redacted> http://<redacted>@proxy.test"
    )
  })

  it("leaves another one that has a form in common with it, once it is forgotten", () => {
    const scrubber = new Scrubber([], 2)
    for (const secret of ["a%2Fb-0123456", "a/b-0123456", "other-0123456"]) scrubber.learn(secret)
    assert.strictEqual(scrubber.scrub("a/b-0123456"), "<redacted>")
  })
})

it("no half of a secret is left where a text is cut", () => {
  const secret = "sk-ant-".padEnd(100, "0123456789")
  const { scrub } = new Scrubber([secret])
  for (let length = 100_000; length < 100_010; length++) {
    const clean = cleanText(scrub, `${"x".repeat(length % 100)} ${`${secret} `.repeat(length / 100)}`)
    assert.match(clean, /^x* ?(<redacted> ?)*(<r?e?d?a?c?t?e?d?)?… \(cut; \d+ characters in all\)$/)
  }
})

/** Where a look takes more than linear time, these take hours. */
const size = 1024 * 1024

describe("a large text", () => {
  it.effect.each<readonly [string, () => string]>([
    ["base64", () => "QUJD".repeat(size / 4)],
    ["letters", () => "a".repeat(size)],
    ["backslashes", () => `"${"\\".repeat(size)}"`],
    ["quotes behind backslashes", () => "\\\"token".repeat(size / 8)],
    ["spaces behind a field", () => `"token"${" ".repeat(size)}`],
    ["a secret field", () => `"token":"${"a".repeat(size)}"`],
    ["a query", () => `?${"a".repeat(size)}`],
    ["a parameter", () => `?a=${"a".repeat(size)}`],
    ["question marks", () => "?a=".repeat(size / 3)],
    ["slashes", () => "://a".repeat(size / 4)]
  ])("is gone through once: %s", ([, textOf]) =>
    Effect.sync(() => {
      const scrubber = new Scrubber(["sk-ant-0123456789"])
      const text = textOf()
      scrubber.learnBody(text)
      assert.include(scrubber.scrub(`${text} sk-ant-0123456789`), "<redacted>")
    }))
})
