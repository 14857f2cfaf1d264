import type { SdkModel } from "./model.ts"

/** `generated/models.ts`: the models that the SDK's types name. */
export const emitKnownModels = ({ knownModels: { ids, retirements } }: SdkModel): string =>
  `export const ids = ${JSON.stringify(ids)} as const

export const retirements: Readonly<Record<string, string>> = ${JSON.stringify(retirements)}`
