/** What a process knows of its budgets, and owes to their store. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { StoreError } from "../stores/storeError.ts"
import type { WatchedStore } from "../stores/watched.ts"
import { type BudgetStore, type Entry, grace, type Known, type Reserved, tolerance } from "./store.ts"

export type Part = Omit<Entry, "known">

/** What the store does not know yet: a reservation that was made without it, what was spent, or both. */
interface Debt {
  readonly parts: ReadonlyArray<Part>
  readonly reserve: boolean
  readonly spent: ReadonlyArray<number> | undefined
}

const unknown: Known = { used: 0, life: "" }

/** How long after a failure the store is told again, in milliseconds. */
const pause = 1000

export class Ledger {
  private readonly store: BudgetStore["Service"]
  private readonly watched: WatchedStore
  private readonly onStoreError: "allow" | "fail"
  private readonly scope: Scope.Scope
  private readonly known = new Map<string, Known & { readonly expiresAt: number }>()
  private readonly debts = new Map<string, Debt>()
  /** What the debts that reserve add to what is known, by account. */
  private readonly owed = new Map<string, number>()
  private readonly paying = Semaphore.makeUnsafe(1)
  private readonly process = crypto.randomUUID()
  private count = 0
  private isTelling = false

  constructor(
    store: BudgetStore["Service"],
    watched: WatchedStore,
    onStoreError: "allow" | "fail",
    scope: Scope.Scope
  ) {
    this.store = store
    this.watched = watched
    this.onStoreError = onStoreError
    this.scope = scope
  }

  nextId(): string {
    return `${this.process}:${this.count++}`
  }

  /** All of it, or nothing. What the store did not get to hear counts here. */
  reserve(id: string, parts: ReadonlyArray<Part>): Effect.Effect<Reserved, StoreError> {
    return Effect.catch(
      Effect.andThen(this.payReservations, this.ask(id, parts)),
      (error) => {
        if (this.onStoreError === "allow") return Effect.tap(this.reserveHere(id, parts), this.tell)
        // Should the store have taken it all the same, it gets it back.
        this.debts.set(id, { parts, reserve: false, spent: parts.map(() => 0) })
        return Effect.andThen(this.tell, Effect.fail(error))
      }
    )
  }

  /** Corrects a reservation to what was spent. Where the store is down it hears of it later. */
  settle(id: string, parts: ReadonlyArray<Part>, spent: ReadonlyArray<number>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const now = this.debts.size === 0 ? this.correct(id, parts, spent) : Effect.fail(undefined)
      return Effect.catch(now, () => this.settleLater(id, parts, spent))
    })
  }

  private settleLater(id: string, parts: ReadonlyArray<Part>, spent: ReadonlyArray<number>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const debt = this.debts.get(id) ?? { parts, reserve: false, spent }
      if (debt.reserve) this.owe(parts, (amount, index) => (spent[index] ?? amount) - amount)
      this.debts.set(id, { ...debt, spent })
      return Effect.catch(this.pay, () => this.tell)
    })
  }

  private ask(id: string, parts: ReadonlyArray<Part>): Effect.Effect<Reserved, StoreError> {
    return Effect.suspend(() => {
      const entries = parts.map((part) => ({ ...part, known: this.known.get(part.account) ?? unknown }))
      return Effect.map(this.watched.ask(this.store.reserve(id, entries)), (reserved) => {
        this.learn(parts, reserved.accounts)
        return reserved
      })
    })
  }

  private learn(parts: ReadonlyArray<Part>, accounts: ReadonlyArray<Known>): void {
    for (const [index, { account, expiresAt }] of parts.entries()) {
      const known = accounts[index]
      // A store that has lost an account is told of it with the next reservation.
      if (known !== undefined && known.life !== "") this.known.set(account, { ...known, expiresAt })
    }
  }

  private reserveHere(id: string, parts: ReadonlyArray<Part>): Effect.Effect<Reserved> {
    return Effect.map(Clock.currentTimeMillis, (now) => {
      for (const [account, { expiresAt }] of this.known) if (expiresAt + grace < now) this.known.delete(account)
      const accounts = () =>
        parts.map(({ account }) => {
          const { life, used } = this.known.get(account) ?? unknown
          return { life, used: used + (this.owed.get(account) ?? 0) }
        })
      const before = accounts()
      const exceeded = parts.findIndex(({ amount, limit }, index) =>
        (before[index]?.used ?? 0) + amount > limit + tolerance
      )
      if (exceeded >= 0) return { exceeded, accounts: before }
      this.owe(parts, (amount) => amount)
      this.debts.set(id, { parts, reserve: true, spent: undefined })
      return { exceeded, accounts: accounts() }
    })
  }

  private owe(parts: ReadonlyArray<Part>, change: (amount: number, index: number) => number): void {
    for (const [index, { account, amount }] of parts.entries()) {
      const owed = (this.owed.get(account) ?? 0) + change(amount, index)
      if (owed === 0) this.owed.delete(account)
      else this.owed.set(account, owed)
    }
  }

  /** Tells the store what it does not know, the oldest first. */
  readonly pay: Effect.Effect<void, StoreError> = Effect.suspend(() =>
    this.debts.size === 0 ? Effect.void : this.paying.withPermit(
      Effect.suspend(() => Effect.forEach([...this.debts], ([id, debt]) => this.payOne(id, debt), { discard: true }))
    )
  )

  /** As long as the store does not know of all reservations it would give away too much. */
  private readonly payReservations: Effect.Effect<void, StoreError> = Effect.suspend(() =>
    [...this.debts.values()].some(({ reserve }) => reserve) ? this.pay : Effect.void
  )

  private payOne(id: string, { parts, reserve }: Debt): Effect.Effect<unknown, StoreError> {
    return Effect.gen({ self: this }, function*() {
      if (reserve) yield* this.ask(id, parts.map((part) => ({ ...part, limit: Infinity })))
      const { spent } = this.debts.get(id) ?? {}
      if (reserve) {
        this.owe(parts, (amount, index) => -(spent?.[index] ?? amount))
        this.debts.set(id, { parts, reserve: false, spent })
      }
      // The reservation of a call that is still on its way stays, until what it spends corrects it.
      if (spent === undefined) return this.debts.delete(id)
      yield* this.correct(id, parts, spent)
      return this.debts.delete(id)
    })
  }

  private correct(
    id: string,
    parts: ReadonlyArray<Part>,
    spent: ReadonlyArray<number>
  ): Effect.Effect<void, StoreError> {
    const amounts = parts.map(({ account, amount }, index) => ({ account, amount: spent[index] ?? amount }))
    return Effect.map(this.watched.ask(this.store.settle(id, amounts)), (accounts) => this.learn(parts, accounts))
  }

  /** Goes on in the background until the store has heard everything. */
  private readonly tell: Effect.Effect<void> = Effect.suspend(() => {
    if (this.isTelling) return Effect.void
    this.isTelling = true
    const again: Effect.Effect<void> = Effect.catch(
      Effect.andThen(Effect.sleep(pause), this.pay),
      () => again
    )
    return Effect.asVoid(Effect.forkIn(
      Effect.ensuring(
        again,
        Effect.sync(() => {
          this.isTelling = false
        })
      ),
      this.scope
    ))
  })
}
