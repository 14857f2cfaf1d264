/** Every metric, with its unit and its buckets. */

/**
 * A metric.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Instrument {
  readonly name: string
  readonly type: "Counter" | "Gauge" | "Histogram"
  /** By UCUM: `s` for seconds, `{token}` for what is counted. */
  readonly unit: string
  readonly description: string
  /** Of a histogram: the upper bounds of its buckets. */
  readonly boundaries?: ReadonlyArray<number>
}

/** 0.01 s, doubled up to 81.92 s. */
const seconds: ReadonlyArray<number> = Array.from({ length: 14 }, (_, power) => Number((0.01 * 2 ** power).toFixed(2)))

/** 1 token, by four up to 67,108,864. */
const tokens: ReadonlyArray<number> = Array.from({ length: 14 }, (_, power) => 4 ** power)

const durations = (name: string, description: string): Instrument => ({
  name,
  type: "Histogram",
  unit: "s",
  description,
  boundaries: seconds
})

const counter = (name: string, unit: string, description: string): Instrument => ({
  name,
  type: "Counter",
  unit,
  description
})

/**
 * Every metric, with its unit and its buckets.
 *
 * @category metrics
 * @stability experimental
 * @since 0.1.0
 */
export const instruments = {
  duration: durations(
    "gen_ai.client.inference.duration",
    "How long calls for a message take, retries and reading included"
  ),
  timeToFirstChunk: durations(
    "gen_ai.client.inference.time_to_first_chunk",
    "How long streamed messages take from the start of the call to their first piece of content"
  ),
  timePerOutputChunk: durations(
    "gen_ai.client.inference.time_per_output_chunk",
    "The mean time between two pieces of content of a streamed message"
  ),
  inputTokens: counter(
    "gen_ai.client.inference.usage.input_tokens",
    "{token}",
    "Input tokens, those written to the cache and read from it included"
  ),
  cacheReadTokens: counter(
    "gen_ai.client.inference.usage.cache_read.input_tokens",
    "{token}",
    "Input tokens read from the cache"
  ),
  cacheWriteTokens: counter(
    "gen_ai.client.inference.usage.cache_write.input_tokens",
    "{token}",
    "Input tokens written to the cache"
  ),
  outputTokens: counter(
    "gen_ai.client.inference.usage.output_tokens",
    "{token}",
    "Output tokens, those of reasoning included"
  ),
  reasoningTokens: counter(
    "gen_ai.client.inference.usage.reasoning.output_tokens",
    "{token}",
    "Output tokens of reasoning"
  ),
  /** Before OpenTelemetry named it `gen_ai.client.inference.duration`. */
  olderDuration: durations("gen_ai.client.operation.duration", "How long calls for a message take"),
  /** Before OpenTelemetry had a counter for each kind of token. */
  olderTokens: {
    name: "gen_ai.client.token.usage",
    type: "Histogram",
    unit: "{token}",
    description: "Input and output tokens of a call",
    boundaries: tokens
  },
  callDuration: durations("claude.client.call.duration", "How long calls of all other methods take"),
  attempts: counter("claude.client.attempts", "{attempt}", "Requests sent"),
  retries: counter("claude.client.retries", "{retry}", "Failures that were retried"),
  failures: counter("claude.client.failures", "{call}", "Calls that failed"),
  giveUps: counter("claude.client.give_ups", "{call}", "Calls that failed after retries"),
  activeCalls: {
    name: "claude.client.active_calls",
    type: "Gauge",
    unit: "{call}",
    description: "Calls in flight, streams that are being read included"
  }
} as const satisfies Readonly<Record<string, Instrument>>
