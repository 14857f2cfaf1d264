/** What every store of budgets promises, on the stores themselves. */
import { Budget, type Stores } from "@effect-claude/resilience"
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { postgres } from "./support/postgres.ts"
import { redis } from "./support/redis.ts"
import { describeWith, postgres as postgresService, redis as redisService } from "./support/services.ts"
import { sqlite } from "./support/sqlite.ts"

const entry = (account: string, limit: number, amount: number) => ({
  account,
  limit,
  amount,
  expiresAt: Infinity,
  known: { used: 0, life: "" }
})

/** How much is spent of an account. */
const usedOf = (account: string) =>
  Effect.flatMap(
    Budget.BudgetStore,
    ({ reserve }) =>
      Effect.map(reserve(`probe:${Math.random()}`, [entry(account, 0, 1)]), ({ accounts }) => accounts[0]?.used)
  )

const promises = (layer: Layer.Layer<Budget.BudgetStore>) => {
  it.layer(layer)((it) => {
    it.effect("takes all entries or none", () =>
      Effect.gen(function*() {
        const { reserve } = yield* Budget.BudgetStore
        const all = yield* reserve("all-1", [entry("all-a", 10, 4), entry("all-b", 10, 6)])
        assert.deepStrictEqual([all.exceeded, all.accounts.map(({ used }) => used)], [-1, [4, 6]])
        const none = yield* reserve("all-2", [entry("all-a", 10, 5), entry("all-b", 10, 5)])
        assert.deepStrictEqual([none.exceeded, none.accounts.map(({ used }) => used)], [1, [4, 6]])
        assert.strictEqual(yield* usedOf("all-a"), 4)
      }))

    it.effect("takes an id once, however often it is asked", () =>
      Effect.gen(function*() {
        const { reserve } = yield* Budget.BudgetStore
        yield* reserve("once", [entry("once", 10, 6)])
        const { accounts, exceeded } = yield* reserve("once", [entry("once", 10, 6)])
        assert.deepStrictEqual([exceeded, accounts[0]?.used], [-1, 6])
      }))

    it.effect("corrects an id once", () =>
      Effect.gen(function*() {
        const { reserve, settle } = yield* Budget.BudgetStore
        yield* reserve("settled", [entry("settled", 10, 6)])
        yield* settle("settled", [{ account: "settled", amount: 2.5 }])
        yield* settle("settled", [{ account: "settled", amount: 2.5 }])
        yield* settle("never heard of", [{ account: "settled", amount: 0 }])
        assert.strictEqual(yield* usedOf("settled"), 2.5)
      }))

    it.effect("never gives more than there is, whoever asks at the same time", () =>
      Effect.gen(function*() {
        const { reserve, settle } = yield* Budget.BudgetStore
        const ask = (index: number): Effect.Effect<number, Stores.StoreError, Budget.BudgetStore> =>
          Effect.gen(function*() {
            const id = `many:${index}`
            const { exceeded } = yield* reserve(id, [entry("many", 10, 0.7), entry(`many:${index % 2}`, 6, 0.7)])
            if (exceeded >= 0) return 0
            const amount = index % 3 === 0 ? 0.1 : 0.7
            yield* settle(id, [{ account: "many", amount }, { account: `many:${index % 2}`, amount }])
            return amount
          })
        const amounts = yield* Effect.forEach(Array.from({ length: 60 }, (_, index) => index), ask, { concurrency: 20 })
        const spent = amounts.reduce((sum, amount) => sum + amount, 0)
        assert.isAbove(spent, 9)
        assert.closeTo((yield* usedOf("many")) ?? NaN, spent, 1e-6)
        assert.isAtMost(spent, 10 + 1e-6)
      }))
  })
}

describe("in memory", () => promises(Budget.layerStoreMemory))

describe("in SQLite", () => promises(Budget.layerStoreSql().pipe(Layer.provide(sqlite(":memory:")))))

describeWith(postgresService, "in PostgreSQL", (found) =>
  promises(
    Budget.layerStoreSql().pipe(
      Layer.provide(Layer.orDie(Layer.unwrap(
        Effect.map(postgres(found), (url) => PgClient.layer({ url: Redacted.make(url) }))
      )))
    )
  ))

describeWith(redisService, "in Redis", (found) =>
  promises(
    Budget.layerStoreRedis().pipe(
      Layer.provide(Layer.orDie(Layer.unwrap(Effect.map(redis(found), ({ url }) => NodeRedis.layer({ url })))))
    )
  ))
