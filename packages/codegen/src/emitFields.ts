import type { FieldKind, ResponseBody } from "./model.ts"

/**
 * The fields by which a body without a `type` of its own shows that it is what a method returns: its `id`, or where it has
 * none, everything that the SDK's types promise of it.
 */
export const identifyingFields = (response: ResponseBody | null): Readonly<Record<string, FieldKind>> | undefined => {
  if (response === null || response.types?.length === 1) return undefined
  const { id, type: _, ...others } = response.fields
  if (id === "string") return { id }
  return Object.keys(others).length === 0 ? undefined : others
}
