import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { ClaudeError, StructuredOutput } from "effect-claude"

const saidBy = (schema: Schema.Constraint) =>
  Effect.map(StructuredOutput.convert(schema), ({ jsonSchema }) => jsonSchema)

/** What is said of a field. */
const fieldOf = (schema: Schema.Constraint) =>
  Effect.map(StructuredOutput.convert(Schema.Struct({ a: schema })), ({ jsonSchema }) => {
    const { a } = jsonSchema.properties as { readonly a: unknown }
    return a
  })

const object = (properties: object, required: ReadonlyArray<string> = Object.keys(properties)) => ({
  type: "object",
  properties,
  ...(required.length === 0 ? {} : { required }),
  additionalProperties: false
})

const entries = (key: object, value: object) => ({ type: "array", items: object({ key, value }) })

const string = { type: "string" }

const integer = { type: "integer" }

class Address extends Schema.Class<Address>("Address")(
  { street: Schema.String, since: Schema.DateFromString.annotate({ description: "when they moved in" }) },
  { title: "An address", description: "where someone lives" }
) {}

const address = {
  ...object({ street: string, since: { type: "string", format: "date-time", description: "when they moved in" } }),
  title: "An address",
  description: "where someone lives"
}

class Scoped extends Schema.Class<Scoped>("app/Scoped~1")({ street: Schema.String }) {}

interface Tree {
  readonly value: string
  readonly children: ReadonlyArray<Tree>
}

const Tree: Schema.Codec<Tree> = Schema.Struct({
  value: Schema.String,
  children: Schema.Array(Schema.suspend(() => Tree))
}).annotate({ identifier: "Tree" })

const endless = (): Schema.Codec<unknown, unknown> => Schema.Struct({ a: Schema.Option(Schema.suspend(endless)) })

const isEven = (number: number) => number % 2 === 0

describe("shapes", () => {
  it.effect.each<[string, Schema.Constraint, object]>([
    [
      "a struct, closed",
      Schema.Struct({ name: Schema.String, age: Schema.Int }),
      object({ name: string, age: integer })
    ],
    [
      "keys that may be missing, which need not be null for that",
      Schema.Struct({
        a: Schema.optionalKey(Schema.String),
        b: Schema.optional(Schema.Int),
        c: Schema.NullOr(Schema.Boolean)
      }),
      object({ a: string, b: integer, c: { anyOf: [{ type: "boolean" }, { type: "null" }] } }, ["c"])
    ],
    ["a struct without fields", Schema.Struct({}), object({})],
    ["a union of structs", Schema.TaggedUnion({ A: { a: Schema.Int }, B: {} }), {
      anyOf: [object({ _tag: { const: "A" }, a: integer }), object({ _tag: { const: "B" } })]
    }],
    ["renamed keys", Schema.Struct({ a: Schema.Int }).pipe(Schema.encodeKeys({ a: "b" })), object({ b: integer })],
    ["a class at the root, in place", Address, address],
    ["a class at the root whose name has a slash", Scoped, object({ street: string })],
    ["a class that is used once, in place", Schema.Struct({ home: Address }), object({ home: address })],
    [
      "a class that is used twice, as a definition",
      Schema.Struct({ home: Address, others: Schema.Array(Address) }),
      {
        ...object({ home: { $ref: "#/$defs/Address" }, others: { type: "array", items: { $ref: "#/$defs/Address" } } }),
        $defs: { Address: address }
      }
    ],
    [
      "a definition whose name has a slash",
      Schema.Struct({ a: Scoped, b: Scoped }),
      {
        ...object({ a: { $ref: "#/$defs/app~1Scoped~01" }, b: { $ref: "#/$defs/app~1Scoped~01" } }),
        $defs: { "app/Scoped~1": object({ street: string }) }
      }
    ],
    [
      "two schemas of one name, apart",
      Schema.Struct({
        a: Schema.Array(Schema.Struct({ x: Schema.Int }).annotate({ identifier: "X" })),
        b: Schema.Array(Schema.Struct({ y: Schema.Int }).annotate({ identifier: "X" }))
      }),
      object({
        a: { type: "array", items: object({ x: integer }) },
        b: { type: "array", items: object({ y: integer }) }
      })
    ]
  ])(
    "of %s",
    ([, schema, expected]) => Effect.map(saidBy(schema), (said) => assert.deepStrictEqual<unknown>(said, expected))
  )

  it.effect.each<[string, Schema.Constraint, object]>([
    ["literals", Schema.Literals(["x", "y"]), { enum: ["x", "y"] }],
    ["names", Schema.Enum({ Up: "up", Down: "down" }), { enum: ["up", "down"] }],
    ["numbers with names", Schema.Enum({ Low: 1, High: 2 }), {
      anyOf: [{ const: 1, title: "Low" }, { const: 2, title: "High" }]
    }],
    ["any number that JSON has", Schema.Number, { type: "number" }],
    ["a list", Schema.Array(Schema.Int), { type: "array", items: integer }],
    ["a list that is not empty", Schema.NonEmptyArray(Schema.Int), { type: "array", items: integer, minItems: 1 }],
    [
      "a tuple",
      Schema.Tuple([Schema.String, Schema.optionalKey(Schema.Int)]),
      object({ 0: string, 1: integer }, ["0"])
    ],
    [
      "a tuple with a rest",
      Schema.TupleWithRest(Schema.Tuple([Schema.String]), [Schema.Int]),
      object({ 0: string, rest: { type: "array", items: integer } })
    ],
    ["a record", Schema.Record(Schema.String, Schema.Int), entries(string, integer)],
    [
      "a record of literals",
      Schema.Record(Schema.Literals(["x", "y"]), Schema.Int),
      object({ x: integer, y: integer })
    ],
    [
      "a struct with a record",
      Schema.StructWithRest(Schema.Struct({ n: Schema.Int }), [Schema.Record(Schema.String, Schema.Int)]),
      object({ n: integer, others: entries(string, integer) })
    ],
    ["a hash map", Schema.HashMap(Schema.String, Schema.Int), entries(string, integer)],
    ["a map", Schema.ReadonlyMap(Schema.Int, Schema.String), entries(integer, string)],
    ["a set", Schema.HashSet(Schema.Int), { type: "array", items: integer }],
    ["a chunk", Schema.Chunk(Schema.Int), { type: "array", items: integer }],
    ["an option", Schema.Option(Schema.Int), { anyOf: [integer, { type: "null" }] }],
    ["an option of what may be null", Schema.Option(Schema.NullOr(Schema.Int)), {
      anyOf: [object({ value: { anyOf: [integer, { type: "null" }] } }), { type: "null" }]
    }]
  ])(
    "of %s",
    ([, schema, expected]) => Effect.map(fieldOf(schema), (said) => assert.deepStrictEqual<unknown>(said, expected))
  )
})

