import { ts } from "ts-morph"

/** Every node below `root` that passes `test`, in source order. */
export const descendants = <N extends ts.Node>(root: ts.Node, test: (node: ts.Node) => node is N): ReadonlyArray<N> => {
  const found: Array<N> = []
  const visit = (node: ts.Node) => {
    if (test(node)) found.push(node)
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(root, visit)
  return found
}

/** The text of `'a'`, `"a"` and of a template without holes. */
export const literalText = (node: ts.Node | undefined): string | undefined =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined

/** The value written for the key `name` somewhere below `root`, outermost first. */
export const valueOf = (root: ts.Node, name: string): ts.Expression | undefined =>
  descendants(root, ts.isPropertyAssignment).find((node) => node.name.getText() === name)?.initializer

/** Classes of `type`, from itself to the root of its hierarchy. */
export const ancestry = (
  checker: ts.TypeChecker,
  type: ts.Type
): ReadonlyArray<ts.Type> => [
  type,
  ...(type.isClassOrInterface() ? checker.getBaseTypes(type) : []).flatMap((base) => ancestry(checker, base))
]

export const hasTag = (node: ts.Node, name: string): boolean =>
  ts.getJSDocTags(node).some((tag) => tag.tagName.text === name)

/** `messageBatchID` is `message_batch_id`. */
export const snakeCase = (name: string): string =>
  name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/([A-Z])([A-Z][a-z])/g, "$1_$2").toLowerCase()
