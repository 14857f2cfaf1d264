import { ChatAnthropic } from "@langchain/anthropic"
import { apiKey, type Client, params } from "./params.ts"

export const run: Client = async (baseURL, onEvent) => {
  const model = new ChatAnthropic({ model: params.model, apiKey, anthropicApiUrl: baseURL, maxRetries: 0 })
  for await (const _ of await model.stream(params.messages[0]?.content ?? "")) onEvent()
}