describe("annotations", () => {
  it.effect.each<[string, Schema.Constraint, object]>([
    ["a text", Schema.String.annotate({ description: "the first", title: "A" }), {
      type: "string",
      title: "A",
      description: "the first"
    }],
    ["a date", Schema.DateFromString.annotate({ description: "when" }), {
      type: "string",
      format: "date-time",
      description: "when"
    }],
    ["a key", Schema.String.annotateKey({ description: "the key" }), { type: "string", description: "the key" }],
    [
      "a key and its schema",
      Schema.optionalKey(Schema.DateFromString.annotate({ description: "the date" })).annotateKey({
        description: "the key"
      }),
      { type: "string", format: "date-time", description: "the key\n\nthe date" }
    ],
    ["a check", Schema.Int.check(Schema.isGreaterThan(0)).annotate({ description: "how many" }), {
      type: "integer",
      description: "how many\n\n{exclusiveMinimum: 0}"
    }],
    [
      "both ends of a transformation",
      Schema.String.annotate({ description: "as text" }).pipe(
        Schema.decodeTo(Schema.FiniteFromString.annotate({ description: "as number" }))
      ),
      {
        type: "string",
        description:
          "as number\n\nas text\n\nA number, written as a string.\n\n{pattern: \"^-?(0|[1-9]\\\\d*)(\\\\.\\\\d+)?$\"}"
      }
    ],
    ["a key that holds a class", Address.annotateKey({ description: "the office" }), {
      ...address,
      description: "the office\n\nwhere someone lives"
    }],
    ["examples, as the model would write them", Schema.DateFromString.annotate({ examples: [new Date(0)] }), {
      type: "string",
      format: "date-time",
      description: "{examples: [\"1970-01-01T00:00:00.000Z\"]}"
    }],
    ["a default", Schema.String.annotate({ default: "red" }), { type: "string", description: "{default: \"red\"}" }],
    ["a format", Schema.String.annotate({ format: "email" }), { type: "string", format: "email" }],
    ["a format that the API does not know", Schema.String.annotate({ format: "phone" }), {
      type: "string",
      description: "{format: \"phone\"}"
    }]
  ])(
    "of %s are said",
    ([, schema, expected]) => Effect.map(fieldOf(schema), (said) => assert.deepStrictEqual<unknown>(said, expected))
  )

  it.effect("of a field reach the model through renamed keys", () =>
    Effect.gen(function*() {
      const from = Schema.DateFromString.annotate({ description: "the first day" })
      const schema = Schema.Struct({ from, to: Schema.HashMap(Schema.String, from) }).pipe(
        Schema.encodeKeys({ from: "begin" })
      )
      const date = { type: "string", format: "date-time", description: "the first day" }
      assert.deepStrictEqual<unknown>(yield* saidBy(schema), object({ begin: date, to: entries(string, date) }))
    }))
})

