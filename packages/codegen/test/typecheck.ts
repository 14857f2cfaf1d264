import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import process from "node:process"
import type { TypeReference } from "../src/model.ts"
import type { NameOf } from "../src/render.ts"

const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc")

/** What the compiler says of `source`, as a file of this package: nothing where it compiles. */
export const typecheck = (source: string): string => {
  const folder = mkdtempSync(join(import.meta.dirname, ".typecheck-"))
  try {
    writeFileSync(join(folder, "source.ts"), source)
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../../../../tsconfig.base.json" }))
    execFileSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" })
    return ""
  } catch (error) {
    return error instanceof Error && "stdout" in error ? String(error.stdout) : String(error)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Names for references, each module a namespace of its own, and the imports that make them so. */
export const namespaces = (): { readonly nameOf: NameOf; readonly imports: () => ReadonlyArray<string> } => {
  const modules = new Map<string, string>()
  const nameOf = ({ module, name }: TypeReference): string => {
    if (module === null) throw new Error(`${name} cannot be imported`)
    const namespace = modules.get(module) ?? `M${modules.size}`
    modules.set(module, namespace)
    return `${namespace}.${name}`
  }
  return { nameOf, imports: () => [...modules].map(([module, name]) => `import type * as ${name} from "${module}"`) }
}
