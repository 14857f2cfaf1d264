import { callsOf } from "./calls.ts"
import type { SdkModel } from "./model.ts"
import { reasonSets } from "./reasonSets.ts"

/** `generated/errors.ts`: which reasons each method documents, and which can fail as a stream does. */
export const emitErrors = (model: SdkModel): string => {
  const calls = callsOf(model).filter(({ form }) => form !== "custom")
  const nameOf = new Map(reasonSets(model).flatMap(({ paths }) => paths.map((path) => [path, paths[0]] as const)))
  const names = calls.map(({ path }) => `readonly "${path}": ${quoted(nameOf.get(path))}`)
  const streaming = calls.filter(({ form }) => form === "events" || form === "bytes" || form === "rows")
  return [
    "/** The name of its documented reasons in `ReasonsByMethod`, by method. */",
    `export interface MethodReasons {\n${names.join("\n")}\n}`,
    "",
    "/** The methods whose answer arrives bit by bit. */",
    `export type StreamingMethod = ${streaming.map(({ path }) => quoted(path)).join(" | ")}`
  ].join("\n")
}

const quoted = (name: string | undefined): string => name === undefined ? "never" : `"${name}"`
