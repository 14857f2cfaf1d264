/**
 * Catching by class and by reason. The compiler knows what `messages.create` can fail with: a tag that it cannot have
 * does not compile.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/03-catching-errors.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { Claude } from "effect-claude"

const program = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  const message = yield* claude.messages.create({
    model: "claude-imaginary-1",
    max_tokens: 256,
    messages: [{ role: "user", content: "Are you there?" }]
  })
  return message.stop_reason
}).pipe(
  Effect.catchTag("AuthenticationError", () => Effect.succeed("the key is wrong")),
  Effect.catchTag("NotFoundError", (error) => Effect.succeed(`no such thing: ${error.message}`)),
  Effect.catchReason(
    "RateLimitError",
    "EnforcedSpendLimitReachedError",
    () => Effect.succeed("the spend limit is reached: waiting will not help")
  ),
  // Every error says what to think of it.
  Effect.catch((error) => Effect.succeed(`${error._tag}: ${error.isRetryable ? "try later" : "give up"}`))
)

NodeRuntime.runMain(program.pipe(Effect.flatMap(Console.log), Effect.provide(Claude.layerConfig())))
