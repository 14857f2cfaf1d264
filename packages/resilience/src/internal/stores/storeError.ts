import * as Data from "effect/Data"

/**
 * A store does not answer.
 *
 * @category errors
 * @stability experimental
 * @since 0.1.0
 */
export class StoreError extends Data.TaggedError("StoreError")<{ readonly cause: unknown }> {
  override readonly message = "The store does not answer"
}
