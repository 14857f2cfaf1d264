/** Samples of schemas whose bounds stand in their descriptions, as the SDK's helpers and this library write them. */
import { transformJSONSchema } from "@anthropic-ai/sdk/lib/transform-json-schema"
import { assert, describe, it } from "@effect/vitest"
import { inWords } from "../src/internal/inWords.ts"
import { sample } from "../src/internal/sample.ts"

describe("keywords in words", () => {
  it.each<[description: unknown, keywords: object]>([
    ["{minimum: 5, maximum: 9}", { minimum: 5, maximum: 9 }],
    ["At most a week.\n\n{maximum: 7}", { maximum: 7 }],
    ["{pattern: \"^\\\\{a, b: 1\\\\}$\", flags: \"i\"}", { pattern: "^\\{a, b: 1\\}$", flags: "i" }],
    ["{examples: [{\"a\":[1,\"}\"]}, null], minLength: 2}", { examples: [{ a: [1, "}"] }, null], minLength: 2 }],
    ["{prefixItems: [{\"type\":\"string\"}], x-of: {}}", { prefixItems: [{ type: "string" }], "x-of": {} }],
    ["Between {minimum: 5} and more.", {}],
    ["{not: json}", {}],
    ["{}", {}],
    ["{a: 1", {}],
    ["{a: 1,b: 2}", {}],
    ["{a: \"unended}", {}],
    ["plain words", {}],
    ["", {}],
    [undefined, {}],
    [7, {}]
  ])("of %j are %j", (description, keywords) => {
    assert.deepStrictEqual(inWords(description), keywords)
  })
})

const stringOf = (schema: object): string => {
  const text = sample(schema, "seed")
  assert(typeof text === "string")
  return text
}

describe("a sample keeps to what its description asks for", () => {
  it.each<[schema: object, value: unknown]>([
    [{ type: "integer", description: "{minimum: 5, maximum: 9}" }, 5],
    [{ type: "number", description: "A share.\n\n{exclusiveMinimum: 0, exclusiveMaximum: 1}" }, 0.5],
    [{ type: "integer", description: "{multipleOf: 5, exclusiveMinimum: 11}" }, 15],
    [{ type: "array", items: { type: "integer" }, description: "{minItems: 3, uniqueItems: true}" }, [0, 1, 2]],
    [{ type: "array", items: { enum: ["a", "b"] }, description: "{minItems: 2}" }, ["a", "b"]],
    [{ type: "array", items: { enum: ["a", "b"] }, description: "{minItems: 3}" }, ["a", "b", "a"]],
    [{ type: "array", description: "{maxItems: 0}" }, []],
    [{ type: "array", items: { type: "boolean" }, description: "{minItems: 2}" }, [true, false]],
    [{ type: "string", description: "A color.\n\n{examples: [\"red\", \"blue\"]}" }, "red"],
    [{ anyOf: [{ type: "null", description: "{maxItems: 3}" }] }, null],
    [{ $ref: "#/$defs/a", $defs: { a: { type: "integer", description: "{minimum: 7}" } } }, 7],
    [
      { type: "string", description: "{contentMediaType: \"application/json\", contentSchema: {\"const\":{\"a\":1}}}" },
      "{\"a\":1}"
    ]
  ])("of %j is %j", (schema, value) => {
    assert.deepStrictEqual(sample(schema, "seed"), value)
  })

  it.each(["^[A-Z]{2}\\d{3}$", "^\\p{Lu}+$", "^(yes|no)$", "^\\S[\\s\\S]*\\S$|^\\S$|^$"])(
    "as the pattern %s",
    (pattern) => {
      assert.match(
        stringOf({ type: "string", description: `{pattern: ${JSON.stringify(pattern)}}` }),
        new RegExp(pattern, "u")
      )
    }
  )

  it("as an example of its format, where the pattern allows it", () => {
    const pattern = "^(?!\\\\.)(?!.*\\\\.\\\\.)[^@]+@[^@]+$"
    assert.strictEqual(
      stringOf({ type: "string", format: "email", description: `{pattern: "${pattern}"}` }),
      "someone@example.com"
    )
  })

  it("in items that differ, by format and by pattern", () => {
    for (const items of [{ format: "date" }, { format: "uuid" }, { format: "email" }, { pattern: "^[a-z]{8}$" }, {}]) {
      const values = sample({ type: "array", items: { type: "string", ...items }, minItems: 5 }, "seed")
      assert.strictEqual(new Set(values as ReadonlyArray<string>).size, 5)
    }
  })

  it("in records with enough properties of the right names", () => {
    const names = { pattern: "^x-[a-z]+$" }
    const record = sample(
      { type: "object", minProperties: 2, propertyNames: names, additionalProperties: { type: "integer" } },
      "seed"
    )
    const keys = Object.keys(record as object)
    assert.isAtLeast(keys.length, 2)
    assert.isTrue(keys.every((key) => /^x-[a-z]+$/.test(key)))
  })
})

/** As `z.toJSONSchema` writes them. */
const ofZod: ReadonlyArray<readonly [schema: Record<string, unknown>, fits: (value: unknown) => boolean]> = [
  [{ type: "integer", minimum: 5, maximum: 9 }, (value) => Number(value) >= 5 && Number(value) <= 9],
  [{ type: "string", minLength: 12, maxLength: 14 }, (value) => /^.{12,14}$/.test(String(value))],
  [{ type: "string", pattern: "^#[0-9a-f]{6}$" }, (value) => /^#[0-9a-f]{6}$/.test(String(value))],
  [
    {
      type: "string",
      format: "email",
      pattern: "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$"
    },
    (value) => /^[a-z\d]+@example\.com$/.test(String(value))
  ],
  [{ type: "string", format: "base64", contentEncoding: "base64" }, (value) => btoa(atob(String(value))) === value],
  [
    { type: "array", prefixItems: [{ type: "string" }, { type: "number" }] },
    (value) => Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "number"
  ],
  [
    { type: "array", minItems: 2, maxItems: 4, items: { type: "string", enum: ["a", "b", "c"] } },
    (value) => Array.isArray(value) && value.length >= 2 && value.every((item) => ["a", "b", "c"].includes(item))
  ]
]

describe("a schema that the SDK has transformed", () => {
  it.each(ofZod)("has a sample that fits: %j", (schema, fits) => {
    const value = sample(transformJSONSchema({ type: "object", properties: { a: schema }, required: ["a"] }), "seed")
    assert.isTrue(fits((value as { readonly a: unknown }).a), JSON.stringify(value))
  })
})
