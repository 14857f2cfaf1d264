/**
 * Server-sent events, a chunk of bytes at a time (WHATWG HTML, section 9.2.6).
 *
 * Correct for every split: inside a character, a line ending (LF, CRLF, CR) or a field. Comments, `id` and `retry` are
 * skipped. An event that the end of the input leaves without its blank line counts too.
 */

export interface ServerSentEvent {
  readonly event: string
  readonly data: string
}

export class SseDecoder {
  private readonly utf8 = new TextDecoder("utf-8")
  private pending = ""
  private afterCarriageReturn = false
  private event = ""
  private data: string | undefined

  /** The events that these bytes complete. */
  push(bytes: Uint8Array): ReadonlyArray<ServerSentEvent> {
    return this.lines(this.utf8.decode(bytes, { stream: true }))
  }

  /** The events that the end of the input completes. */
  end(): ReadonlyArray<ServerSentEvent> {
    const events = [...this.lines(this.utf8.decode())]
    if (this.pending !== "") this.field(this.pending)
    this.pending = ""
    this.dispatch(events)
    return events
  }

  private lines(text: string): ReadonlyArray<ServerSentEvent> {
    const events: Array<ServerSentEvent> = []
    let start = this.afterCarriageReturn && text.startsWith("\n") ? 1 : 0
    if (text !== "") this.afterCarriageReturn = text.endsWith("\r")
    const ending = text.includes("\r") ? /\r\n|\r|\n/g : undefined
    while (true) {
      const end = indexOfLineEnd(text, start, ending)
      if (end === -1) break
      const line = this.pending + text.slice(start, end)
      this.pending = ""
      if (line === "") this.dispatch(events)
      else this.field(line)
      start = ending === undefined ? end + 1 : ending.lastIndex
    }
    this.pending += text.slice(start)
    return events
  }

  private field(line: string): void {
    const colon = line.indexOf(":")
    if (colon === 0) return
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? "" : line.slice(line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1)
    if (name === "data") this.data = this.data === undefined ? value : `${this.data}\n${value}`
    else if (name === "event") this.event = value
  }

  private dispatch(events: Array<ServerSentEvent>): void {
    if (this.data !== undefined) events.push({ event: this.event, data: this.data })
    this.event = ""
    this.data = undefined
  }
}

const indexOfLineEnd = (text: string, start: number, ending: RegExp | undefined): number => {
  if (ending === undefined) return text.indexOf("\n", start)
  ending.lastIndex = start
  return ending.exec(text)?.index ?? -1
}
