/** Bodies that are handed on as they are. */
import * as Effect from "effect/Effect"
import { type BodyKind, BodyReader } from "./bodyReader.ts"

class ByteReader extends BodyReader<Uint8Array> {
  protected readonly unit = "chunks, before its end"

  protected accept(chunk: Uint8Array | undefined): Array<Uint8Array> {
    this.stopped = chunk === undefined
    if (chunk === undefined || chunk.length === 0) return []
    this.count++
    return [chunk]
  }
}

export const bytes: BodyKind<Uint8Array> = { make: (body) => new ByteReader(body), check: () => Effect.void }
