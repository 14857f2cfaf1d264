/** What a simulation leaves behind, gathered as it goes: one pass, bounded memory. */
import { DelayHistogram } from "./DelayHistogram.ts"
import type { Result } from "./Result.ts"

/** The width of a bin of the timeline. */
export const binMillis = 100

/** Retries beyond this one are counted, but their delays are not kept. */
const delaysKept = 20

/** A list of counters that grows. */
class Counters {
  private counts = new Uint32Array(1024)
  length = 0

  add(index: number): void {
    if (index >= this.counts.length) this.grow(index)
    this.counts[index] = (this.counts[index] ?? 0) + 1
    if (index >= this.length) this.length = index + 1
  }

  get values(): Uint32Array {
    return this.counts.subarray(0, this.length)
  }

  private grow(index: number): void {
    const larger = new Uint32Array(Math.max(index + 1, this.counts.length * 2))
    larger.set(this.counts)
    this.counts = larger
  }
}

export class Recorder {
  private readonly calls = new Counters()
  private readonly failures = new Counters()
  /** Times to the end, answers from the front and failures from the back. */
  private readonly times: Float64Array
  private readonly delays: Array<DelayHistogram> = []
  private successes = 0
  private gaveUp = 0
  private callCount = 0
  private spentInVain = 0
  private longest = 0
  private end = 0

  constructor(clients: number) {
    this.times = new Float64Array(clients)
  }

  get callsSoFar(): number {
    return this.callCount
  }

  get clientsDone(): number {
    return this.successes + this.gaveUp
  }

  call(now: number): void {
    this.callCount++
    this.calls.add(Math.floor(now / binMillis))
  }

  failure(now: number, spent: number): void {
    this.spentInVain += spent
    this.failures.add(Math.floor(now / binMillis))
  }

  retry(number: number, delay: number): void {
    if (number > delaysKept) return
    const histogram = this.delays[number - 1] ?? new DelayHistogram()
    this.delays[number - 1] = histogram
    histogram.add(delay)
  }

  success(now: number, sinceArrival: number, attempts: number): void {
    this.times[this.successes++] = sinceArrival
    this.ended(now, attempts)
  }

  giveUp(now: number, sinceArrival: number, attempts: number): void {
    this.times[this.times.length - ++this.gaveUp] = sinceArrival
    this.ended(now, attempts)
  }

  private ended(now: number, attempts: number): void {
    this.end = now
    if (attempts > this.longest) this.longest = attempts
  }

  report(about: Pick<Result, "scenario" | "policy" | "clients" | "seed">, tokensPerCall: number): Result {
    const completions = this.times.subarray(0, this.successes).sort()
    const surrenders = this.times.subarray(this.times.length - this.gaveUp).sort()
    const calls = this.calls.values
    const failures = this.failures.values
    return {
      ...about,
      successes: this.successes,
      failures: this.gaveUp,
      successRate: this.successes / about.clients,
      calls: this.callCount,
      amplification: this.callCount / about.clients,
      mostAttempts: this.longest,
      p50: quantile(completions, 0.5),
      p99: quantile(completions, 0.99),
      gaveUpAfter: quantile(surrenders, 0.5),
      end: this.end,
      peak: calls.reduce((most, count) => Math.max(most, count), 0),
      tokensInVain: Math.round(this.spentInVain * tokensPerCall),
      timeline: Array.from({ length: Math.max(calls.length, failures.length) }, (_, bin) => ({
        calls: calls[bin] ?? 0,
        failures: failures[bin] ?? 0
      })),
      completions: Array.from({ length: 101 }, (_, percent) => quantile(completions, percent / 100)),
      delays: this.delays.map((histogram, index) => ({ retry: index + 1, ...histogram.summary() }))
    }
  }
}

/** The value of the nearest rank in a sorted list; `NaN` where there is none. */
const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
