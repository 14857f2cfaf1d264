import { pascalCase } from "./calls.ts"
import type { TypeReference } from "./model.ts"
import type { NameOf } from "./render.ts"

/** Names for references to the SDK's modules, each a namespace of its own, and the imports that make them so. */
export interface SdkImports {
  readonly nameOf: NameOf
  readonly lines: () => ReadonlyArray<string>
}

export const sdkImports = (): SdkImports => {
  const modules = new Map<string, string>()
  const namespaceOf = (module: string): string => {
    const known = modules.get(module)
    if (known !== undefined) return known
    const taken = [...modules.values()]
    const name = namespaceNames(module).find((each) => !taken.includes(each))
    if (name === undefined) throw new Error(`No name is left for ${module}`)
    modules.set(module, name)
    return name
  }
  const nameOf = ({ module, name }: TypeReference): string => {
    if (module === null) throw new Error(`${name} is not exported by the SDK`)
    return `${namespaceOf(module)}.${name}`
  }
  const lines = () =>
    [...modules].sort(([a], [b]) => a < b ? -1 : 1).map(([module, name]) =>
      `import type * as ${name} from ${JSON.stringify(module)}`
    )
  return { nameOf, lines }
}

/** `@anthropic-ai/sdk/resources/beta/messages/messages` is `BetaMessagesAPI`, as the SDK calls it. */
const namespaceNames = (module: string): ReadonlyArray<string> => {
  const parts = module.split("/").slice(2).filter((part) => part !== "resources")
  const unique = parts.filter((part, index) => part !== parts[index - 1])
  return [unique, parts, [...parts, "index"]].map((each) => `${pascalCase(each.join("/"))}API`)
}
