import Anthropic from "@anthropic-ai/sdk"
import { apiKey, type Client, params } from "./params.ts"

export const run: Client = async (baseURL, onEvent) => {
  const client = new Anthropic({ baseURL, apiKey })
  for await (const _ of client.messages.stream(params)) onEvent()
}
