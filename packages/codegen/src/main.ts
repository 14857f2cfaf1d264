import { parseArgs } from "node:util"
import { readSdk } from "./read.ts"
import { summarize } from "./summary.ts"

const { positionals: [root], values } = parseArgs({
  allowPositionals: true,
  options: { "print-model": { type: "boolean", default: false } }
})

const model = readSdk(root)
console.log(JSON.stringify(values["print-model"] ? model : summarize(model), null, 2))
