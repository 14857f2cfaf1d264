import { createAnthropic } from "@ai-sdk/anthropic"
import { streamText } from "ai"
import { apiKey, type Client, params } from "./params.ts"

export const run: Client = async (baseURL, onEvent) => {
  const provider = createAnthropic({ baseURL: `${baseURL}/v1`, apiKey })
  const { textStream } = streamText({ model: provider(params.model), messages: params.messages, maxRetries: 0 })
  for await (const _ of textStream) onEvent()
}
