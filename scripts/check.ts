/** Runs every check there is, or those named, side by side, and prints what the failing ones say. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import process from "node:process"
import { text } from "node:stream/consumers"

const checks: Record<string, string> = {
  types: "tsc",
  effect: "effect-tsgo diagnostics --project tsconfig.json --format text --strict --severity error,warning",
  lint: "oxlint --deny-warnings",
  imports: "node scripts/imports.ts",
  format: "dprint check --list-different",
  generated:
    "node packages/codegen/src/main.ts --check && node scripts/sections.ts --check && node scripts/schemas.ts --check",
  docs: "node scripts/docs.ts",
  "type-tests": "vitest run test/types.test.ts",
  shape: "node scripts/shape.ts"
}

const check = async (name: string) => {
  const start = performance.now()
  const child = spawn(checks[name] ?? `echo "no such check: ${name}" && false`, {
    shell: true,
    stdio: ["ignore", "pipe", "pipe"]
  })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
  const time = `${((performance.now() - start) / 1000).toFixed(1)} s`
  console.log(code === 0 ? `ok    ${name} (${time})` : `\nFAIL  ${name} (${time})\n${stdout}${stderr}`)
  return code === 0
}

const named = process.argv.slice(2)
const results = await Promise.all((named.length > 0 ? named : Object.keys(checks)).map(check))
process.exitCode = results.includes(false) ? 1 : 0
