/** The tokens of several messages. */

/**
 * Tokens of all tries.
 *
 * @category models
 * @since 0.1.0
 */
export interface TotalUsage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_creation_input_tokens: number
  readonly cache_read_input_tokens: number
}

const counts = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"] as const

/** A server may say anything of it. */
type Usage = { readonly [Count in keyof TotalUsage]?: unknown }

export const totalUsage = (messages: ReadonlyArray<{ readonly usage?: Usage }>): TotalUsage => {
  const total = { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
  for (const { usage } of messages) {
    for (const count of counts) {
      const tokens = usage?.[count]
      if (typeof tokens === "number") total[count] += tokens
    }
  }
  return total
}
