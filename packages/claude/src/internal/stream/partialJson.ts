/**
 * JSON that arrives bit by bit (RFC 8259), each bit read once, and its value so far at any time.
 *
 * A text is in the value as far as it has come; a number, a literal or a name that is not complete is left out. Where the
 * input stops being JSON, the value stops growing.
 */

/** How JSON ends: as a whole, in the middle, or where it stops being JSON. */
export type JsonEnd = "complete" | "cut" | "malformed"

/**
 * A tool's input and how it ended: the value where it is complete, what had come of it where it was cut, and its text where
 * it is no JSON. The one reading of such inputs, whoever asks. No text at all is an input without fields.
 */
export const readInput = (json: string): { readonly input: unknown; readonly end: JsonEnd } => {
  if (json.trim() === "") return { input: {}, end: "complete" }
  try {
    return { input: JSON.parse(json), end: "complete" }
  } catch {
    const parser = new PartialJson()
    parser.push(json)
    const { end, value } = parser
    // A number or a literal is only known to have ended when more comes.
    return end === "malformed" ? { input: json, end } : { input: value ?? {}, end: "cut" }
  }
}

type Container = Array<unknown> | Record<string, unknown>

interface Frame {
  readonly container: Container
  /** The name whose value comes next, in an object. */
  name: string | undefined
}

/** What may come next, white space aside. */
type State =
  | "value"
  | "value or end"
  | "name"
  | "name or end"
  | "colon"
  | "comma or end"
  | "text"
  | "scalar"
  | "end"
  | "broken"

const escapes: Readonly<Record<string, string>> = {
  "\"": "\"",
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t"
}

const literals: Readonly<Record<string, unknown>> = { true: true, false: false, null: null }

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Whether more characters can make a number or a literal of it. */
const isBeginning = (token: string): boolean =>
  number.test(`${token}0`) || number.test(token) || Object.keys(literals).some((literal) => literal.startsWith(token))

