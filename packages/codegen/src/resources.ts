import { ts } from "ts-morph"
import { ancestry, hasTag } from "./nodes.ts"
import { type Sdk, unreadable } from "./sdk.ts"

/** A class of methods where it is mounted, and the methods that it has there, inherited ones too. */
export interface Mount {
  readonly path: string
  readonly symbol: ts.Symbol
  readonly methods: ReadonlyArray<MountedMethod>
}

export interface MountedMethod {
  readonly path: string
  /** The overloads that callers see: the implementation itself where there are none. */
  readonly overloads: ReadonlyArray<ts.MethodDeclaration>
  readonly implementation: ts.MethodDeclaration
}

const rootClass = "APIResource"

/** Everything that hangs off `new Anthropic()`: a resource before the resources below it, each in source order. */
export const readMounts = (sdk: Sdk): ReadonlyArray<Mount> => {
  const client =
    sdk.file("client").statements.find((node): node is ts.ClassDeclaration =>
      ts.isClassDeclaration(node) && node.name?.text === "Anthropic"
    ) ?? unreadable("no class Anthropic in src/client.ts")
  return resourcesOf(sdk, sdk.checker.getTypeAtLocation(client), "")
}

const resourcesOf = (sdk: Sdk, type: ts.Type, prefix: string): ReadonlyArray<Mount> =>
  publicMembers(sdk, type).flatMap((member) => {
    const resource = sdk.checker.getTypeOfSymbol(member)
    return isResource(sdk, resource) ? mountsAt(sdk, resource, prefix + member.name) : []
  })

const mountsAt = (sdk: Sdk, type: ts.Type, path: string): ReadonlyArray<Mount> => {
  const methods = publicMembers(sdk, type)
    .filter((member) => sdk.checker.getTypeOfSymbol(member).getCallSignatures().length > 0)
    .map((member) => mountedMethod(member, `${path}.${member.name}`))
  return [{ path, symbol: type.symbol, methods }, ...resourcesOf(sdk, type, `${path}.`)]
}

const mountedMethod = (member: ts.Symbol, path: string): MountedMethod => {
  const nodes = (member.declarations ?? []).filter(ts.isMethodDeclaration)
  const implementation = nodes.find(({ body }) => body !== undefined) ?? unreadable(`${path} is no method with a body`)
  const overloads = nodes.filter(({ body }) => body === undefined)
  return { path, overloads: overloads.length > 0 ? overloads : [implementation], implementation }
}

const isResource = ({ checker }: Sdk, type: ts.Type): boolean =>
  ancestry(checker, type).some(({ symbol }) => symbol?.name === rootClass)

const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected

const publicMembers = ({ checker }: Sdk, type: ts.Type): ReadonlyArray<ts.Symbol> =>
  checker.getPropertiesOfType(type).filter((member) =>
    !member.name.startsWith("_") &&
    (member.declarations ?? []).every((node) =>
      !hasTag(node, "internal") && !(ts.getCombinedModifierFlags(node) & hidden)
    )
  )
