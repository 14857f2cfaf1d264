/** How much of what a server said an error keeps. */
import type * as Schema from "effect/Schema"
import { longestSecret } from "../secrets/scrubber.ts"
import { writeJson } from "./writeJson.ts"

/** The most that an error keeps of a body, in characters. */
export const maxKept = 64 * 1024

/** The most that an error keeps of one text beside the body, such as the API's message. */
export const maxText = 8 * 1024

/** The text, or its beginning and how long it was. */
export const cutText = (text: string, most = maxText): string =>
  text.length <= most ? text : `${text.slice(0, most)}… (cut; ${text.length} characters in all)`

/**
 * The text without secrets, or its beginning. Only the beginning of a large text is gone through, and what may be half a
 * secret at the end of that is left away.
 */
export const cleanText = (scrub: (text: string) => string, text: string, most = maxText): string => {
  const enough = 2 * (most + longestSecret)
  if (text.length <= enough) return cutText(scrub(text), most)
  const clean = scrub(text.slice(0, enough))
  return `${
    clean.slice(0, Math.max(0, Math.min(most, clean.length - longestSecret)))
  }… (cut; ${text.length} characters in all)`
}

/** The fields of an error body that are kept whole, the shortest first. */
const kept = ["type", "request_id", "error"]

/** The body, or what fits of it: of an error body its `type`, `request_id` and `error`, and a word about the rest. */
export const cutBody = (body: Schema.Json | undefined): Schema.Json | undefined => {
  if (typeof body === "string") return cutText(body, maxKept)
  const length = writeJson(body)?.length ?? 0
  if (length <= maxKept) return body
  const fields = typeof body === "object" && body !== null && !Array.isArray(body) ? body : {}
  const left = Object.fromEntries(
    Object.entries(fields).filter(([name]) => kept.includes(name)).map(([name, value]) => [name, shorten(value)])
  )
  return { ...left, cut: `${length} characters in all; at most ${maxKept} of a body are kept` }
}

/** Whole where it fits, else with its texts cut. */
const shorten = (value: Schema.Json): Schema.Json => {
  if ((writeJson(value)?.length ?? 0) <= maxKept / 2) return value
  if (typeof value === "string") return cutText(value)
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "cut"
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]) => {
      const fits = (writeJson(part)?.length ?? 0) <= maxText
      return fits ? [[name, part]] : typeof part === "string" ? [[name, cutText(part)]] : []
    }).slice(0, 3)
  )
}
