/** A promise of the SDK's as an effect. */
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../ClaudeError.ts"
import type * as Reason from "../../Reason.ts"
import type { Attempt } from "./attempt.ts"
import { decodeFailure } from "../answer/decodeFailure.ts"

/** Carries a failure of the channel through a promise. */
export class Refused {
  readonly failure: ClaudeError.CallError<Reason.Coded>
  constructor(failure: ClaudeError.CallError<Reason.Coded>) {
    this.failure = failure
  }
}

/** Runs an attempt against the SDK. Fails with the error of the channel, and aborts the request when interrupted. */
export const exchange = <A>(
  attempt: Attempt,
  send: (signal: AbortSignal) => PromiseLike<A>
): Effect.Effect<A, ClaudeError.CallError<Reason.Coded>> =>
  Effect.tryPromise({
    try: send,
    catch: (failure) => failure instanceof Refused ? failure.failure : decodeFailure(attempt, failure)
  })
