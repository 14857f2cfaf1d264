import { ts } from "ts-morph"
import type { EntryPoint } from "./model.ts"
import { original } from "./reference.ts"
import { type Sdk, unreadable } from "./sdk.ts"

/** The folders of what the SDK offers beside the methods of its client. */
export const entryFolders = /^(helpers|tools)\//

/** Every module of those folders, and the values that it exports. */
export const readEntryPoints = (sdk: Sdk): ReadonlyArray<EntryPoint> =>
  sdk.paths.filter((path) => entryFolders.test(path)).toSorted().map((path) => {
    const symbol = sdk.checker.getSymbolAtLocation(sdk.file(path)) ?? unreadable(`src/${path}.ts is no module`)
    const values = sdk.checker.getExportsOfModule(symbol).filter((each) =>
      original(sdk.checker, each).flags & ts.SymbolFlags.Value
    )
    return { path, exports: values.map(({ name }) => name).toSorted() }
  })
