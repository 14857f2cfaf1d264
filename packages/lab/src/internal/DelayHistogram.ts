/** Delays of one retry, in bins that grow by 2%: quantiles are off by 1% at most. */
const growth = Math.log(1.02)

/** Shorter delays than this count as it. In milliseconds. */
const smallest = 0.01

export interface DelaySummary {
  readonly count: number
  readonly p5: number
  readonly p50: number
  readonly p95: number
}

export class DelayHistogram {
  private readonly bins: Array<number> = []
  private zeros = 0
  private count = 0

  add(delay: number): void {
    this.count++
    if (delay <= 0) {
      this.zeros++
      return
    }
    const bin = Math.round(Math.log(Math.max(1, delay / smallest)) / growth)
    this.bins[bin] = (this.bins[bin] ?? 0) + 1
  }

  summary(): DelaySummary {
    return { count: this.count, p5: this.quantile(0.05), p50: this.quantile(0.5), p95: this.quantile(0.95) }
  }

  private quantile(share: number): number {
    let left = Math.ceil(share * this.count) - this.zeros
    if (left <= 0) return 0
    const bin = this.bins.findIndex((count = 0) => (left -= count) <= 0)
    return smallest * Math.exp(bin * growth)
  }
}
