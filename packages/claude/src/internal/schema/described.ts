/** What stands beside the shape of a place: title, description, format, examples; and what has to be put into words. */
import type { Json } from "./checks.ts"
import type { Dialect } from "./jsonCodec.ts"
import type { Layer } from "./layers.ts"

export interface Said {
  readonly layers: ReadonlyArray<Layer>
  readonly words: ReadonlyArray<string>
  /** A value of what a layer decodes, as JSON. */
  readonly json: (layer: Layer, value: unknown) => unknown
}

/** The formats that structured outputs know. */
const formats = new Set([
  "date-time",
  "time",
  "date",
  "duration",
  "email",
  "hostname",
  "uri",
  "ipv4",
  "ipv6",
  "uuid"
])

const shapes = new Set([
  "$ref",
  "type",
  "enum",
  "const",
  "anyOf",
  "items",
  "properties",
  "required",
  "additionalProperties"
])

/** Whether the API enforces a keyword. All others go into the description. */
const isEnforced = (keyword: string, value: unknown): boolean =>
  shapes.has(keyword) || (keyword === "format" && formats.has(String(value))) ||
  (keyword === "minItems" && (value === 0 || value === 1))

/** JSON Schema has no flags of patterns. */
const isFlagged = (keyword: string, { flags }: Json): boolean =>
  flags !== undefined && (keyword === "pattern" || keyword === "flags")

export const described = (dialect: Dialect, json: Json, said: Said): Json => {
  const keywords = { ...json, ...annotated(said, json) }
  const { description: own, ...others } = keywords
  const inWords = Object.entries(others).filter(([keyword, value]) =>
    dialect === "strict" ? !isEnforced(keyword, value) : isFlagged(keyword, others)
  )
  const left = Object.fromEntries(
    Object.entries(others).filter(([keyword]) => !inWords.some(([word]) => word === keyword))
  )
  const title = firstOf(said, "title")?.value
  const descriptions = [
    ...new Set([...allOf(said, "description"), ...(typeof own === "string" ? [own] : []), said.words.join(" ")])
  ]
  const description = [...descriptions, inWords.length === 0 ? "" : inBraces(inWords)]
    .filter((part) => part !== "")
    .join("\n\n")
  return {
    ...left,
    ...(typeof title === "string" ? { title } : {}),
    ...(description === "" ? {} : { description })
  }
}

/** As the SDK writes what the API does not take. */
const inBraces = (keywords: ReadonlyArray<readonly [string, unknown]>): string =>
  `{${keywords.map(([keyword, value]) => `${keyword}: ${JSON.stringify(value)}`).join(", ")}}`

const annotated = (said: Said, json: Json): Json => {
  const found: Record<string, unknown> = {}
  for (const keyword of ["format", "contentEncoding", "contentMediaType", "readOnly", "writeOnly"]) {
    const value = firstOf(said, keyword)?.value
    if (value !== undefined && (keyword !== "format" || json.type === "string")) found[keyword] = value
  }
  const examples = firstOf(said, "examples")
  if (examples !== undefined && Array.isArray(examples.value)) {
    found.examples = examples.value.map((value) => said.json(examples.layer, value))
  }
  const byDefault = firstOf(said, "default")
  if (byDefault !== undefined) found.default = said.json(byDefault.layer, byDefault.value)
  return found
}

const firstOf = ({ layers }: Said, keyword: string) => {
  for (const layer of layers) {
    // What is annotated last counts.
    const value: unknown = layer.annotations.findLast((annotations) => annotations[keyword] !== undefined)?.[keyword]
    if (value !== undefined) return { layer, value }
  }
  return undefined
}

const allOf = ({ layers }: Said, keyword: string): ReadonlyArray<string> =>
  layers.flatMap(({ annotations }) => annotations.map((annotation) => annotation[keyword]))
    .filter((value) => typeof value === "string")
