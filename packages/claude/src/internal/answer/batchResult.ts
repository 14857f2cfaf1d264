/** A row of a batch's results. */
import type * as ClaudeError from "../../ClaudeError.ts"

/**
 * A row of a batch's results, made of the SDK's type of such a row: the same, but for the error of a request that failed,
 * which is the error that the request would have failed with by itself, with the operation and the reasons of
 * `messages.create`. Rows do not name the model: the error has it where this process made the batch, lately.
 *
 * @category models
 * @since 0.1.0
 */
export interface BatchResult<Row extends { readonly custom_id: string; readonly result: { readonly type: string } }> {
  /** The id that the batch gave to the request. */
  readonly custom_id: Row["custom_id"]
  readonly result:
    | Exclude<Row["result"], { readonly type: "errored" }>
    | { readonly type: "errored"; readonly error: ClaudeError.StatusErrors<"messages.create"> }
}
