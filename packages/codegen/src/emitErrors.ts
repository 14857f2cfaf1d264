import { type Call, callsOf, customMethods, pascalCase } from "./calls.ts"
import { groups } from "./emitReasons.ts"
import type { SdkModel } from "./model.ts"

/** The documented reasons of a call in the order of the SDK's own table. */
export const reasonsOf = ({ errorCodes }: SdkModel, { errors }: Call): ReadonlyArray<string> =>
  errorCodes.map(({ tag }) => tag).filter((tag) => errors.includes(tag))

/** `generated/errors.ts`: how each method can fail. Methods with the same reasons share one type for them. */
export const emitErrors = (model: SdkModel): string => {
  const calls = callsOf(model).map((call) => ({ call, reasons: reasonsOf(model, call) }))
  const shared = new Map(
    groups(calls.filter(({ reasons }) => reasons.length > 1), ({ reasons }) => reasons.join())
      .filter(([, sharing]) => sharing.length > 1)
      .flatMap(([key, [first]]) => first === undefined ? [] : [[key, `${pascalCase(first.call.path)}Reasons`]])
  )
  const declared = new Set<string>()
  const lines = calls.flatMap(({ call, reasons }) => {
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