/** What ends a run of plain characters in a text. Control characters must be escaped. */
// oxlint-disable-next-line no-control-regex
const special = /["\\\u0000-\u001f]/g

const endOfScalar = /[^-+.0-9A-Za-z]/g

const whitespace = /[^ \t\n\r]/g

export class PartialJson {
  private readonly frames: Array<Frame> = []
  private state: State = "value"
  /** The text or scalar that is being read, as far as it has come. */
  private token = ""
  private isName = false
  /** An escape that is not complete, with its backslash. */
  private escape = ""
  private root: unknown

  /** Reads on. */
  push(json: string): void {
    let at = 0
    while (at < json.length && this.state !== "broken") at = this.step(json, at)
  }

  /**
   * The value so far, `undefined` where there is none yet. What is complete in it is the same object as the time before, so
   * that asking costs the width of the arrays and objects that are still open, not the length of the JSON.
   */
  get value(): unknown {
    const open = this.state === "text" && !this.isName ? this.token : undefined
    const value = this.frames.reduceRight<unknown>((inner, frame) => enclose(inner, frame), open)
    return this.frames.length === 0 && value === undefined ? this.root : value
  }

  /** Whether more may come: `"complete"` where nothing but white space can, `"malformed"` where it is no JSON any more. */
  get end(): JsonEnd {
    if (this.state === "end") return "complete"
    return this.state === "broken" || (this.state === "scalar" && !isBeginning(this.token)) ? "malformed" : "cut"
  }

  /** Reads one token, or one run of characters in it, and gives where the next one begins. */
  private step(json: string, at: number): number {
    if (this.state === "text") return this.inText(json, at)
    if (this.state === "scalar") return this.inScalar(json, at)
    const start = find(whitespace, json, at)
    if (start < json.length) this.begin(json.charAt(start))
    return start + 1
  }

  private begin(char: string): void {
    const { state } = this
    const valued = state === "value" || state === "value or end"
    const named = state === "name" || state === "name or end"
    if (char === "\"" && (valued || named)) return this.beginText(named)
    if (valued && char === "{") return this.open({}, "name or end")
    if (valued && char === "[") return this.open([], "value or end")
    if (valued && /[-0-9tfn]/.test(char)) return this.to("scalar", char)
    if (state === "colon" && char === ":") return this.to("value")
    if (state === "comma or end" && char === ",") return this.to(this.inArray ? "value" : "name")
    if (state.endsWith(" or end") && char === (this.inArray ? "]" : "}")) return this.close()
    this.to("broken")
  }

  private get inArray(): boolean {
    return Array.isArray(this.frames.at(-1)?.container)
  }

  private to(state: State, token = ""): void {
    this.state = state
    this.token = token
  }

  private open(container: Container, state: State): void {
    this.frames.push({ container, name: undefined })
    this.to(state)
  }

  private close(): void {
    this.complete(this.frames.pop()?.container)
  }

  private beginText(isName: boolean): void {
    this.isName = isName
    this.to("text")
  }

  private complete(value: unknown): void {
    const frame = this.frames.at(-1)
    if (frame === undefined) this.root = value
    else put(frame, value)
    this.to(frame === undefined ? "end" : "comma or end")
  }

  private inText(json: string, at: number): number {
    if (this.escape !== "") return this.inEscape(json, at)
    const end = find(special, json, at)
    if (end > at) this.token += json.slice(at, end)
    const char = json.charAt(end)
    if (char === "\"") this.endText()
    else if (char === "\\") this.escape = char
    else if (char !== "") this.state = "broken"
    return end + 1
  }

  private endText(): void {
    const frame = this.frames.at(-1)
    if (!this.isName || frame === undefined) return this.complete(this.token)
    frame.name = this.token
    this.to("colon")
  }

  private inEscape(json: string, at: number): number {
    this.escape += json.charAt(at)
    const code = this.escape.slice(1)
    if (code.startsWith("u")) {
      if (!/^u[0-9a-fA-F]{0,4}$/.test(code)) this.state = "broken"
      else if (code.length === 5) this.endEscape(String.fromCharCode(Number.parseInt(code.slice(1), 16)))
    } else this.endEscape(escapes[code])
    return at + 1
  }

  private endEscape(char: string | undefined): void {
    if (char === undefined) this.state = "broken"
    else this.token += char
    this.escape = ""
  }

  private inScalar(json: string, at: number): number {
    const end = find(endOfScalar, json, at)
    this.token += json.slice(at, end)
    if (end < json.length) this.endScalar()
    return end
  }

  private endScalar(): void {
    if (Object.hasOwn(literals, this.token)) this.complete(literals[this.token])
    else if (number.test(this.token)) this.complete(Number(this.token))
    else this.state = "broken"
  }
}

/** Where the pattern matches first, or the end. */
const find = (pattern: RegExp, text: string, from: number): number => {
  pattern.lastIndex = from
  return pattern.exec(text)?.index ?? text.length
}

/** As `JSON.parse` has it: `__proto__` is a name like any other. */
const put = ({ container, name }: Frame, value: unknown): void => {
  if (Array.isArray(container)) container.push(value)
  else Object.defineProperty(container, name ?? "", { value, configurable: true, enumerable: true, writable: true })
}

/** An open container as it is, with the value that is still growing in it. The original goes on growing. */
const enclose = (inner: unknown, { container, name }: Frame): unknown => {
  if (Array.isArray(container)) return inner === undefined ? container.slice() : [...container, inner]
  const copy = { ...container }
  if (inner !== undefined && name !== undefined) put({ container: copy, name }, inner)
  return copy
}

/** What {@link PartialJson} makes of pieces, worked out when somebody looks. */
export class GrowingJson {
  private readonly pieces: Array<string> = []
  private readonly parser = new PartialJson()
  private parsed = 0
  private read: ReturnType<typeof readInput> | undefined

  /** Takes the next piece, and gives how many there are. */
  add(piece: string): number {
    return this.pieces.push(piece)
  }

  /** The JSON and its value, once nothing more comes. */
  get whole(): ReturnType<typeof readInput> {
    return this.read ??= readInput(this.pieces.join(""))
  }

  /** The JSON of the first pieces. */
  jsonAt(count: number): string {
    return this.pieces.slice(0, count).join("")
  }

  /** The value of the first pieces. Asked in their order, each piece is read once; to go back starts anew. */
  valueAt(count: number): unknown {
    if (count < this.parsed) return this.anew(count)
    while (this.parsed < count) this.parser.push(this.pieces[this.parsed++] ?? "")
    return this.parser.value
  }

  private anew(count: number): unknown {
    const parser = new PartialJson()
    parser.push(this.jsonAt(count))
    return parser.value
  }
}
