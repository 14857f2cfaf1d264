import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { type ServerSentEvent, SseDecoder } from "../src/internal/answer/sse.ts"

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const decode = (...chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<ServerSentEvent> => {
  const decoder = new SseDecoder()
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()]
}

const decodeText = (text: string) => decode(bytesOf(text))

/**
 * The rules of WHATWG HTML, section 9.2.6, on a whole text. Two of them are not ours: an event at the end needs no blank
 * line here, and `id` and `retry` mean nothing.
 */
const byTheStandard = (bytes: Uint8Array): ReadonlyArray<ServerSentEvent> => {
  const events: Array<ServerSentEvent> = []
  let event = ""
  let data = ""
  for (const line of [...new TextDecoder().decode(bytes).split(/\r\n|\r|\n/), ""]) {
    const field = /^([^:]*):? ?/.exec(line)
    const [name, value] = field === null || !line.includes(":") ? [line, ""] : [field[1], line.slice(field[0].length)]
    if (line === "") {
      if (data !== "") events.push({ event, data: data.slice(0, -1) })
      event = ""
      data = ""
    } else if (name === "event") event = value
    else if (name === "data") data += `${value}\n`
  }
  return events
}

describe("an event", () => {
  it.effect.each<readonly [what: string, text: string, events: ReadonlyArray<readonly [event: string, data: string]>]>([
    ["has a name and data", "event: ping\ndata: {}\n\n", [["ping", "{}"]]],
    ["needs no name", "data: {}\n\n", [["", "{}"]]],
    ["needs data", "event: ping\n\n", []],
    ["may have empty data", "data\n\n", [["", ""]]],
    ["may have empty data after a colon", "data:\n\n", [["", ""]]],
    ["may have many lines of data", "data: a\ndata:\ndata: b\n\n", [["", "a\n\nb"]]],
    ["may have its name after its data", "data: {}\nevent: late\n\n", [["late", "{}"]]],
    ["keeps its last name", "event: a\nevent: b\ndata: {}\n\n", [["b", "{}"]]],
    ["leaves no name to the next", "event: a\ndata: 1\n\ndata: 2\n\n", [["a", "1"], ["", "2"]]],
    ["without data leaves no name to the next", "event: a\n\ndata: 2\n\n", [["", "2"]]],
    ["loses one space after the colon", "data:  two\n\n", [["", " two"]]],
    ["loses no other white space", "data:\ttab \n\n", [["", "\ttab "]]],
    ["needs no space after the colon", "event:a\ndata:b\n\n", [["a", "b"]]],
    ["may have colons in its data", "data: a: b:c\n\n", [["", "a: b:c"]]],
    ["may be surrounded by comments", ": hello\n:\ndata: 1\n: there\ndata: 2\n\n: bye\n", [["", "1\n2"]]],
    ["may come with an id and a retry", "id: 1\nretry: 5\ndata: 1\nid\nretry: x\n\n", [["", "1"]]],
    ["may come with fields that nobody knows", "Data: 1\n data: 2\ndatas: 3\ndata : 4\ndata: 5\n\n", [["", "5"]]],
    ["may follow many blank lines", "\n\n\ndata: 1\n\n\n\ndata: 2\n\n\n", [["", "1"], ["", "2"]]],
    ["may end in CRLF", "event: a\r\ndata: 1\r\n\r\n", [["a", "1"]]],
    ["may end in CR", "event: a\rdata: 1\r\r", [["a", "1"]]],
    ["may mix line endings", "event: a\rdata: 1\r\ndata: 2\n\rdata: 3\n\r\n", [["a", "1\n2"], ["", "3"]]],
    ["may follow a byte order mark", "\ufeffdata: 1\n\n", [["", "1"]]],
    ["is not named by a later byte order mark", "data: 1\n\n\ufeffdata: 2\n\n", [["", "1"]]],
    ["keeps what is no ASCII", "event: \u00e9\ndata: \u{1f600}\u2028\u0085\n\n", [["\u00e9", "\u{1f600}\u2028\u0085"]]],
    ["keeps a NUL", "data: a\u0000b\n\n", [["", "a\u0000b"]]],
    ["is none in an empty text", "", []],
    ["at the end needs no blank line", "event: a\ndata: 1\n", [["a", "1"]]],
    ["at the end needs no line ending", "event: a\ndata: 1", [["a", "1"]]],
    ["at the end needs no line ending after its name", "data: 1\nevent: a", [["a", "1"]]],
    ["at the end needs no line ending after CR", "data: 1\r", [["", "1"]]],
    ["at the end needs data", "data: 1\n\nevent: a", [["", "1"]]]
  ])(
    "%s",
    ([, text, expected]) =>
      Effect.sync(() => assert.deepStrictEqual(decodeText(text), expected.map(([event, data]) => ({ event, data }))))
  )

  it("is there as soon as its blank line is", () => {
    const decoder = new SseDecoder()
    assert.deepStrictEqual(decoder.push(bytesOf("data: 1\n")), [])
    assert.deepStrictEqual(decoder.push(bytesOf("\ndata: 2")), [{ event: "", data: "1" }])
  })

  it("does not wait for the LF that may follow a CR", () => {
    const decoder = new SseDecoder()
    assert.deepStrictEqual(decoder.push(bytesOf("data: 1\r\n\r")), [{ event: "", data: "1" }])
    assert.deepStrictEqual(decoder.push(bytesOf("\ndata: 2\r\n\r")), [{ event: "", data: "2" }])
  })

  it("is there only once at the end", () => {
    const decoder = new SseDecoder()
    decoder.push(bytesOf("data: 1"))
    assert.lengthOf(decoder.end(), 1)
    assert.deepStrictEqual(decoder.end(), [])
  })

  it("shows a replacement for a character that the end cuts", () => {
    const bytes = bytesOf("data: \u20ac")
    assert.deepStrictEqual(decode(bytes.slice(0, -1)), [{ event: "", data: "\ufffd" }])
  })
})

