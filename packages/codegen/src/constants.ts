import { ts } from "ts-morph"
import { original } from "./reference.ts"
import type { Sdk } from "./sdk.ts"

/** What a constant of a file is written to be, imported or its own. */
export const constantIn = ({ checker, file }: Sdk, path: string, name: string): ts.Expression | undefined => {
  const symbol = checker.resolveName(name, file(path), ts.SymbolFlags.Value | ts.SymbolFlags.Alias, false)
  const declaration = symbol === undefined ? undefined : original(checker, symbol).valueDeclaration
  const written = declaration !== undefined && ts.isVariableDeclaration(declaration)
    ? declaration.initializer
    : undefined
  return written !== undefined && ts.isAsExpression(written) ? written.expression : written
}
