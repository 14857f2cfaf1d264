/** The data of an event as JSON. */

export interface Parsed {
  readonly type: string
  readonly [field: string]: unknown
}

/**
 * Nine events out of ten are this one, spelled as the API spells it (with spaces where it hides the length of a token).
 * To recognise it takes a third of the time of `JSON.parse`, and says the same: the text has nothing that JSON escapes.
 */
const textDelta =
  // oxlint-disable-next-line no-control-regex
  /^\{"type":"content_block_delta","index":(0|[1-9]\d{0,8}),"delta":\{"type":"text_delta","text":"([^"\\\u0000-\u001f]*)"\} *\}$/

/** The event, or `undefined` where the data is no JSON object. */
export const parseEvent = (data: string): Parsed | undefined => {
  const found = textDelta.exec(data)
  return found === null
    ? parseObject(data)
    : { type: "content_block_delta", index: Number(found[1]), delta: { type: "text_delta", text: found[2] } }
}

/** Any JSON object, or `undefined`. */
export const parseObject = (data: string): Parsed | undefined => {
  try {
    const value: unknown = JSON.parse(data)
    // What its fields are is looked at where they are read.
    return isRecord(value) && !Array.isArray(value) ? value as Parsed : undefined
  } catch {
    return undefined
  }
}

export const isRecord = (value: unknown): value is object => typeof value === "object" && value !== null
