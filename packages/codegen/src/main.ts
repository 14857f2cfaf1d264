import { relative } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import { decisions } from "./decisions.ts"
import { differing, emit, write } from "./emit.ts"
import { problemsOf } from "./problems.ts"
import { readSdk } from "./read.ts"
import { summarize } from "./summary.ts"

const { positionals: [root], values } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: "boolean", default: false },
    summary: { type: "boolean", default: false },
    "print-model": { type: "boolean", default: false }
  }
})

const model = readSdk(root)
if (values["print-model"]) console.log(JSON.stringify(model, null, 2))
else if (values.summary) console.log(JSON.stringify(summarize(model), null, 2))
else {
  const problems = problemsOf(model, decisions)
  if (problems.length > 0) {
    console.error(problems.join("\n"))
    process.exit(1)
  }
  const files = emit(model)
  const stale = differing(files).map((path) => relative(process.cwd(), path))
  if (!values.check) write(files)
  else if (stale.length > 0) {
    console.error(`Not what \`pnpm codegen\` writes:\n${stale.join("\n")}`)
    process.exitCode = 1
  }
}
