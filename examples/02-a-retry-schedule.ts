/**
 * Declaring a retry schedule: read it from top to bottom. It is a plain Effect `Schedule`, so that `Schedule.upTo`,
 * `Schedule.tap` and all the others apply.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/02-a-retry-schedule.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Duration, Effect, Schedule } from "effect"
import { Claude, RetryPolicy } from "effect-claude"

const policy = RetryPolicy.exponential({ base: "500 millis", cap: "8 seconds" }).pipe(
  RetryPolicy.jitterFull,
  RetryPolicy.respectRetryAfter({ cap: "60 seconds" }),
  RetryPolicy.whileRetryable,
  Schedule.upTo({ times: 5, duration: "2 minutes" }),
  Schedule.tap(({ attempt, duration }) => Console.log(`retry ${attempt} in ${Duration.format(duration)}`))
)

const program = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  const count = yield* claude.messages.countTokens({
    model: "claude-opus-5-5",
    messages: [{ role: "user", content: "How long is this?" }]
  })
  // A call can have a policy of its own: here, none.
  const model = yield* claude.models.retrieve("claude-opus-5-5", null, { retry: RetryPolicy.none })
  yield* Console.log(`${count.input_tokens} of ${model.max_input_tokens} tokens`)
}).pipe(Claude.withRetry(policy))

NodeRuntime.runMain(program.pipe(Effect.provide(Claude.layerConfig())))
