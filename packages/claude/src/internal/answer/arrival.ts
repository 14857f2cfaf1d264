/** When the content of a streamed message has arrived. */
import type * as Clock from "effect/Clock"

export class Arrival {
  /** How many pieces. */
  count = 0
  /** By the monotonic clock, in nanoseconds. */
  first = 0n
  last = 0n

  /** Pieces of one chunk of bytes have arrived at one time. */
  note(count: number, clock: Clock.Clock): void {
    if (count === this.count) return
    this.last = clock.monotonicTimeNanosUnsafe()
    if (this.count === 0) this.first = this.last
    this.count = count
  }
}
