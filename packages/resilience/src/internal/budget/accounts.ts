/** Which account a ceiling charges at a time. */
import * as DateTime from "effect/DateTime"

export type Period = "hour" | "day" | "month"

export interface Window {
  readonly name: string
  readonly endsAt: DateTime.Utc | undefined
}

const ever: Window = { name: "ever", endsAt: undefined }

/** The hour, day or month in UTC. Without a period: all time. */
export const windowAt = (period: Period | undefined, now: number): Window => {
  if (period === undefined) return ever
  const start = DateTime.startOf(DateTime.makeUnsafe(now), period)
  return { name: `${period}:${DateTime.formatIso(start)}`, endsAt: DateTime.add(start, { [`${period}s`]: 1 }) }
}
