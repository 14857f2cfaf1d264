import { Effect, type Layer, type Semaphore, Stream } from "effect"
import { Claude, type ClaudeError, Interceptor, MessageStream, RetryPolicy } from "effect-claude"
import { describe, expect, test } from "tstyche"

declare const claude: Claude.Service

declare const params: Claude.MessageCreateParams

declare const interceptor: Interceptor.Interceptor

declare const permits: Semaphore.Semaphore

declare const forging: {
  readonly call: <A, E extends ClaudeError.ClaudeError>(
    call: Interceptor.Call<A, E>
  ) => Effect.Effect<A, { readonly _tag: "SomebodyElsesError" }>
}

type SuccessOf<T> = T extends Effect.Effect<infer A, infer _, infer _R> ? A : never

describe("hooks need no casts", () => {
  test("one that passes on", () => {
    expect(Interceptor.make({ call: (call, next) => next(call) })).type.toBe<Interceptor.Interceptor>()
  })

  test("one that catches by traits, and goes on with other parameters", () => {
    Interceptor.make({
      call: (call, next) =>
        next(call).pipe(
          Effect.catchIf(
            (error) => error.isThrottling && error.isRetryable,
            () => next(call.with({ params: { ...call.params, model: "claude-sonnet-5-5" } }))
          )
        )
    })
  })

  test("one that holds a resource for as long as the answer takes", () => {
    Interceptor.make({
      call: (call, next) =>
        Effect.acquireRelease(permits.take(1), () => permits.release(1)).pipe(Effect.andThen(next(call)))
    })
  })

  test("a generator function", () => {
    Interceptor.make({
      call: Effect.fn(function*(call, next) {
        yield* call.onEnd(() => Effect.void)
        return yield* next(call)
      }),
      attempt: Effect.fn(function*(attempt, next) {
        return yield* next(attempt.with({ headers: { "x-attempt": String(attempt.number) } }))
      })
    })
  })

  test("one that refuses", () => {
    Interceptor.make({
      call: (call, next) =>
        call.model === "claude-opus-5-5"
          ? Interceptor.reject(call, { reason: { _tag: "Custom", name: "no opus" }, message: "Use another model" })
          : next(call)
    })
  })

  test("a race of two tries", () => {
    Interceptor.make({ call: (call, next) => Effect.raceFirst(next(call), next(call)) })
  })
})

describe("no hook can forge", () => {
  test("an answer", () => {
    // @ts-expect-error is not assignable to type
    Interceptor.make({ call: () => Effect.succeed("an answer") })
  })

  test("an error", () => {
    expect(Interceptor.make).type.not.toBeCallableWith(forging)
  })

  test("a hook that is undefined", () => {
    // @ts-expect-error is not assignable to type
    Interceptor.make({ call: undefined })
  })
})

describe("withInterceptor and withRetry", () => {
  const call = claude.messages.create(params)
  const stream = claude.messages.stream(params)

  test("keep the type of an effect, data first and last", () => {
    expect(Claude.withInterceptor(call, interceptor)).type.toBe<
      Effect.Effect<SuccessOf<typeof call>, Claude.Error<"messages.create">>
    >()
    expect(call.pipe(Claude.withInterceptor(interceptor))).type.toBe<
      Effect.Effect<SuccessOf<typeof call>, Claude.Error<"messages.create">>
    >()
  })

  test("keep the type of a stream, data first and last", () => {
    expect(Claude.withInterceptor(stream, interceptor)).type.toBe(stream)
    expect(stream.pipe(Claude.withInterceptor(interceptor), Stream.map(({ type }) => type))).type.toBeAssignableTo<
      Stream.Stream<string, Claude.Error<"messages.stream">>
    >()
  })

  test("keep the type of a stream of any make", () => {
    const retrying = Claude.withRetry(RetryPolicy.none)
    const passing = Claude.withInterceptor(interceptor)
    const unwrapped = Stream.unwrap(Effect.map(Claude.Claude, ({ messages }) => messages.stream(params)))
    const mapped = Stream.map(unwrapped, ({ type }) => type)
    const flatMapped = Stream.flatMap(Stream.make(1), () => mapped)
    const list = claude.models.list()
    for (const scope of [retrying, passing]) {
      expect(scope(unwrapped)).type.toBe<typeof unwrapped>()
      expect(scope(mapped)).type.toBe<typeof mapped>()
      expect(scope(flatMapped)).type.toBe<typeof flatMapped>()
      expect(scope(list)).type.toBe<typeof list>()
      expect(scope(Stream.runDrain(mapped))).type.toBe<
        Effect.Effect<void, Claude.Error<"messages.stream">, Claude.Claude>
      >()
    }
    expect(unwrapped.pipe(retrying, passing, MessageStream.text)).type.toBe<
      Stream.Stream<string, Claude.Error<"messages.stream">, Claude.Claude>
    >()
  })

  test("fit into generic functions", () => {
    const patient = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Claude.withRetry(self, RetryPolicy.standard)
    const watched = <A, E, R>(self: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
      self.pipe(Claude.withInterceptor(interceptor))
    expect(patient(call)).type.toBe<typeof call>()
    expect(watched(stream)).type.toBe<typeof stream>()
  })

  test("keep what is required", () => {
    const program = Effect.flatMap(Claude.Claude, (claude) => claude.messages.create(params))
    expect(program.pipe(Claude.withInterceptor(interceptor))).type.toBeAssignableTo<
      Effect.Effect<unknown, ClaudeError.ClaudeError, Claude.Claude>
    >()
    expect(program.pipe(Claude.withInterceptor(interceptor))).type.not.toBeAssignableTo<
      Effect.Effect<unknown, unknown>
    >()
  })

  test("take nothing else", () => {
    expect(Claude.withInterceptor).type.not.toBeCallableWith("a string", interceptor)
  })
})

describe("layers", () => {
  test("an interceptor's own services are required of its layer, its scope is not", () => {
    expect(Interceptor.layer(Effect.as(Effect.scope, interceptor))).type.toBe<Layer.Layer<never>>()
    expect(Interceptor.layer(Effect.map(Claude.Claude, () => interceptor))).type.toBe<
      Layer.Layer<never, never, Claude.Claude>
    >()
  })
})
