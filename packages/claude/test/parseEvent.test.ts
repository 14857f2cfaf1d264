import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { parseEvent, parseObject } from "../src/internal/answer/parseEvent.ts"

const Text = Schema.Array(
  Schema.Union([Schema.String, Schema.Literals(["\"", "\\", "\\n", "\n", "}", "\"}}", "é", "\ud800", "\u2028"])])
)

const written = (index: string, text: string, space: string) =>
  `{"type":"content_block_delta","index":${index},"delta":{"type":"text_delta","text":"${text}"}${space}}`

describe("parseEvent", () => {
  it.prop(
    "says of any delta of text what JSON.parse says",
    {
      text: Text,
      index: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2000 })),
      space: Schema.Literals(["", " ", "    "])
    },
    ({ index, space, text }) => {
      const event = { type: "content_block_delta", index, delta: { type: "text_delta", text: text.join("") } }
      const data = JSON.stringify(event)
      assert.deepStrictEqual(parseEvent(data), JSON.parse(data))
      const raw = written(String(index), text.join(""), space)
      assert.deepStrictEqual(parseEvent(raw), parseObject(raw))
    },
    { arbitrary: { runs: 2000, seed: 1 } }
  )

  it.each([
    written("00", "a", ""),
    written("-1", "a", ""),
    written("1e3", "a", ""),
    written("99999999999999999999", "a", ""),
    written("0", "a", "\t\n"),
    written("0", "a", ",\"more\":1"),
    written("0", "a\",\"text\":\"b", ""),
    `${written("0", "a", "")} `,
    `${written("0", "a", "")}}`,
    "7",
    "null",
    "[]",
    "",
    "{"
  ])("says of %s what JSON.parse says", (data) => assert.deepStrictEqual(parseEvent(data), parseObject(data)))
})
