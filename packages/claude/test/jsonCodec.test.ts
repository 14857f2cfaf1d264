/** Values from the JSON that a model writes, and back. */
import { assert, describe, it } from "@effect/vitest"
import { Chunk, DateTime, Duration, Effect, HashMap, Option, Schema } from "effect"
import { StructuredOutput } from "effect-claude"

class Person extends Schema.Class<Person>("Person")({ name: Schema.String }) {}

interface Chain {
  readonly value: number
  readonly next: Option.Option<Chain>
}

const Chain = Schema.Struct({
  value: Schema.Int,
  next: Schema.Option(Schema.suspend((): Schema.Codec<Chain, unknown> => Chain as never))
})

const codecOf = <A, I>(schema: Schema.Codec<A, I>) => Effect.map(StructuredOutput.convert(schema), ({ codec }) => codec)

describe("an option of the schema that it is in", () => {
  it.effect("is written by a tool that is not strict", () =>
    Effect.gen(function*() {
      const { codec } = yield* StructuredOutput.convert(Chain, { strict: false })
      const value = { value: 1, next: Option.some({ value: 2, next: Option.none() }) }
      const json = yield* Schema.encodeEffect(codec)(value)
      assert.deepStrictEqual(json, { value: 1, next: { value: 2, next: null } })
      assert.deepStrictEqual(yield* Schema.decodeEffect(codec)(json), value)
    }))

  it.effect("is refused by its path otherwise", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(StructuredOutput.convert(Chain))
      assert.match(error.message, /^schema\.next: refers to itself/)
    }))
})

describe("a model writes", () => {
  it.effect.each<[string, Schema.Codec<unknown, unknown>, Schema.Json, unknown]>([
    ["an option", Schema.Option(Schema.Int), 1, Option.some(1)],
    ["no option", Schema.Option(Schema.Int), null, Option.none()],
    ["an option of null", Schema.Option(Schema.NullOr(Schema.Int)), { value: null }, Option.some(null)],
    ["an option of an option", Schema.Option(Schema.Option(Schema.Int)), { value: null }, Option.some(Option.none())],
    ["an option beside null", Schema.NullOr(Schema.Option(Schema.Int)), { _tag: "None" }, Option.none()],
    ["a tuple", Schema.Tuple([Schema.String, Schema.Int]), { 0: "a", 1: 2 }, ["a", 2]],
    ["a tuple without what may be missing", Schema.Tuple([Schema.String, Schema.optionalKey(Schema.Int)]), { 0: "a" }, [
      "a"
    ]],
    [
      "a tuple with a rest",
      Schema.TupleWithRest(Schema.Tuple([Schema.Boolean]), [Schema.Int]),
      { 0: true, rest: [1, 2] },
      [true, 1, 2]
    ],
    ["a list that is not empty", Schema.NonEmptyArray(Schema.Int), [1], [1]],
    ["a record", Schema.Record(Schema.String, Schema.Int), [{ key: "a", value: 1 }], { a: 1 }],
    ["a record by numbers", Schema.Record(Schema.Number, Schema.Int), [{ key: "2", value: 1 }], { 2: 1 }],
    [
      "a struct with a record",
      Schema.StructWithRest(Schema.Struct({ others: Schema.Int }), [Schema.Record(Schema.String, Schema.Int)]),
      { others: 1, others_: [{ key: "a", value: 2 }] },
      { others: 1, a: 2 }
    ],
    ["a hash map", Schema.HashMap(Schema.String, Schema.Int), [{ key: "a", value: 1 }], HashMap.make(["a", 1])],
    ["a map", Schema.ReadonlyMap(Schema.Int, Schema.String), [{ key: 1, value: "a" }], new Map([[1, "a"]])],
    ["a chunk", Schema.Chunk(Schema.Int), [1, 2], Chunk.make(1, 2)],
    ["a duration", Schema.Duration, "PT1M30S", Duration.seconds(90)],
    ["a date", Schema.DateTimeUtc, "2026-01-02T00:00:00.000Z", DateTime.makeUnsafe("2026-01-02T00:00:00.000Z")],
    ["a large number", Schema.BigInt, "12345678901234567890", 12345678901234567890n],
    ["a class in a record", Schema.Record(Schema.String, Person), [{ key: "a", value: { name: "Ada" } }], {
      a: new Person({ name: "Ada" })
    }],
    [
      "dates in a map in an option",
      Schema.Option(Schema.HashMap(Schema.String, Schema.DateFromString)),
      [{ key: "a", value: "1970-01-01T00:00:00.000Z" }],
      Option.some(HashMap.make(["a", new Date(0)]))
    ],
    [
      "a record under a renamed key",
      Schema.Struct({ a: Schema.Record(Schema.String, Schema.DateFromString) }).pipe(Schema.encodeKeys({ a: "b" })),
      { b: [{ key: "x", value: "1970-01-01T00:00:00.000Z" }] },
      { a: { x: new Date(0) } }
    ]
  ])("%s", ([, schema, json, value]) =>
    Effect.gen(function*() {
      const codec = yield* codecOf(schema)
      assert.deepStrictEqual(yield* Schema.decodeEffect(codec)(json), value)
      assert.deepStrictEqual(yield* Schema.encodeEffect(codec)(value), json)
    }))

  it.effect("nothing of a key that may be missing, or null all the same", () =>
    Effect.gen(function*() {
      const codec = yield* codecOf(Schema.Struct({ a: Schema.optional(Schema.Int) }))
      assert.deepStrictEqual(yield* Schema.decodeEffect(codec)({}), {})
      assert.deepStrictEqual(yield* Schema.decodeEffect(codec)({ a: null }), { a: undefined })
    }))

  it.effect("names that objects have by themselves, as a record's own", () =>
    Effect.gen(function*() {
      const codec = yield* codecOf(Schema.Record(Schema.String, Schema.Int))
      const record = yield* Schema.decodeEffect(codec)([{ key: "__proto__", value: 1 }, { key: "toString", value: 2 }])
      assert.deepStrictEqual(Object.entries(record), [["__proto__", 1], ["toString", 2]])
    }))

  it.effect("what does not fit, and hears every place of it", () =>
    Effect.gen(function*() {
      const codec = yield* codecOf(
        Schema.Struct({ a: Schema.Tuple([Schema.Int]), b: Schema.Record(Schema.String, Schema.Int) })
      )
      const error = yield* Effect.flip(
        Schema.decodeEffect(codec, { errors: "all" })({ a: { 0: "x" }, b: [{ key: "k", value: "y" }] })
      )
      assert.match(error.message, /\["a"\]\["0"\]/)
      assert.match(error.message, /\["b"\]\[0\]\["value"\]/)
    }))
})
