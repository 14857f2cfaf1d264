import { type Call, callsOf, nameOf, resourcesBelow } from "./calls.ts"
import { repeatableWrites } from "./decisions.ts"
import { reasonsOf, sharedReasons } from "./emitErrors.ts"
import { identifyingFields } from "./emitFields.ts"
import { arityOf } from "./emitMethods.ts"
import type { SdkModel } from "./model.ts"

/** `generated/operations.ts`: a row of data for each method, by resource. Methods with the same reasons share one list. */
export const emitOperations = (model: SdkModel): string => {
  const calls = callsOf(model)
  const shared = sharedReasons(model, calls)
  const row = (call: Call) => {
    const reasons = reasonsOf(model, call)
    const name = shared.get(reasons.join())
    return rowOf(call, name === undefined ? JSON.stringify(reasons) : constantOf(name))
  }
  const resource = (path: string): string => {
    const members = [
      ...calls.filter((call) => call.resource === path).map((call) => `${call.name}: ${row(call)}`),
      ...resourcesBelow(model, calls, path).map((each) => `${nameOf(each)}: ${resource(each)}`)
    ]
    return `{\n${members.join(",\n")}\n}`
  }
  return [
    ...[...shared].map(([reasons, name]) => `const ${constantOf(name)} = ${JSON.stringify(reasons.split(","))}`),
    "",
    `export const resources = ${resource("")} as const`
  ].join("\n")
}

/** `MessagesCreateReasons` is the type, `messagesCreateReasons` the list. */
const constantOf = (type: string): string => type.slice(0, 1).toLowerCase() + type.slice(1)

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
