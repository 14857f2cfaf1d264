import { assert, describe, it } from "@effect/vitest"
import { sample } from "../src/internal/sample.ts"

const tree = {
  $ref: "#/$defs/node",
  $defs: {
    node: {
      type: "object",
      properties: {
        name: { type: "string" },
        children: { type: "array", items: { $ref: "#/$defs/node" } },
        parent: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] }
      },
      required: ["name", "children", "parent"],
      additionalProperties: false
    }
  }
}

interface Node {
  readonly name: string
  readonly children: ReadonlyArray<Node>
  readonly parent: Node | null
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "name" in value && typeof value.name === "string" &&
  "children" in value && Array.isArray(value.children) && value.children.every(isNode) &&
  "parent" in value && (value.parent === null || isNode(value.parent))

describe("a sample", () => {
  it.each<[schema: object, value: unknown]>([
    [{ const: 7 }, 7],
    [{ enum: ["b", "a"] }, "b"],
    [{ type: "boolean" }, true],
    [{ type: "null" }, null],
    [{ type: "integer" }, 0],
    [{ type: "integer", minimum: 3 }, 3],
    [{ type: "integer", maximum: -3 }, -3],
    [{ type: "number", exclusiveMinimum: 0, maximum: 5 }, 1],
    [{ type: "number", minimum: 1, multipleOf: 0.5 }, 1],
    [{ type: "string", format: "date" }, "2026-01-02"],
    [{ type: "string", format: "email" }, "someone@example.com"],
    [{ type: ["integer", "null"] }, 0],
    [{ type: "array", items: { const: 1 }, minItems: 3 }, [1, 1, 1]],
    [{ type: "array", items: { const: 1 }, maxItems: 0 }, []],
    [{ type: "array", prefixItems: [{ const: 1 }, { const: "a" }] }, [1, "a"]],
    [{ anyOf: [{ const: 1 }, { const: 2 }] }, 1],
    [{ type: "object", properties: {} }, {}],
    [{ type: "object" }, {}],
    [
      {
        allOf: [{ $ref: "#/$defs/a" }, { type: "object", properties: { b: { const: 2 } } }],
        $defs: { a: { type: "object", properties: { a: { const: 1 } } } }
      },
      { a: 1, b: 2 }
    ]
  ])("of %j is %j", (schema, value) => {
    assert.deepStrictEqual(sample(schema, "seed"), value)
  })

  it.each([{ minLength: 20 }, { maxLength: 2 }, { pattern: "^[A-Z]{2}\\d{3}$" }])("of a string keeps to %j", (rule) => {
    const text = sample({ type: "string", ...rule }, "seed")
    assert(typeof text === "string")
    assert.isAtLeast(text.length, rule.minLength ?? 0)
    assert.isAtMost(text.length, rule.maxLength ?? Infinity)
    assert.match(text, new RegExp(rule.pattern ?? ""))
  })

  it("of a schema that refers to itself comes to an end, and fits", () => {
    const node = sample(tree, "seed")
    assert(isNode(node))
    assert.strictEqual(node.children.length, 1)
  })

  it.each<[schema: object, value: unknown]>([
    [{ type: "number", exclusiveMinimum: 0.25, exclusiveMaximum: 0.75 }, 0.5],
    [{ type: "number", minimum: 0.25, multipleOf: 0.1 }, 0.3],
    [{ type: "number", minimum: 1, exclusiveMinimum: 3 }, 4],
    [{ type: "number", multipleOf: 0 }, 0],
    [{ type: "number", minimum: Infinity }, 0],
    [{ type: "array", prefixItems: [{ const: 1 }, { const: 2 }], maxItems: 1 }, [1]],
    [{ type: "array", items: false }, []],
    [{ type: "object", properties: { a: { const: 1 }, b: false } }, { a: 1 }],
    [{ type: "object", required: ["a"], additionalProperties: { const: 1 } }, { a: 1 }],
    [{ type: "integer", allOf: [{ minimum: 5 }, { minimum: 3 }, { type: "number" }] }, 5],
    [{ allOf: [{ enum: ["a", "b"] }, { enum: ["b", "c"] }] }, "b"],
    [{ allOf: [{ anyOf: [{ const: 1 }] }, { anyOf: [{ const: 1 }, { const: 2 }] }] }, 1],
    [
      {
        type: "object",
        allOf: [
          { anyOf: [{ properties: { a: { const: 1 } }, required: ["a"] }] },
          { anyOf: [{ properties: { b: { const: 2 } }, required: ["b"] }] }
        ]
      },
      { a: 1, b: 2 }
    ],
    [
      { allOf: [{ properties: { a: { type: "integer" } } }, { properties: { a: { minimum: 7 } } }] },
      { a: 7 }
    ],
    [{ $ref: "#/$defs/a%20b", type: "integer", $defs: { "a b": { minimum: 7 } } }, 7],
    [
      JSON.parse(`{ "type": "object", "properties": { "__proto__": { "const": 1 } } }`),
      JSON.parse(`{ "__proto__": 1 }`)
    ]
  ])("of %j is %j, and nothing else", (schema, value) => {
    assert.deepStrictEqual(sample(schema, "seed"), value)
  })

  it("of forms that refer to themselves ends with the one that does not", () => {
    const sum = { type: "object", properties: { a: { $ref: "#" }, b: { $ref: "#" } }, required: ["a", "b"] }
    const literal = { type: "object", properties: { value: { const: 1 } }, required: ["value"] }
    const isTerm = (json: unknown): boolean =>
      typeof json === "object" && json !== null &&
      ("value" in json ? json.value === 1 : "a" in json && "b" in json && isTerm(json.a) && isTerm(json.b))
    assert.isTrue(isTerm(sample({ anyOf: [sum, literal] }, "seed")))
  })

  it.each<[schema: object]>([
    [{ $ref: "#" }],
    [{ allOf: [{ $ref: "#" }, { $ref: "#" }] }],
    [{ anyOf: [{ $ref: "#" }] }],
    [{ type: "object", properties: { a: { $ref: "#" }, b: { $ref: "#" } }, required: ["a", "b"] }],
    [{ type: "object", properties: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [i, { $ref: "#" }])) }],
    [{ type: "array", minItems: 1e9, items: { type: "array", minItems: 1e9 } }],
    [{ type: "string", minLength: 1e9 }],
    [{ type: "string", pattern: "a{1000000000}" }],
    [{ type: "string", pattern: "^((.{1000}){1000}){1000}$" }]
  ])("of what is larger than any answer comes to an end: %j", (schema) => {
    assert.isBelow(JSON.stringify(sample(schema, "seed")).length, 10_000_000)
  })

