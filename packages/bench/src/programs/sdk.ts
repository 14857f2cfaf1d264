/** The SDK alone. */
import Anthropic from "@anthropic-ai/sdk"

export const main = (): Promise<unknown> =>
  new Anthropic().messages.create({
    model: "claude-opus-5-5",
    max_tokens: 256,
    messages: [{ role: "user", content: "Say hello." }]
  })
