/** The parts of a server, at work: each lets a call pass, or says why not. */
import * as ClaudeError from "effect-claude/ClaudeError"
import * as Duration from "effect/Duration"
import type * as Scenario from "../Scenario.ts"
import * as Server from "../Server.ts"
import type { Prng } from "./Prng.ts"

/** What the gates have done to a call that got through so far. */
export interface Passage {
  slowdown: number
  /** Milliseconds. */
  wait: number
}

export type Gate = (now: number, passage: Passage) => Server.Failure | undefined

interface Surroundings {
  /** How much larger the crowd is than the one that rates are written for. */
  readonly scale: number
  readonly usage: Scenario.Scenario["usage"]
  readonly prng: Prng
}

type Makers = {
  readonly [Tag in Server.Part["_tag"]]: (part: Extract<Server.Part, { _tag: Tag }>, around: Surroundings) => Gate
}

export const makeGate = <P extends Server.Part>(part: P, around: Surroundings): Gate => {
  const maker: (part: never, around: Surroundings) => Gate = makers[part._tag]
  return maker(part as never, around)
}

const open: Gate = () => undefined

const makers: Makers = {
  Failing: ({ failures, rate, slowdown, window }, { prng }) => {
    const choose = chooser(failures, prng)
    return (now, passage) => {
      if (now < window.from || now >= window.to) return undefined
      passage.slowdown *= slowdown
      return rate < 1 && prng.nextDoubleUnsafe() >= rate ? undefined : choose()
    }
  },

  Overload: ({ capacity, fullAt, refusalCost, refusesFrom }, { prng, scale }) => {
    const millisPerCall = 1000 / (capacity * scale)
    /** When the queue is worked off. */
    let freeAt = 0
    return (now, passage) => {
      const wait = Math.max(0, freeAt - now)
      const refused = wait > refusesFrom && prng.nextDoubleUnsafe() < (wait - refusesFrom) / (fullAt - refusesFrom)
      freeAt = now + wait + millisPerCall * (refused ? refusalCost : 1)
      if (refused) return Server.overloaded
      passage.wait += wait
      return undefined
    }
  },

  RateLimit: ({ burst, inputTokensPerMinute, outputTokensPerMinute, requestsPerMinute }, { scale, usage }) => {
    const limits = [
      { perMinute: requestsPerMinute, cost: 1 },
      { perMinute: inputTokensPerMinute, cost: usage.inputTokens },
      { perMinute: outputTokensPerMinute, cost: usage.outputTokens }
    ]
    const buckets = limits.filter(({ cost, perMinute }) => cost > 0 && Number.isFinite(perMinute))
      .map(({ cost, perMinute }) => new Bucket(cost, perMinute * scale / 60_000, burst))
    return (now) => {
      const wait = buckets.reduce((longest, bucket) => Math.max(longest, bucket.wait(now)), 0)
      if (wait > 0) return rateLimited(Math.ceil(wait / 1000))
      for (const bucket of buckets) bucket.take()
      return undefined
    }
  },

  // Takes whole attempts, not calls: see `Row`.
  Contention: () => open
}

class Bucket {
  private level: number
  private at = 0
  private readonly cost: number
  private readonly perMilli: number
  private readonly size: number

  constructor(cost: number, perMilli: number, burst: number) {
    this.cost = cost
    this.perMilli = perMilli
    this.size = Math.max(cost, perMilli * burst)
    this.level = this.size
  }

  /** How long until a call fits, in milliseconds. */
  wait(now: number): number {
    this.level = Math.min(this.size, this.level + (now - this.at) * this.perMilli)
    this.at = now
    return this.level >= this.cost ? 0 : (this.cost - this.level) / this.perMilli
  }

  take(): void {
    this.level -= this.cost
  }
}

const rateLimitFailures = new Map<number, Server.Failure>()

/** One error for each number of seconds, since making one costs microseconds. */
const rateLimited = (seconds: number): Server.Failure => {
  const known = rateLimitFailures.get(seconds)
  if (known !== undefined) return known
  const made = Server.failure(
    new ClaudeError.RateLimitError({
      message: "This request would exceed your rate limit",
      operation: "messages.create",
      retryAfter: Duration.seconds(seconds)
    })
  )
  rateLimitFailures.set(seconds, made)
  return made
}

/** Chooses among failures by weight. */
const chooser = (failures: ReadonlyArray<Server.Failure>, prng: Prng): () => Server.Failure | undefined => {
  if (failures.length === 1) return () => failures[0]
  const total = failures.reduce((sum, { weight }) => sum + weight, 0)
  return () => {
    let left = prng.nextDoubleUnsafe() * total
    return failures.find(({ weight }) => (left -= weight) < 0) ?? failures.at(-1)
  }
}
