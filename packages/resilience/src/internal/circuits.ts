/**
 * Circuits over a store of Effect's circuit breaker. Its `execute` takes the exit of an effect for the end of the call; here
 * a call ends with its answer, which for a stream is later. So the rules are the store's, and when to tell it is ours.
 */
import type * as ClaudeError from "effect-claude/ClaudeError"
import * as Interceptor from "effect-claude/Interceptor"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Persisted from "effect/persistence/CircuitBreaker"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { circuitRejections, circuitState } from "./metrics.ts"
import { outcomeOf } from "./outage.ts"

/** A circuit, as this process has last seen it. */
export type Circuit =
  | { readonly _tag: "Closed" }
  | { readonly _tag: "Open"; readonly until: DateTime.Utc }
  | { readonly _tag: "HalfOpen" }

interface Rules {
  readonly store: Persisted.CircuitBreakerStore["Service"]
  readonly trip: Persisted.TripPolicy
  readonly openFor: Duration.Duration
  readonly maxOpenFor: Duration.Duration
  readonly isFailure: (error: ClaudeError.ClaudeError) => boolean
  readonly onStoreError: "allow" | "fail"
}

type States = ReadonlyMap<string, Circuit>

type Rejected = ClaudeError.RequestRejectedError

const stateNumbers = { Closed: 0, HalfOpen: 1, Open: 2 }

export class Circuits {
  static readonly make = (rules: Rules): Effect.Effect<Circuits> =>
    Effect.map(SubscriptionRef.make<States>(new Map()), (states) => new Circuits(rules, states))

  readonly all: Effect.Effect<States>
  readonly changes: Stream.Stream<States>
  private readonly rules: Rules
  private readonly states: SubscriptionRef.SubscriptionRef<States>

  constructor(rules: Rules, states: SubscriptionRef.SubscriptionRef<States>) {
    this.rules = rules
    this.states = states
    this.all = SubscriptionRef.get(states)
    this.changes = SubscriptionRef.changes(states)
  }

  guard<A, E extends ClaudeError.ClaudeError>(
    key: string,
    call: Interceptor.Call<A, E>,
    next: (call: Interceptor.Call<A, E>) => Effect.Effect<A, E | Rejected, Scope.Scope>
  ): Effect.Effect<A, E | Rejected, Scope.Scope> {
    // What was admitted is recorded, whatever comes: a probe that is not would keep its circuit half-open.
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.admit(key, call), (admission) => {
        if (admission === undefined) return restore(next(call))
        const recordEnd = call.onEnd(({ _tag, error }) =>
          this.record(
            key,
            admission,
            _tag === "Completed" ? Persisted.success : outcomeOf(error, this.rules.isFailure)
          )
        )
        const run = Effect.andThen(recordEnd, restore(next(call)))
        return admission.probe ? Effect.tap(run, () => this.record(key, admission, Persisted.success)) : run
      })
    )
  }

  /** `undefined` where the store is down and calls go on without it. */
  private admit(
    key: string,
    call: Interceptor.CallInfo
  ): Effect.Effect<Persisted.Admission | undefined, Rejected, Scope.Scope> {
    return Effect.matchEffect(this.rules.store.admit(key), {
      onSuccess: (admission) => Effect.as(this.followAdmission(key, admission), admission),
      onFailure: ({ reason }) => {
        switch (reason._tag) {
          case "CircuitOpen":
            return this.refuse(key, call, reason.retryAfter)
          case "CircuitHalfOpen":
            return this.refuse(key, call, undefined)
          case "CircuitBreakerStoreError":
            return this.withoutStore(key, call, reason)
        }
      }
    })
  }

  private refuse(
    key: string,
    call: Interceptor.CallInfo,
    retryAfter: Duration.Duration | undefined
  ): Effect.Effect<never, Rejected> {
    const rejection = Interceptor.reject(call, {
      reason: { _tag: "CircuitOpen", name: key },
      message: retryAfter === undefined
        ? `The circuit of ${key} is half-open, and its probe is under way. Try again later.`
        : `The circuit of ${key} is open after failures. Try again in ${Duration.format(retryAfter)}.`,
      retryAfter
    })
    return Metric.update(Metric.withAttributes(circuitRejections, { circuit: key }), 1).pipe(
      Effect.andThen(this.learn(key, retryAfter)),
      Effect.andThen(rejection)
    )
  }

  /** Another process may have closed the circuit. */
  private followAdmission(key: string, { probe, transition }: Persisted.Admission): Effect.Effect<void> {
    if (probe || transition !== undefined) return this.follow(transition)
    const known = this.states.value.get(key)?._tag ?? "Closed"
    return known === "Closed" ? Effect.void : this.set(key, "Closed")
  }

  /** Another process may have opened the circuit. */
  private learn(key: string, retryAfter: Duration.Duration | undefined): Effect.Effect<void> {
    const tag = retryAfter === undefined ? "HalfOpen" : "Open"
    return Effect.suspend(() => this.states.value.get(key)?._tag === tag ? Effect.void : this.set(key, tag, retryAfter))
  }

  private withoutStore(
    key: string,
    call: Interceptor.CallInfo,
    cause: Persisted.CircuitBreakerStoreError
  ): Effect.Effect<undefined, Rejected> {
    return this.rules.onStoreError === "allow"
      ? Effect.as(
        Effect.logDebug(`The store of the circuit ${key} is down: the call goes on without it.`, cause),
        undefined
      )
      : Interceptor.reject(call, {
        reason: { _tag: "StoreUnavailable", name: key },
        message: `The store of the circuit ${key} is down, and \`onStoreError\` is "fail". Try again later.`
      })
  }

  private record(key: string, admission: Persisted.Admission, outcome: Persisted.Outcome): Effect.Effect<void> {
    const { store, trip: tripPolicy } = this.rules
    const openFor = this.openFor(admission, outcome)
    return store.record({ key, generation: admission.generation, outcome: outcome._tag, tripPolicy, openFor }).pipe(
      Effect.flatMap((transition) => this.follow(transition)),
      Effect.catch((error) => Effect.logDebug(`The circuit ${key} could not record how a call ended.`, error))
    )
  }

  private openFor({ consecutiveOpenings }: Persisted.Admission, outcome: Persisted.Outcome): Duration.Duration {
    const { maxOpenFor, openFor } = this.rules
    const asked = outcome._tag === "Failure" ? outcome.retryAfter ?? Duration.zero : Duration.zero
    const own = Duration.times(openFor, 2 ** Math.min(consecutiveOpenings, 30))
    return Duration.min(Duration.max(own, asked), maxOpenFor)
  }

  private follow(transition: Persisted.Transition | undefined): Effect.Effect<void> {
    if (transition === undefined) return Effect.void
    return this.set(transition.key, transition.to, transition.to === "Open" ? transition.retryAfter : undefined)
  }

  private set(key: string, tag: Circuit["_tag"], openFor = Duration.zero): Effect.Effect<void> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const circuit: Circuit = tag === "Open"
        ? { _tag: tag, until: DateTime.makeUnsafe(now + Duration.toMillis(openFor)) }
        : { _tag: tag }
      return Effect.andThen(
        SubscriptionRef.update(this.states, (states) => new Map(states).set(key, circuit)),
        Metric.update(Metric.withAttributes(circuitState, { circuit: key }), stateNumbers[tag])
      )
    })
  }
}
