/**
 * Where the buckets of a limiter are: in memory, or in Redis for a fleet.
 *
 * Effect's `RateLimiter` keeps one bucket a key, gives nothing back, hands out a full bucket where Redis has lost it, and has
 * no pause for all processes. A call here takes from three buckets at once, and most of the output that it takes in advance
 * comes back.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redis from "effect/persistence/Redis"
import { monotonicMillis } from "../monotonic.ts"
import { StoreError } from "../stores/storeError.ts"
import { type Buckets, type Change, changed, type Levels } from "./buckets.ts"

/**
 * Keeps the buckets of limiters. A change is atomic: it refills the buckets of a key, takes from all of them, and says
 * what they hold then. Buckets can hold less than nothing: that is a debt, and who made it waits until it is paid.
 *
 * @category services
 * @stability experimental
 * @since 0.1.0
 */
export class LimiterStore extends Context.Service<LimiterStore, {
  readonly change: (key: string, change: Change) => Effect.Effect<Levels, StoreError>
  /** In this process: it answers at once and always, and needs no time limit. */
  readonly isLocal?: boolean
}>()("@effect-claude/resilience/LimiterStore") {}

export const layerMemory: Layer.Layer<LimiterStore> = Layer.sync(LimiterStore, () => {
  const keys = new Map<string, Buckets>()
  return {
    isLocal: true,
    change: (key, change) =>
      Effect.map(monotonicMillis, (now) => {
        const next = changed(keys.get(key), change, now)
        keys.set(key, next)
        return { levels: next.levels, pausedMillis: Math.max(0, next.pausedUntil - now) }
      })
  }
})

/** The same arithmetic as `changed`, by the clock of Redis. */
const script = Redis.script(
  (key: string, { buckets, pauseMillis }: Change) => [
    key,
    pauseMillis,
    ...buckets.flatMap(({ atMost, known, limit, name, take }) => [name, limit, take, known, Math.min(atMost, limit)])
  ],
  {
    numberOfKeys: 1,
    lua: `
local key = KEYS[1]
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local at = tonumber(redis.call("HGET", key, "at") or now)
local untilMs = tonumber(redis.call("HGET", key, "pausedUntil") or 0)
local pause = tonumber(ARGV[1])
if pause > 0 then untilMs = math.max(untilMs, now + pause) end
local keep = untilMs - now
local levels = {}
for i = 2, #ARGV, 5 do
  local name, limit, take = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local level = tonumber(redis.call("HGET", key, "level:" .. name))
  if level then level = level + math.max(0, now - at) * limit / 60000 else level = tonumber(ARGV[i + 3]) end
  level = math.min(math.min(level, tonumber(ARGV[i + 4])) - take, limit)
  local text = string.format("%.17g", level)
  redis.call("HSET", key, "level:" .. name, text)
  levels[#levels + 1] = text
  keep = math.max(keep, (limit - level) / limit * 60000)
end
redis.call("HSET", key, "at", string.format("%.17g", math.max(at, now)), "pausedUntil", string.format("%.17g", untilMs))
redis.call("PEXPIRE", key, math.ceil(keep) + 60000)
return { string.format("%.17g", math.max(0, untilMs - now)), unpack(levels) }
`
  }
).withReturnType<readonly [pausedMillis: string, ...levels: ReadonlyArray<string>]>()

export const layerRedis = (options: { readonly prefix?: string | undefined } = {}): Layer.Layer<
  LimiterStore,
  never,
  Redis.Redis
> =>
  Layer.effect(
    LimiterStore,
    Effect.map(Redis.Redis, (redis) => {
      const run = redis.eval(script)
      const prefix = options.prefix ?? "effect-claude:limits:"
      return {
        change: (key, change) =>
          Effect.mapBoth(run(prefix + key, change), {
            onSuccess: ([pausedMillis, ...levels]): Levels => ({
              levels: Object.fromEntries(change.buckets.map(({ name }, index) => [name, Number(levels[index])])),
              pausedMillis: Number(pausedMillis)
            }),
            onFailure: (cause) => new StoreError({ cause })
          })
      }
    })
  )
