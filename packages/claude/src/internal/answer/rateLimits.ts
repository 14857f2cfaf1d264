/** The `anthropic-ratelimit-*` headers as a value. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { optional } from "../schema/optional.ts"

const BucketFields = Schema.Struct({
  limit: optional(Schema.Number),
  remaining: optional(Schema.Number),
  /** When the bucket is full again. In JSON: an RFC 3339 text. */
  reset: optional(Schema.DateTimeUtcFromString)
})

interface Bucket extends Schema.Struct.Type<typeof BucketFields.fields> {}

interface BucketJson extends Schema.Struct.Encoded<typeof BucketFields.fields> {}

const Bucket: Schema.Codec<Bucket, BucketJson> = BucketFields

const LimitsFields = Schema.Struct({
  requests: optional(Bucket),
  tokens: optional(Bucket),
  inputTokens: optional(Bucket),
  outputTokens: optional(Bucket)
})

export interface RateLimits extends Schema.Struct.Type<typeof LimitsFields.fields> {}

export declare namespace RateLimits {
  export interface Json extends Schema.Struct.Encoded<typeof LimitsFields.fields> {}
}

export const RateLimits: Schema.Codec<RateLimits, RateLimits.Json> = LimitsFields

const buckets = {
  requests: "requests",
  tokens: "tokens",
  inputTokens: "input-tokens",
  outputTokens: "output-tokens"
} as const

const amount = (text: string | null): number | undefined =>
  text !== null && /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined

/** RFC 3339. Other APIs send seconds here, which a parser of dates takes for a year. */
const timestamp = /^\d{4}-\d\d-\d\dt\d\d:\d\d:\d\d(\.\d+)?(z|[+-]\d\d:\d\d)$/i

const time = (text: string | null): DateTime.Utc | undefined =>
  text !== null && timestamp.test(text.trim())
    ? Option.getOrUndefined(DateTime.make(text.trim()))?.pipe(DateTime.toUtc)
    : undefined

/** What is known of some fields, or `undefined` where nothing is. */
const known = <Fields extends object>(fields: Fields): Fields | undefined => {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return entries.length === 0 ? undefined : Object.fromEntries(entries) as Fields
}

const bucket = (headers: Headers, name: string): Bucket | undefined =>
  known({
    limit: amount(headers.get(`anthropic-ratelimit-${name}-limit`)),
    remaining: amount(headers.get(`anthropic-ratelimit-${name}-remaining`)),
    reset: time(headers.get(`anthropic-ratelimit-${name}-reset`))
  })

/** The limits that an answer tells, or `undefined` where it tells none. Unreadable values are left out. */
export const fromHeaders = (headers: Headers): RateLimits | undefined =>
  known({
    requests: bucket(headers, buckets.requests),
    tokens: bucket(headers, buckets.tokens),
    inputTokens: bucket(headers, buckets.inputTokens),
    outputTokens: bucket(headers, buckets.outputTokens)
  })
