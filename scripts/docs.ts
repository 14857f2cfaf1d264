/**
 * Compiles every `ts` code block of the Markdown files and of the doc comments in `packages/…/src`, each as a module of
 * its own, and runs those that start with ```ts title="run"```.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"
import { text } from "node:stream/consumers"

/** Inside of the workspace, where the packages resolve, and outside of node_modules, where Node runs no TypeScript. */
const folder = "examples/.docs"
const fence = /^([ \t]*)(```+|~~~+)[ \t]*([^\n`]*?)[ \t]*\n([^]*?)(?:^[ \t]*\2|$(?![^]))/gm

const run = async (command: string, ...args: Array<string>) => {
  const child = spawn(command, args, { timeout: 600_000, stdio: ["ignore", "pipe", "pipe"] })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
  return { output: stdout + stderr, ok: code === 0 }
}

/** The text of the doc comments alone, each line where it was. */
const docComments = (source: string) =>
  source.split("\n").map((line) => /^\s*\*(?: (.*)|)$/.exec(line)?.[1] ?? "").join("\n").replaceAll("*\\/", "*/")

/** Writes each block to a file with as many lines before it as in its source, so that line numbers agree. */
const extract = (path: string) => {
  const source = readFileSync(path, "utf8")
  const blocks = (path.endsWith(".md") ? source : docComments(source)).matchAll(fence)
  return Array.from(blocks).flatMap(({ 1: indent = "", 3: info = "", 4: code = "", index, input }) => {
    if (!/^(?:ts|tsx|mts|typescript)\b/.test(info)) return []
    const line = input.slice(0, index).split("\n").length
    const file = join(folder, path, `${line}.ts`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, "\n".repeat(line) + code.replaceAll(new RegExp(`^${indent}`, "gm"), ""))
    return [{ file, origin: `${path}:${line}`, info }]
  })
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
const exclude = ["**/node_modules", "**/dist", "**/generated"]
const blocks = globSync(["**/*.md", "packages/*/src/**/*.ts"], { exclude }).flatMap(extract)
writeFileSync(
  join(folder, "tsconfig.json"),
  JSON.stringify({
    extends: "../../tsconfig.base.json",
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    include: ["**/*.ts"]
  })
)

const errors = blocks.filter(({ info }) => info !== "ts" && info !== `ts title="run"`)
  .map(({ info, origin }) => `${origin}: \`\`\`${info} is neither \`\`\`ts nor \`\`\`ts title="run"`)
const types = await run("tsc", "--project", folder, "--pretty", "false")
if (!types.ok && blocks.length > 0) {
  errors.push(types.output.replaceAll(/^examples\/\.docs\/(.+)\/\d+\.ts\((\d+),\d+\)/gm, "$1:$2"))
}
for (const { file, origin } of blocks.filter(({ info }) => info.endsWith(`"run"`))) {
  const { ok, output } = await run(process.execPath, file)
  if (!ok) errors.push(`${origin}: does not run\n${output}`)
}
rmSync(folder, { recursive: true, force: true })

console.log([...errors, `${blocks.length} code blocks`].join("\n"))
process.exitCode = errors.length > 0 ? 1 : 0
