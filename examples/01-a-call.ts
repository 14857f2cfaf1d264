/**
 * A call. Start it with a key in `ANTHROPIC_API_KEY`:
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/01-a-call.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { Claude } from "effect-claude"

const program = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  const message = yield* claude.messages.create({
    model: "claude-opus-5-5",
    max_tokens: 256,
    messages: [{ role: "user", content: "Say hello in three languages." }]
  })
  yield* Console.log(message.content)
})

NodeRuntime.runMain(program.pipe(Effect.provide(Claude.layerConfig())))
