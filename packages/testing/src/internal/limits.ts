/** Rate limits as token buckets: full at first, they refill evenly, a minute from empty to full. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as ApiError from "./apiError.ts"
import { monthlyCap } from "./limitMessages.ts"

/**
 * How much one key may use of one group of models in a minute. Each limit is a bucket that is full at first and refills
 * evenly. An empty bucket answers 429, with a `retry-after` that is long enough. Default: no limit.
 *
 * @category models
 * @since 0.1.0
 */
export interface RateLimits {
  readonly requestsPerMinute?: number | undefined
  readonly inputTokensPerMinute?: number | undefined
  /** A message needs a non-empty bucket to begin, and takes its true length from it, not its `max_tokens`. */
  readonly outputTokensPerMinute?: number | undefined
}

/**
 * Limits on messages, and on what is stored.
 *
 * @category models
 * @since 0.1.0
 */
export interface Limits extends RateLimits {
  /** Other limits for some groups: models of a line and a generation, as in `"opus-5"` for `claude-opus-5-5`. */
  readonly groups?: Readonly<Record<string, RateLimits>> | undefined
  /** Input and output tokens of a key before it gets 429 without `retry-after` for good: a tier's monthly cap. */
  readonly tokensPerMonth?: number | undefined
  /** How much all files may take together before an upload gets 400 with the code `storage_quota_exceeded`. */
  readonly storageBytes?: number | undefined
}

class Bucket {
  readonly limit: number
  #level: number
  #at: number

  constructor(limit: number, now: number) {
    this.limit = limit
    this.#level = limit
    this.#at = now
  }

  #perMillis(): number {
    return this.limit / 60_000
  }

  level(now: number): number {
    this.#level = Math.min(this.limit, this.#level + Math.max(0, now - this.#at) * this.#perMillis())
    this.#at = now
    return this.#level
  }

  /** How long until there is so much, in milliseconds. More than it can hold is all it can hold. */
  wait(amount: number, now: number): number {
    // What time adds up to is off by less than this.
    const missing = Math.min(amount, this.limit) - this.level(now) - 1e-6
    return missing <= 0 ? 0 : missing / this.#perMillis()
  }

  /** May leave a debt, as an answer that turns out longer than what was left does. */
  take(amount: number, now: number): void {
    this.#level = this.level(now) - amount
  }
}

interface Buckets {
  readonly requests: Bucket | undefined
  readonly "input-tokens": Bucket | undefined
  readonly "output-tokens": Bucket | undefined
}

const names = ["requests", "input-tokens", "output-tokens"] as const

type Name = (typeof names)[number]

const settings = {
  requests: "requestsPerMinute",
  "input-tokens": "inputTokensPerMinute",
  "output-tokens": "outputTokensPerMinute"
} as const satisfies Record<Name, keyof Limits>

/** Models of a line and a generation share their limits: `claude-opus-5-5` is in the group `opus-5`. */
const groupOf = (model: string): string => {
  const [, line, generation] = /^claude-([a-z]+)-(\d+)/.exec(model) ?? []
  return line === undefined ? model : `${line}-${generation}`
}

const perSecond = (time: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(Math.ceil(time / 1000) * 1000)).replace(/\.\d+Z$/, "Z")

const describe = (name: string, bucket: { readonly limit: number; readonly left: number; readonly full: number }) => ({
  [`anthropic-ratelimit-${name}-limit`]: String(bucket.limit),
  [`anthropic-ratelimit-${name}-remaining`]: String(Math.max(0, Math.floor(bucket.left))),
  [`anthropic-ratelimit-${name}-reset`]: perSecond(bucket.full)
})

const headersOf = (buckets: Buckets, now: number): Readonly<Record<string, string>> => {
  const states = names.flatMap((name) => {
    const bucket = buckets[name]
    return bucket === undefined
      ? []
      : [{ name, limit: bucket.limit, left: bucket.level(now), full: now + bucket.wait(bucket.limit, now) }]
  })
  const tokens = states.filter(({ name }) => name !== "requests")
  const both = tokens.length < 2 ? [] : [{
    name: "tokens",
    limit: tokens.reduce((sum, { limit }) => sum + limit, 0),
    left: tokens.reduce((sum, { left }) => sum + Math.max(0, left), 0),
    full: Math.max(...tokens.map(({ full }) => full))
  }]
  return Object.assign({}, ...[...states, ...both].map((state) => describe(state.name, state)))
}

