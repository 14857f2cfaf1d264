/** What the API says when a request does not fit into the model's context window. */

/**
 * What did not fit into a model's context window, in tokens. What the API did not say is `undefined`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ContextWindow {
  /** The tokens of the input. */
  readonly inputTokens: number | undefined
  /** The `max_tokens` of the request, where the input alone would have fitted: a lower one does. */
  readonly maxTokens: number | undefined
  /** How much fits. */
  readonly limit: number | undefined
}

/** Where only the fact is known. */
export const nothingSaid: ContextWindow = { inputTokens: undefined, maxTokens: undefined, limit: undefined }

/**
 * The API has no error code for it, so its words count. With numbers from the API itself; Bedrock and Vertex leave them
 * out, and so do some paths of the API.
 */
const wordings: ReadonlyArray<readonly [RegExp, (numbers: ReadonlyArray<number>) => ContextWindow]> = [
  [
    /prompt is too long: (\d+) tokens > (\d+) maximum/i,
    ([inputTokens, limit]) => ({ ...nothingSaid, inputTokens, limit })
  ],
  [
    /input length and `?max_tokens`? exceed context limit: (\d+) \+ (\d+) > (\d+)/i,
    ([inputTokens, maxTokens, limit]) => ({ inputTokens, maxTokens, limit })
  ],
  [
    /prompt is too long|input is too long for requested model|exceeds? (the )?(model's )?context (limit|window|length)/i,
    () => nothingSaid
  ]
]

export const contextWindowOf = (message: string): ContextWindow | undefined => {
  for (const [wording, read] of wordings) {
    const match = wording.exec(message)
    if (match !== null) return read(match.slice(1).map(Number))
  }
  return undefined
}
