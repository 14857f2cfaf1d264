import { type Call, callsOf, nameOf, pascalCase, resourcesBelow } from "./calls.ts"
import { repeatableWrites } from "./decisions.ts"
import { identifyingFields } from "./emitFields.ts"
import { arityOf } from "./emitMethods.ts"
import type { SdkModel } from "./model.ts"
import { reasonSets, reasonsOf } from "./reasonSets.ts"

/** `generated/operations.ts`: a row of data for each method, by resource. Methods with the same reasons share one list. */
export const emitOperations = (model: SdkModel): string => {
  const calls = callsOf(model)
  const shared = reasonSets(model).filter(({ paths, reasons }) => paths.length > 1 && reasons.length > 1)
  const constants = new Map(shared.flatMap(({ paths }) => paths.map((path) => [path, constantOf(paths[0])])))
  const row = (call: Call) => rowOf(call, constants.get(call.path) ?? JSON.stringify(reasonsOf(model, call)))
  const resource = (path: string): string => {
    const members = [
      ...calls.filter((call) => call.resource === path).map((call) => `${call.name}: ${row(call)}`),
      ...resourcesBelow(model, calls, path).map((each) => `${nameOf(each)}: ${resource(each)}`)
    ]
    return `{\n${members.join(",\n")}\n}`
  }
  return [
    ...shared.map(({ paths, reasons }) => `const ${constantOf(paths[0])} = ${JSON.stringify(reasons)}`),
    "",
    `export const resources = ${resource("")} as const`
  ].join("\n")
}

/** The list of `messages.create` is `messagesCreateReasons`. */
const constantOf = (path: string): string => `${path.slice(0, 1)}${pascalCase(path).slice(1)}Reasons`

const rowOf = (call: Call, reasons: string): string => {
  const { request, response } = call.sent
  const [returns, ...more] = response?.types ?? []
  const hasBody = call.form === "json" || call.form === "parsed" || call.form === "events"
  const facts: Readonly<Record<string, string | number | boolean | object | undefined>> = {
    method: request?.verb ?? "POST",
    route: request?.route ?? "",
    shape: call.form,
    repeatable: isRepeatable(call),
    arity: arityOf(call),
    sdk: call.form === "events" && call.sent.path !== call.path ? call.sent.path : undefined,
    returns: hasBody && more.length === 0 ? returns : undefined,
    fields: call.form === "json" || call.form === "parsed" ? identifyingFields(response) : undefined,
    page: call.form === "page" ? call.signatures[0]?.page?.name : undefined,
    nullable: response?.nullable === true ? true : undefined,
    uploads: call.sent.upload ? true : undefined
  }
  const members = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${JSON.stringify(value)}`]
  )
  return `{\n${[...members, `reasons: ${reasons}`].join(",\n")}\n}`
}

/** Reads are harmless to repeat, and so is what costs tokens and changes nothing, or what the API says so of. */
const isRepeatable = ({ path, sent: { request } }: Call): boolean =>
  request?.verb === "GET" || /^(beta\.)?messages\.\w+$/.test(path) ||
  repeatableWrites.has(path.replace(/^beta\./, ""))
