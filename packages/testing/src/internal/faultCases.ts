/** What can go wrong, as data, and how it is written in JSON. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

// Node refuses to send 1xx as a final status.
const Status = Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 }))

export const Cases = Schema.TaggedUnion({
  None: {},
  Error: {
    status: Status,
    type: Schema.optional(Schema.String),
    message: Schema.optional(Schema.String),
    code: Schema.optional(Schema.String),
    details: Schema.optional(Schema.Record(Schema.String, Schema.Json)),
    param: Schema.optional(Schema.String),
    retryAfter: Schema.optional(Schema.Union([Schema.DurationFromString, Schema.String])),
    retryAfterMs: Schema.optional(Schema.Finite),
    shouldRetry: Schema.optional(Schema.Boolean),
    headers: Schema.optional(Schema.Record(Schema.String, Schema.String))
  },
  Body: { status: Status, contentType: Schema.String, text: Schema.String },
  Refused: { duration: Schema.DurationFromString },
  ResetBeforeHeaders: {},
  ResetAfterHeaders: {},
  CutBody: { afterBytes: Count },
  TruncatedJson: { afterBytes: Count },
  TruncatedGzip: { afterBytes: Schema.optional(Count) },
  ContentType: { type: Schema.String },
  SlowBody: { bytesPerSecond: Schema.Finite.check(Schema.isGreaterThan(0)) },
  StallBeforeHeaders: {},
  StallBody: { afterBytes: Count },
  StreamError: {
    afterEvents: Count,
    type: Schema.String,
    message: Schema.optional(Schema.String),
    code: Schema.optional(Schema.String)
  },
  StreamEnds: { afterEvents: Count },
  StreamStalls: { afterEvents: Count },
  UnterminatedLastEvent: {},
  DuplicateEvent: { afterEvents: Count }
})

// "2 seconds" is a duration; "Wed, 21 Oct 2026 07:28:00 GMT" and "banana" are raw header values.
export const toRetryAfter = (input: Duration.Input | (string & {})): Duration.Duration | string =>
  Predicate.isString(input)
    ? Option.getOrElse(Schema.decodeOption(Schema.DurationFromString)(input), () => input)
    : Duration.fromInputUnsafe(input)
