import { describe, expect, it } from "vitest"
import { subpathOf } from "../src/specifier.ts"

const exports = {
  ".": { require: { types: "./index.d.ts", default: "./index.js" }, types: "./index.d.mts", default: "./index.mjs" },
  "./lib/internal/*": null,
  "./lib/*": { import: "./lib/*.mjs", require: "./lib/*.js" },
  "./resources/*.mjs": { default: "./resources/*.mjs" },
  "./resources/*": { import: "./resources/*.mjs", require: "./resources/*.js" },
  "./resources": { import: "./resources.mjs", require: "./resources.js" }
}

describe("subpathOf", () => {
  it.each([
    ["the main entry", "./index.mjs", "."],
    ["a file named by itself", "./resources.mjs", "./resources"],
    ["the shortest of a file's names", "./resources/messages/batches.mjs", "./resources/messages/batches"],
    ["a file of a pattern", "./lib/MessageStream.mjs", "./lib/MessageStream"]
  ])("finds %s", (_, file, subpath) => {
    expect(subpathOf(exports, file)).toBe(subpath)
  })

  it.each([
    ["what no key names", "./internal/request-options.mjs"],
    ["what a longer key takes back", "./lib/internal/stub.mjs"]
  ])("does not find %s", (_, file) => {
    expect(subpathOf(exports, file)).toBeNull()
  })
})
