import * as Claude from "effect-claude/Claude"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Client, params } from "./params.ts"
import { runtimeFor } from "./runtime.ts"

export const run: Client = (baseURL, onEvent) =>
  runtimeFor(baseURL).runPromise(
    Effect.flatMap(Claude.Claude, ({ messages }) =>
      Stream.runForEach(messages.stream(params), () => Effect.sync(onEvent)))
  )
