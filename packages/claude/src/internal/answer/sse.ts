/**
 * Server-sent events, a chunk of bytes at a time (WHATWG HTML, section 9.2.6).
 *
 * Correct for every split: inside a character, a line ending (LF, CRLF, CR), a field or the byte order mark. Comments, `id`
 * and `retry` are skipped. An event that the end of the input leaves without its blank line counts too.
 *
 * Bytes are decoded up to the last line ending: no character has one inside, so that what is decoded is whole, and what
 * is left over waits as bytes. So every byte is looked at once, however small the chunks.
 *
 * An event that grows beyond the limit is not waited for: `overflowed` says so.
 */
import { concat, decodeUtf8 } from "./utf8.ts"

export interface ServerSentEvent {
  readonly event: string
  readonly data: string
}

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const COLON = 0x3a

export class SseDecoder {
  /** The most bytes of one event. */
  readonly limit: number
  overflowed = false
  private pending: Array<Uint8Array> = []
  private pendingBytes = 0
  private started = false
  private afterCarriageReturn = false
  private event = ""
  private data: string | undefined

  constructor(limit = Infinity) {
    this.limit = limit
  }

  /** The events that these bytes complete. */
  push(bytes: Uint8Array): ReadonlyArray<ServerSentEvent> {
    const events: Array<ServerSentEvent> = []
    const end = endOfLines(bytes)
    // What waits is only as long as its line: the rest of the chunk is decoded where it is.
    const joint = this.pending.length === 0 ? 0 : Math.min(bytes.indexOf(LF) + 1, end)
    if (joint > 0) this.lines(this.decode(bytes.subarray(0, joint)), events)
    if (end > joint) this.lines(this.decode(part(bytes, joint, end)), events)
    if (end < bytes.length) {
      this.pending.push(bytes.subarray(end))
      this.pendingBytes += bytes.length - end
    }
    if (this.pendingBytes + (this.data?.length ?? 0) > this.limit) this.overflowed = true
    return events
  }

  /** The events that the end of the input completes. */
  end(): ReadonlyArray<ServerSentEvent> {
    const events: Array<ServerSentEvent> = []
    // A line that the end has cut, and the blank line that it took away.
    this.lines(`${this.decode(new Uint8Array())}\n\n`, events)
    return events
  }

  private decode(bytes: Uint8Array): string {
    const text = decodeUtf8(this.pending.length === 0 ? bytes : concat([...this.pending, bytes]))
    if (this.pending.length > 0) {
      this.pending = []
      this.pendingBytes = 0
    }
    if (this.started || text === "") return text
    this.started = true
    return text.startsWith("\uFEFF") ? text.slice(1) : text
  }

  /** Takes text that ends with a line ending. In one loop over locals: most of the decoder's time is spent here. */
  private lines(received: string, events: Array<ServerSentEvent>): void {
    const text = this.withLineFeeds(received)
    let { data, event } = this
    for (let start = 0, end = 0; start < text.length; start = end + 1) {
      end = text.indexOf("\n", start)
      if (end === start) {
        if (data !== undefined && data.length > this.limit) {
          this.overflowed = true
          break
        }
        if (data !== undefined) events.push({ event, data })
        event = ""
        data = undefined
      } else if (isField("data", text, start, end)) {
        const value = valueOf(text, start + 5, end)
        data = data === undefined ? value : `${data}\n${value}`
      } else if (isField("event", text, start, end)) {
        event = valueOf(text, start + 6, end)
      }
    }
    this.data = data
    this.event = event
  }

  /** A CR at the end of a chunk ends its line; an LF at the beginning of the next one then belongs to it. */
  private withLineFeeds(text: string): string {
    const rest = this.afterCarriageReturn && text.startsWith("\n") ? text.slice(1) : text
    this.afterCarriageReturn = text.endsWith("\r")
    return rest.includes("\r") ? rest.replace(/\r\n?/g, "\n") : rest
  }
}

/** A line without a colon is a field with an empty value. */
const isField = (name: string, text: string, start: number, end: number): boolean => {
  const colon = start + name.length
  // Character by character: a fifth of what `startsWith` costs.
  for (let at = start; at < colon; at++) if (text.charCodeAt(at) !== name.charCodeAt(at - start)) return false
  return colon === end || text.charCodeAt(colon) === COLON
}

/** One space after the colon is no part of the value. */
const valueOf = (text: string, start: number, end: number): string =>
  start > end ? "" : text.slice(text.charCodeAt(start) === SPACE ? start + 1 : start, end)

const part = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end)

/** How many of the bytes are whole lines. */
const endOfLines = (bytes: Uint8Array): number => {
  const lineFeed = bytes.lastIndexOf(LF)
  if (lineFeed === bytes.length - 1) return bytes.length
  return lineFeed + 1 + bytes.subarray(lineFeed + 1).lastIndexOf(CR) + 1
}
