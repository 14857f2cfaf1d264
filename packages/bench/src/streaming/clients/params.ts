export const apiKey = "sk-ant-bench"

export const params = {
  model: "claude-opus-5-5",
  max_tokens: 1000,
  messages: [{ role: "user" as const, content: "Tell me a story." }]
}

/** Takes in a message's stream and tells how many events it had. `onEvent` is called at each of them. */
export type Client = (baseURL: string, onEvent: () => void) => Promise<void>
