/** Promise: what README prints works as printed. The install line and the first program, in an empty folder. */
import { Simulator } from "@effect-claude/testing"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import process from "node:process"
import { text } from "node:stream/consumers"

const root = join(import.meta.dirname, "..")
const quickStart = readFileSync(join(root, "README.md"), "utf8").split(/^## /m).find((_) =>
  _.startsWith("Quick start\n")
)

/** What the section has to say, once. */
const printed = (pattern: RegExp): string => {
  const [match, ...others] = [...(quickStart ?? "").matchAll(pattern)]
  assert(match?.[1] !== undefined && others.length === 0, `README's quick start has no ${pattern}, or several`)
  return match[1]
}
const installLine = printed(/^(npm install .+)$/gm)
const program = printed(/^```ts\n((?:(?!^```)[^])*runMain(?:(?!^```)[^])*)^```$/gm)
const [, fileName = ""] = /(\S+)$/.exec(printed(/^(ANTHROPIC_API_KEY=\S+ node \S+)$/gm)) ?? []

const nodes = [
  { version: "v24", node: join(root, "node_modules/node/bin/node"), compilers: ["5.9", "6.0", "7.0"] },
  { version: "v22.19", node: join(import.meta.dirname, "node_modules/node-22/bin/node"), compilers: [] }
]

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "first-program-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

const run = (cwd: string, env: NodeJS.ProcessEnv, command: string, ...args: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
    return { stdout, stderr, code: Number(code) }
  })

const succeed = Effect.fnUntraced(function*(...command: Parameters<typeof run>) {
  const { code, stderr, stdout } = yield* run(...command)
  assert.strictEqual(code, 0, stdout + stderr)
  return stdout
})

/** The package as npm would have it, built and packed. */
class Tarball extends Context.Service<Tarball, string>()("Tarball") {
  static readonly layer = Layer.effect(
    Tarball,
    Effect.gen(function*() {
      const tarball = join(yield* folder, "effect-claude.tgz")
      yield* succeed(root, process.env, "pnpm", "build")
      yield* succeed(join(root, "packages/claude"), process.env, "pnpm", "pack", "--out", tarball)
      return tarball
    })
  )
}

/** A folder of a newcomer: the install line was run in it, and the program is saved there. */
class Newcomer extends Context.Service<Newcomer, {
  readonly home: string
  readonly tsc: (version: string) => Effect.Effect<string>
  /** Runs the program where no other variables are set, as far as Claude is concerned. */
  readonly start: (environment: Record<string, string>) => ReturnType<typeof run>
}>()("Newcomer") {
  static readonly layer = (node: string) =>
    Layer.effect(
      Newcomer,
      Effect.gen(function*() {
        const home = yield* folder
        const PATH = [dirname(node), process.env["PATH"]].join(delimiter)
        const line = installLine.replace(/ effect-claude(?= |$)/, ` ${yield* Tarball}`)
        assert.notStrictEqual(line, installLine, "the line installs effect-claude")
        yield* succeed(home, { ...process.env, PATH }, "sh", "-c", line)
        yield* Effect.promise(() => writeFile(join(home, fileName), program))
        const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", fileName]
        return {
          home,
          tsc: (version) =>
            succeed(
              home,
              { ...process.env, PATH },
              "npx",
              "-y",
              "-p",
              `typescript@${version}`,
              "--",
              "tsc",
              ...options
            ),
          start: (environment) => run(home, { PATH, HOME: home, ...environment }, "node", fileName)
        }
      })
    )
}

layer(Tarball.layer, { excludeTestServices: true })("the first program", (it) => {
  for (const { compilers, node, version } of nodes) {
    it.layer(Layer.merge(Simulator.layer(), Newcomer.layer(node)))(`on Node ${version}`, (it) => {
      it.effect("is on that Node", () =>
        Effect.gen(function*() {
          const { home } = yield* Newcomer
          assert.include(yield* succeed(home, {}, node, "--version"), version)
        }))

      it.effect("prints the answer", () =>
        Effect.gen(function*() {
          const { start } = yield* Newcomer
          const { apiKey, url } = yield* Simulator.Simulator
          const ended = yield* start({ ANTHROPIC_API_KEY: Redacted.value(apiKey), ANTHROPIC_BASE_URL: url })
          assert.deepInclude(ended, { code: 0, stderr: "" })
          assert.match(ended.stdout, /type: 'text',\s+text: '\w/)
        }))

      it.effect("says in one line that the key is wrong, and fails", () =>
        Effect.gen(function*() {
          const { start } = yield* Newcomer
          const { journal, url } = yield* Simulator.Simulator
          const ended = yield* start({ ANTHROPIC_API_KEY: "sk-ant-wrong", ANTHROPIC_BASE_URL: url })
          assert.deepStrictEqual(ended, {
            code: 1,
            stdout: "",
            stderr: "The API does not accept the key in ANTHROPIC_API_KEY.\n"
          })
          assert.strictEqual((yield* journal).at(-1)?.status, 401)
        }))

      it.effect("names in one line the variable of the key that is missing, and fails", () =>
        Effect.gen(function*() {
          const { start } = yield* Newcomer
          const ended = yield* start({ ANTHROPIC_BASE_URL: (yield* Simulator.Simulator).url })
          assert.deepInclude(ended, { code: 1, stdout: "" })
          assert.match(ended.stderr, /^ANTHROPIC_API_KEY is missing\..*\n$/)
        }))

      it.effect.each(compilers)("type-checks with TypeScript %s", (typescript) =>
        Effect.gen(function*() {
          const { tsc } = yield* Newcomer
          assert.strictEqual(yield* tsc(typescript), "")
        }))
    })
  }
})
