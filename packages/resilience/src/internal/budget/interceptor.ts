/** Budgets as an interceptor: a call reserves the most that it can use, and is charged what it has used. */
import type * as ClaudeError from "effect-claude/ClaudeError"
import * as Interceptor from "effect-claude/Interceptor"
import * as Prices from "effect-claude/Prices"
import * as Usage from "effect-claude/Usage"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Tokens from "../../Tokens.ts"
import { WatchedStore } from "../stores/watched.ts"
import { isMessage } from "../tokens.ts"
import { type Window, windowAt } from "./accounts.ts"
import { Ledger, type Part } from "./ledger.ts"
import type { Ceiling, Options } from "./options.ts"
import { dollars, highest, type Measure, tokens, worstCases } from "./reservation.ts"
import { BudgetStore } from "./store.ts"

/** A ceiling that a call counts against, now. */
interface Charge {
  readonly name: string
  readonly unit: string
  readonly measure: Measure
  readonly window: Window
  readonly part: Part
}

/** What a call has reserved. */
interface Trip {
  readonly charges: ReadonlyArray<Charge>
  /** Of the reservation of the newest attempt. */
  id: string
  /** Whether that attempt has failed and may have run. */
  isUsedUp: boolean
}

const CurrentTrips: Context.Reference<ReadonlyMap<object, Trip>> = Context.Reference<ReadonlyMap<object, Trip>>(
  "@effect-claude/resilience/budget/CurrentTrips",
  { defaultValue: () => new Map() }
)

const nameOf = ({ name, per, tokens }: Ceiling): string =>
  name ?? `${tokens === undefined ? "usd" : "tokens"}${per === undefined ? "" : ` per ${per}`}`

