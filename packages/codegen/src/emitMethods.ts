import { type Call, callsOf, customMethods, nameOf, pascalCase, resourcesBelow } from "./calls.ts"
import { sdkImports } from "./imports.ts"
import type { Parameter, SdkModel, Signature, TypeReference, TypeText } from "./model.ts"
import { type NameOf, renderType, renderTypeParameters } from "./render.ts"

/** `generated/methods.ts`: an interface for each resource, with its methods as the service has them. */
export const emitMethods = (model: SdkModel): string => {
  const { lines, nameOf: typeName } = sdkImports()
  const calls = callsOf(model)
  const resources = ["", ...model.resources.map(({ path }) => path)].filter((path) =>
    path === "" || calls.some(({ resource }) => resource === path || resource.startsWith(`${path}.`))
  )
  const interfaces = resources.map((path) => {
    const members = [
      ...calls.filter(({ resource }) => resource === path).flatMap((call) => membersOf(call, typeName)),
      ...resourcesBelow(model, calls, path).map((each) => `readonly ${nameOf(each)}: ${pascalCase(each)}`)
    ]
    return `export interface ${path === "" ? "Methods" : pascalCase(path)} {\n${members.join("\n")}\n}\n`
  })
  const params = calls.flatMap((call) => paramsWithoutStream(call, typeName))
  const custom = calls.flatMap(({ path }) => customMethods[path] ?? [])
  return [
    ...lines(),
    `import type * as Effect from "effect/Effect"`,
    `import type * as Stream from "effect/Stream"`,
    `import type { BatchResult } from "../internal/answer/batchResult.ts"`,
    `import type { CallOptions } from "../internal/road/callOptions.ts"`,
    `import type { Error } from "../internal/road/methodError.ts"`,
    ...custom.map(({ module, type }) => `import type { ${type} } from "${module}"`),
    "",
    ...new Set(params),
    ...interfaces
  ].join("\n")
}

const membersOf = (call: Call, typeName: NameOf): ReadonlyArray<string> => {
  const custom = customMethods[call.path]
  if (custom !== undefined) {
    return [`/** @see \`client.${call.path}\` of the SDK */`, `readonly ${call.name}: ${custom.type}`]
  }
  const doc = docOf(call, typeName)
  const error = `Error<"${call.path}">`
  const member = (name: string, answer: (signature: Signature) => string): string =>
    `readonly ${name}: ${functionType(call, answer, typeName)}`
  const effect = ({ result }: Signature) => `Effect.Effect<${renderType(result, typeName)}, ${error}>`
  const stream = (item: (signature: Signature) => string) => (signature: Signature) =>
    `Stream.Stream<${item(signature)}, ${error}>`
  switch (call.form) {
    case "json":
    case "parsed":
      return [doc, member(call.name, effect)]
    case "page":
      return [doc, member(call.name, stream((each) => itemOf(each, typeName))), doc, member(`${call.name}Page`, effect)]
    case "events":
      return [doc, member(call.name, stream((each) => itemOf(each, typeName)))]
    case "bytes":
      return [doc, member(call.name, stream(() => "Uint8Array"))]
    case "rows":
      return [doc, member(call.name, stream((each) => `BatchResult<${itemOf(each, typeName)}>`))]
    case "custom":
      throw new Error(`${call.path} is written by hand, and nothing says where`)
  }
}

const docOf = ({ deprecated, form, path, sent }: Call, typeName: NameOf): string =>
  `/** ${deprecated ? "@deprecated " : ""}@see {@link ${typeName(sent.class)}.${
    nameOf(form === "parsed" ? path : sent.path)
  }} */`

const itemOf = ({ item, returns }: Signature, typeName: NameOf): string => {
  if (item === null) throw new Error(`No items in ${JSON.stringify(returns)}`)
  return renderType(item, typeName)
}

/** One function type, or an object type of several where the method has overloads. */
const functionType = (call: Call, answer: (signature: Signature) => string, typeName: NameOf): string => {
  const arity = arityOf(call)
  const parts = call.signatures.map((signature) => ({
    head: renderTypeParameters(signature.typeParameters, typeName) +
      `(${parametersOf(call, signature, arity, typeName).join(", ")})`,
    tail: answer(signature)
  }))
  const [only, ...more] = parts
  return only !== undefined && more.length === 0
    ? `${only.head} => ${only.tail}`
    : `{\n${parts.map(({ head, tail }) => `${head}: ${tail}`).join("\n")}\n}`
}

/** How many arguments stand before the options. */
export const arityOf = ({ path, signatures }: Call): number => {
  for (const { parameters } of signatures) {
    const place = parameters.findIndex(({ role }) => role === "options")
    if (place !== -1 && place !== parameters.length - 1) throw new Error(`The options of ${path} are not its last`)
  }
  return Math.max(...signatures.map((each) => argumentsOf(each).length))
}

const argumentsOf = ({ parameters }: Signature): ReadonlyArray<Parameter> =>
  parameters.filter(({ role }) => role !== "options")

/** The options stand in one place, so that an overload with fewer parameters leaves the rest out by name. */
const parametersOf = (call: Call, signature: Signature, arity: number, typeName: NameOf): ReadonlyArray<string> => {
  const own = argumentsOf(signature)
  const longest = call.signatures.map(argumentsOf).find(({ length }) => length === arity) ?? own
  return [
    ...own.map(({ name, optional, role, type }) =>
      `${name}${optional ? "?" : ""}: ${
        call.choosesStream && role === "params" ? withoutStream(call, type).name : renderType(type, typeName)
      }`
    ),
    ...longest.slice(own.length).map(({ name }) => `${name}?: undefined`),
    "options?: CallOptions"
  ]
}

const paramsWithoutStream = (call: Call, typeName: NameOf): ReadonlyArray<string> =>
  call.choosesStream
    ? call.signatures.flatMap(argumentsOf).map(({ type }) => {
      const { name, source } = withoutStream(call, type)
      return `/** @see {@link ${typeName(source)}} */\n` +
        `export interface ${name} extends Omit<${typeName(source)}, "stream"> {}`
    })
    : []

/** `MessageCreateParamsNonStreaming` without its `stream` is `MessageCreateParams`. */
const withoutStream = ({ path }: Call, type: TypeText): { readonly name: string; readonly source: TypeReference } => {
  const [source, ...more] = type
  if (source === undefined || typeof source === "string" || more.length > 0) {
    throw new Error(`The parameters of ${path} are not a name`)
  }
  const name = source.name.replace(/NonStreaming$/, "")
  return { name: path.startsWith("beta.") ? `Beta${name}` : name, source }
}
