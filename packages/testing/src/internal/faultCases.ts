/** What can go wrong, as data, and how it is written in JSON. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

// Node refuses to send 1xx as a final status.
const Status = Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 }))

// RFC 9110, sections 5.1 and 5.5: Node sends no others.
const HeaderValue = Schema.String.check(
  Schema.isPattern(/^[\t\x20-\x7e\x80-\xff]*$/, { message: "Expected the value of a header" })
)

const isHeaderName = (name: string): boolean => /^[!#$%&'*+.^_`|~\w-]+$/.test(name)

const Headers = Schema.Record(Schema.String, HeaderValue).check(
  Schema.makeFilter((headers: Readonly<Record<string, string>>) => Object.keys(headers).every(isHeaderName), {
    message: "Expected the names of headers"
  })
)

export const Cases = Schema.TaggedUnion({
  None: {},
  Error: {
    status: Status,
    type: Schema.optional(Schema.String),
    message: Schema.optional(Schema.String),
    code: Schema.optional(Schema.String),
    details: Schema.optional(Schema.Record(Schema.String, Schema.Json)),
    param: Schema.optional(Schema.String),
    retryAfter: Schema.optional(Schema.Union([Schema.DurationFromString, HeaderValue])),
    retryAfterMs: Schema.optional(Schema.Finite),
    shouldRetry: Schema.optional(Schema.Boolean),
    headers: Schema.optional(Headers)
  },
  Body: { status: Status, contentType: HeaderValue, text: Schema.String },
  Refused: { duration: Schema.DurationFromString },
  ResetBeforeHeaders: {},
  ResetAfterHeaders: {},
  CutBody: { afterBytes: Count },
  TruncatedJson: { afterBytes: Count },
  TruncatedGzip: { afterBytes: Schema.optional(Count) },
  ContentType: { type: HeaderValue },
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
