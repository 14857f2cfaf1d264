import type { SdkModel } from "./model.ts"

/** `generated/warnedModels.ts`: the models that the SDK warns of on the console. */
export const emitWarnedModels = ({ warnedModels }: SdkModel): string =>
  `export const warnedModels: ReadonlySet<string> = new Set([\n${
    warnedModels.map((model) => `"${model}"`).join(",\n")
  }\n])`
