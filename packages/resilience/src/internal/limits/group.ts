/** The models that share limits: their buckets as this process knows them, and the line in front of them. */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { monotonicMillis, monotonicMillisOf } from "../monotonic.ts"
import type { StoreError } from "../stores/storeError.ts"
import type { WatchedStore } from "../stores/watched.ts"
import { type BucketName, type Buckets, type Change, changed, millisToZero, refilled } from "./buckets.ts"
import type { LimiterStore } from "./store.ts"

/** Numbers by bucket. */
export type Amounts = Readonly<Partial<Record<BucketName, number>>>

/** The call would wait for longer than it may. */
export class TooLong extends Data.TaggedError("TooLong")<{ readonly retryAfter: Duration.Duration | undefined }> {}

/** What the API says of one of its buckets. */
export interface Told {
  readonly name: BucketName
  readonly limit: number
  readonly remaining: number
  /** What it may have got since. */
  readonly refill: number
}

/** A place in front of the API. */
export interface Place {
  readonly taken: Amounts
  /** When it was free, in milliseconds since 1970. */
  enteredAt: number
  /** The most that the buckets have held since: what was taken too much of a bucket that is full again has come back. */
  readonly peaks: Partial<Record<BucketName, number>>
  /** Ends its turn, where that is not over yet. */
  readonly endTurn: Effect.Effect<void>
}

/** Lets what it is around be interrupted. */
export type Restore = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** How often the head of the line looks whether others gave something back, in milliseconds. */
const look = 1000

const nothing: Change = { buckets: [], pauseMillis: 0 }

export class Group {
  readonly key: string
  private readonly store: LimiterStore["Service"]
  private readonly watched: WatchedStore
  private readonly onStoreError: "allow" | "fail"
  private readonly line = Semaphore.makeUnsafe(1)
  private readonly moved = Latch.makeUnsafe(false)
  private readonly configured: Amounts
  private limits: Amounts
  private told = false
  private state: Buckets = { levels: {}, at: 0, pausedUntil: 0 }
  /** Whether the state has changes that the store has not seen. */
  private ahead = false
  private meanOutput: number | undefined
  /** Those whose use is not known yet. */
  private readonly places = new Set<Place>()

  constructor(
    key: string,
    limits: Amounts,
    store: LimiterStore["Service"],
    watched: WatchedStore,
    onStoreError: "allow" | "fail"
  ) {
    this.key = key
    this.configured = limits
    this.limits = limits
    this.store = store
    this.watched = watched
    this.onStoreError = onStoreError
  }

  /** What an answer is likely to take: as much as those before it, at most `maxTokens`. */
  expectedOutput(maxTokens: number): number {
    return Math.min(maxTokens, Math.ceil(this.meanOutput ?? maxTokens))
  }

  observeOutput(tokens: number): void {
    this.meanOutput = this.meanOutput === undefined ? tokens : this.meanOutput * 0.8 + tokens * 0.2
  }

  /**
   * Waits in line, takes from the buckets, and waits until that leaves no debt. The first call of all keeps its turn until
   * its answer tells the limits, where none are configured. What is taken goes back when the caller goes away meanwhile,
   * which it can where `restore` lets it.
   */
  enter(need: Amounts, maxWait: Duration.Duration, restore: Restore): Effect.Effect<Place, TooLong | StoreError> {
    const turn = Scope.makeUnsafe()
    const endTurn = Effect.suspend(() => Scope.closeUnsafe(turn, Exit.void) ?? Effect.void)
    return Effect.clockWith((clock) => {
      const deadline = monotonicMillisOf(clock) + Duration.toMillis(maxWait)
      const take = Effect.suspend(() => {
        const place: Place = { taken: this.known(need), peaks: {}, endTurn, enteredAt: 0 }
        return Effect.flatMap(this.change({ take: place.taken }), () => {
          this.places.add(place)
          const free = this.isFree(monotonicMillisOf(clock))
            ? Effect.void
            : Effect.onError(restore(this.untilFree(deadline)), () => this.settle(place, {}))
          return Effect.map(free, () => {
            place.enteredAt = monotonicMillisOf(clock)
            return place
          })
        })
      })
      return Effect.onExit(
        Effect.andThen(this.takeTurn(turn, maxWait, restore), take),
        (exit) => Exit.isSuccess(exit) && this.isScout ? Effect.void : endTurn
      )
    })
  }

