/** What server and browser share. It imports one module of the library, and no server code. */
import { Schema } from "effect"
import { Public } from "effect-claude/ClaudeError"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"

/** The same error before the stream, as a body with a status, and in the middle of it, as its last event. */
export class Api extends HttpApi.make("answers").add(
  HttpApiGroup.make("answers").add(
    HttpApiEndpoint.post("ask", "/ask", {
      payload: Schema.Struct({ question: Schema.NonEmptyString }),
      success: HttpApiSchema.StreamSse({ data: Schema.String, error: Public }),
      error: Public.pipe(HttpApiSchema.status(503))
    })
  )
) {}
