/** One walk over parameters, however deep they are: how large their JSON can be, and what of it no request can carry. */

/** What a walk has found. */
export interface Walk {
  /** An upper bound of the JSON's bytes. */
  readonly bytes: number
  /** Where it is nested more deeply than what reads it can go, or contains itself. */
  readonly endless: string | undefined
  /** What is wrong first, and where. */
  readonly problem: { readonly path: string; readonly message: string } | undefined
}

interface Frame {
  readonly value: object
  /** `undefined` for an array. */
  readonly names: ReadonlyArray<string> | undefined
  readonly length: number
  index: number
}

/** How deep a request may be nested: far deeper than any is, and well within what `JSON.stringify` can walk. */
export const maxDepth = 1000

/** Six bytes for every character, thirty for everything else. */
const bytesOf = (value: unknown): number => typeof value === "string" ? value.length * 6 + 2 : 30

export const walkParams = (params: object): Walk => {
  const frames: Array<Frame> = []
  const within = new Set<object>()
  let bytes = 0
  const enter = (value: object): void => {
    const names = Array.isArray(value) ? undefined : Object.keys(value)
    frames.push({ value, names, length: names?.length ?? Reflect.get(value, "length"), index: 0 })
    within.add(value)
    bytes += 2
  }
  const failed = (problem: string): Walk => ({
    bytes,
    endless: undefined,
    problem: { path: pathOf(frames), message: problem }
  })
  try {
    enter(params)
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      if (frame.index === frame.length) {
        frames.pop()
        within.delete(frame.value)
        continue
      }
      const name = frame.names?.[frame.index] ?? String(frame.index)
      frame.index++
      const value: unknown = Reflect.get(frame.value, name)
      bytes += name.length * 6 + 4
      if (!name.isWellFormed() || (typeof value === "string" && !value.isWellFormed())) return failed(loneSurrogate)
      if (!isContainer(value)) {
        bytes += bytesOf(value)
        continue
      }
      if (within.has(value) || frames.length > maxDepth) {
        return { bytes, endless: pathOf(frames), problem: undefined }
      }
      enter(value)
    }
    return { bytes, endless: undefined, problem: undefined }
  } catch (cause) {
    return failed(`could not be read: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

const loneSurrogate = "expected text, got a lone surrogate, which is half a character and no UTF-8. " +
  "Cut texts between characters, or pass them through `toWellFormed()`."

/** What JSON walks into: no bytes, and no streams of them. */
const isContainer = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !ArrayBuffer.isView(value) &&
  typeof Reflect.get(value, "toJSON") !== "function" &&
  typeof Reflect.get(value, Symbol.asyncIterator) !== "function" &&
  typeof Reflect.get(value, "getReader") !== "function"

const pathOf = (frames: ReadonlyArray<Frame>): string =>
  frames.slice(0, 50).map(({ index, names }) => names?.[index - 1] ?? String(index - 1)).join(".")
