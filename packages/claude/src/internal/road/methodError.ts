/** How a method can fail. */
import type * as ClaudeError from "../../ClaudeError.ts"
import type { MethodReasons, StreamingMethod } from "../../generated/errors.ts"

/**
 * The methods that call the API, by their paths: `"messages.create"`. The pages of a list fail as the list does.
 *
 * @category models
 * @since 0.1.0
 */
export type Method = keyof MethodReasons

/**
 * How a method can fail: `Claude.Error<"messages.create">`. One class for each status, with the reasons that the SDK
 * documents for the method, and what the network, the answer and, where it arrives bit by bit, a stream can do.
 *
 * @category models
 * @since 0.1.0
 */
// One union, not a choice of two: only so does the compiler keep the alias, which hovers and declarations show.
export type Error<M extends Method> =
  | ClaudeError.CallError<MethodReasons[M]>
  | (M extends StreamingMethod ? ClaudeError.StreamInterruptedError | ClaudeError.StreamStalledError : never)
