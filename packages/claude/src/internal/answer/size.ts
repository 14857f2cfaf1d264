/** How much of what a server said an error keeps, without the secrets in it. */
import type * as Schema from "effect/Schema"
import { holdsSecret, type Scrub, scrubFields } from "../secrets.ts"
import { placeholder } from "../secrets/scrubber.ts"
import { field } from "./shapes.ts"
import { isDeep, writeJson } from "./writeJson.ts"

/** The most that an error keeps of a body, in characters. */
export const maxKept = 64 * 1024

/** The most that an error keeps of one text beside the body, such as the API's message. */
const maxText = 8 * 1024

/**
 * The beginning of a text without secrets. Of a long one twice as much is looked at as is kept, and the second half is left
 * out, with the half of a secret that may stand at its end: what nobody sees costs nothing.
 */
export const cleanStart = (scrub: Scrub, text: string, most: number): string => {
  const clean = scrub(text.slice(0, 2 * most))
  const unseen = text.length > 2 * most ? most : 0
  return clean.slice(0, Math.max(0, Math.min(most, clean.length - unseen)))
}

/** The text without secrets, or its beginning and how long it was. */
export const cleanText = (scrub: Scrub, text: string, most = maxText): string =>
  text.length <= most
    ? cleanStart(scrub, text, 2 * most)
    : `${cleanStart(scrub, text, most)}… (cut; ${text.length} characters in all)`

/**
 * The body without secrets, or what fits of it: of an error body its `type`, `request_id` and `error`, and a word about the
 * rest. What is no JSON is `undefined`, and so is what is nested too deeply.
 */
export const cleanBody = (scrub: Scrub, body: unknown): Schema.Json | undefined => {
  if (typeof body === "string") return cleanText(scrub, body, maxKept)
  if (isDeep(body)) return undefined
  const length = lengthOf(body)
  return length <= maxKept ? scrubFields(scrub, body) : {
    ...fieldsOf(scrub, body, ["type", "request_id", "error"], maxKept / 2),
    cut: `${length} characters in all; at most ${maxKept} of a body are kept`
  }
}

/** These fields, each whole where it is no longer than `most`. */
const fieldsOf = (scrub: Scrub, value: unknown, names: ReadonlyArray<string>, most: number) =>
  Object.fromEntries(
    names.flatMap((name) => {
      const part = field(value, name)
      const clean = holdsSecret(name, part) ? placeholder : shortened(scrub, part, most)
      return clean === undefined ? [] : [[name, clean] as const]
    })
  )

/** Whole where it is short. Else the beginning of a text, and of an error what it is about. */
const shortened = (scrub: Scrub, part: unknown, most: number): Schema.Json | undefined => {
  if (lengthOf(part) <= most) return scrubFields(scrub, part)
  if (typeof part === "string") return cleanText(scrub, part)
  return most > maxText ? fieldsOf(scrub, part, ["type", "message", "details"], maxText) : undefined
}

const lengthOf = (value: unknown): number => writeJson(value)?.length ?? 0