describe("known codecs", () => {
  const number = "A number, written as a string.\n\n{pattern: \"^-?(0|[1-9]\\\\d*)(\\\\.\\\\d+)?$\"}"

  it.effect.each<[string, Schema.Constraint, object]>([
    ["Date", Schema.Date, { format: "date-time" }],
    ["DateFromString", Schema.DateFromString, { format: "date-time" }],
    ["DateTimeUtc", Schema.DateTimeUtc, { format: "date-time" }],
    ["DateTimeUtcFromString", Schema.DateTimeUtcFromString, { format: "date-time" }],
    ["DateTimeUtcFromDate", Schema.DateTimeUtcFromDate, { format: "date-time" }],
    ["DateTimeZoned", Schema.DateTimeZoned, {
      description: "A date and time with its zone: 2024-01-01T00:00:00.000+00:00[Europe/London]."
    }],
    ["URL", Schema.URL, { format: "uri" }],
    ["URLFromString", Schema.URLFromString, { format: "uri" }],
    ["NumberFromString", Schema.NumberFromString, { description: number }],
    ["FiniteFromString", Schema.FiniteFromString, { description: number }],
    ["BigDecimal", Schema.BigDecimal, { description: number }],
    ["BigInt", Schema.BigInt, { description: "{pattern: \"^-?\\\\d+$\"}" }],
    ["Duration", Schema.Duration, { format: "duration", description: "Without years and months." }],
    ["SemVer", Schema.SemVer, { description: "A string that will be decoded as a SemVer." }],
    ["JSON in a text", Schema.fromJsonString(Schema.Struct({ b: Schema.Int })), {
      description: "{contentMediaType: \"application/json\", contentSchema: " +
        "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"integer\"}},\"required\":[\"b\"],\"additionalProperties\":false}}"
    }]
  ])(
    "%s says its form",
    ([, schema, expected]) =>
      Effect.map(fieldOf(schema), (said) => assert.deepStrictEqual<unknown>(said, { ...string, ...expected }))
  )
})

describe("checks", () => {
  it.effect.each<[string, Schema.Constraint, object]>([
    ["bounds", Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })), {
      ...integer,
      description: "{minimum: 1, maximum: 5}"
    }],
    ["a length, and not half of it", Schema.String.check(Schema.isMinLength(100)), {
      ...string,
      description: "{minLength: 100}"
    }],
    ["two lengths", Schema.String.check(Schema.isBetweenLength(7, 7)), {
      ...string,
      description: "{minLength: 7, maxLength: 7}"
    }],
    ["a pattern without flags", Schema.String.check(Schema.isPattern(/^[a-z]+$/)), {
      ...string,
      description: "{pattern: \"^[a-z]+$\"}"
    }],
    ["a pattern with the unicode flag", Schema.String.check(Schema.isPattern(/^\p{L}+$/u)), {
      ...string,
      description: "{pattern: \"^\\\\p{L}+$\"}"
    }],
    ["a pattern with a flag that tells", Schema.String.check(Schema.isPattern(/^[a-z]+$/i)), {
      ...string,
      description: "{pattern: \"^[a-z]+$\", flags: \"i\"}"
    }],
    ["two patterns", Schema.String.check(Schema.isStartingWith("a"), Schema.isEndingWith("z")), {
      ...string,
      description: "Must be a string ending with \"z\".\n\n{pattern: \"^a\"}"
    }],
    ["a UUID", Schema.String.check(Schema.isUUID()).annotate({ description: "its id" }), {
      ...string,
      format: "uuid",
      description: "its id\n\n{pattern: \"^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-" +
        "[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|[fF]{8}-[fF]{4}-[fF]{4}-[fF]{4}-[fF]{12})$\"}"
    }],
    ["one of your own", Schema.Int.check(Schema.makeFilter(isEven, { expected: "an even number" })), {
      ...integer,
      description: "Must be an even number."
    }],
    ["one of your own with a description", Schema.Int.check(Schema.makeFilter(isEven, { description: "Even." })), {
      ...integer,
      description: "Even."
    }],
    ["one of what is decoded", Schema.FiniteFromString.check(Schema.isGreaterThan(3)), {
      ...string,
      description: "A number, written as a string. Must be a value greater than 3.\n\n" +
        "{pattern: \"^-?(0|[1-9]\\\\d*)(\\\\.\\\\d+)?$\"}"
    }],
    [
      "one that has schemas of its own, in words",
      Schema.String.check(Schema.makeFilter((text: string) => text !== "", {
        expected: "not empty",
        toJsonSchema: () => ({ not: { const: "" } })
      })),
      { ...string, description: "Must be not empty." }
    ],
    ["the size of a list", Schema.Array(Schema.Int).check(Schema.isMinLength(2), Schema.isUnique()), {
      type: "array",
      items: integer,
      description: "{minItems: 2, uniqueItems: true}"
    }],
    ["the size of a record", Schema.Record(Schema.String, Schema.Int).check(Schema.isMinProperties(1)), {
      ...entries(string, integer),
      minItems: 1
    }]
  ])(
    "say %s",
    ([, schema, expected]) => Effect.map(fieldOf(schema), (said) => assert.deepStrictEqual<unknown>(said, expected))
  )
})

