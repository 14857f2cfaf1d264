/**
 * What the headers of a response tell: the id to give to support, and how much of the rate limit is left. Of a success, of a
 * stream that has only begun, and of a failure.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/09-headers.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Stream } from "effect"
import { Claude, type Interceptor, MessageStream } from "effect-claude"

const params: Claude.MessageCreateParams = {
  model: "claude-opus-5-5",
  max_tokens: 64,
  messages: [{ role: "user", content: "Say hello." }]
}

const print = (what: string, response: Interceptor.ResponseInfo | undefined) => {
  const requests = response?.rateLimits?.requests
  return Console.log(`${what}: ${response?.requestId}, ${requests?.remaining} of ${requests?.limit} requests left`)
}

const program = Effect.gen(function*() {
  const claude = yield* Claude.Claude

  const { response } = yield* Claude.withResponse(claude.messages.create(params))
  yield* print("message", response)

  const stream = yield* MessageStream.open(claude.messages.stream(params))
  yield* print("stream", stream.response)
  yield* Stream.runDrain(stream.events)

  // An error has them as fields.
  const error = yield* Effect.flip(claude.models.retrieve("claude-of-yore"))
  yield* Console.log(`${error._tag}: ${error.requestId}, sent ${error.attempts} times`)
}).pipe(Effect.scoped)

NodeRuntime.runMain(program.pipe(Effect.provide(Claude.layerConfig())))
