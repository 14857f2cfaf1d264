import { ts } from "ts-morph"
import type { Parameter, Role, Shape, Signature, TypeParameter } from "./model.ts"
import { hasTag } from "./nodes.ts"
import { type Sdk, unreadable } from "./sdk.ts"
import { typeSymbol, typeText } from "./typeText.ts"

/** What an overload gives, told from how its return type is written. */
export interface Outcome {
  readonly shape: Shape
  readonly result: ts.TypeNode
  readonly item: ts.TypeNode | null
}

export const readSignature = (sdk: Sdk, node: ts.MethodDeclaration): Signature => {
  const { item, result, shape } = readOutcome(sdk, node)
  return {
    typeParameters: (node.typeParameters ?? []).map((each) => readTypeParameter(sdk, each)),
    parameters: node.parameters.map((each) => readParameter(sdk, each, shape)),
    shape,
    returns: typeText(sdk, returnType(node)),
    result: typeText(sdk, result),
    item: item === null ? null : typeText(sdk, item),
    page: shape === "page" ? sdk.reference(sdk.checker.getTypeFromTypeNode(result).symbol) : null,
    deprecated: hasTag(node, "deprecated")
  }
}

const returnType = (node: ts.MethodDeclaration): ts.TypeNode =>
  node.type ?? unreadable("a method without a return type", node)

export const readOutcome = (sdk: Sdk, node: ts.MethodDeclaration): Outcome => {
  const type = returnType(node)
  const [first, second] = typeArguments(type)
  const promise = nameOf(sdk, type)
  if (first === undefined || !promises.has(promise)) {
    return { shape: isClass(sdk, type) ? "helper" : "sync", result: type, item: null }
  }
  if (promise === "PagePromise") return { shape: "page", result: first, item: second ?? itemOf(first) }
  const shape = contentShape(sdk, first)
  return { shape, result: first, item: listed.has(shape) ? itemOf(first) : null }
}

const promises = new Set<string | undefined>(["APIPromise", "PagePromise", "Promise"])

const contents: Readonly<Record<string, Shape>> = {
  Stream: "stream",
  JSONLDecoder: "jsonl",
  Response: "binary",
  void: "void",
  undefined: "void",
  null: "void"
}

const listed = new Set<Shape>(["stream", "jsonl"])

const contentShape = (sdk: Sdk, node: ts.TypeNode): Shape => {
  const shapes = new Set(
    (ts.isUnionTypeNode(node) ? node.types : [node]).map((each) =>
      contents[nameOf(sdk, each) ?? each.getText()] ?? "json"
    )
  )
  const [only] = shapes
  return shapes.has("stream") && shapes.size > 1 ? "either" : shapes.has("json") ? "json" : only ?? "json"
}

const typeArguments = (node: ts.TypeNode): ReadonlyArray<ts.TypeNode> =>
  ts.isTypeReferenceNode(node) ? node.typeArguments ?? [] : []

const itemOf = (node: ts.TypeNode): ts.TypeNode => typeArguments(node)[0] ?? unreadable("a list of unknown items", node)

const nameOf = (sdk: Sdk, node: ts.TypeNode): string | undefined =>
  ts.isTypeReferenceNode(node) ? typeSymbol(sdk, node.typeName)?.name ?? node.typeName.getText() : undefined

const isClass = (sdk: Sdk, node: ts.TypeNode): boolean =>
  ts.isTypeReferenceNode(node) && Boolean((typeSymbol(sdk, node.typeName)?.flags ?? 0) & ts.SymbolFlags.Class)

const readTypeParameter = (sdk: Sdk, node: ts.TypeParameterDeclaration): TypeParameter => ({
  name: node.name.text,
  constraint: node.constraint === undefined ? null : typeText(sdk, node.constraint),
  default: node.default === undefined ? null : typeText(sdk, node.default)
})

const readParameter = (sdk: Sdk, node: ts.ParameterDeclaration, shape: Shape): Parameter => {
  const type = node.type ?? unreadable("a parameter without a type", node)
  return {
    name: node.name.getText(),
    role: shape === "sync" ? "value" : readRole(sdk, type),
    optional: node.questionToken !== undefined || node.initializer !== undefined,
    type: typeText(sdk, type)
  }
}

const primitives = new Set([ts.SyntaxKind.StringKeyword, ts.SyntaxKind.NumberKeyword])

/** The role that a parameter's type gives it, where requests are made. */
export const readRole = (sdk: Sdk, type: ts.TypeNode): Role =>
  primitives.has(type.kind) ? "path" : nameOf(sdk, type)?.endsWith("RequestOptions") ? "options" : "params"
