/**
 * What a server does with a call, as data: parts that a scenario puts in a row. A call passes them in order, the first
 * that refuses it has the last word, and a call that passes all of them succeeds.
 *
 * **Details**
 *
 * - {@link outage}: everything fails for a while.
 * - {@link failing}: a fixed share fails.
 * - {@link brownOut}: for a while a share fails and the rest is slow.
 * - {@link overload}: a queue. The longer it is, the likelier a 529, and refusing costs the server time too.
 * - {@link rateLimit}: token buckets for requests, input and output tokens; 429 with `retry-after`.
 * - {@link contention}: one row under optimistic concurrency, as in "Exponential Backoff and Jitter".
 *
 * Durations are stored as milliseconds, so that a part is plain data.
 *
 * @since 0.1.0
 */
import * as ClaudeError from "effect-claude/ClaudeError"
import * as Duration from "effect/Duration"

/**
 * One way in which a call fails.
 *
 * @category models
 * @since 0.1.0
 */
export interface Failure {
  /** What the retry policy gets to see. One instance serves all calls: making an error takes microseconds. */
  readonly error: ClaudeError.ClaudeError
  /** How long after the call began the client learns of it, in milliseconds. */
  readonly after: number
  /** The share of the call's tokens that was spent before it failed, from 0 to 1. */
  readonly spent: number
  /** How often it is chosen, beside the other failures of the same part. */
  readonly weight: number
}

/**
 * A way to fail. It takes 50 milliseconds, spends nothing and has weight 1, unless told otherwise.
 *
 * @category failures
 * @since 0.1.0
 */
export const failure = (error: ClaudeError.ClaudeError, options?: {
  readonly after?: Duration.Input | undefined
  readonly spent?: number | undefined
  readonly weight?: number | undefined
}): Failure => ({
  error,
  after: millis(options?.after ?? 50),
  spent: options?.spent ?? 0,
  weight: options?.weight ?? 1
})

const millis = (input: Duration.Input): number => Math.max(0, Duration.toMillis(Duration.fromInputUnsafe(input)))

const operation = "messages.create"

/**
 * 529 at once, nothing spent.
 *
 * @category failures
 * @since 0.1.0
 */
export const overloaded: Failure = failure(new ClaudeError.OverloadedError({ message: "Overloaded", operation }))

/**
 * 503 at once, nothing spent.
 *
 * @category failures
 * @since 0.1.0
 */
export const unavailable: Failure = failure(
  new ClaudeError.ServiceUnavailableError({ message: "Service unavailable", operation })
)

/**
 * The connection is refused at once, nothing spent.
 *
 * @category failures
 * @since 0.1.0
 */
export const refused: Failure = failure(
  new ClaudeError.APIConnectionError({ message: "Connection refused", operation, sent: false }),
  { after: 20 }
)

/**
 * The connection breaks after 2 seconds, with half of the work done.
 *
 * @category failures
 * @since 0.1.0
 */
export const cut: Failure = failure(new ClaudeError.APIConnectionError({ message: "Connection reset", operation }), {
  after: "2 seconds",
  spent: 0.5
})

/**
 * 500 after a second, with the input read.
 *
 * @category failures
 * @since 0.1.0
 */
export const internal: Failure = failure(
  new ClaudeError.InternalServerError({ message: "Internal server error", operation }),
  { after: "1 second", spent: 0.5 }
)

/**
 * 504 after 30 seconds, with all of the work done and nobody to hand it to.
 *
 * @category failures
 * @since 0.1.0
 */
export const timeout: Failure = failure(
  new ClaudeError.GatewayTimeoutError({ message: "Timed out", operation }),
  { after: "30 seconds", spent: 1 }
)

/**
 * 409: a conditional write that came too late.
 *
 * @category failures
 * @since 0.1.0
 */
export const conflict: Failure = failure(
  new ClaudeError.ConflictError({ message: "The row was changed meanwhile", operation: "row.write" }),
  { after: 0 }
)

/**
 * A stretch of virtual time: from `from`, before `to`, in milliseconds after the first call may come.
 *
 * @category models
 * @since 0.1.0
 */
export interface Window {
  readonly from: number
  readonly to: number
}

/**
 * A stretch of virtual time by its beginning and its length.
 *
 * @category constructors
 * @since 0.1.0
 */
export const window = (options: { readonly from: Duration.Input; readonly lasts: Duration.Input }): Window => ({
  from: millis(options.from),
  to: millis(options.from) + millis(options.lasts)
})

/**
 * A part of a server.
 *
 * @category models
 * @since 0.1.0
 */
export type Part = Failing | RateLimit | Overload | Contention

/**
 * During `window`, a share `rate` of the calls fails, and what succeeds takes `slowdown` times as long.
 *
 * @category models
 * @since 0.1.0
 */
export interface Failing {
  readonly _tag: "Failing"
  readonly window: Window
  readonly rate: number
  readonly slowdown: number
  readonly failures: ReadonlyArray<Failure>
}

/**
 * Buckets that fill up by so much a minute and hold so much at most.
 *
 * @category models
 * @since 0.1.0
 */
