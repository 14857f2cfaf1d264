/**
 * An answer that is a value: printed while it grows, decoded by a schema at the end.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/06-structured-output.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Schema, Stream } from "effect"
import { Claude } from "effect-claude"

class Recipe extends Schema.Class<Recipe>("Recipe")({
  title: Schema.String,
  minutes: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 600 })),
  ingredients: Schema.Array(Schema.Struct({
    name: Schema.String,
    grams: Schema.NullOr(Schema.Finite).annotate({ description: "null where it is to taste" })
  }))
}) {}

const program = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  yield* claude.messages.objectStream({
    model: "claude-opus-5-5",
    max_tokens: 1024,
    messages: [{ role: "user", content: "A quick pancake recipe." }],
    schema: Recipe
  }).pipe(
    Stream.runForEach((part) =>
      part._tag === "Complete"
        ? Console.log(`${part.value.title}, ${part.value.minutes} minutes (${part.message.usage.output_tokens} tokens)`)
        : Console.log(`${part.value?.ingredients?.length ?? 0} ingredients so far`)
    )
  )
}).pipe(
  Effect.catchReasons("StructuredOutputError", {
    Refused: ({ explanation }) => Console.error(`Claude would not: ${explanation}`),
    CutShort: ({ stopReason }) => Console.error(`Not all of it fits: ${stopReason}`),
    Mismatch: ({ issues }) => Console.error("Not the recipe that was asked for:", issues)
  })
)

NodeRuntime.runMain(program.pipe(Effect.provide(Claude.layerConfig())))
