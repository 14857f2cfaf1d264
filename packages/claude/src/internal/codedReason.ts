/** The shape of a documented error code. */

/**
 * A documented error code: `_tag` is the SDK's class for it, `details` what the API tells about it.
 *
 * @category models
 * @since 0.1.0
 */
export interface CodedReason<out Tag extends string, out Code extends string, out Details> {
  readonly _tag: Tag
  readonly errorCode: Code
  readonly details: Details
}
