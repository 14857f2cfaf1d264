/** What a simulation measures. */

/**
 * What came of a crowd of clients. Times are milliseconds of virtual time.
 *
 * @category models
 * @since 0.1.0
 */
export interface Result {
  readonly scenario: string
  readonly policy: string
  readonly clients: number
  readonly seed: number
  /** Clients that got their answer. */
  readonly successes: number
  /** Clients that gave up. Every client is one or the other. */
  readonly failures: number
  /** `successes / clients` */
  readonly successRate: number
  /** Calls made, retries included. */
  readonly calls: number
  /** `calls / clients` */
  readonly amplification: number
  /** The most attempts that one client made. */
  readonly mostAttempts: number
  /** The median time from a client's first call to its answer, of those that got one. `NaN` where nobody did. */
  readonly p50: number
  /** The 99th percentile of the same. */
  readonly p99: number
  /** The median time after which a client gave up. `NaN` where nobody did. */
  readonly gaveUpAfter: number
  /** When the last client ended. */
  readonly end: number
  /** The most calls in a tenth of a second. */
  readonly peak: number
  /** Tokens that were spent on calls that failed. */
  readonly tokensInVain: number
  /** Calls begun and failures received, a tenth of a second each, from the beginning on. */
  readonly timeline: ReadonlyArray<{ readonly calls: number; readonly failures: number }>
  /** The percentiles 0 to 100 of the time to an answer. */
  readonly completions: ReadonlyArray<number>
  /** The delays that the policy chose, by the number of the retry (the first 20). */
  readonly delays: ReadonlyArray<
    { readonly retry: number; readonly count: number; readonly p5: number; readonly p50: number; readonly p95: number }
  >
}
