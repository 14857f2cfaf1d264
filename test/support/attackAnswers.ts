/** Answers of a server that is broken, or that means harm: made from seeds, with what was really said beside them. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"

/** A random number generator that a seed determines (mulberry32). */
export class Dice {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 on, below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<A>(items: ReadonlyArray<A>): A {
    const item = items[this.below(items.length)]
    if (item === undefined && items.length === 0) throw new Error("nothing to pick from")
    return item as A
  }
}

const names = [
  "__proto__",
  "constructor",
  "toString",
  "length",
  "prototype",
  "hasOwnProperty",
  "then",
  "toJSON",
  "_tag"
]

const deep = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels))

const hostile: ReadonlyArray<(dice: Dice) => unknown> = [
  () => null,
  () => [],
  () => ({}),
  () => "",
  () => [null],
  () => -1,
  () => 1e308,
  () => 0.5,
  () => true,
  () => "\ud800",
  () => "x".repeat(70_000),
  () => deep(600),
  (dice) => dice.pick(names),
  (dice) => JSON.parse(`{"${dice.pick(names)}":{"polluted":true}}`),
  () => ({ type: "error" }),
  () => ({ type: "text", text: 5 })
]

type Container = Record<string, unknown> | Array<unknown>

const containersIn = (value: unknown): ReadonlyArray<Container> =>
  typeof value !== "object" || value === null
    ? []
    : [value as Container, ...Object.values(value).flatMap(containersIn)]

const setOwn = (target: object, name: string, value: unknown): void => {
  if (Array.isArray(target) && name === "length") return
  Object.defineProperty(target, name, { value, configurable: true, enumerable: true, writable: true })
}

/** The value with one part of it replaced, removed, renamed or doubled. */
export const mutated = (dice: Dice, value: unknown): unknown => {
  const copy: unknown = structuredClone(value)
  const containers = containersIn(copy)
  if (containers.length === 0) return dice.pick(hostile)(dice)
  const target = dice.pick(containers)
  const keys = Object.keys(target)
  const key = keys.length === 0 ? "0" : dice.pick(keys)
  const part: unknown = Reflect.get(target, key)
  switch (dice.below(5)) {
    case 0:
      Reflect.deleteProperty(target, key)
      break
    case 1:
      Reflect.deleteProperty(target, key)
      setOwn(target, dice.pick(names), part)
      break
    case 2:
      setOwn(target, dice.pick(names), dice.pick(hostile)(dice))
      break
    default:
      setOwn(target, key, dice.pick(hostile)(dice))
  }
  return copy
}

export interface Event {
  readonly name: string
  readonly data: string
}

const inserted = (dice: Dice): Event =>
  dice.pick<Event>([
    { name: "ping", data: "{\"type\":\"ping\"}" },
    { name: "keepalive", data: "{\"type\":\"keepalive\"}" },
    { name: "vendor", data: "{}" },
    { name: "error", data: "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"no\"}}" },
    { name: "error", data: "{\"type\":\"error\",\"error\":\"Overloaded\"}" },
    { name: "error", data: `{"type":"error","error":{"type":"${dice.pick(names)}","message":"no"}}` },
    { name: "", data: "" },
    { name: "content_block_delta", data: "" },
    { name: "message_stop", data: "{\"type\":\"message_stop\"}" },
    { name: dice.pick(names), data: `{"type":"${dice.pick(names)}","index":"${dice.pick(names)}"}` }
  ])

const parsedOr = (otherwise: unknown, text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return otherwise
  }
}

/** The events with one of them changed, or their order. */
export const mutatedEvents = (dice: Dice, events: ReadonlyArray<Event>): ReadonlyArray<Event> => {
  const at = dice.below(events.length)
  const event = events[at] ?? { name: "", data: "" }
  switch (dice.below(7)) {
    case 0:
      return events.toSpliced(at, 1)
    case 1:
      return events.toSpliced(at, 0, event)
    case 2:
      return events.toSpliced(at, 1).toSpliced(dice.below(events.length), 0, event)
    case 3:
      return events.toSpliced(at, 0, inserted(dice))
    case 4:
      return events.toSpliced(at, 1, { name: dice.pick([...names, "", "ping", "error"]), data: event.data })
    case 5:
      return events.toSpliced(at, 1, { name: event.name, data: event.data.slice(0, dice.below(event.data.length + 1)) })
    default: {
      const data = JSON.stringify(mutated(dice, parsedOr({}, event.data)))
      return events.toSpliced(at, 1, { name: event.name, data })
    }
  }
}

export const framesOf = (dice: Dice, events: ReadonlyArray<Event>): Buffer => {
  const end = dice.pick(["\n", "\n", "\n", "\r\n", "\r"])
  const text = events.map(({ data, name }) => `${name === "" ? "" : `event: ${name}${end}`}data: ${data}${end}${end}`)
  return Buffer.from((dice.chance(0.05) ? "\uFEFF" : "") + text.join(""))
}

