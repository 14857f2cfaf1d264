import type { CallInfo } from "effect-claude/Interceptor"
import type * as Prices from "effect-claude/Prices"
import type * as Duration from "effect/Duration"
import type { OnStoreError } from "../../Stores.ts"
import type { InputTokens } from "../../Tokens.ts"

/**
 * A ceiling: so many tokens (input, caches included, and output), or so many US dollars.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export type Ceiling =
  & CeilingOptions
  & ({ readonly tokens: number; readonly usd?: never } | {
    readonly usd: number
    readonly tokens?: never
  })

/**
 * For what time a ceiling is, and whose it is.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface CeilingOptions {
  /** The name that refusals and the store know it by. Default: what it limits, as `"tokens per day"`. */
  readonly name?: string | undefined
  /** It is whole again with each hour, day or month in UTC. Default: never. */
  readonly per?: "hour" | "day" | "month" | undefined
  /** Whose ceiling a call counts against, such as its tenant's. `undefined`: nobody's. Default: one for all calls. */
  readonly key?: ((call: CallInfo) => string | undefined) | undefined
}

/**
 * How budgets work.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Options {
  /** A call needs room under all of them. */
  readonly ceilings: ReadonlyArray<Ceiling>
  /**
   * How many input tokens a call has, to reserve. Default: `Tokens.estimated`. With `Tokens.counted` there is no
   * overshoot; a call whose tokens cannot be counted is refused, reason `Custom` with the name `TokensNotCounted`.
   */
  readonly inputTokens?: InputTokens | undefined
  /** Default: those in the context, `Prices.published` unless provided. */
  readonly prices?: Prices.Table | undefined
  /** Default: `"fail"`. A ceiling that calls pass whenever its store is down is none. */
  readonly onStoreError?: OnStoreError | undefined
  /** How long a store may take to answer. Default: 1 second. */
  readonly storeTimeout?: Duration.Input | undefined
}
