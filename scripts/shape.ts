/**
 * Builds and packs every public package, and checks the tarballs as their users get them: publint, arethetypeswrong,
 * and an import of each module, compiled against all declarations and run.
 */
import { execFileSync } from "node:child_process"
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, resolve } from "node:path"
import process from "node:process"
import { installScriptsOf } from "./installScripts.ts"

const folder = resolve("node_modules/.cache/shape")
const errors: Array<string> = []

const run = (cwd: string, command: string, ...args: Array<string>) => {
  try {
    execFileSync(command, args, { cwd, encoding: "utf8", stdio: "pipe" })
  } catch (error) {
    const { stderr, stdout } = error as { readonly stdout: string; readonly stderr: string }
    errors.push(`${command} ${args.join(" ")}\n${stdout}${stderr}`)
  }
}

/** How the comment begins that is a module's page. */
const pageOf = (file: string): string => readFileSync(file, "utf8").split("\n").slice(0, 2).join("\n")

rmSync(folder, { recursive: true, force: true })
run(".", "pnpm", "build")
if (errors.length > 0) {
  console.log(errors[0])
  process.exit(1)
}

const modules = globSync("packages/*/package.json").flatMap((manifest) => {
  const { name, private: isPrivate } = JSON.parse(readFileSync(manifest, "utf8"))
  if (isPrivate) return []
  const root = dirname(manifest)
  const unpacked = `${folder}/node_modules/${name}`
  const tarball = `${unpacked}.tgz`
  const entries = globSync(`${root}/src/*.ts`).map((file) => basename(file, ".ts")).filter((entry) => entry !== "index")
  mkdirSync(unpacked, { recursive: true })
  run(root, "pnpm", "pack", "--out", tarball)
  run(".", "tar", "-xzf", tarball, "-C", unpacked, "--strip-components", "1")
  run(".", "publint", "run", tarball, "--strict")
  run(".", "attw", tarball, "--profile", "esm-only", "--include-entrypoints", ".", ...entries)
  const packed = readFileSync(`${unpacked}/package.json`, "utf8")
  if (packed.includes("workspace:")) errors.push(`${name}: the packed package.json has a "workspace:" range`)
  for (const script of installScriptsOf(JSON.parse(packed))) {
    errors.push(`${name}: the script "${script}" would run when the package is installed`)
  }
  for (const entry of entries) {
    if (pageOf(`${root}/src/${entry}.ts`) === pageOf(`${unpacked}/dist/${entry}.d.ts`)) continue
    errors.push(`${name}/${entry}: the module's page is lost in its .d.ts. Leave a blank line before the first import.`)
  }
  return [name, ...entries.map((entry) => `${name}/${entry}`)]
})

writeFileSync(`${folder}/modules.mjs`, modules.map((path, i) => `export * as _${i} from "${path}"\n`).join(""))
writeFileSync(
  `${folder}/tsconfig.json`,
  JSON.stringify({
    extends: resolve("tsconfig.base.json"),
    compilerOptions: { allowJs: true, checkJs: true, skipLibCheck: false },
    files: ["modules.mjs"]
  })
)
run(folder, "tsc")
run(folder, process.execPath, "modules.mjs")

console.log([...errors, `${modules.length} modules`].join("\n\n"))
process.exitCode = errors.length > 0 ? 1 : 0
