/** What a scope says of the calls within. */
import * as Context from "effect/Context"
import type { Interceptor } from "../../Interceptor.ts"
import type * as RetryPolicy from "../../RetryPolicy.ts"

export const CurrentRetryPolicy: Context.Reference<RetryPolicy.Input | undefined> = Context.Reference(
  "effect-claude/CurrentRetryPolicy",
  { defaultValue: (): RetryPolicy.Input | undefined => undefined }
)

/** Outermost first. */
export const CurrentInterceptors: Context.Reference<ReadonlyArray<Interceptor>> = Context.Reference<
  ReadonlyArray<Interceptor>
>("effect-claude/CurrentInterceptors", { defaultValue: () => [] })