/** The bytes with one of them changed, a run of them lost, or something between them. */
export const mutatedBytes = (dice: Dice, bytes: Buffer): Buffer => {
  const at = dice.below(bytes.length + 1)
  switch (dice.below(3)) {
    case 0: {
      const copy = Buffer.from(bytes)
      if (at < copy.length) copy[at] = dice.below(256)
      return copy
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + dice.below(20))])
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff, 0xc3, 0x28]), bytes.subarray(at)])
  }
}

/** What goes over a socket, and what it says once nothing is lost on the way. */
export interface Answer {
  readonly wire: ReadonlyArray<Buffer>
  readonly status: number
  readonly contentType: string | undefined
  readonly encoding: string | undefined
  /** The body, before it was compressed. */
  readonly body: Buffer
  /** Whether the body does not come whole. */
  readonly isCut: boolean
}

const encodings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync } as const

const statuses = [204, 205, 206, 301, 304, 400, 401, 403, 404, 409, 413, 418, 429, 500, 501, 502, 503, 504, 529, 599]

const contentTypes = [
  "text/html",
  "text/plain",
  "application/json",
  "text/event-stream",
  "application/octet-stream",
  undefined
]

const headerLines: ReadonlyArray<(dice: Dice) => string> = [
  () => "request-id: req_1",
  (dice) => `request-id: ${"r".repeat(dice.below(9000))}`,
  (dice) => `retry-after: ${dice.pick(["1", "-1", "never", "1e9", "Wed, 21 Oct 2015 07:28:00 GMT"])}`,
  (dice) => `retry-after-ms: ${dice.pick(["0", "NaN", "99999999999999999999"])}`,
  (dice) => `x-should-retry: ${dice.pick(["true", "false", "maybe"])}`,
  (dice) => `anthropic-ratelimit-requests-reset: ${dice.pick(["12", "2026-01-01T00:00:00Z", "tomorrow"])}`,
  (dice) => `${dice.pick(["__proto__", "constructor", "x-tostring"])}: 1`
]

export interface Shape {
  readonly contentType: string
  readonly body: Buffer
  /** The most that the wire does to this answer: a compressed download is refused, whatever it says. */
  readonly mayEncode: boolean
}

const chunked = (dice: Dice, body: Buffer): ReadonlyArray<Buffer> => {
  const chunks: Array<Buffer> = []
  const most = dice.pick([1 + dice.below(8), 64, 1000, 70_000])
  const size = Math.max(most, Math.ceil(body.length / 400))
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size)
    chunks.push(Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]))
  }
  return [...chunks, Buffer.from("0\r\n\r\n")]
}

/** The answer as bytes of HTTP, framed and damaged as the dice say. */
export const answerOf = (dice: Dice, shape: Shape): Answer => {
  const status = dice.chance(0.15) ? dice.pick(statuses) : 200
  const contentType = dice.chance(0.12) ? dice.pick(contentTypes) : shape.contentType
  const encoding = shape.mayEncode && dice.chance(0.12) ? dice.pick(Object.keys(encodings)) : undefined
  const encode = encoding === undefined ? undefined : encodings[encoding as keyof typeof encodings]
  const whole = encode === undefined ? shape.body : encode(shape.body)
  const isTruncated = encode !== undefined && whole.length > 1 && dice.chance(0.5)
  const body = isTruncated ? whole.subarray(0, 1 + dice.below(whole.length - 1)) : whole
  const hasBody = status !== 204 && status !== 304
  const isChunked = hasBody && dice.chance(0.6)
  // Then the end of the connection is the end of the body.
  const isLengthless = hasBody && !isChunked && dice.chance(0.15)
  const isBroken = hasBody && body.length > 0 && dice.chance(0.08)
  const head = [
    `HTTP/1.1 ${status} Any`,
    ...(isLengthless || dice.chance(0.5) ? ["connection: close"] : []),
    ...(contentType === undefined ? [] : [`content-type: ${contentType}`]),
    ...(encoding === undefined ? [] : [`content-encoding: ${encoding}`]),
    ...(dice.chance(0.3) ? [dice.pick(headerLines)(dice)] : []),
    ...(isChunked ? ["transfer-encoding: chunked"] : hasBody && !isLengthless ? [`content-length: ${body.length}`] : [])
  ].join("\r\n")
  const pieces = !hasBody ? [] : isChunked ? chunked(dice, body) : [body]
  const total = Buffer.concat(pieces)
  const left = isBroken ? dice.below(total.length) : total.length
  const wire = isBroken ? [total.subarray(0, left)] : pieces
  // Without the end of the last chunk nothing of the body is missing.
  const isShort = left < total.length - (isChunked ? "0\r\n\r\n".length : 0)
  return {
    wire: [Buffer.from(`${head}\r\n\r\n`), ...wire],
    status,
    contentType,
    encoding,
    body: hasBody ? shape.body : Buffer.alloc(0),
    isCut: isShort || isTruncated
  }
}
