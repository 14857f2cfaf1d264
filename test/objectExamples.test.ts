/** The examples of structured output, each a process of its own, against a simulated API. */
import { Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import process from "node:process"
import { text } from "node:stream/consumers"

const run = Effect.fnUntraced(function*(example: string) {
  const { apiKey, url } = yield* Simulator.Simulator
  return yield* Effect.promise(async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "../examples", example)], {
      env: { ...process.env, ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: Redacted.value(apiKey) },
      stdio: ["ignore", "pipe", "pipe"]
    })
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
    return { code: Number(code), stderr, stdout }
  })
})

describe("an example", () => {
  it.live.each<[string, RegExp]>([
    ["06-structured-output.ts", /^0 ingredients so far\n[^]*, \d+ minutes \(\d+ tokens\)\n$/],
    ["07-extraction.ts", /^INV-\d{4}: [\d.]+ by .*, due \d{4}-\d{2}-\d{2}\n1 tries, \d+ tokens\n$/]
  ])("%s gets what it asks for", ([example, output]) =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* run(example)
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      assert.match(stdout, output)
    }).pipe(Effect.provide(Simulator.layer())))
})
