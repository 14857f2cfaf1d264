/** What happened, request by request. */
import type * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { AnyMessage } from "./cannedMessage.ts"

/**
 * How an exchange stands, or ended.
 *
 * - `pending`: not answered yet, or not to the end.
 * - `answered`: the whole answer was sent.
 * - `client-disconnected`: the client went away first.
 * - `reset`, `cut`: a fault reset or closed the connection.
 * - `server-closed`: the simulator closed first.
 * - `failed`: a bug of the simulator.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome =
  | "pending"
  | "answered"
  | "client-disconnected"
  | "reset"
  | "cut"
  | "server-closed"
  | "failed"

/**
 * One request that the simulator got, and what became of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface JournalEntry {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** The values of keys are `<redacted>`. */
  readonly query: Readonly<Record<string, string | ReadonlyArray<string>>>
  /** Lower-case names; the values of credentials and cookies are `<redacted>`. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The JSON that was sent, or undefined where there was none or it was no JSON. Of a form, its fields, with files as
   * `{ filename, mime_type, size_bytes }`. The secret fields of bodies (`authorization_token`) are `<redacted>`.
   */
  readonly body: unknown
  /** The `request-id` header of the answer. */
  readonly requestId: string
  /** The tag of the fault that struck, as in `"CutBody"`. */
  readonly fault: string | undefined
  /** The status of the answer, or undefined as long as there is none. */
  readonly status: number | undefined
  /** Why the request was refused, or undefined where it was not. */
  readonly error: { readonly type: string; readonly message: string } | undefined
  /** The tokens that the answer costs once all of it is sent: of a message. */
  readonly usage: AnyMessage["usage"] | undefined
  readonly receivedAt: DateTime.Utc
  readonly outcome: Outcome
}

export interface Journal {
  readonly entries: Effect.Effect<ReadonlyArray<JournalEntry>>
  /** Writes an entry down; what it returns amends it. An entry that was cleared away stays away. */
  readonly record: (entry: JournalEntry) => Effect.Effect<Amend>
  readonly clear: Effect.Effect<void>
  /** Waits until the predicate holds, looking again after each change. */
  readonly await: (
    predicate: (entries: ReadonlyArray<JournalEntry>) => boolean
  ) => Effect.Effect<ReadonlyArray<JournalEntry>>
}

export type Amend = (changes: Partial<JournalEntry>) => Effect.Effect<void>

export const make = (onSettled: (entry: JournalEntry) => void = () => undefined): Journal => {
  // Mutable, since a copy for each change would make long journals quadratic. Nothing runs between a look and a change.
  const entries: Array<JournalEntry> = []
  let changed = Deferred.makeUnsafe<void>()

  const change = (apply: () => void): Effect.Effect<void> =>
    Effect.sync(() => {
      apply()
      // Waiters look again at once, and must then find the signal of the next change.
      const signal = changed
      changed = Deferred.makeUnsafe()
      Deferred.doneUnsafe(signal, Effect.void)
    })

  return {
    entries: Effect.sync(() => entries.slice()),
    record: (entry) => {
      let current = entry
      let index = -1
      const amend: Amend = (changes) =>
        change(() => {
          const isThere = entries[index] === current
          current = { ...current, ...changes }
          if (isThere) entries[index] = current
          if (changes.outcome !== undefined) onSettled(current)
        })
      const add = change(() => {
        index = entries.push(entry) - 1
        if (entry.outcome !== "pending") onSettled(entry)
      })
      return Effect.as(add, amend)
    },
    clear: change(() => {
      entries.length = 0
    }),
    await: Effect.fnUntraced(function*(predicate) {
      while (true) {
        // Taken before the look, so that a change in between is not missed.
        const next = changed
        const now = entries.slice()
        if (predicate(now)) return now
        yield* Deferred.await(next)
      }
    })
  }
}
