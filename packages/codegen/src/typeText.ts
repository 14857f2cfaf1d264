import { ts } from "ts-morph"
import type { TypeReference, TypeText } from "./model.ts"
import { original } from "./reference.ts"
import type { Sdk } from "./sdk.ts"

const printer = ts.createPrinter({ removeComments: true })

/** The type that `node` writes down, free of comments and line breaks, with every name of the SDK as a reference. */
export const typeText = (sdk: Sdk, node: ts.TypeNode): TypeText => {
  const found: Array<TypeReference> = []
  const hole = (name: ts.EntityName): ts.Identifier | undefined => {
    const reference = sdkReference(sdk, name)
    return reference === undefined ? undefined : ts.factory.createIdentifier(`\u0000${found.push(reference) - 1}\u0000`)
  }
  const { transformed: [printed] } = ts.transform(node, [(context) => (root) => {
    const visit = (child: ts.Node): ts.Node => {
      const inner = ts.visitEachChild(child, visit, context)
      return ts.isStringLiteral(child) ? ts.factory.createStringLiteral(child.text) : withName(inner, child, hole)
    }
    return ts.visitNode(root, visit, ts.isTypeNode)
  }])
  const text = printer.printNode(ts.EmitHint.Unspecified, printed ?? node, node.getSourceFile())
  return text.replace(/\s+/g, " ").split("\u0000")
    .map((part, index) => index % 2 === 0 ? part : found[Number(part)] ?? part)
    .filter((part) => part !== "")
}

/** `copy`, with the name that `source` has for a type replaced by its hole. */
const withName = (
  copy: ts.Node,
  source: ts.Node,
  hole: (name: ts.EntityName) => ts.Identifier | undefined
): ts.Node => {
  if (ts.isTypeReferenceNode(source) && ts.isTypeReferenceNode(copy)) {
    return ts.factory.updateTypeReferenceNode(copy, hole(source.typeName) ?? copy.typeName, copy.typeArguments)
  }
  if (ts.isTypeQueryNode(source) && ts.isTypeQueryNode(copy)) {
    return ts.factory.updateTypeQueryNode(copy, hole(source.exprName) ?? copy.exprName, copy.typeArguments)
  }
  return copy
}

const sdkReference = (sdk: Sdk, name: ts.EntityName): TypeReference | undefined => {
  const symbol = typeSymbol(sdk, name)
  return symbol !== undefined && isSdkType(sdk, symbol) ? sdk.reference(symbol) : undefined
}

/** What a name in a type stands for, through aliases. */
export const typeSymbol = ({ checker }: Sdk, name: ts.Node): ts.Symbol | undefined => {
  const symbol = checker.getSymbolAtLocation(name)
  return symbol === undefined ? undefined : original(checker, symbol)
}

const isSdkType = (sdk: Sdk, symbol: ts.Symbol): boolean =>
  !(symbol.flags & ts.SymbolFlags.TypeParameter) &&
  (symbol.declarations ?? []).some((node) => sdk.pathOf(node.getSourceFile()) !== null)
