/** UTF-8 to text, with U+FFFD for what is not UTF-8. The bytes are whole characters; a byte order mark is kept. */

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

const encoder = new TextEncoder()

/** Node's `TextDecoder` takes twice as long as its `Buffer` for text that is not all ASCII. */
export const decodeUtf8: (bytes: Uint8Array) => string = typeof globalThis.Buffer === "function"
  ? (bytes) => globalThis.Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  : (bytes) => decoder.decode(bytes)

/** What a stream of bytes gives. One of Node with an encoding gives texts. */
export const bytesOf = (piece: unknown): Uint8Array => {
  if (piece instanceof Uint8Array) return piece
  if (typeof piece === "string") return encoder.encode(piece)
  if (ArrayBuffer.isView(piece)) return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength)
  if (piece instanceof ArrayBuffer) return new Uint8Array(piece)
  throw new TypeError("the stream gave something that is neither text nor bytes")
}

/** The pieces as one. */
export const concat = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    whole.set(piece, offset)
    offset += piece.length
  }
  return whole
}
