/**
 * A loop of tools by hand: the model asks for a tool, the program runs it and answers, until the model has said all. Bad input
 * and failures of a tool go back to the model, which can try again.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/08-tool-loop.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Schema } from "effect"
import { Claude, Message, StructuredOutput } from "effect-claude"

const Place = Schema.Struct({ city: Schema.NonEmptyString.annotate({ description: "with its country" }) })

const weather = ({ city }: typeof Place.Type) => Effect.succeed(`12 degrees and rain in ${city}`)

const program = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  const { codec, inputSchema } = yield* StructuredOutput.toolInput(Place)
  const answer = (use: Message.ToolUse) =>
    Schema.decodeUnknownEffect(codec)(use.input).pipe(
      Effect.flatMap(weather),
      Effect.match({
        onFailure: (error) => ({ content: error.message, is_error: true }),
        onSuccess: (content) => ({ content })
      }),
      Effect.map((result) => ({ type: "tool_result" as const, tool_use_id: use.id, ...result }))
    )
  const messages: Claude.MessageCreateParams["messages"] = [
    { role: "user", content: "Use the weather tool: is it raining in Oslo?" }
  ]
  for (let turn = 0; turn < 10; turn++) {
    const message = yield* claude.messages.create({
      model: "claude-opus-5-5",
      max_tokens: 1024,
      messages,
      tools: [{ name: "weather", description: "The weather of a city now", strict: true, input_schema: inputSchema }]
    })
    if (Message.stopReason(message)._tag !== "ToolUse") return Message.text(yield* Message.complete(message))
    const results = yield* Effect.forEach(Message.toolUses(message), answer, { concurrency: 4 })
    messages.push({ role: "assistant", content: message.content }, { role: "user", content: results })
  }
  return "I went round in circles."
}).pipe(
  Effect.catchReason("IncompleteMessageError", "Refusal", () => Effect.succeed("I would rather not."))
)

NodeRuntime.runMain(program.pipe(Effect.flatMap(Console.log), Effect.provide(Claude.layerConfig())))
