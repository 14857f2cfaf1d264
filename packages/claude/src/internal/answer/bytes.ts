/** Bodies that are handed on as they are. */
import type { Decoder, Source } from "./body.ts"
import { type Arrived, requestIdOf } from "./failures.ts"

export class ByteDecoder implements Decoder<Uint8Array> {
  readonly failure = undefined
  complete = false
  private readonly source: Source
  private count = 0

  constructor(source: Source) {
    this.source = source
  }

  push(bytes: Uint8Array): ReadonlyArray<Uint8Array> {
    if (bytes.length === 0) return []
    this.count++
    return [bytes]
  }

  end(): ReadonlyArray<Uint8Array> {
    this.complete = true
    return []
  }

  get arrived(): Arrived {
    return { count: this.count, unit: "chunks, before its end", requestId: requestIdOf(this.source.response) }
  }
}
