/**
 * `pnpm sdk [version]`: brings the newest version of the SDK, or the one named. Names it in every package.json of the
 * workspace, installs it, says what is new and what needs a decision, and writes what is made of it.
 */
import { execFileSync } from "node:child_process"
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { report } from "./compare.ts"
import { decisions } from "./decisions.ts"
import { root } from "./emit.ts"
import { problemsOf } from "./problems.ts"
import { readSdk } from "./read.ts"
import { bump, name } from "./versions.ts"

const run = (command: string, ...args: ReadonlyArray<string>): void => {
  execFileSync(command, args, { cwd: root, stdio: "inherit" })
}

const newest = (): string => execFileSync("pnpm", ["view", name, "version"], { cwd: root, encoding: "utf8" }).trim()

const before = readSdk()
const version = process.argv[2] ?? newest()
const [major] = version.split(".")
if (major !== before.version.split(".")[0]) {
  console.error(
    `${name} ${version} is another major version than ${before.version}: read its notes, and move to it by hand.`
  )
  process.exit(1)
}

for (const manifest of globSync(["package.json", "{packages/*,examples,test}/package.json"], { cwd: root })) {
  const path = join(root, manifest)
  const text = readFileSync(path, "utf8")
  writeFileSync(path, bump(text, version))
}
run("pnpm", "install", "--no-frozen-lockfile")

// Not as a module: what was resolved before the installation is where the old version was.
const after = readSdk(join(root, "packages/codegen/node_modules", name))
console.log(`\n${report(before, after, decisions)}\n`)

if (problemsOf(after, decisions).length > 0) {
  console.error("Decide these, then run `pnpm codegen`.")
  process.exit(1)
}
run("pnpm", "codegen")
console.log("Now run `pnpm check` and `pnpm test`.")
