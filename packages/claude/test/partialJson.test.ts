import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { GrowingJson, PartialJson } from "../src/internal/stream/partialJson.ts"
import { cut, Splits } from "./support/pieces.ts"

const valueOf = (...pieces: ReadonlyArray<string>): unknown => {
  const json = new PartialJson()
  pieces.forEach((piece) => json.push(piece))
  return json.value
}

describe("PartialJson", () => {
  it.prop(
    "makes of JSON the value that it says, whatever the pieces",
    { value: Schema.Record(Schema.String, Schema.Json), splits: Splits, indent: Schema.Literals([0, 2]) },
    ({ indent, splits, value }) => {
      const json = JSON.stringify(value, null, indent)
      // Not against JSON.parse: that of Node 24.9 takes the name "\u0000" for a backslash in some objects.
      assert.strictEqual(JSON.stringify(valueOf(...cut(json, splits)), null, indent), json)
    },
    { arbitrary: { runs: 2000, seed: 1 } }
  )

  it.prop(
    "has the same value for a beginning, whatever the pieces",
    { value: Schema.Json, splits: Splits, length: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200 })) },
    ({ length, splits, value }) => {
      const beginning = JSON.stringify(value).slice(0, length)
      assert.deepStrictEqual(valueOf(...cut(beginning, splits)), valueOf(beginning))
    },
    { arbitrary: { runs: 2000, seed: 1 } }
  )

  it.prop(
    "never throws on what is no JSON",
    {
      pieces: Schema.Array(
        Schema.Union([Schema.String, Schema.Literals(["{", "}", "[", "]", "\"", ":", ",", "\\", "1", "tru", "\\u00"])])
      )
    },
    ({ pieces }) => void valueOf(...pieces),
    { arbitrary: { runs: 2000, size: 40, seed: 1 } }
  )

  it.each<[string, unknown]>([
    ["", undefined],
    ["{", {}],
    ["{\"na", {}],
    ["{\"name\"", {}],
    ["{\"name\":", {}],
    ["{\"name\": \"A", { name: "A" }],
    ["{\"name\": \"A\\", { name: "A" }],
    ["{\"name\": \"A\\u00e", { name: "A" }],
    ["{\"name\": \"A\\u00e9", { name: "Aé" }],
    ["{\"age\": 3", {}],
    ["{\"age\": 36,", { age: 36 }],
    ["{\"ok\": tru", {}],
    ["{\"ok\": true}", { ok: true }],
    ["{\"tags\": [\"a\", \"b", { tags: ["a", "b"] }],
    ["{\"tags\": [\"a\",", { tags: ["a"] }],
    ["{\"a\": {\"b\": [{\"c\": \"d", { a: { b: [{ c: "d" }] } }],
    ["\"text", "text"],
    ["{\"a\": 1} oops", { a: 1 }],
    ["{\"a\": 01, \"b\": 2}", {}],
    ["{\"a\": [1 2]}", { a: [1] }]
  ])("%s is %j so far", (json, value) => assert.deepStrictEqual(valueOf(json), value))

  it("takes __proto__ as a name like any other", () => {
    const value = valueOf("{\"__proto__\": {\"polluted\": true}}")
    assert.deepStrictEqual(Object.keys(Object(value)), ["__proto__"])
    assert.isUndefined(Object(value).polluted)
  })

  it("shares what is complete with the value before, and leaves that one as it was", () => {
    const json = new PartialJson()
    json.push("{\"done\": {\"big\": [1, 2]}, \"text\": \"a")
    const before = Object(json.value)
    json.push("b")
    const after = Object(json.value)
    assert.strictEqual(after.done, before.done)
    assert.deepStrictEqual([before.text, after.text], ["a", "ab"])
  })
})

describe("GrowingJson", () => {
  it("has the same value for so many pieces, asked in any order", () => {
    const growing = new GrowingJson()
    const counts = ["{\"a\": \"", "b", "c\"", "}"].map((piece) => growing.add(piece))
    const expected = [{ a: "" }, { a: "b" }, { a: "bc" }, { a: "bc" }]
    assert.deepStrictEqual(counts.toReversed().map((count) => growing.valueAt(count)), expected.toReversed())
    assert.deepStrictEqual(counts.map((count) => growing.valueAt(count)), expected)
  })
})
