/** The classes of HTTP statuses, by tag. */
import type * as Reason from "../../Reason.ts"
import type * as Status from "../status.ts"
import {
  AuthenticationError,
  BadRequestError,
  ClientClosedRequestError,
  ConflictError,
  ContentTooLargeError,
  GatewayTimeoutError,
  InternalServerError,
  NotFoundError,
  NotImplementedError,
  OverloadedError,
  PaymentRequiredError,
  PermissionDeniedError,
  PreconditionFailedError,
  RateLimitError,
  RequestHeaderFieldsTooLargeError,
  RequestTimeoutError,
  ServiceUnavailableError,
  UnexpectedStatusError,
  UnprocessableEntityError
} from "./statusErrors.ts"

/**
 * The failures of an HTTP status by tag, each with the documented reasons `R` that belong to it and `Unspecified`.
 *
 * @category models
 * @since 0.1.0
 * @stability stable
 */
export interface StatusErrorsByTag<R extends Reason.Source = never> {
  readonly BadRequestError: BadRequestError<Reason.From<R, "BadRequestError">>
  readonly AuthenticationError: AuthenticationError<Reason.From<R, "AuthenticationError">>
  readonly PaymentRequiredError: PaymentRequiredError<Reason.From<R, "PaymentRequiredError">>
  readonly PermissionDeniedError: PermissionDeniedError<Reason.From<R, "PermissionDeniedError">>
  readonly NotFoundError: NotFoundError<Reason.From<R, "NotFoundError">>
  readonly RequestTimeoutError: RequestTimeoutError<Reason.From<R, "RequestTimeoutError">>
  readonly ConflictError: ConflictError<Reason.From<R, "ConflictError">>
  readonly PreconditionFailedError: PreconditionFailedError<Reason.From<R, "PreconditionFailedError">>
  readonly ContentTooLargeError: ContentTooLargeError<Reason.From<R, "ContentTooLargeError">>
  readonly UnprocessableEntityError: UnprocessableEntityError<Reason.From<R, "UnprocessableEntityError">>
  readonly RateLimitError: RateLimitError<Reason.From<R, "RateLimitError">>
  readonly RequestHeaderFieldsTooLargeError: RequestHeaderFieldsTooLargeError<
    Reason.From<R, "RequestHeaderFieldsTooLargeError">
  >
  readonly ClientClosedRequestError: ClientClosedRequestError<Reason.From<R, "ClientClosedRequestError">>
  readonly InternalServerError: InternalServerError<Reason.From<R, "InternalServerError">>
  readonly NotImplementedError: NotImplementedError<Reason.From<R, "NotImplementedError">>
  readonly ServiceUnavailableError: ServiceUnavailableError<Reason.From<R, "ServiceUnavailableError">>
  readonly GatewayTimeoutError: GatewayTimeoutError<Reason.From<R, "GatewayTimeoutError">>
  readonly OverloadedError: OverloadedError<Reason.From<R, "OverloadedError">>
  readonly UnexpectedStatusError: UnexpectedStatusError<Reason.From<R, "UnexpectedStatusError">>
}

/**
 * The failures of an HTTP status, each with the documented reasons `R` that belong to it and `Unspecified`.
 *
 * @category models
 * @since 0.1.0
 */
export type StatusErrors<R extends Reason.Source = never> = StatusErrorsByTag<R>[Status.StatusTag]

/**
 * The error classes of HTTP statuses, by tag.
 *
 * @category data
 * @since 0.1.0
 * @stability stable
 */
export const statusClasses = {
  BadRequestError,
  AuthenticationError,
  PaymentRequiredError,
  PermissionDeniedError,
  NotFoundError,
  RequestTimeoutError,
  ConflictError,
  PreconditionFailedError,
  ContentTooLargeError,
  UnprocessableEntityError,
  RateLimitError,
  RequestHeaderFieldsTooLargeError,
  ClientClosedRequestError,
  InternalServerError,
  NotImplementedError,
  ServiceUnavailableError,
  GatewayTimeoutError,
  OverloadedError,
  UnexpectedStatusError
} satisfies { readonly [Tag in Status.StatusTag]: new(fields: never) => StatusErrorsByTag<Reason.Coded>[Tag] }
