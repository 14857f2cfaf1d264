/** Places for calls, and queues for those that wait for one. */
import type * as ClaudeError from "effect-claude/ClaudeError"
import * as Interceptor from "effect-claude/Interceptor"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as PartitionedSemaphore from "effect/PartitionedSemaphore"
import type * as Scope from "effect/Scope"
import { bulkheadInFlight, bulkheadRejections, bulkheadWaiting } from "./metrics.ts"

/** How many calls are in, and how many wait. */
export interface Load {
  readonly inFlight: number
  readonly waiting: number
}

interface Size {
  readonly name: string
  readonly concurrency: number
  readonly queue: number
}

export class Places {
  private readonly size: Size
  private readonly semaphore: PartitionedSemaphore.PartitionedSemaphore<string>
  /** How many calls wait, by key. The semaphore does not tell. */
  private readonly waiting = new Map<string, number>()
  private inFlight = 0
  private waitingInAll = 0
  private readonly inFlightGauge: Metric.Gauge<number>
  private readonly waitingGauge: Metric.Gauge<number>
  private readonly rejections: Metric.Counter<number>

  constructor(size: Size) {
    this.size = size
    this.semaphore = PartitionedSemaphore.makeUnsafe({ permits: size.concurrency })
    const attributes = { bulkhead: size.name }
    this.inFlightGauge = Metric.withAttributes(bulkheadInFlight, attributes)
    this.waitingGauge = Metric.withAttributes(bulkheadWaiting, attributes)
    this.rejections = Metric.withAttributes(bulkheadRejections, attributes)
  }

  readonly load: Effect.Effect<Load> = Effect.sync(() => ({ inFlight: this.inFlight, waiting: this.waitingInAll }))

  /** Takes a place for as long as the scope is open. */
  enter(
    key: string,
    call: Interceptor.CallInfo
  ): Effect.Effect<void, ClaudeError.RequestRejectedError, Scope.Scope> {
    return Effect.suspend(() => {
      const { concurrency, queue } = this.size
      const mustWait = this.inFlight + this.waitingInAll >= concurrency
      if (mustWait && this.waitingOf(key) >= queue) return this.refuse(key, call)
      const place = { held: false }
      // First, so that there is no moment at which a place is held and nothing gives it back.
      return Effect.andThen(
        Effect.addFinalizer(() => place.held ? this.leave : Effect.void),
        this.take(key, place, mustWait)
      )
    })
  }

  private waitingOf(key: string): number {
    return this.waiting.get(key) ?? 0
  }

  private refuse(key: string, call: Interceptor.CallInfo): Effect.Effect<never, ClaudeError.RequestRejectedError> {
    const { concurrency, name, queue } = this.size
    const whose = key === "" ? "" : ` of ${key}`
    return Effect.andThen(
      Metric.update(this.rejections, 1),
      Interceptor.reject(call, {
        reason: { _tag: "TooManyWaiting", name },
        message: `The bulkhead ${name} has ${concurrency} calls in flight, and ${queue} calls${whose} wait already. ` +
          "Call again later, or allow more by `concurrency` or `queue`."
      })
    )
  }

  /** Every caller counts as waiting until its fiber goes on, so that no newcomer takes a place that is given already. */
  private take(key: string, place: { held: boolean }, mustWait: boolean): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.count(key, 1)
      const taken = Effect.onExit(this.semaphore.take(key, 1), (exit) => {
        this.count(key, -1)
        if (Exit.isSuccess(exit)) {
          place.held = true
          this.inFlight++
        }
        return this.measure
      })
      return mustWait ? Effect.andThen(this.measure, taken) : taken
    })
  }

  private count(key: string, change: 1 | -1): void {
    const count = this.waitingOf(key) + change
    this.waitingInAll += change
    if (count === 0) this.waiting.delete(key)
    else this.waiting.set(key, count)
  }

  private readonly leave: Effect.Effect<void> = Effect.suspend(() => {
    this.inFlight--
    return Effect.andThen(this.semaphore.release(1), this.measure)
  })

  private readonly measure: Effect.Effect<void> = Effect.contextWith((context) => {
    this.inFlightGauge.updateUnsafe(this.inFlight, context)
    this.waitingGauge.updateUnsafe(this.waitingInAll, context)
    return Effect.void
  })
}
