import { ts } from "ts-morph"
import type { TypeReference } from "./model.ts"

interface Input {
  readonly checker: ts.TypeChecker
  readonly files: ReadonlyArray<ts.SourceFile>
  readonly moduleOf: (file: ts.SourceFile) => string | null
}

interface Export {
  readonly name: string
  readonly module: string
  readonly symbol: ts.Symbol
}

/** What an alias stands for, through every re-export. */
export const original = (checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol

/**
 * Finds how to import what a symbol names: from its own module where that exports it, else from the shortest specifier
 * that does, else from a namespace that forwards it (`Anthropic.RequestOptions`).
 */
export const makeReferences = ({ checker, files, moduleOf }: Input): (symbol: ts.Symbol) => TypeReference => {
  const exportsOf = memoize((file: ts.SourceFile): ReadonlyArray<Export> => {
    const module = moduleOf(file)
    const symbol = checker.getSymbolAtLocation(file)
    if (module === null || symbol === undefined) return []
    return checker.getExportsOfModule(symbol)
      .map((each) => ({ name: each.name, module, symbol: original(checker, each) }))
  })
  const forwardedBy = ({ module, name, symbol }: Export): ReadonlyArray<Export> =>
    checker.getExportsOfModule(symbol).map((member) => ({
      name: `${name}.${member.name}`,
      module,
      symbol: forwardTarget(checker, original(checker, member))
    }))
  const everywhere = once(() => {
    const direct = files.flatMap(exportsOf).sort(byModule)
    const namespaces = direct.filter(({ symbol }) => symbol.flags & ts.SymbolFlags.Module)
    return firstOfEach([...direct, ...namespaces.flatMap(forwardedBy)])
  })
  const atHome = memoize((file: ts.SourceFile) => firstOfEach(exportsOf(file)))

  const find = (symbol: ts.Symbol): TypeReference => {
    const homes = (symbol.declarations ?? []).map((node) => atHome(node.getSourceFile()).get(symbol))
    const found = homes.find((each) => each !== undefined) ?? everywhere().get(symbol)
    return found === undefined ? { name: symbol.name, module: null } : { name: found.name, module: found.module }
  }
  return memoize((symbol) => {
    const namespace = enclosingNamespace(checker, symbol)
    if (namespace === undefined) return find(symbol)
    const { module, name } = find(namespace)
    return { name: `${name}.${symbol.name}`, module }
  })
}

/** The `X` of `export type RequestOptions = X`, or the symbol itself. */
const forwardTarget = (checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol => {
  const node = symbol.declarations?.find(ts.isTypeAliasDeclaration)
  if (node === undefined || node.typeParameters !== undefined || !ts.isTypeReferenceNode(node.type)) return symbol
  if (node.type.typeArguments !== undefined) return symbol
  const target = checker.getSymbolAtLocation(node.type.typeName)
  return target === undefined ? symbol : original(checker, target)
}

/** The `BatchCreateParams` of an interface declared as `BatchCreateParams.Request`. */
const enclosingNamespace = (checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol | undefined => {
  const block = symbol.declarations?.[0]?.parent
  return block !== undefined && ts.isModuleBlock(block) ? checker.getSymbolAtLocation(block.parent.name) : undefined
}

const byModule = (a: Export, b: Export): number =>
  a.module.length - b.module.length || compare(a.module, b.module) || compare(a.name, b.name)

const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0

const firstOfEach = (exports: ReadonlyArray<Export>): ReadonlyMap<ts.Symbol, Export> =>
  new Map(exports.toReversed().map((each) => [each.symbol, each]))

const once = <A>(make: () => A): () => A => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: make() }).value
}

const memoize = <K extends object, A extends object>(make: (key: K) => A): (key: K) => A => {
  const made = new Map<K, A>()
  return (key) => {
    const known = made.get(key) ?? make(key)
    made.set(key, known)
    return known
  }
}
