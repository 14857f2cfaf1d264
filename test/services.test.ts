import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import * as Services from "./support/services.ts"

const folder = mkdtempSync(join(tmpdir(), "services-"))
afterAll(() => rmSync(folder, { recursive: true }))

const [program, text] = [join(folder, "some-server"), join(folder, "some-text")]
writeFileSync(program, "", { mode: 0o755 })
writeFileSync(text, "", { mode: 0o644 })

const service: Services.Service = {
  name: "Some",
  variable: "SOME_URL",
  programs: ["some-text", "some-server"],
  folders: [],
  shipped: []
}
const shipped: Services.Service = { ...service, shipped: ["node-22/bin/node"] }

describe("a service", () => {
  it("is the URL that its variable holds, whatever else there is", () => {
    assert.deepStrictEqual(Services.find(service, { SOME_URL: "some://127.0.0.1:1", PATH: folder }), {
      _tag: "Url",
      url: "some://127.0.0.1:1"
    })
  })

  it("is the program that its variable names", () => {
    assert.deepStrictEqual(Services.find(service, { SOME_URL: "/opt/some", PATH: folder }), {
      _tag: "Program",
      path: "/opt/some"
    })
  })

  it("is a program on PATH, not a file that does not run", () => {
    assert.deepStrictEqual(Services.find(shipped, { SOME_URL: "", PATH: `/nowhere:${folder}` }), {
      _tag: "Program",
      path: program
    })
  })

  it("is a program in one of its folders", () => {
    assert.deepStrictEqual(Services.find({ ...service, folders: [`${tmpdir()}/services-*`] }, {}), {
      _tag: "Program",
      path: program
    })
  })

  it("is what an npm package ships", () => {
    const found = Services.find(shipped, { PATH: "/nowhere" })
    assert.strictEqual(found?._tag === "Program" && found.path.endsWith("/node-22/bin/node"), true)
  })

  it("is missing where there is none of them", () => {
    assert.strictEqual(Services.find(service, { PATH: "/nowhere" }), undefined)
  })
})
