/** A store, watched: questions have a time limit, and one that is down is left alone for a while. */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { monotonicMillisOf } from "../monotonic.ts"
import { StoreError } from "./storeError.ts"

/** How long a store that is down is not asked again, in milliseconds. */
const rest = 1000

export class WatchedStore {
  private readonly name: string
  readonly timeout: Duration.Duration
  private readonly isLocal: boolean
  private downUntil = -Infinity
  private down = false

  /** A store that `isLocal` answers at once and always. */
  constructor(name: string, timeout: Duration.Duration, isLocal = false) {
    this.name = name
    this.timeout = timeout
    this.isLocal = isLocal
  }

  /** Whether the last question had no answer. */
  get isDown(): boolean {
    return this.down
  }

  ask<A>(question: Effect.Effect<A, StoreError>): Effect.Effect<A, StoreError> {
    if (this.isLocal) return question
    return Effect.clockWith((clock) => {
      if (monotonicMillisOf(clock) < this.downUntil) return Effect.fail(new StoreError({ cause: "resting" }))
      return question.pipe(
        Effect.timeoutOrElse({
          duration: this.timeout,
          orElse: () => Effect.fail(new StoreError({ cause: `no answer within ${Duration.format(this.timeout)}` }))
        }),
        Effect.tap(() => this.up),
        Effect.tapError((error) => this.failed(error, clock))
      )
    })
  }

  private readonly up: Effect.Effect<void> = Effect.suspend(() => {
    if (!this.down) return Effect.void
    this.down = false
    this.downUntil = -Infinity
    return Effect.logInfo(`The store of ${this.name} answers again`)
  })

  private failed(error: StoreError, clock: Clock.Clock): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.downUntil = monotonicMillisOf(clock) + rest
      if (this.down) return Effect.void
      this.down = true
      return Effect.logWarning(`The store of ${this.name} does not answer`, error.cause)
    })
  }
}
