/** The tokens of a usage, as OpenTelemetry counts them: cached tokens are input, reasoning is output. */
import { field } from "../answer/shapes.ts"

export interface Tokens {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly output: number
  readonly reasoning: number
}

const count = (value: unknown): number => typeof value === "number" && value > 0 ? value : 0

export const tokensOf = (usage: unknown): Tokens => {
  const cacheRead = count(field(usage, "cache_read_input_tokens"))
  const cacheWrite = count(field(usage, "cache_creation_input_tokens"))
  return {
    input: count(field(usage, "input_tokens")) + cacheRead + cacheWrite,
    cacheRead,
    cacheWrite,
    output: count(field(usage, "output_tokens")),
    reasoning: count(field(field(usage, "output_tokens_details"), "thinking_tokens"))
  }
}
