/** Where budgets keep what is spent. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { StoreError } from "../stores/storeError.ts"

/** What a process knows of an account: how much is spent of it, and in which life of the store it heard so. */
export interface Known {
  readonly used: number
  /** Changes where the store has lost what it had. `""`: never heard of. */
  readonly life: string
}

/**
 * A part of a reservation.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Entry {
  /** The account: a ceiling, its time, and whose. */
  readonly account: string
  /** How much may be spent of it. */
  readonly limit: number
  readonly amount: number
  /** When it is no longer needed, in milliseconds since 1970. `Infinity`: never. */
  readonly expiresAt: number
  readonly known: Known
}

/**
 * What became of a reservation: which entry had no room, or -1, and the accounts after it, in the order of the entries.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Reserved {
  readonly exceeded: number
  readonly accounts: ReadonlyArray<Known>
}

/**
 * Keeps what is spent of budgets.
 *
 * @category services
 * @stability experimental
 * @since 0.1.0
 */
export class BudgetStore extends Context.Service<BudgetStore, {
  /** Takes every entry, or none where one has no room, in one atomic step. Does nothing where it has taken this id. */
  readonly reserve: (id: string, entries: ReadonlyArray<Entry>) => Effect.Effect<Reserved, StoreError>
  /**
   * Corrects a reservation to what was spent, by account, and forgets its id. Does nothing where it does not know the id,
   * so it may be asked again. Gives the accounts after it, with `life: ""` where the store does not have one.
   */
  readonly settle: (
    id: string,
    spent: ReadonlyArray<Pick<Entry, "account" | "amount">>
  ) => Effect.Effect<ReadonlyArray<Known>, StoreError>
  /** In this process: it answers at once and always, and needs no time limit. */
  readonly isLocal?: boolean
}>()("@effect-claude/resilience/BudgetStore") {}

/** Sums of fractions are off by less than this. */
export const tolerance = 1e-9

/** How long an account is kept after its end, in milliseconds: for calls on their way, and for clocks that are set back. */
export const grace = 3_600_000

export const layerMemory: Layer.Layer<BudgetStore> = Layer.sync(BudgetStore, () => {
  const accounts = new Map<
    string,
    { used: number; readonly expiresAt: number; readonly reserved: Map<string, number> }
  >()
  const clean = (now: number) => {
    for (const [name, { expiresAt }] of accounts) if (expiresAt + grace <= now) accounts.delete(name)
  }
  const accountOf = ({ account, expiresAt }: Entry, now: number) => {
    const found = accounts.get(account)
    if (found !== undefined) return found
    clean(now)
    const made = { used: 0, expiresAt, reserved: new Map<string, number>() }
    accounts.set(account, made)
    return made
  }
  return {
    isLocal: true,
    reserve: (id, entries) =>
      Effect.clockWith((clock) =>
        Effect.sync((): Reserved => {
          const now = clock.currentTimeMillisUnsafe()
          const all = entries.map((entry) => ({ ...entry, held: accountOf(entry, now) }))
          const exceeded = all.findIndex(({ amount, held, limit }) =>
            !held.reserved.has(id) && held.used + amount > limit + tolerance
          )
          if (exceeded === -1) {
            for (const { amount, held } of all) {
              if (held.reserved.has(id)) continue
              held.used += amount
              held.reserved.set(id, amount)
            }
          }
          return { exceeded, accounts: all.map(({ held }) => ({ used: held.used, life: "memory" })) }
        })
      ),
    settle: (id, spent) =>
      Effect.sync(() =>
        spent.map(({ account, amount }): Known => {
          const held = accounts.get(account)
          if (held === undefined) return { used: 0, life: "" }
          held.used += amount - (held.reserved.get(id) ?? amount)
          held.reserved.delete(id)
          return { used: held.used, life: "memory" }
        })
      )
  }
})
