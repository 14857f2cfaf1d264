/** Secrets in texts that are larger than what regular expressions have room for. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Scrubber } from "../src/internal/secrets/scrubber.ts"

const size = 20 * 1024 * 1024

it.effect.each<readonly [string, () => string]>([
  ["base64", () => "QUJD".repeat(size / 4)],
  ["letters", () => "a".repeat(size)],
  ["backslashes", () => `"${"\\".repeat(size)}"`],
  ["spaces behind a field", () => `"token"${" ".repeat(size)}`],
  ["a secret field", () => `"token":"${"a".repeat(size)}"`],
  ["a query", () => `?${"a".repeat(size)}`],
  ["a parameter", () => `?a=${"a".repeat(size)}`]
])("a secret is found behind 20 MB of %s", ([, textOf]) =>
  Effect.sync(() => {
    const scrubber = new Scrubber(["sk-ant-0123456789"])
    const text = textOf()
    scrubber.learnBody(text)
    assert.include(scrubber.scrub(`${text} sk-ant-0123456789`), "<redacted>")
  }))
