/** The same by hand over the SDK, with the same parts of Effect: tagged errors, a retry schedule, settings, layers. */
import Anthropic, { APIError } from "@anthropic-ai/sdk"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

class OverloadedError extends Schema.TaggedError<OverloadedError>()("OverloadedError", {
  message: Schema.String,
  status: Schema.Int,
  retryAfter: Schema.optional(Schema.DurationFromMillis),
  body: Schema.optional(Schema.Json)
}) {}

class CallError extends Schema.TaggedError<CallError>()("CallError", {
  message: Schema.String,
  cause: Schema.optional(Schema.Defect())
}) {}

class Client extends Context.Service<Client, Anthropic>()("bench/Client") {}

const layer = Layer.effect(
  Client,
  Effect.gen(function*() {
    const apiKey = yield* Config.Redacted("ANTHROPIC_API_KEY")
    return new Anthropic({ apiKey: Redacted.value(apiKey), maxRetries: 0 })
  })
)

const failure = (cause: unknown): OverloadedError | CallError =>
  cause instanceof APIError && cause.status === 529
    ? new OverloadedError({ message: cause.message, status: 529, retryAfter: Duration.seconds(1) })
    : new CallError({ message: String(cause), cause })

const params = {
  model: "claude-opus-5-5",
  max_tokens: 256,
  messages: [{ role: "user" as const, content: "Say hello." }]
}

const create = Effect.gen(function*() {
  const client = yield* Client
  return yield* Effect.tryPromise({
    try: (signal) => client.messages.create(params, { signal }),
    catch: failure
  }).pipe(Effect.withSpan("messages.create"), Effect.timeout("10 minutes"))
})

const stream = Stream.unwrap(Effect.gen(function*() {
  const client = yield* Client
  const events = yield* Effect.tryPromise({
    try: (signal) => client.messages.create({ ...params, stream: true }, { signal }),
    catch: failure
  })
  return Stream.fromAsyncIterable(events, failure)
}))

const policy = Schedule.exponential("500 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 5 }))

const program = create.pipe(
  Effect.retry(policy),
  Effect.map(({ content }) => content),
  Effect.andThen(Stream.runDrain(stream)),
  Effect.catchTag("OverloadedError", () => Effect.succeed([])),
  Effect.provide(layer)
)

export const main = (): Promise<unknown> => Effect.runPromise(program)
