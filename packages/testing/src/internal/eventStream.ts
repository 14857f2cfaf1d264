/** Amazon's event streams: binary frames with lengths and checksums (the content type `application/vnd.amazon.eventstream`). */
import { crc32 } from "node:zlib"

export const contentType = "application/vnd.amazon.eventstream"

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A header whose value is a text: its kind is 7. */
const header = ([name, value]: readonly [string, string]): Buffer => {
  const size = Buffer.alloc(2)
  size.writeUInt16BE(Buffer.byteLength(value))
  return Buffer.concat([Buffer.of(Buffer.byteLength(name)), Buffer.from(name), Buffer.of(7), size, Buffer.from(value)])
}

/** Lengths, their checksum, headers, a JSON, and a checksum of all of it. */
const frame = (headers: Readonly<Record<string, string>>, json: unknown): Buffer => {
  const names = Buffer.concat(Object.entries({ ...headers, ":content-type": "application/json" }).map(header))
  const payload = Buffer.from(JSON.stringify(json))
  const lengths = Buffer.concat([uint32(names.length + payload.length + 16), uint32(names.length)])
  const all = Buffer.concat([lengths, uint32(crc32(lengths)), names, payload])
  return Buffer.concat([all, uint32(crc32(all))])
}

/** An event of a model's answer. */
export const chunk = (data: string): Buffer =>
  frame({ ":message-type": "event", ":event-type": "chunk" }, { bytes: Buffer.from(data).toString("base64") })

/** What ends a stream with an error. */
export const exception = (type: string, message: string): Buffer =>
  frame({ ":message-type": "exception", ":exception-type": type }, { message })
