/** How long a server asks to wait. */
import * as Duration from "effect/Duration"

const number = /^[+-]?\d+(\.\d+)?$/

const millisOf = (header: string | null, unit: number): number | undefined =>
  header !== null && number.test(header.trim()) ? Number(header) * unit : undefined

/** The forms of an HTTP date (RFC 9110, section 5.6.7). At other texts `Date.parse` would guess. */
const zoned = /^[a-z]+, \d\d[ -][a-z]{3}[ -](\d\d){1,2} \d\d:\d\d:\d\d gmt$/i

/** The obsolete form of C's `asctime`. It names no zone and means UTC; `Date.parse` would take it for local time. */
const zoneless = /^[a-z]{3} [a-z]{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/i

const millisUntil = (header: string | null, now: number): number | undefined => {
  const text = header?.trim() ?? ""
  const date = zoned.test(text) ? Date.parse(text) : zoneless.test(text) ? Date.parse(`${text} GMT`) : NaN
  return Number.isNaN(date) ? undefined : date - now
}

/**
 * `retry-after-ms` unless it says zero, else `retry-after` in seconds or as a date (RFC 9110, section 10.2.3), measured
 * from `now` in milliseconds since 1970. A time in the past is zero; what cannot be read is `undefined`.
 */
export const retryAfterFrom = (headers: Headers, now: number): Duration.Duration | undefined => {
  const header = headers.get("retry-after")
  const millis = millisOf(headers.get("retry-after-ms"), 1) || (millisOf(header, 1000) ?? millisUntil(header, now))
  // Finite, since JSON has no infinity.
  return millis === undefined
    ? undefined
    : Duration.millis(Math.min(Math.max(0, millis), Number.MAX_SAFE_INTEGER))
}
