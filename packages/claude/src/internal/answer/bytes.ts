/** Bodies that are handed on as they are, unless they show that something else was sent in place of a file. */
import type { Failure } from "../road/exchange.ts"
import type { Decoder, Source } from "./body.ts"
import { type Arrived, fromErrorBody, isErrorBody, requestIdOf, unconfirmedEnd } from "./failures.ts"
import { isJson } from "./json.ts"
import { parseObject } from "./parseEvent.ts"
import { maxKept } from "./size.ts"
import { concat, decodeUtf8 } from "./utf8.ts"

export class ByteDecoder implements Decoder<Uint8Array> {
  failure: Failure | undefined
  complete = false
  private readonly source: Source
  private count = 0
  /** The beginning of what may be an error, until it is known to be a file. */
  private held: Array<Uint8Array> | undefined
  private heldBytes = 0

  constructor(source: Source) {
    this.source = source
    this.held = isJson(source.response) ? [] : undefined
  }

  get started(): boolean {
    return this.count > 0
  }

  get begun(): boolean {
    return this.held === undefined
  }

  push(bytes: Uint8Array): ReadonlyArray<Uint8Array> {
    if (bytes.length === 0) return []
    this.count++
    if (this.held === undefined) return [bytes]
    this.held.push(bytes)
    this.heldBytes += bytes.length
    return this.heldBytes > maxKept ? this.release(this.held) : []
  }

  end(): ReadonlyArray<Uint8Array> {
    const { held } = this
    const body = held === undefined ? undefined : parseObject(decodeUtf8(concat(held)))
    if (isErrorBody(body)) {
      this.failure = fromErrorBody(this.source.attempt, this.source.response.headers, body)
      return []
    }
    this.failure = unconfirmedEnd(this.source.attempt, this.source.response, "the file")
    this.complete = this.failure === undefined
    return held === undefined ? [] : this.release(held)
  }

  private release(held: ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> {
    this.held = undefined
    return held
  }

  get arrived(): Arrived {
    return { count: this.count, unit: "chunks, before its end", requestId: requestIdOf(this.source.response) }
  }
}
