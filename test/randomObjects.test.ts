/** Random schemas through `messages.object`, answered by a simulated model; and their values through JSON and back. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Option, Schema } from "effect"
import { Claude, StructuredOutput } from "effect-claude"
import { randomSchema } from "./support/randomSchemas.ts"
import { hello, simulated } from "./support/simulated.ts"

const seeds = Array.from({ length: 1000 }, (_, seed) => seed)

/** What the API enforces, and what it only reads. */
const keywords = new Set(
  "type enum const anyOf items properties required additionalProperties minItems format title description $ref $defs"
    .split(" ")
)

const schemasIn = (schema: unknown): ReadonlyArray<Record<string, unknown>> => {
  const { $defs = {}, anyOf = [], items, properties = {} } = schema as {
    readonly $defs?: object
    readonly anyOf?: ReadonlyArray<unknown>
    readonly items?: unknown
    readonly properties?: object
  }
  const parts = [
    ...Object.values($defs),
    ...anyOf,
    ...(items === undefined ? [] : [items]),
    ...Object.values(properties)
  ]
  return [schema as Record<string, unknown>, ...parts.flatMap(schemasIn)]
}

describe("a random schema", () => {
  it.effect("gets a value of its own from a simulated model, a thousand times", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const problems = yield* Effect.forEach(
        seeds,
        (seed) => {
          const schema = randomSchema(seed)
          return claude.messages.object({ ...hello, max_tokens: 20_000, schema }).pipe(
            Effect.match({
              onFailure: (error) => [`seed ${seed}: ${error.message}${"text" in error ? `\n${error.text}` : ""}`],
              onSuccess: (value) => Schema.is(schema)(value) ? [] : [`seed ${seed}: the value is not of the schema`]
            })
          )
        },
        { concurrency: 8 }
      )
      assert.deepStrictEqual(problems.flat(), [])
    }).pipe(Effect.provide(simulated())))

  it.effect("says only what the API takes, and closes every object", () =>
    Effect.forEach(
      seeds,
      (seed) =>
        Effect.map(StructuredOutput.convert(randomSchema(seed)), ({ jsonSchema }) => {
          for (const schema of schemasIn(jsonSchema)) {
            assert.isTrue(Object.keys(schema).every((keyword) => keywords.has(keyword)), `seed ${seed}`)
            assert.isTrue(
              ["type", "enum", "const", "anyOf", "$ref"].some((keyword) => keyword in schema),
              `seed ${seed}`
            )
            if (schema.type === "object") assert.strictEqual(schema.additionalProperties, false)
          }
        }),
      { discard: true }
    ))

  it.effect("has values that go to JSON and come back as what says the same", () =>
    Effect.gen(function*() {
      const checked = yield* Effect.forEach(seeds, (seed) =>
        Effect.gen(function*() {
          const schema = randomSchema(seed)
          const { codec } = yield* StructuredOutput.convert(schema)
          const values = yield* Arbitrary.sampleEffect(Arbitrary.schema(schema), { count: 2, seed })
          return yield* Effect.forEach(values, (value) =>
            Effect.gen(function*() {
              // An endless duration has no ISO form.
              const json = yield* Effect.option(Schema.encodeEffect(codec)(value))
              // `Schema.Number` has values that JSON has not.
              if (Option.isNone(json) || !isFinite(json.value)) return 0
              const text = JSON.stringify(json.value)
              const back = yield* Schema.decodeEffect(codec)(JSON.parse(text))
              assert.strictEqual(JSON.stringify(yield* Schema.encodeEffect(codec)(back)), text, `seed ${seed}`)
              return 1
            }))
        }).pipe(
          // A check in words tells no generator what to make.
          Effect.catchTag("SampleError", () => Effect.succeed([]))
        ))
      assert.isAbove(checked.flat().reduce<number>((sum, count) => sum + count, 0), 1800)
    }))
})

const isFinite = (json: unknown): boolean =>
  typeof json === "number"
    ? Number.isFinite(json)
    : typeof json !== "object" || json === null || Object.values(json).every(isFinite)
