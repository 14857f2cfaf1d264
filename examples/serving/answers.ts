/** The server's side of the API. */
import { Effect, Stream } from "effect"
import { Claude, ClaudeError, MessageStream } from "effect-claude"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "./api.ts"

/** Logs what happened, and fails with what may be shown of it. */
const told = (error: ClaudeError.ClaudeError) =>
  Effect.andThen(Effect.logError("No answer", error), Effect.fail(ClaudeError.toPublic(error)))

export const Answers = HttpApiBuilder.group(
  Api,
  "answers",
  Effect.fn(function*(handlers) {
    const claude = yield* Claude.Claude
    return handlers.handle("ask", ({ payload: { question } }) =>
      // Waits for the first event, so that what fails before it still has a status. The request's scope owns the connection.
      MessageStream.open(claude.messages.stream({
        model: "claude-opus-5-5",
        max_tokens: 1024,
        messages: [{ role: "user", content: question }]
      })).pipe(
        Effect.catch(told),
        Effect.map(({ events }) =>
          events.pipe(MessageStream.textOrFail, Stream.catch((error) => Stream.fromEffect(told(error))))
        )
      ))
  })
)
