/** Whether the media in a request are what they say they are. */
import * as Predicate from "effect/Predicate"
import type { CreateRequest } from "./messageRequest.ts"

/** What a file begins with, by its media type; `at` is where. */
const signatures: Readonly<Record<string, { readonly at: number; readonly bytes: ReadonlyArray<number> }>> = {
  "image/jpeg": { at: 0, bytes: [0xff, 0xd8, 0xff] },
  "image/png": { at: 0, bytes: [0x89, 0x50, 0x4e, 0x47] },
  "image/gif": { at: 0, bytes: [0x47, 0x49, 0x46, 0x38] },
  "image/webp": { at: 8, bytes: [0x57, 0x45, 0x42, 0x50] },
  "application/pdf": { at: 0, bytes: [0x25, 0x50, 0x44, 0x46] }
}

const isOf = (type: string, data: Uint8Array): boolean =>
  signatures[type]?.bytes.every((byte, index) => data[(signatures[type]?.at ?? 0) + index] === byte) ?? true

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

interface Source {
  readonly media_type: string
  readonly data: string
}

const isSource = (source: unknown): source is Source =>
  Predicate.hasProperty(source, "type") && source.type === "base64" &&
  Predicate.hasProperty(source, "data") && Predicate.isString(source.data) &&
  Predicate.hasProperty(source, "media_type") && Predicate.isString(source.media_type)

/** What the API says of the first source that is broken, by its path, or undefined. */
export const complaint = ({ messages }: Pick<CreateRequest, "messages">): string | undefined => {
  for (const { path, source, type } of sourcesIn(messages, "messages")) {
    const wrong = about(source, type)
    if (wrong !== undefined) return `${path}: ${wrong}`
  }
  return undefined
}

const about = ({ data, media_type }: Source, type: string): string | undefined => {
  if (data === "") return `${type} cannot be empty`
  if (!base64.test(data)) return "invalid base64 data"
  // Enough for every signature, and a whole number of groups.
  const head = Buffer.from(data.slice(0, 64), "base64")
  if (isOf(media_type, head)) return undefined
  const actual = Object.keys(signatures).find((other) => isOf(other, head))
  if (type === "document") return "The PDF specified was not valid."
  return actual === undefined
    ? "Could not process image"
    : `The image was specified using the ${media_type} media type, but the image appears to be a ${actual} image`
}

interface Found {
  readonly path: string
  readonly source: Source
  readonly type: string
}

/** The sources of the images and documents of a content, those in the results of tools included. */
function* sourcesIn(json: unknown, path: string): Generator<Found> {
  if (!Predicate.isObject(json) && !Array.isArray(json)) return
  const type = Predicate.hasProperty(json, "type") && Predicate.isString(json.type) ? json.type : undefined
  for (const [key, value] of Object.entries(json)) {
    // What a tool was asked is its own business.
    if (type === "tool_use" && key === "input") continue
    const here = type === undefined ? `${path}.${key}` : `${path}.${type}.${key}`
    if (key === "source" && type !== undefined && isSource(value)) {
      yield { path: `${here}.base64.data`, source: value, type }
    } else yield* sourcesIn(value, here)
  }
}
