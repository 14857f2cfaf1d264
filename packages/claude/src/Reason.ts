/**
 * Why the API refused a call, as precisely as it said: the error codes of the API, each a tagged value.
 *
 * Every {@link module:ClaudeError} of a status class carries a `reason`. Where the API named an error code that the
 * method documents, the reason has the name of the SDK's class for that code, the code and its details. Everything
 * else is {@link Unspecified}, which keeps the code if there was one. Reasons are plain values; `Effect.catchReason`,
 * `Effect.catchReasons` and `Effect.unwrapReason` handle them.
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type * as Generated from "./generated/reasons.ts"
import * as Codes from "./internal/errorCodes.ts"
import { optional } from "./internal/schema/optional.ts"

export type * from "./generated/reasons.ts"
export type { CodedReason } from "./internal/codedReason.ts"

/**
 * The API named no error code, or one that the called method does not document (then `errorCode` has it).
 *
 * @category models
 * @since 0.1.0
 */
export interface Unspecified {
  readonly _tag: "Unspecified"
  readonly errorCode: string | undefined
  readonly details: unknown
}

/**
 * The documented error codes, all of them.
 *
 * @category models
 * @since 0.1.0
 */
export type Coded = Generated.ReasonsByClass[keyof Generated.ReasonsByClass]

/**
 * What the API says for a reason: the HTTP status, the code in `error.details.error_code`, and what the code says about the
 * outcome and about retrying where that is not what its status says.
 *
 * @category models
 * @since 0.1.0
 */
export interface ErrorCode extends Codes.ErrorCode {}

/**
 * The documented error codes by the tags of their reasons: `"RampLimitExceededError"` has `ramp_limit_exceeded` with
 * status 429. From the `ERROR_CODE_CLASSES` of the SDK.
 *
 * @category getters
 * @since 0.1.0
 */
export const errorCodes: () => ReadonlyMap<string, ErrorCode> = Codes.errorCodes

/**
 * Every reason that there is.
 *
 * @category models
 * @since 0.1.0
 */
export type Reason = Coded | Unspecified

/**
 * The reasons that an error class can carry, by the class's tag.
 *
 * @category models
 * @since 0.1.0
 */
export type Of<Tag extends string> =
  | (Tag extends keyof Generated.ReasonsByClass ? Generated.ReasonsByClass[Tag] : never)
  | Unspecified

/**
 * @category constructors
 * @since 0.1.0
 */
export const unspecified = (errorCode?: string, details?: unknown): Unspecified => ({
  _tag: "Unspecified",
  errorCode,
  details
})

/**
 * Whether a value is a reason. A tag of a later version counts too, so that errors travel between versions.
 *
 * @category guards
 * @since 0.1.0
 */
export const isReason = (u: unknown): u is Reason =>
  Predicate.hasProperty(u, "_tag") && typeof u._tag === "string" && Predicate.hasProperty(u, "details")

/**
 * A reason in JSON: `errorCode` and `details` are left out where there are none.
 *
 * @category models
 * @since 0.1.0
 */
export interface Encoded {
  readonly _tag: string
  readonly errorCode?: string
  readonly details?: Schema.Json
}

/**
 * A reason to JSON and back.
 *
 * @category schemas
 * @since 0.1.0
 */
export const schema = <R extends Reason>(): Schema.decodeTo<Schema.declare<R>, Schema.Codec<Encoded>> =>
  Json.pipe(Schema.decodeTo(Schema.declare<R>((u): u is R => isReason(u), { expected: "Reason" }), fromJson<R>()))

const Json: Schema.Codec<Encoded> = Schema.Struct({
  _tag: Schema.String,
  errorCode: Schema.optionalKey(Schema.String),
  details: Schema.optionalKey(Schema.Json)
})

/** Details come out of a JSON body, and which tag goes with which code and details is the API's to say. */
const fromJson = <R extends Reason>(): SchemaTransformation.Transformation<R, Encoded> =>
  SchemaTransformation.transform({
    decode: ({ _tag, details, errorCode }) => ({ _tag, errorCode, details }) as R,
    encode: ({ _tag, details, errorCode }) => ({
      _tag,
      ...(errorCode === undefined ? {} : { errorCode }),
      ...(details === undefined ? {} : { details: details as Schema.Json })
    })
  })

/**
 * Why a call was refused before it was sent, and by whom: the reason of a `RequestRejectedError`.
 *
 * - `InvalidParameter`: the API is sure to refuse a parameter.
 * - `MissingCredentials`: there is no key or token to send.
 * - `Unsupported`: the client has no such method, or cannot do this.
 * - `LimitExceeded`, `CircuitOpen`, `BudgetExceeded`, `TooManyWaiting`: a limit of yours. `name` tells which.
 * - `StoreUnavailable`: the store of a limit that `name` tells is down, and the limit lets nothing through without it.
 * - `Custom`: an interceptor of yours, with whatever it has to say.
 *
 * @category models
 * @since 0.1.0
 */
export type Rejection =
  | { readonly _tag: "InvalidParameter"; readonly param?: string | undefined }
  | { readonly _tag: "MissingCredentials" }
  | { readonly _tag: "Unsupported" }
  | { readonly _tag: "LimitExceeded"; readonly name?: string | undefined }
  | { readonly _tag: "CircuitOpen"; readonly name?: string | undefined }
  | {
    readonly _tag: "BudgetExceeded"
    readonly name?: string | undefined
    /** What is left of it: tokens or USD, as the budget counts. */
    readonly remaining?: number | undefined
    /** When it is whole again. In JSON: an RFC 3339 text. Absent for a budget that does not renew. */
    readonly until?: DateTime.Utc | undefined
  }
  | { readonly _tag: "TooManyWaiting"; readonly name?: string | undefined }
  | { readonly _tag: "StoreUnavailable"; readonly name?: string | undefined }
  | { readonly _tag: "Custom"; readonly name: string; readonly details?: Schema.Json | undefined }

const named = <const Tag extends string>(tag: Tag) =>
  Schema.Struct({ _tag: Schema.tag(tag), name: optional(Schema.String) })

/**
 * {@link Rejection} to JSON and back.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rejection = Schema.Union([
  Schema.Struct({ _tag: Schema.tag("InvalidParameter"), param: optional(Schema.String) }),
  Schema.Struct({ _tag: Schema.tag("MissingCredentials") }),
  Schema.Struct({ _tag: Schema.tag("Unsupported") }),
  named("LimitExceeded"),
  named("CircuitOpen"),
  Schema.Struct({
    _tag: Schema.tag("BudgetExceeded"),
    name: optional(Schema.String),
    remaining: optional(Schema.Finite),
    until: optional(Schema.DateTimeUtcFromString)
  }),
  named("TooManyWaiting"),
  named("StoreUnavailable"),
  Schema.Struct({ _tag: Schema.tag("Custom"), name: Schema.String, details: optional(Schema.Json) })
])
