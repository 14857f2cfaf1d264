import type { Decisions } from "./decisions.ts"
import { sdkImports } from "./imports.ts"
import type { SdkModel } from "./model.ts"
import { renderType } from "./render.ts"

/** `generated/reasons.ts`: a type for each error code, which class has which, their tags, and what is decided for them. */
export const emitReasons = ({ errorCodes }: SdkModel, decisions: Decisions): string => {
  const { lines, nameOf } = sdkImports()
  const interfaces = errorCodes.map(({ details, errorCode, tag }) =>
    `export interface ${tag} extends CodedReason<"${tag}", "${errorCode}", ${renderType(details, nameOf)}> {}`
  )
  const classes = groups(errorCodes, ({ parent }) => parent)
    .map(([parent, codes]) => `readonly ${parent}: ${codes.map(({ tag }) => tag).join(" | ")}`)
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
    "/** By status and error code. */",
    `export const reasonTags = {\n${tags.join(",\n")}\n}`,
    "",
    "/** What error codes say beside their status, by status and code. */",
    `export const codeFacts = {\n${facts.join(",\n")}\n} as const`
  ].join("\n")
}

/** In order of the first of each group. */
export const groups = <A>(
  items: ReadonlyArray<A>,
  keyOf: (item: A) => string
): ReadonlyArray<readonly [string, ReadonlyArray<A>]> => {
  const found = new Map<string, Array<A>>()
  for (const item of items) found.set(keyOf(item), [...found.get(keyOf(item)) ?? [], item])
  return [...found]
}
