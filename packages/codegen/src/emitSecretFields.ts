import type { SdkModel } from "./model.ts"

/** `generated/secretFields.ts`: the fields of bodies that hold a secret. */
export const emitSecretFields = ({ secretFields }: SdkModel): string =>
  `export const secretFields: ReadonlyArray<string> = ${JSON.stringify(secretFields)}`
