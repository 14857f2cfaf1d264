/** The circuits in Redis, with a time limit for each question: an admission must not wait for a store that is gone. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Persisted from "effect/persistence/CircuitBreaker"
import type * as Redis from "effect/persistence/Redis"
import * as Scope from "effect/Scope"
import { StoreError } from "./stores/storeError.ts"
import { WatchedStore } from "./stores/watched.ts"

export interface RedisOptions {
  readonly prefix: string
  readonly probeLease: Duration.Input | undefined
  readonly timeout: Duration.Duration
}

export const layerRedis = (
  { timeout, ...options }: RedisOptions
): Layer.Layer<Persisted.CircuitBreakerStore, never, Redis.Redis> =>
  Layer.effect(
    Persisted.CircuitBreakerStore,
    Effect.map(Persisted.CircuitBreakerStore, ({ admit, record, state }) => {
      const watched = new WatchedStore("the circuit breaker", timeout)
      const ask = <A>(question: Effect.Effect<A, Persisted.CircuitBreakerError>) => asked(watched, question)
      return Persisted.CircuitBreakerStore.of({
        admit: (key) =>
          Effect.flatMap(Effect.scope, (scope) => ask(Effect.provideService(admit(key), Scope.Scope, scope))),
        record: (options) => ask(record(options)),
        state: (key) => ask(state(key))
      })
    })
  ).pipe(Layer.provide(Persisted.layerStoreRedis(options)))

/** Refusals are answers. What is no answer is an error of the store. */
const asked = <A>(
  watched: WatchedStore,
  question: Effect.Effect<A, Persisted.CircuitBreakerError>
): Effect.Effect<A, Persisted.CircuitBreakerError> =>
  watched.ask(
    Effect.matchEffect(question, {
      onSuccess: (answer) => Effect.succeed(Effect.succeed(answer)),
      onFailure: (error) =>
        error.reason._tag === "CircuitBreakerStoreError"
          ? Effect.fail(new StoreError({ cause: error.reason.cause }))
          : Effect.succeed(Effect.fail(error))
    })
  ).pipe(
    Effect.mapError(({ cause, message }) =>
      new Persisted.CircuitBreakerError({ reason: new Persisted.CircuitBreakerStoreError({ message, cause }) })
    ),
    Effect.flatten
  )
