/**
 * A batch of 1,000 requests: at half the price, done within a day. Rows come in any order, and each by itself succeeds or
 * fails, with the error that the request would have failed with.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/11-batch.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Array, Config, Console, Effect, Schedule, Stream } from "effect"
import { Claude, Message } from "effect-claude"

const requests = Array.makeBy(1000, (index) => ({
  custom_id: `review-${index}`,
  params: {
    model: "claude-haiku-5-5",
    max_tokens: 16,
    messages: [{ role: "user" as const, content: `In one word, how does review ${index} sound?` }]
  }
}))

const program = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  const every = yield* Config.Duration("POLL_EVERY").pipe(Config.withDefault("1 minute"))
  // Creating is not repeated where it may have run: a second batch would cost as much again.
  const { id } = yield* claude.messages.batches.create({ requests })
  yield* claude.messages.batches.retrieve(id).pipe(
    Effect.repeat({ schedule: Schedule.spaced(every), until: (batch) => batch.processing_status === "ended" })
  )
  const answers = new Map<string, string>()
  const again: Array<string> = []
  yield* claude.messages.batches.results(id).pipe(
    Stream.runForEach(({ custom_id, result }) =>
      Effect.sync(() => {
        if (result.type === "succeeded") answers.set(custom_id, Message.text(result.message))
        else if (result.type !== "errored" || result.error.isRetryable) again.push(custom_id)
      })
    )
  )
  yield* Console.log(`${answers.size} answers, ${again.length} to ask again, such as: ${answers.get("review-7")}`)
})

NodeRuntime.runMain(program.pipe(Effect.provide(Claude.layerConfig())))
