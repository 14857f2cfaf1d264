/**
 * Ceilings on what calls may use: in tokens or money, for all time or for each hour, day or month, for all or by tenant.
 *
 * **Details**
 *
 * A call reserves the most that it can use, its input and `max_tokens`, under every ceiling at once. Where one has no room
 * it is refused with a `RequestRejectedError`, reason `BudgetExceeded`, which says what is left and until when. As the call
 * ends it is charged what the API has counted. Usage that was not counted to the end (a cut or cancelled stream, an answer
 * that got lost) is charged as reserved, and a retry after it reserves anew.
 *
 * Calls at the same time never go past a ceiling together: reserving is one atomic step of the store.
 *
 * | store | for | where it is lost |
 * | --- | --- | --- |
 * | {@link layerStoreMemory} | a process | with the process |
 * | {@link layerStoreRedis} | a fleet | each process gives back what it knows; with `appendonly` nothing is lost |
 * | {@link layerStoreSql} | a fleet, PostgreSQL or SQLite | never |
 *
 * While its store is down a budget refuses calls, reason `StoreUnavailable`. With `onStoreError: "allow"` each process goes
 * on by what it knows, refuses what would go past that, and tells the store later.
 *
 * **Gotchas**
 *
 * - Input is estimated unless `inputTokens` counts it. Where the estimate is too low, the ceiling is overshot by what is
 *   missing, at most once for each call in flight. With `Tokens.counted` it is not.
 * - Tools that run on the API's side (web search) bring input of their own, which nobody knows before.
 * - Money needs a price for the model: without one a call is refused, reason `Unsupported`.
 * - A process that dies leaves its reservations charged.
 * - A fallback belongs outside, so that each model it tries is charged at its own price.
 *
 * **Example** (Ten dollars a day for each tenant)
 *
 * ```ts
 * import { Budget } from "@effect-claude/resilience"
 * import { Layer } from "effect"
 * import { Claude } from "effect-claude"
 *
 * const budget = Budget.layer({
 *   ceilings: [
 *     { usd: 10, per: "day", key: ({ params }) => tenantOf(params.metadata) },
 *     { usd: 1000, per: "month" }
 *   ]
 * })
 *
 * export const ClaudeLive = Claude.layerConfig().pipe(
 *   Layer.provide(budget),
 *   Layer.provide(Budget.layerStoreMemory)
 * )
 *
 * declare const tenantOf: (metadata: unknown) => string
 * ```
 *
 * **Example** (At most 50,000 tokens for a task)
 *
 * ```ts
 * import { Budget } from "@effect-claude/resilience"
 * import { Effect } from "effect"
 * import { Claude, type ClaudeError } from "effect-claude"
 *
 * declare const task: Effect.Effect<string, ClaudeError.ClaudeError, Claude.Claude>
 *
 * export const program = Effect.gen(function*() {
 *   const budget = yield* Budget.memory({ ceilings: [{ tokens: 50_000 }] })
 *   return yield* Claude.withInterceptor(task, budget)
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 */
import * as Interceptor from "effect-claude/Interceptor"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redis from "effect/persistence/Redis"
import type * as Scope from "effect/Scope"
import type * as SqlClient from "effect/sql/SqlClient"
import * as Budgets from "./internal/budget/interceptor.ts"
import type { Options } from "./internal/budget/options.ts"
import * as Store from "./internal/budget/store.ts"
import * as StoreRedis from "./internal/budget/storeRedis.ts"
import * as StoreSql from "./internal/budget/storeSql.ts"

export type { Ceiling, CeilingOptions, Options } from "./internal/budget/options.ts"
export { BudgetStore } from "./internal/budget/store.ts"

/**
 * Refuses calls that may go past a ceiling. See the top of this module. Throws a `RangeError` where there is no ceiling, one
 * is not a number of at least 0, or two have the same name.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const make = (
  options: Options
): Effect.Effect<Interceptor.Interceptor, never, Store.BudgetStore | Scope.Scope> => Budgets.make(options)

/**
 * {@link make} in this process alone, with a memory of its own.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const memory = (options: Options): Effect.Effect<Interceptor.Interceptor, never, Scope.Scope> =>
  Effect.provide(make(options), Layer.fresh(Store.layerMemory))

/**
 * {@link make} for the Claude layers that it is provided to.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<never, never, Store.BudgetStore> =>
  Interceptor.layer(make(options))

/**
 * Keeps what is spent in this process.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layerStoreMemory: Layer.Layer<Store.BudgetStore> = Store.layerMemory

/**
 * Keeps what is spent in Redis, for all processes that use the same `prefix` (default `"effect-claude:budget:"`). On a
 * cluster the prefix needs a hash tag, as `"{budget}:"`.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layerStoreRedis: (
  options?: { readonly prefix?: string | undefined }
) => Layer.Layer<Store.BudgetStore, never, Redis.Redis> = StoreRedis.layerRedis

/**
 * Keeps what is spent in PostgreSQL or SQLite, in `table` (default `"effect_claude_budgets"`) and in one that is named after
 * it. The first use makes them. Rows go an hour after their time.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layerStoreSql: (
  options?: { readonly table?: string | undefined }
) => Layer.Layer<Store.BudgetStore, never, SqlClient.SqlClient> = StoreSql.layerSql