describe("refused, by path", () => {
  it.effect.each<[string, Schema.Constraint, string, RegExp]>([
    [
      "anything",
      Schema.Struct({ a: Schema.NullOr(Schema.Struct({ b: Schema.Unknown })) }),
      "schema.a.b",
      /nothing of the value/
    ],
    ["any object", Schema.Struct({ a: Schema.ObjectKeyword }), "schema.a", /list its fields/],
    ["any JSON", Schema.Struct({ a: Schema.Json }), "schema.a", /nothing of the value/],
    ["no value", Schema.Struct({ a: Schema.Never }), "schema.a", /has no value/],
    ["a symbol", Schema.Struct({ a: Schema.Array(Schema.Symbol) }), "schema.a[]", /symbol/],
    ["a key that is a symbol", Schema.Struct({ [Symbol.for("a")]: Schema.String }), "schema[Symbol(a)]", /symbol/],
    ["a record of symbols", Schema.Struct({ a: Schema.Record(Schema.Symbol, Schema.String) }), "schema.a", /record/],
    [
      "elements after a rest",
      Schema.Struct({ a: Schema.TupleWithRest(Schema.Tuple([]), [Schema.Int, Schema.String]) }),
      "schema.a",
      /tuple/
    ],
    [
      "what has no JSON",
      Schema.Struct({ a: Schema.declare((u): u is object => typeof u === "object") }),
      "schema.a",
      /no JSON form/
    ],
    [
      "a check without words",
      Schema.Struct({ a: Schema.Int.check(Schema.makeFilter(isEven)) }),
      "schema.a",
      /annotate it with `expected`/
    ],
    [
      "a check of a whole without words",
      Schema.Struct({ a: Schema.Int }).check(Schema.makeFilter(() => true)),
      "schema",
      /`expected`/
    ],
    ["recursion", Tree, "schema.children[]", /refers to itself \(Tree\)/],
    [
      "recursion without a name",
      Schema.Struct({ a: Schema.suspend((): Schema.Codec<unknown> => nameless) }),
      "schema.a.b[]",
      /itself/
    ],
    [
      "a schema without an end",
      Schema.Struct({ a: Schema.Option(Schema.suspend(endless)) }),
      "schema",
      /call stack/
    ],
    [
      "an example of something else",
      Schema.Struct({ a: Schema.DateFromString.annotate({ examples: [new Date(NaN)] }) }),
      "schema.a",
      /example/
    ],
    [
      "a schema that throws",
      Schema.Struct({
        a: Schema.suspend((): Schema.Codec<unknown> => {
          throw new Error("not yet")
        })
      }),
      "schema",
      /not yet/
    ]
  ])("is %s", ([, schema, param, message]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(StructuredOutput.convert(schema))
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.strictEqual(error.param, param)
      assert.match(error.message, message)
      assert.isTrue(error.message.startsWith(`${param}: `))
    }))

  it.effect("names the parameter of whoever asks", () =>
    Effect.gen(function*() {
      const options = { param: "tools[2].input_schema" }
      const error = yield* Effect.flip(StructuredOutput.convert(Schema.Struct({ a: Schema.Unknown }), options))
      assert.strictEqual(error.param, "tools[2].input_schema.a")
    }))
})

const nameless: Schema.Codec<unknown> = Schema.Struct({
  b: Schema.Array(Schema.suspend((): Schema.Codec<unknown> => nameless))
})

it.effect("each member of a long union is compared by its text, made once", () =>
  Effect.gen(function*() {
    const stringify = vi.spyOn(JSON, "stringify")
    yield* Effect.addFinalizer(() => Effect.sync(() => stringify.mockRestore()))
    yield* saidBy(Schema.Literals(Array.from({ length: 200 }, (_, index) => `v${index}`)))
    assert.isBelow(stringify.mock.calls.length, 1000)
  }))