  it.each(["(", "a^b", "[^\\s\\S]", "^(a|b)\\1$"])(
    "of a text that cannot be made for its pattern, %s, is a word",
    (pattern) => {
      assert.match(String(sample({ type: "string", pattern }, "seed")), /^[a-z]+$/)
    }
  )

  it.each(["constructor", "__proto__"])("of a text whose format is unknown, %s, is a word", (format) => {
    assert.match(String(sample({ type: "string", format }, "seed")), /^[a-z]+$/)
  })

  it("of a pattern keeps to it where the unicode flag does not, and to lengths", () => {
    const text = sample({ type: "string", pattern: "^[a-z\\_]+$", minLength: 20, maxLength: 22 }, "seed")
    assert.match(String(text), /^[a-z_]{20,22}$/)
  })

  it.each(["#/$defs/%", "#/$defs/nowhere", "https://example.com/schema"])(
    "of a reference to nowhere, %s, is a word",
    ($ref) => {
      assert.match(String(sample({ $ref }, "seed")), /^[a-z]+$/)
    }
  )

  it("of a command is one that changes nothing, unless the schema wants another", () => {
    const schema = (command: object) => ({
      type: "object",
      properties: { command, name: { type: "string" }, cmd: { type: "array", items: { $ref: "#/$defs/text" } } },
      required: ["command", "name", "cmd"],
      $defs: { text: { type: "string" } }
    })
    const { command, cmd, name } = sample(schema({ type: "string" }), "seed") as Record<string, unknown>
    assert.deepStrictEqual([command, cmd], ["echo simulated", ["echo simulated"]])
    assert.match(String(name), /^[a-z]+$/)
    assert.deepInclude(sample(schema({ enum: ["view", "create"] }), "seed"), { command: "view" })
  })

  it("is the same for the same seed, and another for another", () => {
    const schema = { type: "object", properties: { a: { type: "string" }, b: { type: "string" } } }
    assert.deepStrictEqual(sample(schema, "one"), sample(schema, "one"))
    assert.notDeepEqual(sample(schema, "one"), sample(schema, "two"))
  })

  it.each([undefined, null, 1, "text", [], {}])("of what is no schema, %j, is a word", (schema) => {
    assert.match(String(sample(schema, "seed")), /^[a-z]+$/)
  })
})
