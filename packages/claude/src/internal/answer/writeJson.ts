/** JSON of what a server sent, which may be nested more deeply than anything that walks it can go. */

/** Deeper than any answer of the API, and well within what `JSON.stringify` and a schema's checks can walk. */
const maxDepth = 500

/** The JSON, or `undefined` where the value is none or is nested too deeply. */
export const writeJson = (
  value: unknown,
  replacer?: (name: string, part: unknown) => unknown
): string | undefined => isDeep(value) ? undefined : JSON.stringify(value, replacer)

/** Whether a value is nested too deeply to be walked, or contains itself. */
export const isDeep = (value: unknown): boolean => isDeeper(value, maxDepth)

const isDeeper = (value: unknown, depth: number): boolean =>
  typeof value === "object" && value !== null &&
  (depth === 0 || Object.values(value).some((part) => isDeeper(part, depth - 1)))

/** The value, with a word in place of what is nested too deeply. */
export const shallow = (value: unknown): unknown => isDeep(value) ? upTo(value, maxDepth - 1) : value

const upTo = (value: unknown, depth: number): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (depth === 0) return "nested too deeply to be kept"
  return Array.isArray(value)
    ? value.map((part) => upTo(part, depth - 1))
    : Object.fromEntries(Object.entries(value).map(([name, part]) => [name, upTo(part, depth - 1)]))
}
