/** Bodies between bytes and what a reviewer can read. */
import { Buffer, isUtf8 } from "node:buffer"
import type { Request, Response } from "./cassetteSchema.ts"

type RequestBody = NonNullable<Request["body"]>
type ResponseBody = NonNullable<Response["body"]>

/** The same JSON with its members in order. */
export const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1).map(([k, v]) => [k, sorted(v)]))
    : value
}

export const textOrBytes = (bytes: Uint8Array): { readonly text: string } | { readonly base64: string } => {
  const buffer = Buffer.from(bytes)
  return isUtf8(buffer) ? { text: buffer.toString() } : { base64: buffer.toString("base64") }
}

const parse = (text: string): { readonly json: Exclude<RequestBody, { readonly text: string }> } | undefined => {
  try {
    return { json: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** A request's body in the form in which requests are compared: JSON has its members in order. */
export const requestBody = (bytes: Uint8Array): RequestBody | undefined => {
  if (bytes.length === 0) return undefined
  const body = textOrBytes(bytes)
  const parsed = "text" in body ? parse(body.text) : undefined
  return parsed === undefined ? body : { json: sorted(parsed.json) as typeof parsed.json }
}

/** A form without the boundary between its fields, which is another one each time. */
export const formBody = async (form: FormData): Promise<RequestBody> => {
  const fields = Array.from(form, async ([name, value]) => {
    if (typeof value === "string") return { name, value: { text: value } }
    const bytes = new Uint8Array(await value.arrayBuffer())
    return { name, filename: value.name, type: value.type, value: textOrBytes(bytes) }
  })
  return { form: await Promise.all(fields) }
}

/** A response's body: as JSON where that says exactly the same, else as text or bytes, with the chunks it came in. */
export const responseBody = (chunks: ReadonlyArray<Uint8Array>, contentType: string): ResponseBody | undefined => {
  const [first] = chunks
  if (first === undefined) return undefined
  const whole = textOrBytes(Buffer.concat(chunks))
  const json = "text" in whole && /json$|json;/.test(contentType) ? parse(whole.text) : undefined
  if (json !== undefined && "text" in whole && JSON.stringify(json.json) === whole.text) return json
  return chunks.length === 1 ? whole : { chunks: chunks.map(textOrBytes).map((_) => "text" in _ ? _.text : _) }
}

/** The chunks of a recorded response. */
export const chunksOf = (body: ResponseBody | undefined): ReadonlyArray<Uint8Array> => {
  if (body === undefined) return []
  if ("json" in body) return [Buffer.from(JSON.stringify(body.json))]
  if ("chunks" in body) return body.chunks.map((chunk) => bytesOf(typeof chunk === "string" ? { text: chunk } : chunk))
  return [bytesOf(body)]
}

const bytesOf = (body: { readonly text: string } | { readonly base64: string }): Uint8Array =>
  "text" in body ? Buffer.from(body.text) : Buffer.from(body.base64, "base64")
