/** SQLite through Effect's `SqlClient`, over the one in Node. */
import { Effect, Layer, Semaphore, Stream } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { SqlClient, type SqlConnection, SqlError, Statement } from "effect/sql"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"

export const sqlite = (path: string) =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.gen(function*() {
      const database = yield* Effect.acquireRelease(
        Effect.sync(() => new DatabaseSync(path)),
        (database) => Effect.sync(() => database.close())
      )
      database.exec("PRAGMA busy_timeout = 5000")
      const run = (sql: string, params: ReadonlyArray<unknown>) =>
        Effect.try({
          try: () => database.prepare(sql).all(...params as ReadonlyArray<SQLInputValue>),
          catch: (cause) => new SqlError.SqlError({ reason: SqlError.classifySqliteError(cause) })
        })
      const values = (sql: string, params: ReadonlyArray<unknown>) =>
        Effect.map(run(sql, params), (rows) => rows.map((row) => Object.values(row)))
      const connection: SqlConnection.Connection = {
        execute: run,
        executeRaw: run,
        executeStream: (sql, params) => Stream.fromIterableEffect(run(sql, params)),
        executeUnprepared: run,
        executeValues: values,
        executeValuesUnprepared: values
      }
      return yield* SqlClient.make({
        ...SqlClient.makeSqliteAcquirers({
          connection: Effect.succeed(connection),
          semaphore: Semaphore.makeUnsafe(1)
        }),
        beginTransaction: "BEGIN IMMEDIATE",
        compiler: Statement.makeCompilerSqlite(),
        driver: "node-sqlite",
        spanAttributes: []
      })
    })
  ).pipe(Layer.provide(Reactivity.layer))