  /** At once, where nobody is in the line. */
  private takeTurn(turn: Scope.Scope, maxWait: Duration.Duration, restore: Restore): Effect.Effect<void, TooLong> {
    return Effect.flatMap(this.line.takeIfAvailable(1), (isTaken) =>
      isTaken
        ? Scope.addFinalizer(turn, this.line.release(1))
        : restore(this.waitForTurn(turn, maxWait)))
  }

  /** However short the wait may be, the calls before have the time to ask the store. */
  private waitForTurn(turn: Scope.Scope, maxWait: Duration.Duration): Effect.Effect<void, TooLong> {
    return Effect.timeoutOrElse(Scope.provide(this.line.takeScoped(1), turn), {
      duration: Duration.max(maxWait, this.watched.timeout),
      orElse: () => Effect.flatMap(this.wait, (millis) => Effect.fail(this.tooLong(millis)))
    })
  }

  /** Corrects what was taken to what was used. What was not used goes back, as far as the bucket was not full since. */
  settle(place: Place, used: Amounts): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (!this.places.delete(place)) return Effect.void
      const take = mapAmounts(place.taken, (amount, name) => {
        const missing = (this.limits[name] ?? Infinity) - (place.peaks[name] ?? -Infinity)
        return Math.max((used[name] ?? 0) - amount, Math.min(0, -missing))
      })
      if (Object.values(take).every((amount) => amount === 0)) return Effect.void
      return Effect.andThen(Effect.ignore(this.change({ take })), this.moved.release)
    })
  }

  /** Nobody goes on for so long. */
  pause(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.andThen(Effect.ignore(this.change({ pauseMillis: Duration.toMillis(duration) })), this.moved.release)
  }

  /**
   * What the API says of its buckets. It knows what others use, and not what is still on its way to it: a bucket of ours
   * that holds more is wrong.
   */
  tell(told: ReadonlyArray<Told>, isAnswer: boolean): Effect.Effect<void> {
    return Effect.suspend(() => {
      const first = !this.told
      // A proxy that fails knows nothing. An answer that tells nothing means that there are no limits to learn.
      this.told ||= isAnswer || told.length > 0
      const known = this.limits
      this.limits = {
        ...this.limits,
        ...Object.fromEntries(told.map(({ limit, name }) => [name, Math.min(limit, this.configured[name] ?? Infinity)]))
      }
      if (told.length === 0) return first ? this.moved.release : Effect.void
      const { levels } = this.refill()
      const atMost = told.flatMap(({ name, refill, remaining }): ReadonlyArray<[BucketName, number]> => {
        if (known[name] === undefined) return [[name, remaining]]
        return (levels[name] ?? 0) > remaining + refill ? [[name, remaining + refill]] : []
      })
      const correct = atMost.length > 0
        ? Effect.ignore(this.change({ atMost: Object.fromEntries(atMost) }))
        : Effect.void
      return first ? Effect.andThen(correct, this.moved.release) : correct
    })
  }

  /** The limits are not known yet: one call goes ahead and asks. */
  private get isScout(): boolean {
    return !this.told && Object.keys(this.configured).length === 0
  }

  private known(amounts: Amounts): Amounts {
    return Object.fromEntries(Object.entries(amounts).filter(([name]) => this.limits[name as BucketName] !== undefined))
  }

  private refill(now = this.state.at): Buckets {
    return changed(this.state, { ...nothing, buckets: this.buckets({}, {}, now) }, now)
  }

  private buckets(take: Amounts, atMost: Amounts, now: number): Change["buckets"] {
    return entriesOf(this.limits).map(([name, limit]) => ({
      name,
      limit,
      take: take[name] ?? 0,
      known: refilled(this.state.levels[name] ?? limit, limit, now - this.state.at),
      atMost: atMost[name] ?? Infinity
    }))
  }

  /** Changes the buckets in the store, or while it is down those of this process. */
  private change(
    { atMost = {}, pauseMillis = 0, take = {} }: {
      readonly take?: Amounts
      readonly atMost?: Amounts
      readonly pauseMillis?: number
    }
  ): Effect.Effect<void, StoreError> {
    return Effect.flatMap(monotonicMillis, (now) => {
      const buckets = this.buckets(take, atMost, now)
      const here: Change = { buckets, pauseMillis }
      const there: Change = {
        buckets: this.ahead
          ? buckets.map((bucket) => ({ ...bucket, atMost: Math.min(bucket.atMost, bucket.known) }))
          : buckets,
        pauseMillis: Math.max(pauseMillis, this.state.pausedUntil - now)
      }
      return Effect.matchEffect(this.watched.ask(this.store.change(this.key, there)), {
        onSuccess: ({ levels, pausedMillis }) =>
          Effect.map(monotonicMillis, (now) => {
            this.ahead = false
            this.arrive({ levels, at: now, pausedUntil: now + pausedMillis }, take)
          }),
        onFailure: (error) => {
          if (this.onStoreError === "fail") return Effect.fail(error)
          this.ahead = true
          this.arrive(changed(this.state, here, now), take)
          return Effect.void
        }
      })
    })
  }

  private arrive(state: Buckets, take: Amounts): void {
    this.state = state
    for (const [name, level] of entriesOf(state.levels)) {
      const before = level + Math.max(0, take[name] ?? 0)
      for (const { peaks } of this.places) peaks[name] = Math.max(peaks[name] ?? before, before)
    }
  }

  /** How long a debt and a pause take from now on, in milliseconds. */
  private get wait(): Effect.Effect<number> {
    return Effect.map(monotonicMillis, (now) => Math.max(this.debtMillis(now), this.state.pausedUntil - now, 0))
  }

  private isFree(now: number): boolean {
    return this.state.pausedUntil <= now && this.debtMillis(now) === 0
  }

  private debtMillis(now: number): number {
    const { levels } = this.refill(now)
    return entriesOf(this.limits).reduce(
      (longest, [name, limit]) => Math.max(longest, millisToZero(levels[name] ?? limit, limit)),
      0
    )
  }

  /** The debt as it is when this begins is what counts: what others take later does not make it longer. */
  private untilFree(deadline: number): Effect.Effect<void, TooLong | StoreError> {
    const step = (freeAt: number): Effect.Effect<void, TooLong | StoreError> =>
      Effect.flatMap(monotonicMillis, (now) => {
        const free = Math.min(freeAt, now + this.debtMillis(now))
        const millis = Math.max(free, this.state.pausedUntil) - now
        if (millis <= 0) return Effect.void
        if (now + millis > deadline) return Effect.fail(this.tooLong(millis))
        return Effect.sleep(Duration.millis(Math.min(millis, look))).pipe(
          Effect.raceFirst(this.moved.await),
          Effect.andThen(Effect.uninterruptible(this.change({}))),
          Effect.andThen(step(free))
        )
      })
    return step(Infinity)
  }

  private tooLong(millis: number): TooLong {
    return new TooLong({ retryAfter: millis > 0 ? Duration.millis(millis) : undefined })
  }
}

const entriesOf = (amounts: Amounts): ReadonlyArray<[BucketName, number]> =>
  Object.entries(amounts) as Array<[BucketName, number]>

const mapAmounts = (amounts: Amounts, f: (amount: number, name: BucketName) => number): Amounts =>
  Object.fromEntries(entriesOf(amounts).map(([name, amount]) => [name, f(amount, name)]))
