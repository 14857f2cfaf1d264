/** Token buckets: full at first, they refill evenly, a minute from empty to full. */

export type BucketName = "requests" | "inputTokens" | "outputTokens"

/** What a change does to one bucket. */
export interface BucketChange {
  readonly name: BucketName
  /** What it holds when it is full, and gets in a minute. */
  readonly limit: number
  /** What it loses. Less than nothing gives back, up to the limit. */
  readonly take: number
  /** What it holds where the store does not know: it is new, or the store has lost it. */
  readonly known: number
  /** What it holds at most, before it loses anything. `Infinity`: what the limit says. */
  readonly atMost: number
}

/**
 * A change of the buckets of a key, all of which it names.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Change {
  readonly buckets: ReadonlyArray<BucketChange>
  /** How long nobody may take from them, in milliseconds from now. 0: no change. */
  readonly pauseMillis: number
}

/**
 * What buckets hold after a change.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Levels {
  readonly levels: Readonly<Record<string, number>>
  readonly pausedMillis: number
}

/** Buckets at a time, in milliseconds of a clock that only goes forward. */
export interface Buckets {
  readonly levels: Readonly<Record<string, number>>
  readonly at: number
  readonly pausedUntil: number
}

const minute = 60_000

export const refilled = (level: number, limit: number, millis: number): number =>
  Math.min(limit, level + Math.max(0, millis) * limit / minute)

export const changed = (before: Buckets | undefined, { buckets, pauseMillis }: Change, now: number): Buckets => {
  const at = before?.at ?? now
  const pausedUntil = before?.pausedUntil ?? 0
  const levelOf = ({ atMost, known, limit, name, take }: BucketChange): number => {
    const level = before?.levels[name]
    const full = Math.min(level === undefined ? known : refilled(level, limit, now - at), atMost, limit)
    return Math.min(full - take, limit)
  }
  return {
    levels: Object.fromEntries(buckets.map((bucket) => [bucket.name, levelOf(bucket)])),
    at: Math.max(at, now),
    pausedUntil: pauseMillis > 0 ? Math.max(pausedUntil, now + pauseMillis) : pausedUntil
  }
}

/** What refilling adds up to is off by less than this. */
const error = 1e-6

/** How long until a debt is paid, in whole milliseconds. */
export const millisToZero = (level: number, limit: number): number =>
  level >= -error ? 0 : Math.ceil((-level - error) * minute / limit)
