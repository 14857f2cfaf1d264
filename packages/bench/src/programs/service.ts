/** What a user of the service writes. */
import { Claude } from "effect-claude"
import * as Effect from "effect/Effect"

const program = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  const message = yield* claude.messages.create({
    model: "claude-opus-5-5",
    max_tokens: 256,
    messages: [{ role: "user", content: "Say hello." }]
  })
  return message.content
}).pipe(
  Effect.catchTag("OverloadedError", () => Effect.succeed([])),
  Effect.provide(Claude.layerConfig())
)

export const main = (): Promise<unknown> => Effect.runPromise(program)
