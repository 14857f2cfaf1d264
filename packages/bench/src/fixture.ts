/** A folder with the package as its users get it, built and with its published exports, and the programs to weigh. */
import { execFileSync } from "node:child_process"
import { cpSync, globSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import process from "node:process"

const root = resolve(import.meta.dirname, "../../..")
const core = join(root, "packages/claude")
const programs = resolve(import.meta.dirname, "programs")

export const folder = join(root, "node_modules/.cache/weight")

/** What the programs are called, and what each is. */
export const names = {
  service: "the service",
  "by-hand": "the same by hand over the SDK, with the same parts of Effect",
  modules: "the SDK and the modules of Effect that the service imports",
  sdk: "the SDK alone"
} as const

export type Name = keyof typeof names

export const all = Object.keys(names) as ReadonlyArray<Name>

/** The modules of Effect that the core imports at run time. */
const effectModules = (): ReadonlyArray<string> => {
  const sources = globSync(`${core}/src/**/*.ts`).map((file) => readFileSync(file, "utf8")).join("\n")
  const imported = sources.matchAll(/^import (?!type).*? from "effect\/(\w+)"/gm)
  return [...new Set(Array.from(imported, ([, name = ""]) => name))].toSorted()
}

const modulesProgram = (): string => {
  const modules = effectModules()
  const imports = modules.map((name) => `import * as ${name} from "effect/${name}"`)
  return [
    `import Anthropic from "@anthropic-ai/sdk"`,
    ...imports,
    `export const kept = [Anthropic, ${modules.join(", ")}]`,
    `export const main = () => new Anthropic().messages.create({`,
    `  model: "claude-opus-5-5", max_tokens: 256, messages: [{ role: "user", content: "Say hello." }]`,
    "})\n"
  ].join("\n")
}

const link = (name: string): void => {
  const path = join(folder, "node_modules", name)
  mkdirSync(join(path, ".."), { recursive: true })
  symlinkSync(realpathSync(join(root, "node_modules", name)), path)
}

const installCore = (): void => {
  const home = join(folder, "node_modules/effect-claude")
  const { publishConfig, ...manifest } = JSON.parse(readFileSync(join(core, "package.json"), "utf8"))
  cpSync(join(core, "dist"), join(home, "dist"), { recursive: true })
  writeFileSync(join(home, "package.json"), JSON.stringify({ ...manifest, exports: publishConfig.exports }))
}

export const makeFixture = (): void => {
  execFileSync("tsc", ["-b", "packages/claude/tsconfig.build.json", "--force"], { cwd: root, stdio: "inherit" })
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, "node_modules"), { recursive: true })
  installCore()
  for (const name of ["effect", "@anthropic-ai/sdk", "@types/node"]) link(name)
  cpSync(programs, folder, { recursive: true })
  writeFileSync(join(folder, "modules.ts"), modulesProgram())
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  for (const name of all) {
    writeFileSync(
      join(folder, `tsconfig.${name}.json`),
      JSON.stringify({ extends: join(root, "tsconfig.base.json"), files: [`${name}.ts`] })
    )
  }
}

/** Runs a command in the folder and gives what it printed. */
export const run = (command: string, ...args: ReadonlyArray<string>): string =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })

export const node = process.execPath
