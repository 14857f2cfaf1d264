import { type Call, callsOf, customMethods, pascalCase } from "./calls.ts"
import { groups } from "./emitReasons.ts"
import type { SdkModel } from "./model.ts"

/** The documented reasons of a call in the order of the SDK's own table. */
export const reasonsOf = ({ errorCodes }: SdkModel, { errors }: Call): ReadonlyArray<string> =>
  errorCodes.map(({ tag }) => tag).filter((tag) => errors.includes(tag))

/** Names for the sets of reasons that several calls document, by their tags with commas in between. */
export const sharedReasons = (model: SdkModel, calls: ReadonlyArray<Call>): ReadonlyMap<string, string> => {
  const documented = calls.map((call) => ({ call, reasons: reasonsOf(model, call) }))
  const sets = groups(documented.filter(({ reasons }) => reasons.length > 1), ({ reasons }) => reasons.join())
  return new Map(
    sets.flatMap(([key, [first, ...more]]) =>
      first === undefined || more.length === 0 ? [] : [[key, `${pascalCase(first.call.path)}Reasons`]]
    )
  )
}

/** `generated/errors.ts`: how each method can fail. Methods with the same reasons share one type for them. */
export const emitErrors = (model: SdkModel): string => {
  const calls = callsOf(model)
  const shared = sharedReasons(model, calls)
  const declared = new Set<string>()
  const lines = calls.flatMap((call) => {
    const reasons = reasonsOf(model, call)
    const union = reasons.map((tag) => `Reason.${tag}`).join(" | ")
    const name = shared.get(reasons.join())
    const type = `export type ${pascalCase(call.path)}Error = ${channelOf(call, name ?? union)}`
    if (name === undefined || declared.has(name)) return [type]
    declared.add(name)
    return [`type ${name} = ${union}`, type]
  })
  return [
    `import type * as ClaudeError from "../ClaudeError.ts"`,
    `import type * as Reason from "../Reason.ts"`,
    "",
    ...lines
  ].join("\n")
}

const channelOf = ({ form, path }: Call, reasons: string): string => {
  const custom = customMethods[path]
  if (custom !== undefined) return custom.error
  const channel = form === "events" || form === "bytes" || form === "rows" ? "StreamError" : "CallError"
  return `ClaudeError.${channel}${reasons === "" ? "" : `<${reasons}>`}`
}
