/** What a caller may say about one call. */
import type { Anthropic } from "@anthropic-ai/sdk"
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import type * as RetryPolicy from "../../RetryPolicy.ts"

/**
 * What a caller may say about one call.
 *
 * @category models
 * @since 0.1.0
 */
export interface CallOptions
  extends Pick<Anthropic.RequestOptions, "query" | "fetchOptions" | "middleware" | "fallbackState">
{
  /** The retry policy of this call. Default: the scope's (`Claude.withRetry`), else the layer's. */
  readonly retry?: RetryPolicy.Input | undefined
  /** The longest that one attempt may take, headers and body together. Default: the layer's. */
  readonly timeout?: Duration.Input | undefined
  /** The longest silence of a stream. Default: the layer's. `Infinity` turns it off. */
  readonly idleTimeout?: Duration.Input | undefined
  /** Headers of this call. Values that are secrets go in as `Redacted`. `null` removes a default header. */
  readonly headers?: Readonly<Record<string, string | Redacted.Redacted | null>> | undefined
}
