/** `messages.parse`: what the SDK makes of a message by the parser in its parameters. */
import { parseBetaMessage } from "@anthropic-ai/sdk/lib/beta-parser"
import { parseMessage } from "@anthropic-ai/sdk/lib/parser"
import * as Exit from "effect/Exit"
import type { CallData } from "../road/callData.ts"
import type { Source } from "./body.ts"
import { invalidResponse } from "./failures.ts"
import { readJson } from "./json.ts"

export const readParsed = async (source: Source, { args, env, operation }: CallData) => {
  const body = await readJson(source)
  if (Exit.isFailure(body)) return body
  // The body is a message, and the parameters are those of `parse`: the generated signature says so.
  const [message, params, options] = [body.value as never, args[0] as never, { logger: env.client.logger }]
  try {
    return Exit.succeed(
      operation.name.startsWith("beta.")
        ? parseBetaMessage(message, params, options)
        : parseMessage(message, params, options)
    )
  } catch (cause) {
    return Exit.fail(invalidResponse(source.attempt, source.response, "unexpected-shape", {
      message: cause instanceof Error ? cause.message : String(cause),
      cause
    }))
  }
}
