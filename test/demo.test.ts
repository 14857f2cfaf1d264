/** The demo, as a newcomer starts it: what it prints where the output is no terminal. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { text } from "node:stream/consumers"

const root = join(import.meta.dirname, "..")

const demo = (...args: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const child = spawn(process.execPath, [join(root, "examples/demo/main.ts"), ...args], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"]
    })
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
    return { stdout, stderr, code: Number(code) }
  })

const demoOf = Effect.fnUntraced(function*(content: string | Uint8Array) {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "demo-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true }))
  )
  const file = join(folder, "document")
  yield* Effect.promise(() => writeFile(file, content))
  return yield* demo(file)
})

const assertFits = (output: string) =>
  assert.deepStrictEqual(output.split("\n").filter((line) => line.length > 80), [], "lines of more than 80 columns")

const sentence = "A whole sentence of a long document. "

describe("the demo", () => {
  it.live("summarises the README through failures, in 80 columns", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* demo()
      assert.deepStrictEqual([code, stderr], [0, ""])
      for (const said of ["Summarise README.md", "RateLimitError", "OverloadedError", "NotFoundError"]) {
        assert.include(stdout, said)
      }
      assert.match(stdout, /programs\s+need\s+Node\s+22\.19\.\s/, "a number does not end a sentence")
      assert.notInclude(stdout, "shortened")
      assertFits(stdout)
    }))

  it.live("says that it shortens a long file", () =>
    Effect.gen(function*() {
      const { code, stdout } = yield* demoOf(sentence.repeat(3000))
      assert.strictEqual(code, 0)
      assert.match(stdout, /111,000 characters.*\n.*shortened to the first 100,000 characters/)
    }))

  const binary: ReadonlyArray<readonly [string, string | Uint8Array]> = [
    ["a picture", Uint8Array.of(0x89, ...Buffer.from("PNG\r\n\x1a\n"), 0, 0, 0, 13)],
    ["another encoding", Buffer.from("Ein schöner Satz.", "latin1")],
    ["UTF-16", Buffer.from("A sentence.", "utf16le")],
    ["what steers a terminal", "A sentence.\u001B[2J Another one."]
  ]

  it.live.each(binary)("refuses %s and prints none of it", ([, content]) =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* demoOf(content)
      assert.strictEqual(code, 1)
      assert.match(stderr, /is\s+not\s+a\s+text\s+file/)
      assert.include(stderr, "npx -y pnpm@12 demo path/to/file")
      assert.notMatch(stdout + stderr, /[^\P{Cc}\n]|\uFFFD|sentence|Satz|PNG/u)
    }))

  it.live("names a command that a newcomer has where the file is missing", () =>
    Effect.gen(function*() {
      const { code, stderr } = yield* demo("nowhere.md")
      assert.strictEqual(code, 1)
      assert.match(stderr, /There is no file\s+\S*nowhere\.md\./)
      assert.include(stderr, "npx -y pnpm@12 demo path/to/file")
    }))

  it.live("explains itself in 80 columns", () =>
    Effect.gen(function*() {
      const { code, stdout } = yield* demo("--help")
      assert.strictEqual(code, 0)
      for (const said of ["npx -y pnpm@12 demo", "file", "--live", "ANTHROPIC_API_KEY"]) assert.include(stdout, said)
      assertFits(stdout)
    }))
})
