import type { Decisions } from "./decisions.ts"
import { sdkImports } from "./imports.ts"
import type { SdkModel } from "./model.ts"
import { groups, reasonSets } from "./reasonSets.ts"
import { renderType } from "./render.ts"

/**
 * `generated/reasons.ts`: a type for each error code, which class and which methods have which, their tags, and what is
 * decided for them.
 */
export const emitReasons = (model: SdkModel, decisions: Decisions): string => {
  const { errorCodes } = model
  const { lines, nameOf } = sdkImports()
  const interfaces = errorCodes.map(({ details, errorCode, tag }) =>
    `export interface ${tag} extends CodedReason<"${tag}", "${errorCode}", ${renderType(details, nameOf)}> {}`
  )
  const classes = groups(errorCodes, ({ parent }) => parent)
    .map(([parent, codes]) => `readonly ${parent}: ${codes.map(({ tag }) => tag).join(" | ")}`)
  const methods = reasonSets(model).map(({ paths: [name], reasons }) => `readonly "${name}": ${reasons.join(" | ")}`)
  const tags = errorCodes.map(({ errorCode, status, tag }) => `"${status} ${errorCode}": "${tag}"`)
  const facts = Object.entries(decisions).map(([key, decision]) => `"${key}": ${JSON.stringify(decision)}`)
  return [
    ...lines(),
    `import type { CodedReason } from "../internal/codedReason.ts"`,
    "",
    ...interfaces,
    "",
    "export interface ReasonsByClass {",
    ...classes,
    "}",
    "",
    "/**",
    " * What methods document, by the name of the first that documents just these reasons.",
    " *",
    " * @category models",
    " * @since 0.1.0",
    " */",
    "export interface ReasonsByMethod {",
    ...methods,
    "}",
    "",
    "/** By status and error code. */",
    `export const reasonTags = {\n${tags.join(",\n")}\n}`,
    "",
    "/** What error codes say beside their status, by status and code. */",
    `export const codeFacts = {\n${facts.join(",\n")}\n} as const`
  ].join("\n")
}
