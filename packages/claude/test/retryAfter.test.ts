import { afterEach, assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import process from "node:process"
import { retryAfterFrom } from "../src/internal/answer/retryAfter.ts"

/** 2026-11-20T10:00:00Z, a Friday. */
const now = 1_795_168_800_000

const millisFrom = (headers: Record<string, string>): number | undefined => {
  const asked = retryAfterFrom(new Headers(headers), now)
  return asked === undefined ? undefined : Duration.toMillis(asked)
}

describe("retry-after", () => {
  it.effect.each(
    [
      ["30", 30_000],
      ["0", 0],
      ["0.5", 500],
      ["1.001", 1001],
      ["007", 7000],
      ["  7  ", 7000],
      ["+7", 7000],
      ["-7", 0],
      ["-0.5", 0],
      ["86400", 86_400_000]
    ] as const
  )(
    "of %j seconds is %d ms",
    ([header, millis]) => Effect.sync(() => assert.strictEqual(millisFrom({ "retry-after": header }), millis))
  )

  const dates = [
    ["IMF-fixdate", "Fri, 20 Nov 2026 10:00:30 GMT"],
    ["RFC 850", "Friday, 20-Nov-26 10:00:30 GMT"],
    ["asctime", "Fri Nov 20 10:00:30 2026"]
  ] as const

  it.effect.each(dates)(
    "as a date in the form of %s is the time until then: %s",
    ([, header]) => Effect.sync(() => assert.strictEqual(millisFrom({ "retry-after": header }), 30_000))
  )

  it.effect.each(
    [
      ["IMF-fixdate", "Fri, 20 Nov 2026 09:59:59 GMT"],
      ["IMF-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT"],
      ["RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT"],
      ["asctime", "Sun Nov  6 08:49:37 1994"]
    ] as const
  )(
    "as a date of the past in the form of %s is zero: %s",
    ([, header]) => Effect.sync(() => assert.strictEqual(millisFrom({ "retry-after": header }), 0))
  )

  describe("in another time zone", () => {
    const zone = process.env["TZ"]
    const setZone = (name: string | undefined) => {
      if (name === undefined) delete process.env["TZ"]
      else process.env["TZ"] = name
    }
    afterEach(() => setZone(zone))

    const zoned = ["America/New_York", "Asia/Tokyo"].flatMap((zone) =>
      dates.map(([form, header]) => ({ zone, form, header }))
    )

    it.effect.each(zoned)(
      "$zone: a date in the form of $form is UTC all the same",
      ({ header, zone }) =>
        Effect.sync(() => {
          setZone(zone)
          assert.notStrictEqual(new Date(now).getTimezoneOffset(), 0)
          assert.strictEqual(millisFrom({ "retry-after": header }), 30_000)
        })
    )
  })

  it.effect.each([
    "",
    " ",
    "soon",
    "soon 5",
    "5 seconds",
    "5s",
    "1e3",
    "0x10",
    "NaN",
    "Infinity",
    "1,5",
    "in 2050",
    "May 2050",
    "Friday",
    "Fri, 20 Nov 2026",
    "Fri, 99 Nov 2026 10:00:30 GMT",
    "Fri, 20 Nov 2026 25:00:30 GMT",
    "Fri, 20 Nov 2026 10:00:30 CET",
    "2026-11-20T10:00:30"
  ])(
    "that cannot be read counts as none: %j",
    (header) => Effect.sync(() => assert.isUndefined(millisFrom({ "retry-after": header })))
  )

  it.effect.each([30, 400])(
    "of a number with %d digits is a finite time",
    (digits) => Effect.sync(() => assert.isTrue(Number.isFinite(millisFrom({ "retry-after": "9".repeat(digits) }))))
  )
})

describe("retry-after-ms", () => {
  it.effect.each(
    [
      ["250", 250],
      ["0.5", 0.5],
      ["-250", 0],
      ["86400000", 86_400_000]
    ] as const
  )(
    "of %j is %d ms",
    ([header, millis]) => Effect.sync(() => assert.strictEqual(millisFrom({ "retry-after-ms": header }), millis))
  )

  it.effect.each(["0", "", "soon", "Fri, 20 Nov 2026 10:00:30 GMT"])(
    "of %j leaves the word to retry-after",
    (header) =>
      Effect.sync(() => assert.strictEqual(millisFrom({ "retry-after-ms": header, "retry-after": "7" }), 7000))
  )

  it("goes before retry-after", () => {
    assert.strictEqual(millisFrom({ "retry-after-ms": "250", "retry-after": "7" }), 250)
  })

  it.effect.each(["0", "", "soon"])(
    "of %j is none where there is no retry-after",
    (header) => Effect.sync(() => assert.isUndefined(millisFrom({ "retry-after-ms": header })))
  )
})

describe("without headers", () => {
  it("nothing is asked", () => {
    assert.isUndefined(retryAfterFrom(new Headers(), now))
  })
})
