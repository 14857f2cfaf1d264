/** A promise of the SDK's as an effect. */
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../ClaudeError.ts"
import type * as Reason from "../Reason.ts"
import type { Attempt } from "./attempt.ts"
import { decodeFailure } from "./decodeFailure.ts"

/** Runs an attempt against the SDK. Fails with the error of the channel, and aborts the request when interrupted. */
export const exchange = <A>(
  attempt: Attempt,
  send: (signal: AbortSignal) => PromiseLike<A>
): Effect.Effect<A, ClaudeError.CallError<Reason.Coded>> =>
  Effect.tryPromise({ try: send, catch: (failure) => decodeFailure(attempt, failure) })
