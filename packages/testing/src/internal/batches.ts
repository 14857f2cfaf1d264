/** The message batches that the simulated API holds. How one stands follows from its times and the clock alone. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { Asked } from "./requestBody.ts"

export interface Request {
  readonly custom_id: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface Batch {
  readonly id: string
  readonly createdAt: number
  /** How long its requests take together, in milliseconds. */
  readonly duration: number
  readonly size: number
  readonly cancelledAt: number | undefined
  /** Whom the requests are attributed to, as its header says. */
  readonly userProfileId: string | undefined
  /** Which API it was sent to. */
  readonly asked: Asked
  /** None once it is archived. */
  readonly requests: ReadonlyArray<Request>
  /** How many of the requests that came to an end failed, once somebody wanted to know. */
  readonly errored: number | undefined
}

export const hour = 60 * 60 * 1000
const lifetime = 24 * hour
const archivedAfter = 29 * 24 * hour

const expiresAt = ({ createdAt }: Batch): number => createdAt + lifetime

const archivedAt = ({ createdAt }: Batch): number => createdAt + archivedAfter

/** When it ends: with its last request, or when it expires; a cancelled one, when the request under way could be done. */
const endsAt = (batch: Batch): number => {
  const end = Math.min(batch.createdAt + batch.duration, expiresAt(batch))
  return batch.cancelledAt === undefined ? end : Math.min(batch.cancelledAt + batch.duration / batch.size, end)
}

/** How many of its requests, from the first, get done before it is cancelled or expires. */
export const done = (batch: Batch): number => {
  const time = Math.min(batch.cancelledAt ?? Infinity, expiresAt(batch)) - batch.createdAt
  return time >= batch.duration ? batch.size : Math.floor((time * batch.size) / batch.duration)
}

/** What became of the requests that were not done. */
export const leftOver = ({ cancelledAt }: Batch) => cancelledAt === undefined ? "expired" as const : "canceled" as const

export const hasEnded = (batch: Batch, now: number): boolean => now >= endsAt(batch)

export const isArchived = (batch: Batch, now: number): boolean => now >= archivedAt(batch)

const counts = (batch: Batch, now: number, errored: number) => {
  const none = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 }
  if (!hasEnded(batch, now)) return { ...none, processing: batch.size }
  const completed = done(batch)
  return { ...none, succeeded: completed - errored, errored, [leftOver(batch)]: batch.size - completed }
}

const isoOf = (time: number): string => DateTime.formatIso(DateTime.makeUnsafe(time))

const isoIf = (time: number | undefined): string | null => time === undefined ? null : isoOf(time)

/** The SDK's `MessageBatch`. */
export const describe = (batch: Batch, now: number, known: { readonly errored: number; readonly url: string }) => {
  const ended = hasEnded(batch, now)
  const status = batch.cancelledAt === undefined ? "in_progress" as const : "canceling" as const
  return {
    id: batch.id,
    type: "message_batch" as const,
    processing_status: ended ? "ended" as const : status,
    request_counts: counts(batch, now, known.errored),
    created_at: isoOf(batch.createdAt),
    expires_at: isoOf(expiresAt(batch)),
    ended_at: isoIf(ended ? endsAt(batch) : undefined),
    cancel_initiated_at: isoIf(batch.cancelledAt),
    archived_at: isoIf(isArchived(batch, now) ? archivedAt(batch) : undefined),
    results_url: ended ? known.url : null
  }
}

export interface Store {
  /** How long a batch takes, in milliseconds. */
  readonly duration: number
  /** Newest first. */
  readonly list: () => ReadonlyArray<Batch>
  readonly find: (id: string | undefined) => Option.Option<Batch>
  readonly add: (batch: Batch) => void
  /** Keeps what became of a batch, unless it is gone by now. */
  readonly replace: (before: Batch, after: Batch) => void
  readonly remove: (id: string) => void
  readonly clear: () => void
}

export const make = (duration: number): Store => {
  const batches = new Map<string, Batch>()
  return {
    duration,
    list: () => [...batches.values()].toReversed(),
    find: (id) => Option.fromUndefinedOr(id === undefined ? undefined : batches.get(id)),
    add: (batch) => void batches.set(batch.id, batch),
    replace: (before, after) => {
      if (batches.get(before.id) === before) batches.set(after.id, after)
    },
    remove: (id) => void batches.delete(id),
    clear: () => batches.clear()
  }
}
