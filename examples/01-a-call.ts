/**
 * A call. Start it with a key in `ANTHROPIC_API_KEY`:
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/01-a-call.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Runtime } from "effect"
import { Claude } from "effect-claude"

// Ends the program with one line and exit code 1. `runMain` reports any other failure in full.
const stop = (line: string) => Effect.andThen(Console.error(line), Effect.fail({ [Runtime.errorReported]: false }))

const program = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  const message = yield* claude.messages.create({
    model: "claude-opus-5-5",
    max_tokens: 256,
    messages: [{ role: "user", content: "Say hello in three languages." }]
  })
  yield* Console.log(message.content)
}).pipe(
  Effect.provide(Claude.layerConfig()),
  Effect.catchTag("ConfigError", ({ cause }) => stop(cause.message)), // such as a missing key
  Effect.catchTag("AuthenticationError", () => stop("The API does not accept the key in ANTHROPIC_API_KEY.")),
  Effect.catchReason("RateLimitError", "EnforcedSpendLimitReachedError", () => stop("The spend limit is reached."))
)

NodeRuntime.runMain(program)
