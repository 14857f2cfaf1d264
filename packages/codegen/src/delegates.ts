import { ts } from "ts-morph"
import { original } from "./reference.ts"
import type { Sdk } from "./sdk.ts"

/** Paths of API methods by their declarations, overloads included. */
export type Declared = ReadonlyMap<ts.Node, string>

/** Where calls are sent, not chosen. */
const machinery = /^(client|core\/|internal\/)/

/**
 * The API methods that running `method` may call, itself aside, in the order met: through functions, and through every
 * member of each class it makes, since a helper does its work after the method has returned.
 */
export const readDelegates = (sdk: Sdk, methods: Declared, method: ts.MethodDeclaration): ReadonlyArray<string> => {
  const found = new Set<string>()
  const seen = new Set<ts.Node>()
  const enter = (node: ts.Node | undefined) => {
    if (node === undefined || seen.has(node)) return
    seen.add(node)
    ts.forEachChild(node, visit)
  }
  const visit = (node: ts.Node) => {
    for (const declaration of calledBy(sdk, node)) {
      const path = methods.get(declaration)
      if (path === undefined) enter(body(sdk, declaration))
      else found.add(path)
    }
    ts.forEachChild(node, visit)
  }
  enter(method)
  return [...found].filter((path) => path !== methods.get(method))
}

/** What a call, a `new` or an `extends` leads to. */
const calledBy = ({ checker }: Sdk, node: ts.Node): ReadonlyArray<ts.Node> => {
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node) && !ts.isExpressionWithTypeArguments(node)) return []
  const callee = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression
  const symbol = checker.getSymbolAtLocation(callee)
  return symbol === undefined ? [] : original(checker, symbol).declarations ?? []
}

/** The code to read for a declaration: of a helper's method, its whole class. */
const body = (sdk: Sdk, node: ts.Node): ts.Node | undefined => {
  const path = sdk.pathOf(node.getSourceFile())
  if (path === null || machinery.test(path)) return undefined
  const isResource = path.startsWith("resources/")
  return ts.isClassElement(node) && ts.isClassLike(node.parent) && !isResource ? node.parent : node
}
