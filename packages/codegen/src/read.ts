import { ts } from "ts-morph"
import { type Declared, readDelegates } from "./delegates.ts"
import { readEntryPoints } from "./entryPoints.ts"
import { readErrorClasses, readErrorCodes, readErrorTypes } from "./errors.ts"
import { readKnownModels } from "./knownModels.ts"
import type { Helper, HttpRequest, Method, SdkModel, Shape, Signature } from "./model.ts"
import { readRequest, sendsForm } from "./request.ts"
import { readRequestBodies } from "./requestBodies.ts"
import { type MountedMethod, readMounts } from "./resources.ts"
import { paramNames, readResponse, takesModel } from "./response.ts"
import { installedSdk, openSdk, type Sdk, unreadable } from "./sdk.ts"
import { readSecretFields } from "./secretFields.ts"
import { readOutcome, readRole, readSignature } from "./signature.ts"
import { readWarnedModels } from "./warnedModels.ts"

/** Reads the SDK in the folder `root`: by default the one that this package depends on. */
export const readSdk = (root: string = installedSdk()): SdkModel => {
  const sdk = openSdk(root)
  const mounts = readMounts(sdk)
  const mounted = mounts.flatMap(({ methods, path }) => methods.map((method) => ({ method, resource: path })))
  const declared: Declared = new Map(
    mounted.flatMap(({ method: { implementation, overloads, path } }) =>
      [...overloads, implementation].map((node) => [node, path])
    )
  )
  const methods = mounted.map(({ method, resource }) => readMethod(sdk, declared, method, resource))
  return {
    version: sdk.version,
    resources: mounts.map(({ path, symbol }) => ({ path, class: sdk.reference(symbol) })),
    methods: methods.map((method) => ({ ...method, errors: errorsOf(methods, method.path) })),
    errorCodes: readErrorCodes(sdk),
    errorClasses: readErrorClasses(sdk),
    errorTypes: readErrorTypes(sdk),
    warnedModels: readWarnedModels(sdk),
    secretFields: readSecretFields(sdk),
    requestBodies: readRequestBodies(sdk),
    knownModels: readKnownModels(sdk),
    entryPoints: readEntryPoints(sdk)
  }
}

const readMethod = (
  sdk: Sdk,
  declared: Declared,
  { implementation, overloads, path }: MountedMethod,
  resource: string
): Omit<Method, "errors"> => {
  const signatures = overloads.map((node) => readSignature(sdk, node))
  const shape = methodShape(signatures)
  const request = readRequest(sdk, implementation)
  const delegates = readDelegates(sdk, declared, implementation)
  const helper = readHelper(sdk, overloads, shape, request)
  if (shape !== "sync" && request === null && delegates.length === 0) {
    unreadable(`${path} sends nothing`, implementation)
  }
  if (helper !== null && request !== null) unreadable(`${path} is neither a call nor a helper`, implementation)
  return {
    path,
    resource,
    class: sdk.reference(sdk.checker.getTypeAtLocation(implementation.parent).symbol),
    file: `src/${sdk.pathOf(implementation.getSourceFile())}.ts`,
    shape,
    signatures,
    request,
    delegates,
    throws: readThrows([...overloads, implementation]),
    response: readBody(sdk, overloads),
    helper,
    params: [...new Set(overloads.flatMap((node) => node.parameters.flatMap((each) => namesIn(sdk, each))))].sort(),
    model: overloads.some((node) => node.parameters.some((each) => hasModel(sdk, each))),
    upload: sendsForm(implementation),
    deprecated: signatures.every(({ deprecated }) => deprecated)
  }
}

/** The one shape of all overloads; `stream` where they differ, which is what makes them overloads. */
const methodShape = (signatures: ReadonlyArray<Signature>): Method["shape"] => {
  const [shape, ...more] = new Set(signatures.map((each) => each.shape))
  return shape === undefined || shape === "either" || more.length > 0 ? "stream" : shape
}

const helperKinds: Readonly<Partial<Record<Shape, Helper["kind"]>>> = {
  helper: "object",
  sync: "value",
  json: "parser"
}

const readHelper = (
  sdk: Sdk,
  overloads: ReadonlyArray<ts.MethodDeclaration>,
  shape: Method["shape"],
  request: HttpRequest | null
): Helper | null => {
  const kind = helperKinds[shape]
  if (kind === undefined || (kind === "parser" && request !== null)) return null
  const [first] = overloads.map((node) => sdk.checker.getTypeFromTypeNode(readOutcome(sdk, node).result))
  return { kind, class: kind === "object" && first !== undefined ? sdk.reference(first.symbol) : null }
}

const readThrows = (nodes: ReadonlyArray<ts.MethodDeclaration>): ReadonlyArray<string> => [
  ...new Set(
    nodes.flatMap((node) => ts.getAllJSDocTags(node, ts.isJSDocThrowsTag)).map((tag) =>
      tag.typeExpression?.type.getText() ?? unreadable("a @throws tag without a class", tag)
    )
  )
]

const readBody = (sdk: Sdk, overloads: ReadonlyArray<ts.MethodDeclaration>): Method["response"] => {
  const bodies = overloads.map((node) => readOutcome(sdk, node)).filter(({ shape }) => shape === "json")
  return bodies.length === 0
    ? null
    : readResponse(sdk.checker, bodies.map(({ result }) => sdk.checker.getTypeFromTypeNode(result)))
}

const namesIn = (sdk: Sdk, { type }: ts.ParameterDeclaration): ReadonlyArray<string> =>
  type !== undefined && readRole(sdk, type) === "params"
    ? paramNames(sdk.checker, sdk.checker.getTypeFromTypeNode(type))
    : []

const hasModel = (sdk: Sdk, { type }: ts.ParameterDeclaration): boolean =>
  type !== undefined && readRole(sdk, type) === "params" &&
  takesModel(sdk.checker, sdk.checker.getTypeFromTypeNode(type))

/** The documented errors of the method at `path` and of all that it delegates to, each once. */
const errorsOf = (methods: ReadonlyArray<Omit<Method, "errors">>, path: string): ReadonlyArray<string> => {
  const byPath = new Map(methods.map((method) => [method.path, method]))
  const reached = new Set([path])
  for (const each of reached) for (const next of byPath.get(each)?.delegates ?? []) reached.add(next)
  return [...new Set([...reached].flatMap((each) => byPath.get(each)?.throws ?? []))]
}