export const make = (
  options: Options
): Effect.Effect<Interceptor.Interceptor, never, BudgetStore | Scope.Scope> => {
  check(options.ceilings)
  return Effect.gen(function*() {
    const { inputTokens = Tokens.estimated, onStoreError = "fail" } = options
    const table = options.prices ?? (yield* Prices.Prices)
    const store = yield* BudgetStore
    const timeout = Duration.fromInputUnsafe(options.storeTimeout ?? "1 second")
    const watched = new WatchedStore("the budget", timeout, store.isLocal)
    const ledger = new Ledger(store, watched, onStoreError, yield* Effect.scope)
    yield* Effect.addFinalizer(() => Effect.ignore(ledger.pay))
    const ceilings = options.ceilings.map((ceiling) => ({
      ...ceiling,
      name: nameOf(ceiling),
      limit: ceiling.tokens ?? ceiling.usd ?? 0,
      unit: ceiling.tokens === undefined ? "USD" : "tokens",
      measure: ceiling.tokens === undefined ? dollars(table) : tokens
    }))
    const self = {}

    const chargesOf = (call: Interceptor.CallInfo, inputTokens: number, now: number) => {
      const cases = worstCases(call, inputTokens)
      return ceilings.flatMap(({ key = () => "", limit, measure, name, per, unit }) => {
        const whose = key(call)
        if (whose === undefined) return []
        const window = windowAt(per, now)
        const part = {
          account: JSON.stringify([name, window.name, whose]),
          limit,
          amount: highest(measure, cases),
          expiresAt: window.endsAt === undefined ? Infinity : DateTime.toEpochMillis(window.endsAt)
        }
        return [{ name, unit, measure, window, part }]
      })
    }

    const refuseUnpriced = (call: Interceptor.CallInfo, name: string) =>
      Interceptor.reject(call, {
        reason: { _tag: "Unsupported" },
        param: "model",
        message:
          `The budget \`${name}\` has no price for the model \`${call.model}\` on these terms. Provide \`prices\` that do.`
      })

    const refuseUncounted = (call: Interceptor.CallInfo, error: ClaudeError.ClaudeError) =>
      Interceptor.reject(call, {
        reason: { _tag: "Custom", name: "TokensNotCounted" },
        message: `The budget could not count the tokens of the call. ${error.message}`,
        retryAfter: "retryAfter" in error ? error.retryAfter : undefined
      })

    const reserve = (call: Interceptor.CallInfo, charges: ReadonlyArray<Charge>) =>
      Effect.gen(function*() {
        const id = ledger.nextId()
        const { accounts, exceeded } = yield* Effect.catch(
          ledger.reserve(id, charges.map(({ part }) => part)),
          () =>
            Interceptor.reject(call, {
              reason: { _tag: "StoreUnavailable", name: charges[0]?.name },
              message: "The store of the budget does not answer, and `onStoreError` is \"fail\"."
            })
        )
        const charge = charges[exceeded]
        if (charge === undefined) return id
        const { name, part, unit, window: { endsAt } } = charge
        const remaining = Math.max(0, part.limit - (accounts[exceeded]?.used ?? 0))
        const now = yield* DateTime.now
        return yield* Interceptor.reject(call, {
          reason: { _tag: "BudgetExceeded", name, remaining, until: endsAt },
          message: `The budget \`${name}\` has ${remaining} of ${part.limit} ${unit} left, and the call may use ` +
            `${part.amount}${endsAt === undefined ? "" : `. It is whole again at ${DateTime.formatIso(endsAt)}`}.`,
          retryAfter: endsAt === undefined ? undefined : DateTime.distance(now, endsAt)
        })
      })

    /** What of the last reservation was spent: all of it, unless the API has counted the answer to the end. */
    const settle = (trip: Trip, end: Interceptor.End): Effect.Effect<void> => {
      const { charges, id, isUsedUp } = trip
      const isCounted = end._tag === "Completed" || end.attempts === 0 || end.error?.outcome === "not-executed"
      if (isUsedUp || !isCounted) return keep(trip, id)
      const usage = end.attempts === 0 ? Usage.none : Usage.finalOnly(end.usage)
      return ledger.settle(
        id,
        charges.map(({ part }) => part),
        charges.map(({ measure, part }) => measure(usage) ?? part.amount)
      )
    }

    const keep = ({ charges }: Trip, id: string) => {
      const parts = charges.map(({ part }) => part)
      return ledger.settle(id, parts, parts.map(({ amount }) => amount))
    }

    return Interceptor.make({
      call: (call, next) => {
        if (!isMessage(call)) return next(call)
        return Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const counted = yield* Effect.catch(inputTokens(call), (error) => refuseUncounted(call, error))
          const priced = chargesOf(call, counted, now)
          const charges: Array<Charge> = []
          for (const charge of priced) {
            const { amount } = charge.part
            if (amount === undefined) return yield* refuseUnpriced(call, charge.name)
            charges.push({ ...charge, part: { ...charge.part, amount } })
          }
          if (charges.length === 0) return yield* next(call)
          const trip = yield* Effect.uninterruptible(
            Effect.tap(
              Effect.map(reserve(call, charges), (id): Trip => ({ charges, id, isUsedUp: false })),
              (trip) => call.onEnd((end) => settle(trip, end))
            )
          )
          return yield* Effect.updateService(
            next(call),
            CurrentTrips,
            (trips): ReadonlyMap<object, Trip> => new Map(trips).set(self, trip)
          )
        })
      },
      // A retry after an attempt that may have run needs a reservation of its own.
      attempt: (attempt, next) =>
        Effect.flatMap(CurrentTrips, (trips) => {
          const trip = trips.get(self)
          if (trip === undefined) return next(attempt)
          const ready = trip.isUsedUp
            ? Effect.uninterruptible(
              Effect.flatMap(reserve(attempt.call, trip.charges), (id) =>
                Effect.suspend(() => {
                  const before = trip.id
                  trip.id = id
                  trip.isUsedUp = false
                  return keep(trip, before)
                }))
            )
            : Effect.void
          return Effect.andThen(
            ready,
            Effect.tapError(next(attempt), (error) =>
              Effect.sync(() => {
                trip.isUsedUp ||= error.outcome !== "not-executed"
              }))
          )
        })
    })
  })
}

const check = (ceilings: Options["ceilings"]): void => {
  if (ceilings.length === 0) throw new RangeError("ceilings must have at least one ceiling")
  const names = new Set<string>()
  for (const [index, ceiling] of ceilings.entries()) {
    const unit = ceiling.tokens === undefined ? "usd" : "tokens"
    const limit = ceiling[unit]
    if (!(limit !== undefined && limit >= 0 && limit < Infinity)) {
      throw new RangeError(`ceilings[${index}].${unit} must be a number of at least 0, got ${limit}`)
    }
    const name = nameOf(ceiling)
    if (names.has(name)) {
      throw new RangeError(
        `ceilings[${index}].name: "${name}" is the name of another ceiling. Give each a \`name\` of its own.`
      )
    }
    names.add(name)
  }
}
