import { ts } from "ts-morph"
import { constantIn } from "./constants.ts"
import type { KnownModels } from "./model.ts"
import { type Sdk, unreadable } from "./sdk.ts"

/** The types that name models: that of messages, and that of managed agents. */
const unions = [
  { file: "resources/messages/messages", name: "Model" },
  { file: "resources/beta/agents/agents", name: "BetaManagedAgentsModel" }
]

/** The models that the SDK's types name, and when it says that those to come off the API do so. */
export const readKnownModels = (sdk: Sdk): KnownModels => ({
  ids: [...new Set(unions.flatMap(({ file, name }) => membersOf(sdk, file, name)))],
  retirements: retirementsIn(constantIn(sdk, "resources/messages/messages", "DEPRECATED_MODELS"))
})

const retirementsIn = (table: ts.Expression | undefined): KnownModels["retirements"] =>
  table !== undefined && ts.isObjectLiteralExpression(table)
    ? Object.fromEntries(
      table.properties.map((property) =>
        ts.isPropertyAssignment(property) && ts.isStringLiteral(property.name) &&
          ts.isStringLiteral(property.initializer)
          ? [property.name.text, dateOf(property.initializer.text)]
          : unreadable("no date of a deprecated model", property)
      )
    )
    : unreadable("no table of deprecated models", table)

/** In the order of the file, newest first, which the checker does not keep. */
const membersOf = ({ checker, file }: Sdk, path: string, name: string): ReadonlyArray<string> => {
  const [declaration] = checker.resolveName(name, file(path), ts.SymbolFlags.Type, false)?.declarations ?? []
  return declaration !== undefined && ts.isTypeAliasDeclaration(declaration) && ts.isUnionTypeNode(declaration.type)
    ? declaration.type.types.flatMap((each) =>
      ts.isLiteralTypeNode(each) && ts.isStringLiteral(each.literal) ? [each.literal.text] : []
    )
    : unreadable(`no union ${name} in src/${path}.ts`, declaration)
}

const months = "January February March April May June July August September October November December".split(" ")

/** `November 30th, 2026` as `2026-11-30`. */
const dateOf = (text: string): string => {
  const [, month = "", day = "", year = ""] = /^(\w+) (\d+)\w*, (\d{4})$/.exec(text) ?? []
  const number = months.indexOf(month) + 1
  if (number === 0) return unreadable(`no date: ${text}`)
  return [year, String(number).padStart(2, "0"), day.padStart(2, "0")].join("-")
}
