/** UTF-8 to text, with U+FFFD for what is not UTF-8. The bytes are whole characters; a byte order mark is kept. */

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** Node's `TextDecoder` takes twice as long as its `Buffer` for text that is not all ASCII. */
export const decodeUtf8: (bytes: Uint8Array) => string = typeof globalThis.Buffer === "function"
  ? (bytes) => globalThis.Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  : (bytes) => decoder.decode(bytes)

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
