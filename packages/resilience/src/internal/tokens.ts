/** How many tokens a request may take. */
import type { CallInfo, Params } from "effect-claude/Interceptor"

/** Calls that make a message: those that have tokens. */
export const isMessage = ({ operation }: CallInfo): boolean => operation.returns === "message"

export const maxTokensOf = ({ params }: CallInfo): number => {
  const { max_tokens } = params
  return typeof max_tokens === "number" && max_tokens > 0 ? max_tokens : 0
}

const bytesPerToken = 3
const tokensOfImage = 1600
const tokensOfFile = 3000
const tokensPerMessage = 8

const utf8 = new TextEncoder()

const tokensIn = (json: unknown): number => {
  if (typeof json === "string") return Math.ceil(utf8.encode(json).length / bytesPerToken)
  if (typeof json !== "object" || json === null) return 1
  const type: unknown = Reflect.get(json, "type")
  if (type === "image") return tokensOfImage
  // Page for page a document has so many; its bytes say little.
  if (type === "base64" || type === "file") return tokensOfFile
  return Object.entries(json).reduce(
    (total, [name, value]) =>
      name === "cache_control" ? total : total + tokensIn(value) + (Array.isArray(json) ? 0 : 1),
    0
  )
}

/** More than there are, nearly always: three bytes a token, where English text has four or more. */
export const estimateInput = ({ messages, system, tools }: Params): number =>
  tokensIn(system) + tokensIn(tools) + tokensIn(messages) +
  tokensPerMessage * (Array.isArray(messages) ? messages.length + 1 : 1)
