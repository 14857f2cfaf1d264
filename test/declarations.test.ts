/** Promise: what a program exports can be declared. A type without a public name would point into `internal`. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { promisify } from "node:util"

const require = createRequire(join(import.meta.dirname, "../package.json"))
const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc")

const options =
  "--ignoreConfig --declaration --emitDeclarationOnly --skipLibCheck --allowImportingTsExtensions --strict " +
  "--exactOptionalPropertyTypes --module nodenext --target es2024 --outDir"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "declarations-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

describe("the declarations of a program", () => {
  it.live("name nothing that is internal", () =>
    Effect.gen(function*() {
      const out = yield* folder
      const program = join(import.meta.dirname, "fixtures/exported.ts")
      yield* Effect.promise(() => promisify(execFile)(process.execPath, [tsc, ...options.split(" "), out, program]))
      const declared = yield* Effect.promise(() => readFile(join(out, "exported.d.ts"), "utf8"))
      assert.match(declared, /export declare const service: /)
      assert.deepStrictEqual(declared.match(/[^"]*\/(internal|generated)\/[^"]*/g), null)
    }).pipe(Effect.scoped))
})
