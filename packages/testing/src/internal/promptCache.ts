/** The prompt cache: which beginning of a prompt was there before, and how long it is kept. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import { CacheControl } from "./messageRequest.ts"
import type { Prompt } from "./prompt.ts"
import { parts, tokensOf } from "./prompt.ts"

export interface CacheUsage {
  readonly read: number
  readonly written5m: number
  readonly written1h: number
}

/** What a prompt finds in the cache. Nothing is written before `write` runs. */
export interface Lookup {
  readonly usage: CacheUsage
  readonly write: Effect.Effect<void>
}

export interface PromptCache {
  readonly look: (prompt: CacheablePrompt) => Effect.Effect<Lookup>
  readonly clear: () => void
}

export interface CacheablePrompt extends Prompt {
  readonly model: string
  readonly cache_control?: unknown
}

/** Shorter beginnings are not kept. */
const leastTokens = 1024

const minutes = 60_000

const lifetimes = { "5m": 5 * minutes, "1h": 60 * minutes } as const

type Ttl = keyof typeof lifetimes

const decodeMarked = Schema.decodeUnknownOption(Schema.Struct({ cache_control: CacheControl }))

/** How long the prompt up to this part is to be kept, if it is. */
const ttlOf = (part: unknown): Ttl | undefined =>
  Option.getOrUndefined(Option.map(decodeMarked(part), ({ cache_control }) => cache_control.ttl ?? "5m"))

/** The `cache_control` of a request itself marks its last part. */
export const marks = (prompt: CacheablePrompt): ReadonlyArray<Ttl | undefined> => {
  const ttls = parts(prompt).map(ttlOf)
  const automatic = ttlOf(prompt)
  return automatic === undefined ? ttls : [...ttls.slice(0, -1), ttls.at(-1) ?? automatic]
}

const withoutMark = (part: unknown): string =>
  JSON.stringify(part, (name, value: unknown) => name === "cache_control" ? undefined : value)

interface Beginning {
  readonly key: string
  /** From the first part on. */
  readonly tokens: number
  readonly ttl: Ttl | undefined
}

const beginnings = (prompt: CacheablePrompt): ReadonlyArray<Beginning> => {
  const ttls = marks(prompt)
  let key = prompt.model
  let tokens = 0
  return parts(prompt).slice(0, ttls.findLastIndex((ttl) => ttl !== undefined) + 1).map((part, index) => {
    key = createHash("sha256").update(key).update(withoutMark(part)).digest("base64")
    tokens += tokensOf(part)
    return { key, tokens, ttl: ttls[index] }
  })
}

export const unused: CacheUsage = { read: 0, written5m: 0, written1h: 0 }

const nothing: Lookup = { usage: unused, write: Effect.void }

export const make = (): PromptCache => {
  const expiries = new Map<string, { readonly at: number; readonly ttl: Ttl }>()

  const keep = (key: string, ttl: Ttl, now: number) => expiries.set(key, { at: now + lifetimes[ttl], ttl })

  const look = Effect.fnUntraced(function*(prompt: CacheablePrompt) {
    const long = beginnings(prompt).filter(({ tokens }) => tokens >= leastTokens)
    if (long.length === 0) return nothing
    const now = yield* Clock.currentTimeMillis
    const found = long.findLast(({ key }) => (expiries.get(key)?.at ?? -Infinity) > now)
    const read = found?.tokens ?? 0
    const written = { "5m": 0, "1h": 0 }
    const fresh = long.flatMap(({ key, tokens, ttl }) =>
      ttl === undefined || tokens <= read ? [] : [{ key, tokens, ttl }]
    )
    let last = read
    for (const { tokens, ttl } of fresh) {
      written[ttl] += tokens - last
      last = tokens
    }
    const write = Effect.sync(() => {
      for (const { key, ttl } of fresh) keep(key, ttl, now)
      // What is read lives on for as long again.
      const kept = found && expiries.get(found.key)
      if (found !== undefined && kept !== undefined) keep(found.key, kept.ttl, now)
    })
    return { usage: { read, written5m: written["5m"], written1h: written["1h"] }, write }
  })

  return { look, clear: () => expiries.clear() }
}
