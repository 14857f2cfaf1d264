/**
 * Budgets in Redis. An account is a hash: `base`, what was spent in a former life of it, `added`, what was spent in this
 * one, `life`, and what each reservation took. Where Redis has lost it, each process brings what it knows as `base`.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redis from "effect/persistence/Redis"
import { StoreError } from "../stores/storeError.ts"
import { BudgetStore, type Entry, grace, type Known, type Reserved, tolerance } from "./store.ts"

const reserve = Redis.script(
  (prefix: string, id: string, life: string, entries: ReadonlyArray<Entry>) => [
    ...entries.map(({ account }) => prefix + account),
    id,
    life,
    tolerance,
    ...entries.flatMap(({ amount, expiresAt, known, limit }) => [
      limit === Infinity ? "inf" : limit,
      amount,
      expiresAt === Infinity ? 0 : Math.ceil(expiresAt + grace),
      known.used,
      known.life
    ])
  ],
  {
    numberOfKeys: (_prefix, _id, _life, entries) => entries.length,
    lua: `
local id, life, tolerance = ARGV[1], ARGV[2], tonumber(ARGV[3])
local exceeded, fields = -1, { "-1" }
local function text(number) return string.format("%.17g", number) end
for i, key in ipairs(KEYS) do
  local at = 3 + (i - 1) * 5
  local limit, amount, expires, knownUsed, knownLife =
    tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), ARGV[at + 5]
  local now = redis.call("HGET", key, "life")
  if not now then
    redis.call("HSET", key, "life", life, "base", text(knownUsed), "added", "0")
    if expires > 0 then redis.call("PEXPIREAT", key, expires) end
    now = life
  elseif knownLife ~= "" and knownLife ~= now and knownUsed > tonumber(redis.call("HGET", key, "base")) then
    redis.call("HSET", key, "base", text(knownUsed))
  end
  local used = tonumber(redis.call("HGET", key, "base")) + tonumber(redis.call("HGET", key, "added"))
  if redis.call("HEXISTS", key, "id:" .. id) == 0 and used + amount > limit + tolerance and exceeded < 0 then
    exceeded = i - 1
  end
  fields[#fields + 1] = text(used)
  fields[#fields + 1] = now
end
if exceeded >= 0 then
  fields[1] = text(exceeded)
  return fields
end
for i, key in ipairs(KEYS) do
  if redis.call("HEXISTS", key, "id:" .. id) == 0 then
    local amount = tonumber(ARGV[3 + (i - 1) * 5 + 2])
    redis.call("HSET", key, "added", text(tonumber(redis.call("HGET", key, "added")) + amount), "id:" .. id, text(amount))
    fields[i * 2] = text(tonumber(fields[i * 2]) + amount)
  end
end
return fields
`
  }
).withReturnType<ReadonlyArray<string>>()

const settle = Redis.script(
  (prefix: string, id: string, spent: ReadonlyArray<Pick<Entry, "account" | "amount">>) => [
    ...spent.map(({ account }) => prefix + account),
    id,
    ...spent.map(({ amount }) => amount)
  ],
  {
    numberOfKeys: (_prefix, _id, spent) => spent.length,
    lua: `
local fields = {}
for i, key in ipairs(KEYS) do
  local reserved = redis.call("HGET", key, "id:" .. ARGV[1])
  if reserved then
    local added = tonumber(redis.call("HGET", key, "added")) + tonumber(ARGV[i + 1]) - tonumber(reserved)
    redis.call("HSET", key, "added", string.format("%.17g", added))
    redis.call("HDEL", key, "id:" .. ARGV[1])
  end
  local base, added = redis.call("HGET", key, "base"), redis.call("HGET", key, "added")
  fields[#fields + 1] = base and string.format("%.17g", tonumber(base) + tonumber(added)) or "0"
  fields[#fields + 1] = redis.call("HGET", key, "life") or ""
end
return fields
`
  }
).withReturnType<ReadonlyArray<string>>()

const accountsIn = (fields: ReadonlyArray<string>): ReadonlyArray<Known> =>
  Array.from({ length: fields.length / 2 }, (_, index) => ({
    used: Number(fields[index * 2]),
    life: String(fields[index * 2 + 1])
  }))

export const layerRedis = (
  options: { readonly prefix?: string | undefined } = {}
): Layer.Layer<BudgetStore, never, Redis.Redis> =>
  Layer.effect(
    BudgetStore,
    Effect.map(Redis.Redis, (redis) => {
      const prefix = options.prefix ?? "effect-claude:budget:"
      const life = crypto.randomUUID()
      const runReserve = redis.eval(reserve)
      const runSettle = redis.eval(settle)
      let lives = 0
      return {
        reserve: (id, entries) =>
          Effect.mapBoth(runReserve(prefix, id, `${life}:${lives++}`, entries), {
            onSuccess: ([exceeded, ...fields]): Reserved => ({
              exceeded: Number(exceeded),
              accounts: accountsIn(fields)
            }),
            onFailure: (cause) => new StoreError({ cause })
          }),
        settle: (id, spent) =>
          Effect.mapBoth(runSettle(prefix, id, spent), {
            onSuccess: accountsIn,
            onFailure: (cause) => new StoreError({ cause })
          })
      }
    })
  )
