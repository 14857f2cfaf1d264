import type { SdkModel } from "./model.ts"

/** `generated/warnedModels.ts`: the models that the SDK warns of on the console. */
export const emitWarnedModels = ({ warnedModels }: SdkModel): string =>
  `export const warnedModels: ReadonlyArray<string> = ${JSON.stringify(warnedModels)}`
