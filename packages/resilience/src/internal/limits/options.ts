import type * as Duration from "effect/Duration"
import type { OnStoreError } from "../../Stores.ts"
import type { InputTokens } from "../../Tokens.ts"

/**
 * How much a group of models may use in a minute. What is left out is what the API tells.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Limits {
  readonly requestsPerMinute?: number | undefined
  /** Without tokens that are read from a prompt cache. */
  readonly inputTokensPerMinute?: number | undefined
  readonly outputTokensPerMinute?: number | undefined
}

/**
 * How a limiter works.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface LimiterOptions extends Limits {
  /** Limits of some groups, by {@link modelGroup}: `{ "haiku-5": { requestsPerMinute: 1000 } }`. */
  readonly groups?: Readonly<Record<string, Limits>> | undefined
  /** Which models share limits. Default: {@link modelGroup}. */
  readonly group?: ((model: string) => string) | undefined
  /** Tells limiters apart that share a store: one for each workspace, or whatever else has limits. Default: `"default"`. */
  readonly name?: string | undefined
  /**
   * How many input tokens a call has, to take in advance. Default: `Tokens.estimated`, which also stands in where counting
   * fails.
   */
  readonly inputTokens?: InputTokens | undefined
  /** How long an attempt waits at most before the call is refused. Default: 10 minutes. */
  readonly maxWait?: Duration.Input | undefined
  /** Default: `"allow"`, by the buckets as this process knows them. */
  readonly onStoreError?: OnStoreError | undefined
  /** How long a store may take to answer. Default: 1 second. */
  readonly storeTimeout?: Duration.Input | undefined
}
