/** One request and its answer: aborted as one, whether or not the `fetch` in use listens to its signal. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as ClaudeError from "../../ClaudeError.ts"
import type * as Reason from "../../Reason.ts"
import { timedOut } from "../answer/failures.ts"
import type { Attempt } from "./attempt.ts"
import { startTimer } from "./timer.ts"

export type Failure = ClaudeError.StreamError<Reason.Coded>

/** `Stalled` is how a stream can be given up, beside the timeout that every request has. */
export class Exchange<in out Stalled extends ClaudeError.StreamStalledError = never> {
  readonly attempt: Attempt
  private readonly controller = new AbortController()
  private readonly disarm: () => void
  private failure: ClaudeError.APIConnectionTimeoutError | Stalled | undefined
  private fail: ((failure: ClaudeError.APIConnectionTimeoutError | Stalled) => void) | undefined

  /** The timeout runs from now on, until {@link settle}. */
  constructor(attempt: Attempt, timeout: Duration.Duration) {
    this.attempt = attempt
    this.disarm = Duration.isFinite(timeout)
      ? startTimer(attempt.clock, Duration.toMillis(timeout), () => this.giveUp(timedOut(attempt, timeout)))
      : () => undefined
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Waits for what `start` begins, at most until the exchange is given up. Interrupted, it aborts the request. */
  wait<A, E>(
    start: () => PromiseLike<Exit.Exit<A, E>>
  ): Effect.Effect<A, E | ClaudeError.APIConnectionTimeoutError | Stalled> {
    return Effect.callback<A, E | ClaudeError.APIConnectionTimeoutError | Stalled>((resume) => {
      if (this.failure !== undefined) return resume(Effect.fail(this.failure))
      this.fail = (failure) => resume(Effect.fail(failure))
      start().then(resume, (cause) => resume(Effect.die(cause)))
      return Effect.sync(() => this.abort())
    })
  }

  /** Waits without ending the exchange when it is interrupted: `listen` hears of the failure that ends it. */
  listen(f: (failure: ClaudeError.APIConnectionTimeoutError | Stalled) => void): void {
    this.fail = f
    if (this.failure !== undefined) f(this.failure)
  }

  /** Fails when the exchange is given up, and never succeeds. */
  readonly givenUp: Effect.Effect<never, ClaudeError.APIConnectionTimeoutError | Stalled> = Effect.callback(
    (resume) => this.listen((failure) => resume(Effect.fail(failure)))
  )

  /** Ends the exchange with a failure: whoever waits gets it, and the request is aborted. */
  giveUp(failure: ClaudeError.APIConnectionTimeoutError | Stalled): void {
    if (this.failure !== undefined) return
    this.failure = failure
    this.abort()
    this.fail?.(failure)
  }

  /** The timeout has been kept. */
  settle(): void {
    this.disarm()
  }

  abort(): void {
    this.disarm()
    this.controller.abort()
  }
}
