/** What all of JSON Schema says, and what tools take of it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { StructuredOutput } from "effect-claude"

const fieldOf = (schema: Schema.Constraint) =>
  Effect.map(StructuredOutput.toolInput(Schema.Struct({ a: schema }), { strict: false }), ({ inputSchema }) => {
    const { a } = inputSchema.properties as { readonly a: unknown }
    return a
  })

const string = { type: "string" }

const integer = { type: "integer" }

interface Tree {
  readonly value: string
  readonly children: ReadonlyArray<Tree>
}

const Tree: Schema.Codec<Tree> = Schema.Struct({
  value: Schema.String,
  children: Schema.Array(Schema.suspend(() => Tree))
}).annotate({ identifier: "Tree" })

describe("a tool that is not strict", () => {
  it.effect.each<[string, Schema.Constraint, object]>([
    ["bounds", Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })), { ...integer, minimum: 1, maximum: 5 }],
    ["patterns", Schema.String.check(Schema.isPattern(/^a/)), { ...string, pattern: "^a" }],
    ["patterns whose flags JSON Schema has not, in words", Schema.String.check(Schema.isPattern(/^a/i)), {
      ...string,
      description: "{pattern: \"^a\", flags: \"i\"}"
    }],
    ["anything", Schema.Unknown, {}],
    ["tuples", Schema.Tuple([Schema.String, Schema.Int]), {
      type: "array",
      prefixItems: [string, integer],
      items: false,
      minItems: 2
    }],
    ["records", Schema.Record(Schema.String, Schema.Int), {
      type: "object",
      properties: {},
      additionalProperties: integer
    }],
    ["records of some names", Schema.Record(Schema.TemplateLiteral(["x-", Schema.String]), Schema.Int), {
      type: "object",
      properties: {},
      additionalProperties: integer,
      propertyNames: { type: "string", pattern: "^x-[\\s\\S]*?$" }
    }],
    ["examples", Schema.String.annotate({ examples: ["red"] }), { ...string, examples: ["red"] }]
  ])(
    "takes %s as they are",
    ([, schema, expected]) => Effect.map(fieldOf(schema), (said) => assert.deepStrictEqual<unknown>(said, expected))
  )

  it.effect("takes schemas that refer to themselves", () =>
    Effect.gen(function*() {
      const { inputSchema } = yield* StructuredOutput.toolInput(Tree, { strict: false })
      const tree = {
        type: "object",
        properties: { value: string, children: { type: "array", items: { $ref: "#/$defs/Tree" } } },
        required: ["value", "children"],
        additionalProperties: false
      }
      assert.deepStrictEqual<unknown>(inputSchema, { ...tree, $defs: { Tree: tree } })
    }))

  it.effect("has values that come back", () =>
    Effect.gen(function*() {
      const schema = Schema.Struct({
        tree: Tree,
        any: Schema.Unknown,
        by: Schema.Record(Schema.String, Schema.Option(Schema.Int))
      })
      const { codec } = yield* StructuredOutput.toolInput(schema, { strict: false })
      const json = {
        tree: { value: "a", children: [{ value: "b", children: [] }] },
        any: [1, null],
        by: { x: 1, y: null }
      }
      assert.deepStrictEqual<unknown>(yield* Schema.encodeEffect(codec)(yield* Schema.decodeEffect(codec)(json)), json)
    }))
})

describe("no tool takes", () => {
  it.effect.each<[string, Schema.Constraint, string, RegExp]>([
    ["a list", Schema.Array(Schema.Int), "schema", /is not an object/],
    ["a union", Schema.TaggedUnion({ A: {}, B: {} }), "schema", /is not an object/],
    ["a record, where it is strict", Schema.Record(Schema.String, Schema.Int), "schema", /is not an object/],
    ["a name with a space", Schema.Struct({ "a b": Schema.Int }), "schema.a b", /64 letters/],
    [
      "a name that is too long",
      Schema.Struct({ ["a".repeat(65)]: Schema.Int }),
      `schema.${"a".repeat(65)}`,
      /64 letters/
    ]
  ])("%s", ([, schema, param, message]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(StructuredOutput.toolInput(schema))
      assert.strictEqual(error.param, param)
      assert.match(error.message, message)
    }))
})
