import { ts } from "ts-morph"
import type { ErrorClass, ErrorCode, ErrorType } from "./model.ts"
import { descendants, literalText } from "./nodes.ts"
import { type Sdk, unreadable } from "./sdk.ts"
import { typeSymbol, typeText } from "./typeText.ts"

/** The classes of `ERROR_CODE_CLASSES`, in its order. */
export const readErrorCodes = (sdk: Sdk): ReadonlyArray<ErrorCode> =>
  mapEntries(sdk.file("core/error-classes"), "ERROR_CODE_CLASSES").map(([key, value]) => {
    const [status, errorCode] = (literalText(key) ?? unreadable("a computed error code", key)).split(" ")
    const symbol = typeSymbol(sdk, value) ?? unreadable("an unknown error class", value)
    const declaration = classOf(symbol)
    const details = property(declaration, "details")?.type ?? unreadable("an error class without details", declaration)
    const { module } = sdk.reference(symbol)
    return {
      tag: symbol.name,
      status: Number(status),
      errorCode: errorCode ?? unreadable("an error code without a status", key),
      parent: parentName(sdk, declaration) ?? unreadable("an error code without a status class", declaration),
      module,
      details: typeText(sdk, details)
    }
  })

/** The classes of `core/error.ts` that descend from `AnthropicError`, in source order. */
export const readErrorClasses = (sdk: Sdk): ReadonlyArray<ErrorClass> => {
  const file = sdk.file("core/error")
  const statuses = new Map(
    mapEntries(file, "STATUS_ERROR_CLASSES").map(([status, value]) => [value.getText(), Number(status.getText())])
  )
  return file.statements.filter(ts.isClassDeclaration).map((node) => {
    const symbol = typeSymbol(sdk, node.name ?? node) ?? unreadable("a class without a name", node)
    return {
      name: symbol.name,
      parent: parentName(sdk, node) ?? unreadable("an error class without a parent", node),
      status: statuses.get(symbol.name) ?? null,
      module: sdk.reference(symbol).module
    }
  })
}

/** The values of `ErrorType`, each with the status class that an interface of that `type` is named after. */
export const readErrorTypes = (sdk: Sdk): ReadonlyArray<ErrorType> => {
  const file = sdk.file("resources/shared")
  const alias = file.statements.filter(ts.isTypeAliasDeclaration).find(({ name }) => name.text === "ErrorType")
  const classes = new Set(readErrorClasses(sdk).map(({ name }) => name))
  const named = new Map(
    file.statements.filter(ts.isInterfaceDeclaration).map((node) => [
      literalOf(property(node, "type")?.type),
      node.name.text.replace(/Object$/, "")
    ])
  )
  return descendants(alias ?? unreadable("no type ErrorType", file), ts.isLiteralTypeNode).map((node) => {
    const type = literalOf(node) ?? unreadable("an error type that is no string", node)
    const name = named.get(type)
    return { type, class: name !== undefined && classes.has(name) ? name : null }
  })
}

/** The pairs that `const name = new Map([[a, b], …])` is made of. */
const mapEntries = (file: ts.SourceFile, name: string): ReadonlyArray<readonly [ts.Expression, ts.Expression]> => {
  const variable = descendants(file, ts.isVariableDeclaration).find((node) => node.name.getText() === name)
  const [list] = descendants(variable ?? unreadable(`no table ${name}`, file), ts.isArrayLiteralExpression)
  return (list ?? unreadable(`no entries in ${name}`, file)).elements.map((entry) => {
    const [key, value] = ts.isArrayLiteralExpression(entry) ? entry.elements : []
    return key === undefined || value === undefined ? unreadable(`an odd entry of ${name}`, entry) : [key, value]
  })
}

const classOf = (symbol: ts.Symbol): ts.ClassDeclaration =>
  symbol.declarations?.find(ts.isClassDeclaration) ?? unreadable(`${symbol.name} is no class`)

const parentName = (sdk: Sdk, node: ts.ClassDeclaration): string | undefined => {
  const clause = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
  const parent = clause?.types[0]?.expression
  return parent === undefined ? undefined : typeSymbol(sdk, parent)?.name
}

const property = (
  node: ts.ClassDeclaration | ts.InterfaceDeclaration,
  name: string
): ts.PropertyDeclaration | ts.PropertySignature | undefined =>
  [...node.members].filter((member) => ts.isPropertyDeclaration(member) || ts.isPropertySignature(member))
    .find((member) => member.name.getText() === name)

const literalOf = (node: ts.TypeNode | undefined): string | undefined =>
  node !== undefined && ts.isLiteralTypeNode(node) ? literalText(node.literal) : undefined
