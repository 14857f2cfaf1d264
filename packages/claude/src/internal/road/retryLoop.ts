/** The retry loop of one call: an attempt, then what the policy makes of its failure. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import type * as Tracer from "effect/Tracer"
import type * as ClaudeError from "../../ClaudeError.ts"
import type * as RetryPolicy from "../../RetryPolicy.ts"
import { giveUp } from "../givenUp.ts"
import { attributes as names } from "../telemetry/attributes.ts"
import { errorAttributes } from "../telemetry/errorAttributes.ts"
import type { Attempt } from "./attempt.ts"
import type { CallData } from "./callData.ts"
import type { Failure } from "./exchange.ts"

type Step = (now: number, error: ClaudeError.ClaudeError) => Pull.Pull<[unknown, Duration.Duration], never, unknown>

/** What is done at each step of the loop. */
interface Steps<A> {
  readonly attempt: (attempt: Attempt) => Effect.Effect<A, Failure>
  /** Runs before the wait for the next attempt. */
  readonly retrying: (attempt: Attempt, error: Failure, delay: Duration.Duration) => Effect.Effect<void>
}

export class RetryLoop<A> {
  private readonly data: CallData
  private readonly policy: RetryPolicy.Input
  private readonly span: Tracer.Span
  private readonly steps: Steps<A>
  private step: Step | undefined
  private tokenRefreshed = false

  constructor(
    data: CallData,
    policy: RetryPolicy.Input,
    span: Tracer.Span,
    steps: Steps<A>
  ) {
    this.data = data
    this.policy = policy
    this.span = span
    this.steps = steps
  }

  go(attempt: Attempt): Effect.Effect<A, Failure> {
    return Effect.catch(this.steps.attempt(attempt), (error) => this.after(attempt, error))
  }

  private after(attempt: Attempt, error: Failure): Effect.Effect<A, Failure> {
    if (this.isStaleToken(error)) {
      this.tokenRefreshed = true
      return this.again(attempt, error, Duration.zero)
    }
    return Effect.flatMap(this.nextStep, (step) =>
      Pull.matchEffect(step(attempt.now(), error), {
        onSuccess: ([, delay]) => this.again(attempt, error, delay),
        onDone: () => {
          if (attempt.number > (this.tokenRefreshed ? 2 : 1)) giveUp(error)
          return Effect.fail(error)
        },
        onFailure: Effect.failCause
      }))
  }

  /** The token that the server refused has been dropped; the next attempt fetches a new one. */
  private isStaleToken(error: Failure): boolean {
    return error._tag === "AuthenticationError" && !this.tokenRefreshed &&
      (this.data.env.client.credentials ?? null) !== null
  }

  private get nextStep(): Effect.Effect<Step> {
    return this.step === undefined
      ? Effect.map(Schedule.toStep(this.policy), (step) => this.step = step)
      : Effect.succeed(this.step)
  }

  private again(attempt: Attempt, error: Failure, delay: Duration.Duration): Effect.Effect<A, Failure> {
    const next = attempt.next()
    const facts = {
      ...errorAttributes(error),
      [names.retryAttempt]: next.number,
      [names.retryDelay]: Duration.toMillis(delay)
    }
    this.span.event("retry", attempt.clock.currentTimeNanosUnsafe(), facts)
    this.span.attribute(names.resendCount, attempt.number)
    const wait = Duration.format(Duration.millis(Math.round(Duration.toMillis(delay))))
    return Effect.logDebug(`Retrying ${this.data.operation.name} in ${wait}: ${error.message}`).pipe(
      Effect.annotateLogs(facts),
      Effect.andThen(this.steps.retrying(attempt, error, delay)),
      Effect.andThen(Effect.sleep(delay)),
      Effect.andThen(this.go(next))
    )
  }
}
