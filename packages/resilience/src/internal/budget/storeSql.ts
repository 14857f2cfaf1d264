/** Budgets in a database: an account is a row, whose update takes the amount where it fits. For PostgreSQL and SQLite. */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { StoreError } from "../stores/storeError.ts"
import { BudgetStore, type Entry, grace, type Known, type Reserved, tolerance } from "./store.ts"

/** Rolls a transaction back. */
class NoRoom extends Data.TaggedError("NoRoom")<{ readonly account: string }> {}

const never = 8_640_000_000_000_000

export const layerSql = (
  options: { readonly table?: string | undefined } = {}
): Layer.Layer<BudgetStore, never, SqlClient.SqlClient> =>
  Layer.effect(
    BudgetStore,
    Effect.map(SqlClient.SqlClient, (client) => {
      const sql = client.withoutTransforms()
      const name = options.table ?? "effect_claude_budgets"
      const accounts = sql(name)
      const reservations = sql(`${name}_reserved`)
      let isThere = false

      const create = Effect.gen(function*() {
        if (isThere) return
        yield* sql`CREATE TABLE IF NOT EXISTS ${accounts} (
          account TEXT PRIMARY KEY, used DOUBLE PRECISION NOT NULL, expires_at BIGINT NOT NULL
        )`
        yield* sql`CREATE TABLE IF NOT EXISTS ${reservations} (
          id TEXT NOT NULL, account TEXT NOT NULL, amount DOUBLE PRECISION NOT NULL,
          expires_at BIGINT NOT NULL, PRIMARY KEY (id, account)
        )`
        isThere = true
      })
      // Of two that create a table at once, PostgreSQL may refuse one.
      const ready = Effect.retry(create, { times: 2 })

      const clean = (now: number) =>
        Effect.andThen(
          sql`DELETE FROM ${reservations} WHERE expires_at < ${now - grace}`,
          sql`DELETE FROM ${accounts} WHERE expires_at < ${now - grace}`
        )

      const usedOf = (account: string) =>
        Effect.map(
          sql<{ readonly used: number }>`SELECT used FROM ${accounts} WHERE account = ${account}`,
          ([row]) => Number(row?.used ?? 0)
        )

      const take = Effect.fnUntraced(function*(id: string, { account, amount, expiresAt, limit }: Entry) {
        const expires = Math.min(expiresAt, never)
        const opened = yield* sql`
          INSERT INTO ${accounts} (account, used, expires_at) VALUES (${account}, 0, ${expires})
          ON CONFLICT (account) DO NOTHING RETURNING account`
        if (opened.length > 0) yield* clean(yield* Clock.currentTimeMillis)
        const reserved = yield* sql`
          INSERT INTO ${reservations} (id, account, amount, expires_at) VALUES (${id}, ${account}, ${amount}, ${expires})
          ON CONFLICT (id, account) DO NOTHING RETURNING id`
        if (reserved.length === 0) return yield* usedOf(account)
        const most = limit === Infinity ? Number.MAX_VALUE : limit + tolerance
        const [taken] = yield* sql<{ readonly used: number }>`
          UPDATE ${accounts} SET used = used + ${amount}
          WHERE account = ${account} AND used + ${amount} <= ${most} RETURNING used`
        return taken === undefined ? yield* new NoRoom({ account }) : Number(taken.used)
      })

      /** In one order, so that two transactions cannot wait for each other. */
      const inOrder = <P extends Pick<Entry, "account">, E>(
        parts: ReadonlyArray<P>,
        each: (part: P) => Effect.Effect<number, E>
      ) =>
        Effect.map(
          Effect.forEach(
            [...parts].sort((a, b) => a.account < b.account ? -1 : 1),
            (part) => Effect.map(each(part), (used) => [part.account, used] as const)
          ),
          (all): ReadonlyMap<string, number> => new Map(all)
        )

      const known = (parts: ReadonlyArray<Pick<Entry, "account">>, used: ReadonlyMap<string, number>) =>
        parts.map(({ account }): Known => ({ used: used.get(account) ?? 0, life: "sql" }))

      const reserve = (id: string, entries: ReadonlyArray<Entry>): Effect.Effect<Reserved, SqlError> =>
        sql.withTransaction(inOrder(entries, (entry) => take(id, entry))).pipe(
          Effect.map((used) => ({ exceeded: -1, accounts: known(entries, used) })),
          Effect.catchTag("NoRoom", ({ account }) =>
            Effect.map(
              inOrder(entries, ({ account }) => usedOf(account)),
              (used) => ({
                exceeded: entries.findIndex((entry) => entry.account === account),
                accounts: known(entries, used)
              })
            ))
        )

      const correct = Effect.fnUntraced(function*(id: string, { account, amount }: Pick<Entry, "account" | "amount">) {
        const [reserved] = yield* sql<{ readonly amount: number }>`
          DELETE FROM ${reservations} WHERE id = ${id} AND account = ${account} RETURNING amount`
        if (reserved === undefined) {
          return yield* usedOf(account)
        }
        const [row] = yield* sql<{ readonly used: number }>`
          UPDATE ${accounts} SET used = used + ${
          amount - Number(reserved.amount)
        } WHERE account = ${account} RETURNING used`
        return Number(row?.used ?? 0)
      })

      const settle = (id: string, spent: ReadonlyArray<Pick<Entry, "account" | "amount">>) => {
        const each = (part: Pick<Entry, "account" | "amount">) => correct(id, part)
        return Effect.map(sql.withTransaction(inOrder(spent, each)), (used) => known(spent, used))
      }

      const asked = <A>(self: Effect.Effect<A, SqlError>): Effect.Effect<A, StoreError> =>
        Effect.mapError(Effect.andThen(ready, self), (cause) => new StoreError({ cause }))

      return {
        reserve: (id, entries) => asked(reserve(id, entries)),
        settle: (id, spent) => asked(settle(id, spent))
      }
    })
  )
