/** Limits under random interleavings, in virtual time: calls that come, wait, give up, take long and use what they use. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Random, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Ledger } from "../src/internal/budget/ledger.ts"
import { BudgetStore, layerMemory as budgetMemory } from "../src/internal/budget/store.ts"
import { Group } from "../src/internal/limits/group.ts"
import { layerMemory, LimiterStore } from "../src/internal/limits/store.ts"
import { StoreError } from "../src/internal/stores/storeError.ts"
import { WatchedStore } from "../src/internal/stores/watched.ts"

const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Visit = Schema.Struct({
  /** When it comes, in milliseconds. */
  at: int(0, 120_000),
  takes: int(1, 900),
  /** How much of that it uses, in percent. */
  uses: int(0, 100),
  lasts: int(0, 90_000),
  /** When it goes away if it still waits, in milliseconds. */
  patience: int(1, 400_000)
})

const Visits = Schema.Array(Visit).check(Schema.isMinLength(1), Schema.isMaxLength(40))

const watched = () => new WatchedStore("a test", Duration.seconds(1))

const now = Effect.clockWith((clock) => clock.currentTimeMillis)

const limits = { requests: 6, inputTokens: 1000 }

const enter = (group: Group, inputTokens: number) =>
  Effect.uninterruptibleMask((restore) => group.enter({ requests: 1, inputTokens }, Duration.hours(10), restore))

interface Entered {
  readonly at: number
  readonly came: number
  readonly used: number
}

/** The most that enters in any stretch of time, over what a bucket of the limit gives in it. */
const excess = (entered: ReadonlyArray<Entered>, limit: number, cost: (entry: Entered) => number) => {
  let most = -Infinity
  for (const [from, { at }] of entered.entries()) {
    let sum = 0
    for (const entry of entered.slice(from)) {
      sum += cost(entry)
      most = Math.max(most, sum - limit - (entry.at - at) * limit / 60_000)
    }
  }
  return most
}

describe("a limiter", () => {
  it.effect.prop(
    "never lets more through than a bucket holds, in the order in which they came, and forgets nobody",
    { visits: Visits },
    ({ visits }) =>
      Effect.gen(function*() {
        const group = new Group("test", limits, yield* LimiterStore, watched(), "allow")
        const inOrder = [...visits].sort((a, b) => a.at - b.at)
        const entered: Array<Entered> = []
        const visit = ({ at, lasts, patience, takes, uses }: typeof Visit.Type, came: number) =>
          Effect.gen(function*() {
            yield* Effect.sleep(at)
            const place = yield* enter(group, takes).pipe(Effect.timeoutOption(patience))
            if (place._tag === "None") return
            const used = Math.floor(takes * uses / 100)
            entered.push({ at: yield* now, came, used })
            yield* Effect.sleep(lasts)
            yield* group.settle(place.value, { requests: 1, inputTokens: used })
          })
        const all = yield* Effect.forkChild(Effect.all(inOrder.map(visit), { concurrency: "unbounded" }))
        yield* TestClock.adjust("15 minutes")
        assert.isTrue(Exit.isSuccess(yield* Fiber.await(all)))
        assert.isAtMost(excess(entered, limits.requests, () => 1), 1e-3)
        assert.isAtMost(excess(entered, limits.inputTokens, ({ used }) => used), 1e-3)
        const order = entered.map(({ came }) => came)
        assert.deepStrictEqual(order, [...order].sort((a, b) => a - b))
        // What was not used has come back: there is as much as at first.
        const place = yield* group.enter({ requests: 6, inputTokens: 1000 }, Duration.zero, (self) => self)
        assert.deepStrictEqual(place.taken, { requests: 6, inputTokens: 1000 })
      }).pipe(Effect.provide(Layer.fresh(Layer.merge(layerMemory, TestClock.layer())))),
    { arbitrary: { runs: 150, seed: 16 } }
  )
})

const Spending = Schema.Struct({
  visits: Visits,
  /** How many in ten questions the store does not answer; of these it has done half. */
  faults: int(0, 8),
  seed: int(0, 1_000_000)
})

/** A store that fails, before it has done what was asked or after. */
const flaky = (store: BudgetStore["Service"], faults: { rate: number }): BudgetStore["Service"] => {
  const maybe = <A>(self: Effect.Effect<A, StoreError>) =>
    Effect.gen(function*() {
      const [fails, afterwards] = [(yield* Random.next) * 10 < faults.rate, yield* Random.nextBoolean]
      if (!fails) return yield* self
      if (afterwards) yield* self
      return yield* new StoreError({ cause: "flaky" })
    })
  return {
    reserve: (id, entries) => maybe(store.reserve(id, entries)),
    settle: (id, spent) => maybe(store.settle(id, spent))
  }
}

describe("a budget", () => {
  for (const onStoreError of ["fail", "allow"] as const) {
    it.effect.prop(
      `that "${onStoreError}"s without its store is not passed, and adds up in the end`,
      { spending: Spending },
      ({ spending: { faults, seed, visits } }) =>
        Effect.gen(function*() {
          const store = yield* BudgetStore
          const trouble = { rate: faults }
          const ledger = new Ledger(flaky(store, trouble), watched(), onStoreError, yield* Effect.scope)
          const limit = 2000
          const spent = { most: 0, now: 0, total: 0 }
          const visit = ({ at, lasts, takes, uses }: typeof Visit.Type) =>
            Effect.gen(function*() {
              yield* Effect.sleep(at)
              const id = ledger.nextId()
              const parts = [{ account: "a", limit, amount: takes, expiresAt: Infinity }]
              const { exceeded } = yield* ledger.reserve(id, parts)
              if (exceeded >= 0) return
              spent.now += takes
              spent.most = Math.max(spent.most, spent.now)
              yield* Effect.sleep(lasts)
              const used = Math.floor(takes * uses / 100)
              spent.now += used - takes
              spent.total += used
              yield* ledger.settle(id, parts, [used])
            }).pipe(Effect.ignore)
          const all = yield* Effect.forkChild(Effect.all(visits.map(visit), { concurrency: "unbounded" }))
          yield* TestClock.adjust("5 minutes")
          yield* Fiber.join(all)
          assert.isAtMost(spent.most, limit)
          trouble.rate = 0
          yield* TestClock.adjust("1 minute")
          const probe = { account: "a", limit: 0, amount: 1, expiresAt: Infinity, known: { used: 0, life: "" } }
          const { accounts } = yield* store.reserve("probe", [probe])
          assert.strictEqual(accounts[0]?.used, spent.total)
        }).pipe(
          Random.withSeed(seed),
          Effect.provide(Layer.fresh(Layer.merge(budgetMemory, TestClock.layer()))),
          Effect.scoped
        ),
      { arbitrary: { runs: 150, seed: 17 } }
    )
  }
})
