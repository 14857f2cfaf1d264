import { ts } from "ts-morph"
import type { BodyObject, BodyType, RequestBodies } from "./model.ts"
import { type Sdk, unreadable } from "./sdk.ts"

/** The bodies that are read: the interface of each, by the method that sends it. */
const roots: Readonly<Record<string, { readonly file: string; readonly name: string }>> = {
  "messages.create": { file: "resources/messages/messages", name: "MessageCreateParamsBase" },
  "messages.countTokens": { file: "resources/messages/messages", name: "MessageCountTokensParams" },
  "messages.batches.create": { file: "resources/messages/batches", name: "BatchCreateParams" },
  "beta.messages.create": { file: "resources/beta/messages/messages", name: "MessageCreateParamsBase" },
  "beta.messages.countTokens": { file: "resources/beta/messages/messages", name: "MessageCountTokensParams" },
  "beta.messages.batches.create": { file: "resources/beta/messages/batches", name: "BatchCreateParams" }
}

/** What the bodies of the message routes may hold, field by field. */
export const readRequestBodies = (sdk: Sdk): RequestBodies => {
  const reader = new Reader(sdk.checker)
  const bodies = Object.fromEntries(
    Object.entries(roots).map(([method, { file, name }]) => {
      const symbol = sdk.checker.resolveName(name, sdk.file(file), ts.SymbolFlags.Type, false) ??
        unreadable(`no ${name} in src/${file}.ts`)
      return [method, reader.read(sdk.checker.getDeclaredTypeOfSymbol(symbol))]
    })
  )
  return { bodies, objects: Object.fromEntries(reader.objects) }
}

class Reader {
  /** By name; a name that two interfaces share gets a number. */
  readonly objects = new Map<string, BodyObject>()
  readonly #names = new Map<ts.Type, string>()
  readonly #checker: ts.TypeChecker

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker
  }

  read(type: ts.Type): BodyType {
    const { flags } = type
    if (flags & ts.TypeFlags.Boolean) return { kind: "boolean" }
    if (flags & ts.TypeFlags.Null) return { kind: "null" }
    if (type.isStringLiteral() || type.isNumberLiteral()) return { kind: "literal", value: type.value }
    if (flags & ts.TypeFlags.BooleanLiteral) {
      return { kind: "literal", value: this.#checker.typeToString(type) === "true" }
    }
    if (type.isUnion()) return this.#union(type.types)
    // `string & {}`: any string, beside those that an editor proposes.
    if (type.isIntersection() && type.types.some((each) => each.flags & ts.TypeFlags.String)) return { kind: "string" }
    if (flags & ts.TypeFlags.String) return { kind: "string" }
    if (flags & ts.TypeFlags.Number) return { kind: "number" }
    if (flags & ts.TypeFlags.Object) return this.#object(type)
    return { kind: "any" }
  }

  #union(types: ReadonlyArray<ts.Type>): BodyType {
    const members = types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined)).map((each) => this.read(each))
    const isString = members.some(({ kind }) => kind === "string")
    const isBoolean = members.filter(({ kind, value }) => kind === "literal" && typeof value === "boolean").length === 2
    const left = members.filter((each) =>
      each.kind !== "literal" || (typeof each.value === "boolean" ? !isBoolean : !isString)
    )
    const all: ReadonlyArray<BodyType> = isBoolean ? [...left, { kind: "boolean" }] : left
    const [only] = all
    return all.length === 1 && only !== undefined ? only : { kind: "union", of: all }
  }

  #object(type: ts.Type): BodyType {
    const checker = this.#checker
    const [element] = checker.isArrayType(type) ? checker.getTypeArguments(type as ts.TypeReference) : []
    if (element !== undefined) return { kind: "array", of: this.read(element) }
    const properties = checker.getPropertiesOfType(type).filter((property) => !isHeader(property))
    const rest = checker.getIndexInfoOfType(type, ts.IndexKind.String)?.type
    if (properties.length === 0) return { kind: "record", of: rest === undefined ? { kind: "any" } : this.read(rest) }
    const known = this.#names.get(type)
    if (known !== undefined) return { kind: "object", name: known }
    const name = this.#nameOf(type)
    this.#names.set(type, name)
    this.objects.set(name, { fields: {}, open: rest !== undefined })
    const fields = Object.fromEntries(
      properties.map((property) => [property.name, {
        required: !(property.flags & ts.SymbolFlags.Optional),
        type: this.read(checker.getTypeOfSymbol(property))
      }])
    )
    this.objects.set(name, { fields, open: rest !== undefined })
    return { kind: "object", name }
  }

  /** `Tool.InputSchema`: a name in a namespace is said with it. */
  #nameOf(type: ts.Type): string {
    const symbol = type.aliasSymbol ?? type.symbol
    const [declaration] = symbol.declarations ?? []
    const outer = declaration?.parent.parent
    const full = outer !== undefined && ts.isModuleDeclaration(outer)
      ? `${outer.name.text}.${symbol.name}`
      : symbol.name
    for (let number = 1;; number++) {
      const name = number === 1 ? full : `${full}${number}`
      if (!this.objects.has(name)) return name
    }
  }
}

/** The SDK takes some headers among the params, and says so in their documentation. */
const isHeader = (property: ts.Symbol): boolean =>
  ts.displayPartsToString(property.getDocumentationComment(undefined)).startsWith("Header param:")
