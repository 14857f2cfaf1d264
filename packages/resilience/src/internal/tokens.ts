/** How many tokens a request has and an answer took. */
import type { CallInfo, Params } from "effect-claude/Interceptor"

/** Tokens of an answer, as `usage` has them. */
export interface Usage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_creation_input_tokens: number
  readonly cache_read_input_tokens: number
}

/** Calls that make a message: those that have tokens. */
export const isMessage = ({ operation }: CallInfo): boolean => operation.returns === "message"

const count = (usage: object, name: keyof Usage): number => {
  const value: unknown = Reflect.get(usage, name)
  return typeof value === "number" && value >= 0 ? value : 0
}

/** The counts in a `usage`, or `undefined` where it is none. */
export const usageOf = (usage: unknown): Usage | undefined =>
  typeof usage !== "object" || usage === null || typeof Reflect.get(usage, "input_tokens") !== "number"
    ? undefined
    : {
      input_tokens: count(usage, "input_tokens"),
      output_tokens: count(usage, "output_tokens"),
      cache_creation_input_tokens: count(usage, "cache_creation_input_tokens"),
      cache_read_input_tokens: count(usage, "cache_read_input_tokens")
    }

export const totalOf = (usage: Usage): number =>
  usage.input_tokens + usage.output_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens

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