/** What a message costs before it is written. */
export interface Cost {
  readonly key: string
  readonly model: string
  readonly inputTokens: number
}

/** Takes what was written, and gives the headers that say what is left. */
export type Settle = (outputTokens: number) => Effect.Effect<Readonly<Record<string, string>>>

/** A bucket as it stands. */
export interface BucketState {
  /** Which key, by the order in which they came: never the key. */
  readonly key: number
  readonly group: string
  readonly name: Name
  readonly limit: number
  readonly left: number
}

export interface Limiter {
  /** The buckets that were used. */
  readonly state: Effect.Effect<ReadonlyArray<BucketState>>
  readonly admit: (cost: Cost) => Effect.Effect<Settle, ApiError.ApiError>
}

const refusal = (name: Name, group: string, limit: number): string =>
  `This request would exceed your organization's rate limit of ${limit.toLocaleString("en")} ` +
  `${name.replace("-", " ")} per minute (models: ${group}). Please reduce the rate of your requests.`

export const make = (limits: Limits): Limiter => {
  const groups = new Map<string, { readonly key: string; readonly group: string; readonly buckets: Buckets }>()
  const spent = new Map<string, number>()

  const bucketsOf = (key: string, group: string, now: number): Buckets => {
    const id = JSON.stringify([key, group])
    const found = groups.get(id)
    if (found !== undefined) return found.buckets
    const own = { ...limits, ...limits.groups?.[group] }
    const bucket = (name: Name) => {
      const limit = own[settings[name]]
      return limit === undefined ? undefined : new Bucket(limit, now)
    }
    const buckets = {
      requests: bucket("requests"),
      "input-tokens": bucket("input-tokens"),
      "output-tokens": bucket("output-tokens")
    }
    groups.set(id, { key, group, buckets })
    return buckets
  }

  const admit = Effect.fnUntraced(function*({ inputTokens, key, model }: Cost) {
    const now = yield* Clock.currentTimeMillis
    if (limits.tokensPerMonth !== undefined && (spent.get(key) ?? 0) >= limits.tokensPerMonth) {
      return yield* new ApiError.ApiError({ status: 429, detail: monthlyCap })
    }
    const group = groupOf(model)
    const buckets = bucketsOf(key, group, now)
    // Output is only known as it is written: something must be left, whatever `max_tokens` says.
    const needs = { requests: 1, "input-tokens": inputTokens, "output-tokens": 1 }
    const waits = names.map((name) => ({ name, wait: buckets[name]?.wait(needs[name], now) ?? 0 }))
    const { name, wait } = waits.reduce((longest, next) => next.wait > longest.wait ? next : longest)
    if (wait > 0) {
      return yield* new ApiError.ApiError({
        status: 429,
        detail: refusal(name, group, buckets[name]?.limit ?? 0),
        headers: { ...headersOf(buckets, now), "retry-after": String(Math.ceil(wait / 1000)) }
      })
    }
    buckets.requests?.take(1, now)
    buckets["input-tokens"]?.take(inputTokens, now)
    return (outputTokens: number) =>
      Effect.sync(() => {
        buckets["output-tokens"]?.take(outputTokens, now)
        spent.set(key, (spent.get(key) ?? 0) + inputTokens + outputTokens)
        return headersOf(buckets, now)
      })
  })

  const state = Effect.map(Clock.currentTimeMillis, (now) => {
    const keys = [...new Set(Array.from(groups.values(), ({ key }) => key))]
    return Array.from(groups.values(), ({ buckets, group, key }) =>
      names.flatMap((name) => {
        const bucket = buckets[name]
        return bucket === undefined
          ? []
          : [{ key: 1 + keys.indexOf(key), group, name, limit: bucket.limit, left: bucket.level(now) }]
      })).flat()
  })

  return { admit, state }
}
