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

  it("is the same for the same seed, and another for another", () => {
    const schema = { type: "object", properties: { a: { type: "string" }, b: { type: "string" } } }
    assert.deepStrictEqual(sample(schema, "one"), sample(schema, "one"))
    assert.notDeepEqual(sample(schema, "one"), sample(schema, "two"))
  })

  it.each([undefined, null, 1, "text", [], {}])("of what is no schema, %j, is a word", (schema) => {
    assert.match(String(sample(schema, "seed")), /^[a-z]+$/)
  })
})
