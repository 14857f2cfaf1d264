import Anthropic from "@anthropic-ai/sdk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { apiKey, type Client, params } from "./params.ts"

export const run: Client = async (baseURL, onEvent) => {
  const client = new Anthropic({ baseURL, apiKey })
  const events = await client.messages.create({ ...params, stream: true })
  await Stream.fromAsyncIterable(events, (cause) => new Error("stream failed", { cause })).pipe(
    Stream.runForEach(() => Effect.sync(onEvent)),
    Effect.runPromise
  )
}
