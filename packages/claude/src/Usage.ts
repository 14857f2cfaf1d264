/**
 * What calls use: tokens by kind, and the requests of server tools.
 *
 * @since 0.1.0
 * @stability experimental
 */
import { usageOfMessage } from "./internal/usage/readUsage.ts"
import * as Used from "./internal/usage/usage.ts"

export type { Counts, Line, Usage } from "./internal/usage/usage.ts"

/**
 * What a message says that it has used. Not final where it was not ended (`stop_reason` is `null`), as in the `partial` of
 * an error.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const of = (message: {
  readonly model: string
  readonly usage: object
  readonly stop_reason?: string | null
}): Used.Usage => usageOfMessage(message, { isFinal: (message.stop_reason ?? null) !== null })

/**
 * Nothing.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const none: Used.Usage = Used.none

/**
 * The sum of several usages, whatever their order.
 *
 * @category combinators
 * @stability experimental
 * @since 0.1.0
 */
export const sum: (all: Iterable<Used.Usage>) => Used.Usage = Used.sum
