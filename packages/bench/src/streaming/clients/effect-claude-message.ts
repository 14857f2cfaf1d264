import * as Claude from "effect-claude/Claude"
import * as MessageStream from "effect-claude/MessageStream"
import * as Effect from "effect/Effect"
import { type Client, params } from "./params.ts"
import { runtimeFor } from "./runtime.ts"

export const run: Client = async (baseURL, onEvent) => {
  await runtimeFor(baseURL).runPromise(
    Effect.flatMap(Claude.Claude, ({ messages }) => MessageStream.runMessage(messages.stream(params)))
  )
  onEvent()
}
