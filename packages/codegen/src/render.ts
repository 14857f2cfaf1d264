import type { Parameter, Signature, TypeParameter, TypeReference, TypeText } from "./model.ts"

/** What a reference is called where it is printed. */
export type NameOf = (reference: TypeReference) => string

export const renderType = (type: TypeText, nameOf: NameOf): string =>
  type.map((part) => typeof part === "string" ? part : nameOf(part)).join("")

/** `<Params extends MessageStreamParams>`, or nothing. */
export const renderTypeParameters = (parameters: ReadonlyArray<TypeParameter>, nameOf: NameOf): string =>
  parameters.length === 0 ? "" : `<${parameters.map((each) => renderTypeParameter(each, nameOf)).join(", ")}>`

const renderTypeParameter = ({ constraint, default: fallback, name }: TypeParameter, nameOf: NameOf): string =>
  [name, constraint && `extends ${renderType(constraint, nameOf)}`, fallback && `= ${renderType(fallback, nameOf)}`]
    .filter((part) => part !== null)
    .join(" ")

/** `messageBatchID: string, params?: BatchListParams | null` */
const renderParameters = (parameters: ReadonlyArray<Parameter>, nameOf: NameOf): string =>
  parameters.map(({ name, optional, type }) => `${name}${optional ? "?" : ""}: ${renderType(type, nameOf)}`).join(", ")

/** The signature as a function type, as the SDK declares it. */
export const renderSignature = ({ parameters, returns, typeParameters }: Signature, nameOf: NameOf): string =>
  `${renderTypeParameters(typeParameters, nameOf)}(${renderParameters(parameters, nameOf)}) => ` +
  renderType(returns, nameOf)