export interface RateLimit {
  readonly _tag: "RateLimit"
  readonly requestsPerMinute: number
  readonly inputTokensPerMinute: number
  readonly outputTokensPerMinute: number
  /** What a bucket holds, as the time in which it fills up, in milliseconds. */
  readonly burst: number
}

/**
 * A queue in front of a server that does `capacity` calls a second.
 *
 * @category models
 * @since 0.1.0
 */
export interface Overload {
  readonly _tag: "Overload"
  /** Calls a second. */
  readonly capacity: number
  /** The wait from which calls are refused, in milliseconds: none below, a share that grows up to `fullAt`. */
  readonly refusesFrom: number
  /** The wait at which all calls are refused, in milliseconds. */
  readonly fullAt: number
  /** What refusing a call costs the server, as a share of a call. Above 0, a crowd of retries makes it all worse. */
  readonly refusalCost: number
}

/**
 * One row that each client reads and then writes on condition that nobody else has written meanwhile.
 *
 * @category models
 * @since 0.1.0
 */
export interface Contention {
  readonly _tag: "Contention"
  /** The delay of the network, each way, is `|N(mean, deviation)|` milliseconds. */
  readonly networkMean: number
  readonly networkDeviation: number
}

const always: Window = { from: 0, to: Number.MAX_VALUE }

/**
 * A share `rate` of the calls fails, by 529 unless told otherwise.
 *
 * @category constructors
 * @since 0.1.0
 */
export const failing = (options: {
  readonly rate: number
  readonly window?: Window | undefined
  readonly failures?: ReadonlyArray<Failure> | undefined
}): Part => ({
  _tag: "Failing",
  window: options.window ?? always,
  rate: options.rate,
  slowdown: 1,
  failures: options.failures ?? [overloaded]
})

/**
 * Every call fails during `window`: by 503 or a refused connection unless told otherwise.
 *
 * @category constructors
 * @since 0.1.0
 */
export const outage = (options: {
  readonly window: Window
  readonly failures?: ReadonlyArray<Failure> | undefined
}): Part => failing({ rate: 1, window: options.window, failures: options.failures ?? [unavailable, refused] })

/**
 * During `window`, a share `rate` (default 0.3) fails late or half-way, and the rest takes `slowdown` (default 4) times
 * as long.
 *
 * @category constructors
 * @since 0.1.0
 */
export const brownOut = (options: {
  readonly window: Window
  readonly rate?: number | undefined
  readonly slowdown?: number | undefined
  readonly failures?: ReadonlyArray<Failure> | undefined
}): Part => ({
  _tag: "Failing",
  window: options.window,
  rate: options.rate ?? 0.3,
  slowdown: options.slowdown ?? 4,
  failures: options.failures ?? [
    { ...internal, weight: 0.4 },
    { ...overloaded, weight: 0.3 },
    { ...cut, weight: 0.2 },
    { ...timeout, weight: 0.1 }
  ]
})

/**
 * A queue that refuses with 529 the likelier, the longer it is: from a wait of 1 second (`refusesFrom`), always from 5
 * seconds (`fullAt`). A refusal costs a twentieth (`refusalCost`) of a call.
 *
 * @category constructors
 * @since 0.1.0
 */
export const overload = (options: {
  readonly capacity: number
  readonly refusesFrom?: Duration.Input | undefined
  readonly fullAt?: Duration.Input | undefined
  readonly refusalCost?: number | undefined
}): Part => ({
  _tag: "Overload",
  capacity: options.capacity,
  refusesFrom: millis(options.refusesFrom ?? "1 second"),
  fullAt: millis(options.fullAt ?? "5 seconds"),
  refusalCost: options.refusalCost ?? 0.05
})

/**
 * Token buckets as the API's. A limit that is not given does not exist; `burst` is 10 seconds' worth.
 *
 * The answer is a 429 whose `retry-after` is the time until the call would fit, in whole seconds, as the API sends it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const rateLimit = (options: {
  readonly requestsPerMinute?: number | undefined
  readonly inputTokensPerMinute?: number | undefined
  readonly outputTokensPerMinute?: number | undefined
  readonly burst?: Duration.Input | undefined
}): Part => ({
  _tag: "RateLimit",
  requestsPerMinute: options.requestsPerMinute ?? Infinity,
  inputTokensPerMinute: options.inputTokensPerMinute ?? Infinity,
  outputTokensPerMinute: options.outputTokensPerMinute ?? Infinity,
  burst: millis(options.burst ?? "10 seconds")
})

/**
 * One row under optimistic concurrency, behind a network of `|N(10, 2)|` milliseconds each way unless told otherwise. It
 * takes whole attempts (a read and a write), so it is the only part of its server.
 *
 * Source: the simulator of "Exponential Backoff and Jitter", AWS Architecture Blog, 2015
 * (`aws-samples/aws-arch-backoff-simulator`).
 *
 * @category constructors
 * @since 0.1.0
 */
export const contention = (options?: {
  readonly networkMean?: Duration.Input | undefined
  readonly networkDeviation?: Duration.Input | undefined
}): Part => ({
  _tag: "Contention",
  networkMean: millis(options?.networkMean ?? 10),
  networkDeviation: millis(options?.networkDeviation ?? 2)
})
