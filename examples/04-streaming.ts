/**
 * Streaming to the terminal, and the whole message at the end.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/04-streaming.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { Claude, Message, MessageStream } from "effect-claude"
import process from "node:process"

const print = (text: string) => Effect.sync(() => process.stdout.write(text))

const program = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  const message = yield* claude.messages.stream({
    model: "claude-opus-5-5",
    max_tokens: 512,
    messages: [{ role: "user", content: "Tell me a short story about a lighthouse." }]
  }).pipe(
    MessageStream.runText(print)
  )
  yield* Console.log(`\n${message.usage.output_tokens} tokens, ${Message.stopReason(message)._tag}`)
})

NodeRuntime.runMain(program.pipe(Effect.provide(Claude.layerConfig())))
