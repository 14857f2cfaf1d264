/** Scopes reach every call within them: each combinator around each shape of program. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule, Schema, Stream } from "effect"
import { Claude, type ClaudeError, Interceptor, MessageStream, RetryPolicy } from "effect-claude"
import { over } from "./support/every.ts"
import { refusal } from "./support/server.ts"
import { hello } from "./support/simulated.ts"

/** What goes around an effect, or around a stream that is then run to its end. */
type Scope = <S extends Effect.Effect<unknown, unknown, unknown> | Stream.Stream<unknown, unknown, unknown>>(
  self: S
) => Claude.Same<S>

/** Two scopes as one. What is the same twice over is the same. */
const around = (outer: Scope, inner: Scope): Scope => (self) => outer(inner(self) as never) as never

const create = Effect.flatMap(Claude.Claude, (claude) => claude.messages.create(hello))

const events = Stream.unwrap(Effect.map(Claude.Claude, (claude) => claude.messages.stream(hello)))

const streamOf = (claude: Claude.Service) => claude.messages.stream(hello)

/** A method's own stream, made outside of the scope. */
const ofMethod = <A, E, R>(use: (stream: ReturnType<typeof streamOf>) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(Claude.Claude, (claude) => use(streamOf(claude)))

const schema = Schema.Struct({ city: Schema.String })

const shapes: Readonly<Record<string, (scope: Scope) => Effect.Effect<unknown, unknown, Claude.Claude>>> = {
  "an effect": (scope) => create.pipe(scope),
  "Effect.gen": (scope) =>
    Effect.gen(function*() {
      const { content } = yield* create
      return content
    }).pipe(scope),
  "an effect that runs a stream": (scope) => Stream.runDrain(events).pipe(scope),
  "an effect that runs a method's stream": (scope) => ofMethod((stream) => Stream.runDrain(stream).pipe(scope)),
  "an effect whose children call": (scope) => Effect.all([create, Effect.never], { concurrency: 2 }).pipe(scope),
  "an effect that gives a stream": (scope) =>
    Effect.flatMap(Effect.map(Claude.Claude, streamOf).pipe(scope), Stream.runDrain),
  "a method's stream": (scope) => ofMethod((stream) => stream.pipe(scope, Stream.runDrain)),
  "Stream.unwrap": (scope) => events.pipe(scope, Stream.runDrain),
  "Stream.unwrap of an effect in the scope": (scope) =>
    Stream.unwrap(Effect.map(Claude.Claude, streamOf).pipe(scope)).pipe(Stream.runDrain),
  "a mapped stream": (scope) => events.pipe(Stream.map(({ type }) => type), scope, Stream.runDrain),
  "a stream that is mapped after": (scope) => events.pipe(scope, Stream.map(({ type }) => type), Stream.runDrain),
  "a stream that is flat-mapped to": (scope) =>
    Stream.make(1).pipe(Stream.flatMap(() => events), scope, Stream.runDrain),
  "a stream that is flat-mapped to, concurrently": (scope) =>
    Stream.make(1).pipe(Stream.flatMap(() => events, { concurrency: 2 }), scope, Stream.runDrain),
  "a stream of effects": (scope) => Stream.make(1).pipe(Stream.mapEffect(() => create), scope, Stream.runDrain),
  "a stream of effects, concurrently": (scope) =>
    Stream.make(1).pipe(Stream.mapEffect(() => create, { concurrency: 2 }), scope, Stream.runDrain),
  "merged streams": (scope) => Stream.merge(events, Stream.never).pipe(scope, Stream.runDrain),
  "concatenated streams": (scope) => Stream.concat(Stream.empty, events).pipe(scope, Stream.runDrain),
  "a buffered stream": (scope) => events.pipe(Stream.buffer({ capacity: 2 }), scope, Stream.runDrain),
  "a stream that is buffered after": (scope) => events.pipe(scope, Stream.buffer({ capacity: 2 }), Stream.runDrain),
  "a stream whose service is provided within": (scope) =>
    Effect.flatMap(
      Claude.Claude,
      (claude) => events.pipe(Stream.provideService(Claude.Claude, claude), scope, Stream.runDrain)
    ),
  "a stream that is pulled elsewhere": (scope) =>
    Effect.scoped(Effect.flatMap(Stream.toPull(events.pipe(scope)), (pull) => pull)),
  "runMessage": (scope) => MessageStream.runMessage(events).pipe(scope),
  "runMessage of a method's stream": (scope) => ofMethod((stream) => MessageStream.runMessage(stream).pipe(scope)),
  "runMessage of a stream in the scope": (scope) => MessageStream.runMessage(events.pipe(scope)),
  "MessageStream.text": (scope) => events.pipe(MessageStream.text, scope, Stream.runDrain),
  "MessageStream.open": (scope) => Effect.scoped(MessageStream.open(events).pipe(scope)),
  "MessageStream.open of a stream in the scope": (scope) => Effect.scoped(MessageStream.open(events.pipe(scope))),
  "MessageStream.tee": (scope) =>
    Effect.scoped(
      Effect.flatMap(MessageStream.tee(events.pipe(scope)), ([one, two]) =>
        Effect.all([Stream.runDrain(one), Stream.runDrain(two)], { concurrency: 2 }))
    ),
  "a list": (scope) => Effect.flatMap(Claude.Claude, ({ models }) => models.list().pipe(scope, Stream.runDrain)),
  "a page": (scope) => Effect.flatMap(Claude.Claude, ({ models }) => models.listPage().pipe(scope)),
  "the rows of a batch": (scope) =>
    Effect.flatMap(Claude.Claude, ({ messages }) => messages.batches.results("batch_1").pipe(scope, Stream.runDrain)),
  "a download": (scope) =>
    Effect.flatMap(Claude.Claude, ({ files }) => files.download("file_1").pipe(scope, Stream.runDrain)),
  "an object": (scope) =>
    Effect.flatMap(Claude.Claude, ({ messages }) => messages.object({ ...hello, schema }).pipe(scope)),
  "a stream of an object": (scope) =>
    Effect.flatMap(
      Claude.Claude,
      ({ messages }) => messages.objectStream({ ...hello, schema }).pipe(scope, Stream.runDrain)
    )
}

const times = (count: number) => RetryPolicy.constant(0).pipe(Schedule.upTo({ times: count }))

const overloaded = () => Response.json(refusal("overloaded_error"), { status: 529 })

describe.each(Object.entries(shapes))("%s", (_, programOf) => {
  it.effect("takes the policy of withRetry around it", () => {
    let sent = 0
    return Effect.gen(function*() {
      yield* Effect.exit(programOf(Claude.withRetry(times(2))))
      assert.strictEqual(sent, 3)
    }).pipe(Effect.provide(over(() => (sent++, overloaded()))))
  })

  it.effect("takes the innermost policy", () => {
    let sent = 0
    return Effect.gen(function*() {
      yield* Effect.exit(programOf(around(Claude.withRetry(times(5)), Claude.withRetry(times(2)))))
      assert.strictEqual(sent, 3)
    }).pipe(Effect.provide(over(() => (sent++, overloaded()))))
  })

  it.effect("passes the interceptor of withInterceptor around it, once a call", () => {
    const passed: Array<string> = []
    const interceptor = Interceptor.make({
      call: (call, next) => Effect.suspend(() => (passed.push(call.operation.name), next(call)))
    })
    return Effect.gen(function*() {
      yield* Effect.exit(programOf(Claude.withInterceptor(interceptor)))
      assert.lengthOf(passed, 1)
    }).pipe(Effect.provide(over(overloaded)))
  })
})

describe("what counts", () => {
  const orders: Readonly<Record<string, (claude: Claude.Service) => Effect.Effect<unknown, ClaudeError.ClaudeError>>> =
    {
      "2: the call's option": (claude) =>
        claude.messages.stream(hello, { retry: times(1) }).pipe(Claude.withRetry(times(3)), Stream.runDrain),
      "3: the scope around the running stream, before the one where the method was called": (claude) =>
        Stream.unwrap(Effect.sync(() => streamOf(claude)).pipe(Claude.withRetry(times(4)))).pipe(
          Claude.withRetry(times(2)),
          Stream.runDrain
        ),
      "4: the scope where the method was called, before the layer": (claude) =>
        Effect.flatMap(Effect.sync(() => streamOf(claude)).pipe(Claude.withRetry(times(3))), Stream.runDrain),
      "6: the layer": (claude) => Stream.runDrain(streamOf(claude))
    }

  it.effect.each(Object.entries(orders))("%s", ([name, program]) => {
    let sent = 0
    return Effect.gen(function*() {
      yield* Effect.exit(program(yield* Claude.Claude))
      assert.strictEqual(sent, Number(name[0]))
    }).pipe(Effect.provide(over(() => (sent++, overloaded()), { retry: times(5) })))
  })
})
