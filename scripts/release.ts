/**
 * What is looked at before a release: that no package of ours runs a script when it is installed, which fails the check,
 * and the known vulnerabilities of what we depend on (`pnpm audit`), which are a warning, since most reach no user.
 */
import { spawnSync } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import process from "node:process"
import { installScriptsOf } from "./installScripts.ts"

const problems = globSync("packages/*/package.json").flatMap((path) =>
  installScriptsOf(JSON.parse(readFileSync(path, "utf8"))).map((name) =>
    `${path}: a script runs at installation: ${name}`
  )
)
for (const problem of problems) console.error(problem)

const { status, stderr, stdout } = spawnSync("pnpm", ["audit", "--prod"], { encoding: "utf8", timeout: 120_000 })
if (status === 0) console.log("ok    no known vulnerability in what we depend on")
else console.warn(`WARN  pnpm audit:\n${stdout}${stderr}`.trimEnd())

process.exitCode = problems.length > 0 ? 1 : 0
