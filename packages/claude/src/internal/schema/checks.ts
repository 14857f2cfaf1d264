/** Checks as keywords of JSON Schema, and as words where it has none. */
import type * as JsonSchema from "effect/JsonSchema"
import type * as SchemaAST from "effect/SchemaAST"
import { wordsOf } from "./layers.ts"

export type Json = Readonly<Record<string, unknown>>

type Check = SchemaAST.Check<unknown>

/** What checks ask for: keywords, and words for what has none. */
export interface Asked {
  readonly keywords: Json
  readonly words: ReadonlyArray<string>
  /** Whether a check has neither. */
  readonly isSilent: boolean
}

/** The checks of JSON of a type, and those of what is decoded from it, most of which are words. */
export const asked = (
  type: string | undefined,
  ofJson: ReadonlyArray<Check>,
  ofValue: ReadonlyArray<Check>
): Asked => {
  let keywords: Json = {}
  let isSilent = false
  const words: Array<string> = []
  const add = (check: Check, own: Json | undefined): void => {
    const merged = own === undefined ? undefined : merge(keywords, own)
    if (merged !== undefined) {
      keywords = merged
      return
    }
    const says = wordsOf(check)
    isSilent ||= says === undefined
    // Descriptions are told anyway.
    if (says === undefined || says === check.annotations?.description) return
    words.push(says === check.annotations?.message ? says : `Must be ${says}.`)
  }
  for (const check of ofJson) add(check, keywordsOf(check, type))
  for (const check of ofValue) add(check, valueKeywordsOf(check, type))
  return { keywords, words, isSilent }
}

interface Representation {
  readonly id: string
  readonly payload: Json
}

const representationOf = ({ annotations }: Check): Representation => {
  const { id = "", payload } = (annotations?.representation ?? {}) as Partial<Representation>
  // Names without the prefix are those of other libraries.
  return { id: /^effect\/schema\/(.*)/.exec(id)?.[1] ?? "", payload: payload ?? {} }
}

/** The keywords of a check. `undefined`: there are none that say all of it. */
const keywordsOf = (check: Check, type: string | undefined): Json | undefined => {
  const { id, payload } = representationOf(check)
  switch (id) {
    case "isFinite":
      return {}
    case "isInt":
      // That an integer is safe would only cost tokens.
      return { type: "integer" }
    case "isPattern":
      return patternOf(String(payload.source), String(payload.flags))
    // In JSON Schema a text is as long as its characters, here as its UTF-16 code units, of which a character may have two.
    // Effect writes the least that a text which is long enough can have: a model that kept to that would be too short.
    case "isMinLength":
    case "isBetweenLength":
    case "isMaxLength":
      if (type === "string") return rename(payload, "Length")
  }
  const toJsonSchema = check.annotations?.toJsonSchema
  if (typeof toJsonSchema !== "function") return undefined
  const written: unknown = toJsonSchema({ type: type as JsonSchema.Type | undefined, schemas: [] })
  const keywords = (Array.isArray(written) ? written[0] : written) as Json
  // Schemas within a keyword may say what nobody has looked at.
  const isPlain = Object.values(keywords).every((value) => typeof value !== "object")
  return isPlain && Object.keys(keywords).length > 0 ? keywords : undefined
}

/** Flags that change what a pattern matches stand beside it, where a reader knows what they mean. */
const patternOf = (source: string, flags: string): Json => {
  const telling = flags.replace(/[dguvy]/g, "")
  return telling === "" ? { pattern: source } : { pattern: source, flags: telling }
}

const rename = ({ maximum, maxLength = maximum, minimum, minLength = minimum }: Json, what: string): Json => ({
  ...(minLength === undefined ? {} : { [`min${what}`]: minLength }),
  ...(maxLength === undefined ? {} : { [`max${what}`]: maxLength })
})

/** The keywords of a check of what the JSON becomes. Any number that JSON can write is finite. */
const valueKeywordsOf = (check: Check, type: string | undefined): Json | undefined =>
  representationOf(check).id === "isFinite" ? {} : type === "array" ? sizeOf(check) : undefined

/** How large what is decoded from an array has to be. Entries of one key become one, so there may be more of them. */
const sizeOf = (check: Check): Json | undefined => {
  const { id, payload } = representationOf(check)
  if (!/^is(Min|Max|Between)(Size|Properties|Length)$/.test(id)) return undefined
  return Object.fromEntries(
    Object.entries(payload).map(([bound, value]) => [bound.startsWith("min") ? "minItems" : "maxItems", value])
  )
}

/** Keywords of two checks. `undefined`: they cannot stand in one schema. */
const merge = (one: Json, other: Json): Json | undefined => {
  const merged: Record<string, unknown> = { ...one }
  for (const [keyword, value] of Object.entries(other)) {
    const known = one[keyword]
    if (known === undefined || JSON.stringify(known) === JSON.stringify(value)) merged[keyword] = value
    else if (typeof known !== "number" || typeof value !== "number") return undefined
    else if (/^(exclusiveM|m)in/.test(keyword)) merged[keyword] = Math.max(known, value)
    else if (/^(exclusiveM|m)ax/.test(keyword)) merged[keyword] = Math.min(known, value)
    else return undefined
  }
  return merged
}
