import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { type ServerSentEvent, SseDecoder } from "../src/internal/answer/sse.ts"
import { decode, decodeWithSdk, encoder, Wire, write } from "./support/eventStreams.ts"
import { cut, Splits } from "./support/pieces.ts"

/** The same, cut after each byte. */
const decodeBytes = (bytes: Uint8Array) => decode(Array.from(bytes, (byte) => Uint8Array.of(byte)))

describe("SseDecoder", () => {
  it.effect.prop(
    "agrees with the SDK's decoder on 1,000 valid streams under random splits",
    { wire: Wire, splits: Splits },
    ({ splits, wire }) =>
      Effect.gen(function*() {
        const chunks = cut(write(wire), splits)
        const expected = yield* Effect.promise(() => decodeWithSdk(chunks))
        assert.deepStrictEqual(decode(chunks).filter(({ data }) => data !== ""), expected)
      }),
    { arbitrary: { runs: 1000, seed: 1 } }
  )

  it.prop(
    "never throws, and gives the same for every split, on random bytes",
    { bytes: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))), splits: Splits },
    ({ bytes, splits }) => {
      const whole = Uint8Array.from(bytes)
      assert.deepStrictEqual(decode(cut(whole, splits)), decode([whole]))
    },
    { arbitrary: { runs: 2000, size: 60, seed: 1 } }
  )

  it.prop(
    "never throws, and gives the same for every split, on bytes that look like events",
    {
      text: Schema.Array(Schema.Literals(["data", "event", ":", " ", "\r", "\n", "\n\n", "é", "\uFEFF", "x"])),
      splits: Splits
    },
    ({ splits, text }) => {
      const whole = encoder.encode(text.join(""))
      assert.deepStrictEqual(decode(cut(whole, splits)), decode([whole]))
    },
    { arbitrary: { runs: 2000, size: 60, seed: 1 } }
  )

  it.each<[string, string, ReadonlyArray<ServerSentEvent>]>([
    ["LF", "event: a\ndata: 1\n\n", [{ event: "a", data: "1" }]],
    ["CRLF", "event: a\r\ndata: 1\r\n\r\n", [{ event: "a", data: "1" }]],
    ["CR", "event: a\rdata: 1\r\r", [{ event: "a", data: "1" }]],
    ["all three mixed", "event: a\r\ndata: 1\rdata: 2\n\r\n", [{ event: "a", data: "1\n2" }]],
    ["a byte order mark", "\uFEFFdata: 1\n\n", [{ event: "", data: "1" }]],
    ["characters of two, three and four bytes", "data: é…🙂\n\n", [{ event: "", data: "é…🙂" }]],
    ["a comment", ": hello\ndata: 1\n\n", [{ event: "", data: "1" }]],
    ["id and retry", "id: 7\nretry: 10\ndata: 1\n\n", [{ event: "", data: "1" }]],
    ["data of several lines", "data: 1\ndata:\ndata: 3\n\n", [{ event: "", data: "1\n\n3" }]],
    ["no space after the colon", "event:a\ndata:1\n\n", [{ event: "a", data: "1" }]],
    ["only one space is taken off", "data:  1\n\n", [{ event: "", data: " 1" }]],
    ["a colon in the value", "data: a: b\n\n", [{ event: "", data: "a: b" }]],
    ["a field without a colon", "data\n\n", [{ event: "", data: "" }]],
    ["a name that only begins like a field", "database: 1\neventual: 2\n\n", []],
    ["an unknown event", "event: surprise\ndata: 1\n\n", [{ event: "surprise", data: "1" }]],
    ["an event without data", "event: a\n\ndata: 1\n\n", [{ event: "", data: "1" }]],
    ["no blank line at the end", "event: a\ndata: 1\n", [{ event: "a", data: "1" }]],
    ["no line ending at the end", "event: a\ndata: 1", [{ event: "a", data: "1" }]],
    ["nothing", "", []]
  ])("takes %s, whole and byte by byte", (_, text, events) => {
    const bytes = encoder.encode(text)
    assert.deepStrictEqual(decode([bytes]), events)
    assert.deepStrictEqual(decodeBytes(bytes), events)
  })

  it("hands an event on as soon as its blank line is there, also after a CR", () => {
    const decoder = new SseDecoder()
    assert.deepStrictEqual(decoder.push(encoder.encode("data: 1\r\r")), [{ event: "", data: "1" }])
    assert.deepStrictEqual(decoder.push(encoder.encode("\ndata: 2\n\n")), [{ event: "", data: "2" }])
  })

  it("puts U+FFFD in place of what is not UTF-8", () => {
    const bytes = Uint8Array.of(...encoder.encode("data: a"), 0xff, 0xe2, 0x82, ...encoder.encode("b\n\n"))
    assert.deepStrictEqual(decodeBytes(bytes), [{
      event: "",
      data: new TextDecoder().decode(Uint8Array.of(0x61, 0xff, 0xe2, 0x82, 0x62))
    }])
  })
})
