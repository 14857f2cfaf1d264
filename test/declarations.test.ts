/**
 * Promise: what a program exports can be declared, in few words. A type without a public name would point into `internal`,
 * or be written out.
 */
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

const declarationsOf = (fixture: string) =>
  Effect.gen(function*() {
    const out = yield* folder
    const program = join(import.meta.dirname, `fixtures/${fixture}.ts`)
    yield* Effect.promise(() => promisify(execFile)(process.execPath, [tsc, ...options.split(" "), out, program]))
    return yield* Effect.promise(() => readFile(join(out, `${fixture}.d.ts`), "utf8"))
  })

/** What is declared by a name, without the modules in it. */
const declared = (declarations: string, name: string): string =>
  (new RegExp(`export declare const ${name}: (.*);\n`).exec(declarations)?.[1] ?? "nothing").replaceAll(
    /import\("[^"]+"\)\./g,
    ""
  )

describe("the declarations of a program", () => {
  it.live("name nothing that is internal, and spell out nothing that has a name", () =>
    Effect.gen(function*() {
      const declarations = yield* declarationsOf("exported")
      assert.match(declarations, /export declare const service: /)
      assert.deepStrictEqual(declarations.match(/[^"]*\/(internal|generated)\/[^"]*/g), null)

      const call = `Effect.Effect<Message, Claude.Error<"messages.create">, Claude.Claude>`
      assert.strictEqual(declared(declarations, "message"), call)
      assert.strictEqual(
        declared(declarations, "shown"),
        `Effect.Effect<Message, ClaudeError.Public, Claude.Claude>`
      )
      assert.strictEqual(
        declared(declarations, "folded"),
        `Effect.Effect<Message, ClaudeError.Sealed<Claude.Error<"messages.create">>, Claude.Claude>`
      )
      // A member for each class that is left, and no reasons one by one.
      const handled = declared(declarations, "handled")
      assert.include(handled, `BadRequestError<From<"messages.create", "BadRequestError">>`)
      assert.notInclude(handled, "OrganizationOnHoldError")
      assert.isBelow(handled.length, 1_600)
    }).pipe(Effect.scoped), 60_000)
})
