import { sdkImports } from "./imports.ts"
import type { ErrorCode, SdkModel } from "./model.ts"
import { snakeCase } from "./nodes.ts"
import { renderType } from "./render.ts"

/** `generated/reasons.ts`: a type for each error code, which class has which, and the table of their tags. */
export const emitReasons = ({ errorCodes }: SdkModel): string => {
  const { lines, nameOf } = sdkImports()
  const interfaces = errorCodes.map(({ details, errorCode, tag }) =>
    `export interface ${tag} extends CodedReason<"${tag}", "${errorCode}", ${renderType(details, nameOf)}> {}`
  )
  const classes = groups(errorCodes, ({ parent }) => parent)
    .map(([parent, codes]) => `readonly ${parent}: ${codes.map(({ tag }) => tag).join(" | ")}`)
  const statuses = groups(errorCodes, ({ status }) => String(status))
    .map(([status, codes]) => `${status}: ${quoted(wrapped(codes.map(entryOf)))}`)
  return [
    ...lines(),
    `import type { CodedReason } from "../Reason.ts"`,
    "",
    ...interfaces,
    "",
    "export interface ReasonsByClass {",
    ...classes,
    "}",
    "",
    "/** The tags of each status without their `Error`. After `=`, the code where it is not the tag in snake case. */",
    `export const reasonTags: Readonly<Record<number, string>> = {\n${statuses.join(",\n")}\n}`
  ].join("\n")
}

const entryOf = ({ errorCode, tag }: ErrorCode): string => {
  const short = tag.replace(/Error$/, "")
  if (short === tag) throw new Error(`${tag} does not end with Error`)
  return snakeCase(short.replace(/^Beta/, "")) === errorCode ? short : `${short}=${errorCode}`
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

/** The words in lines that fit, each after the other. */
const wrapped = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of words) {
    const line = lines.at(-1)
    if (line === undefined || line.length + word.length > 110) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}

const quoted = (lines: ReadonlyArray<string>): string =>
  lines.length === 1 ? `"${lines.join("")}"` : `\`\n${lines.join("\n")}\``