describe("a split", () => {
  const tricky = bytesOf(
    "\ufeff: comment\r\n\r\nevent: message_start\r\ndata: {\"text\":\"\u00e9\u20ac\u{1f600}\"}\r\n\r\n" +
      "id: 1\rretry: 5\revent:b\rdata:1\rdata: 2\r\rdata\n\n\n" +
      "event: c\ndata: \u{1f468}\u200d\u{1f469}\ndata:\ndata:  x \r\n\n\rdata: last \u00fc"
  )

  const expected = [
    { event: "message_start", data: "{\"text\":\"\u00e9\u20ac\u{1f600}\"}" },
    { event: "b", data: "1\n2" },
    { event: "", data: "" },
    { event: "c", data: "\u{1f468}\u200d\u{1f469}\n\n x " },
    { event: "", data: "last \u00fc" }
  ]

  it("is not needed", () => {
    assert.deepStrictEqual(decode(tricky), expected)
  })

  it("into two pieces changes nothing, wherever it is", () => {
    for (let at = 0; at <= tricky.length; at++) {
      assert.deepStrictEqual(decode(tricky.slice(0, at), tricky.slice(at)), expected, `at byte ${at}`)
    }
  })

  it("into three pieces changes nothing, wherever it is", () => {
    const whole = JSON.stringify(expected)
    for (let one = 0; one <= tricky.length; one++) {
      for (let two = one; two <= tricky.length; two++) {
        const events = decode(tricky.slice(0, one), tricky.slice(one, two), tricky.slice(two))
        if (JSON.stringify(events) !== whole) assert.fail(`at bytes ${one} and ${two}: ${JSON.stringify(events)}`)
      }
    }
  })

  it("into single bytes changes nothing", () => {
    assert.deepStrictEqual(decode(...Array.from(tricky, (byte) => Uint8Array.of(byte))), expected)
  })

  it("into single bytes and empty chunks changes nothing", () => {
    const chunks = Array.from(tricky).flatMap((byte) => [Uint8Array.of(byte), new Uint8Array()])
    assert.deepStrictEqual(decode(...chunks), expected)
  })
})

/** The bytes in pieces of these sizes, and the rest. */
const cut = (bytes: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  let start = 0
  return [...sizes.map((size) => bytes.slice(start, start += size)), bytes.slice(start)]
}

describe("any bytes", () => {
  const sizes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 })))

  const names = ["data", "event", "id", "retry", "Data", "x", "data: a", "event: b", "{\"type\":\"ping\"}"]
  const marks = [":", ": ", " ", "\t", "\u0000", "\u00e9", "\u20ac", "\u{1f600}", "\ufeff"]
  const endings = ["\n", "\n\n", "\r", "\r\r", "\r\n", "\r\n\r\n"]
  const pieces = Schema.Array(Schema.Literals([...names, ...marks, ...endings, ...endings]))

  it.effect.prop(
    "that read like events are decoded by the standard's rules, however they are cut",
    { pieces, sizes },
    ({ pieces, sizes }) =>
      Effect.sync(() => {
        const bytes = bytesOf(pieces.join(""))
        assert.deepStrictEqual(decode(...cut(bytes, sizes)), byTheStandard(bytes))
      }),
    { arbitrary: { runs: 2000, seed: 4, size: 60 } }
  )

  it.effect.prop(
    "at all are decoded by the standard's rules, however they are cut",
    { bytes: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))), sizes },
    ({ bytes, sizes }) =>
      Effect.sync(() => {
        const input = Uint8Array.from(bytes)
        assert.deepStrictEqual(decode(...cut(input, sizes)), byTheStandard(input))
      }),
    { arbitrary: { runs: 1000, seed: 5, size: 200 } }
  )
})

describe("a long event", () => {
  it("is put together out of its thousands of chunks", () => {
    const decoder = new SseDecoder()
    const chunk = new Uint8Array(1024).fill(0x61)
    decoder.push(bytesOf("data: "))
    for (let n = 0; n < 5_000; n++) assert.lengthOf(decoder.push(chunk), 0)
    assert.strictEqual(decoder.push(bytesOf("\n\n"))[0]?.data.length, 5_000 * 1024)
  })
})
