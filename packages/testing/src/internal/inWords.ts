/** Keywords of JSON Schema that stand in a description, where converters put what structured outputs do not take. */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type { JsonSchema } from "./jsonSchema.ts"

/** `At most a week.\n\n{minimum: 1, maximum: 7}`, as the SDK writes it: the last paragraph, if it is nothing else. */
export const inWords = (description: unknown): JsonSchema => {
  if (!Predicate.isString(description)) return {}
  const last = description.lastIndexOf("\n\n")
  return keywordsOf(description.slice(last === -1 ? 0 : last + 2)) ?? {}
}

const keyword = /([$\w-]+): /y

const keywordsOf = (text: string): JsonSchema | undefined => {
  if (!text.startsWith("{") || !text.endsWith("}")) return undefined
  const keywords: Record<string, unknown> = {}
  for (let at = 1; at < text.length;) {
    keyword.lastIndex = at
    const name = keyword.exec(text)?.[1]
    if (name === undefined) return undefined
    const start = keyword.lastIndex
    const end = valueEnd(text, start)
    const value = Result.try((): unknown => JSON.parse(text.slice(start, end)))
    if (Result.isFailure(value)) return undefined
    keywords[name] = value.success
    if (end === text.length - 1) return keywords
    if (!text.startsWith(", ", end)) return undefined
    at = end + 2
  }
  return undefined
}

const pieces = /"(?:[^"\\]|\\.)*"|[[{}\],]/g

/** Where a JSON value ends: at a comma or a brace that is not its own. */
const valueEnd = (text: string, start: number): number => {
  pieces.lastIndex = start
  let depth = 0
  for (let piece = pieces.exec(text); piece !== null; piece = pieces.exec(text)) {
    const [found] = piece
    if (depth === 0 && (found === "," || found === "}")) return piece.index
    if (found === "{" || found === "[") depth++
    if (found === "}" || found === "]") depth--
  }
  return text.length
}
