/**
 * The road that every call takes: checks, interceptors, checks of what they changed, the retry loop, and for each attempt
 * its hooks, the SDK, and the one reading of answers. No method has a road of its own.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type * as ClaudeError from "../../ClaudeError.ts"
import type { CallInfo, Interceptor } from "../../Interceptor.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"
import type { StreamExchange } from "../answer/body.ts"
import { rejected } from "../answer/failures.ts"
import { type Open, open, readingOf, type Whole } from "../answer/reading.ts"
import { Attempt } from "./attempt.ts"
import { usageOfAttempt } from "./attemptUsage.ts"
import { CurrentBudget, type RetryBudget } from "./budget.ts"
import { type CallData, modelOf } from "./callData.ts"
import { Exchange, type Failure } from "./exchange.ts"
import { infoOf, passAttempt, passCall, type Run } from "./gate.ts"
import { preflight, refuseOptions } from "./preflight.ts"
import { replayable } from "./replayable.ts"
import { HeadersInfo } from "./responseInfo.ts"
import { RetryLoop } from "./retryLoop.ts"
import { CurrentInterceptors } from "./scope.ts"
import { type Received, send, timeoutOf } from "./sdkCall.ts"
import { recordEnd, recordStart, spanOf } from "./telemetry.ts"
import { OpenAnswer, outcomeOf, RunningHooks, survive, Trace, within } from "./trip.ts"

/** Where a method was called, as far as that counts for its calls: the context of the fiber. */
export type CalledIn = Context.Context<never> | undefined

/** A call whose answer is read whole, in its span. */
export const execute = (data: CallData, calledIn: CalledIn): Effect.Effect<unknown, Failure> =>
  Effect.suspend(() =>
    Effect.useSpan(...spanOf(data), (span) =>
      Effect.withFiber((fiber) => {
        const trace = new Trace(fiber.getRef(Clock.Clock), span)
        return Effect.onExit(
          go(data, calledIn, trace),
          (exit) => recordEnd(span, data, trace, outcomeOf(exit))
        )
      }))
  )

/** A call whose answer arrives in pieces. The span is the scope's. */
export const executeOpen = (
  data: CallData,
  calledIn: CalledIn
): Effect.Effect<OpenAnswer, Failure, Scope.Scope> =>
  Effect.gen(function*() {
    const span = yield* Effect.makeSpanScoped(...spanOf(data))
    const trace = new Trace(yield* Clock.Clock, span)
    let open: OpenAnswer | undefined
    yield* Scope.addFinalizerExit(yield* Effect.scope, (exit) =>
      Effect.andThen(
        trace.abandon(exit),
        Effect.suspend(() => recordEnd(span, data, trace, open?.outcome ?? outcomeOf(exit)))
      ))
    const answer = yield* go(data, calledIn, trace)
    if (!(answer instanceof OpenAnswer)) return yield* Effect.die(new Error(`${data.operation.name} gave no stream`))
    return open = answer
  })

/** The call. Its span is the parent of what happens within. Answers that stay open are added to the trace, which ends them. */
const go = (data: CallData, calledIn: CalledIn, trace: Trace): Effect.Effect<unknown, Failure> =>
  Effect.provideService(
    Effect.withFiber((fiber) => {
      const { clock } = trace
      recordStart(trace.span, data)
      const refusal = refuse(data, clock)
      if (refusal !== undefined) return Effect.fail(refusal)
      const run: Run = {
        reading: readingOf(data),
        clock,
        interceptors: interceptorsOf(fiber, calledIn, data.env.defaults.interceptors),
        perform: (inner, trace) => {
          // What interceptors have changed is checked like what the caller wrote, also where they did it in place.
          const refusal = run.interceptors.some(({ call }) => call !== undefined) ? refuse(inner, clock) : undefined
          if (refusal !== undefined) return Effect.fail(refusal)
          const call = (data: CallData) => attempts(run, data, calledIn, trace)
          return inner === data ? call(inner) : prepared(inner, clock, call)
        }
      }
      return withBudget(data.env.defaults.budget, prepared(data, clock, (data) => passCall(run, data, trace)))
    }),
    Tracer.ParentSpan,
    trace.span
  )

const refuse = (data: CallData, clock: Clock.Clock) => {
  const refusal = refuseOptions(data.options) ?? preflight(data.operation.name, data.args)
  return refusal === undefined
    ? undefined
    : rejected(new Attempt(data.env, data.operation, modelOf(data), clock, 0), refusal.message, {
      param: refusal.param
    })
}

const none: ReadonlyArray<Interceptor> = []

/** Those of scopes are outside those of the client. Each applies once, and not to the calls of its own hooks. */
const interceptorsOf = (
  fiber: Fiber.Fiber<unknown, unknown>,
  calledIn: CalledIn,
  ofClient: ReadonlyArray<Interceptor>
): ReadonlyArray<Interceptor> => {
  const ofScope = fiber.getRef(CurrentInterceptors)
  const ofCaller = calledIn === undefined ? none : Context.get(calledIn, CurrentInterceptors)
  if (ofScope.length + ofCaller.length + ofClient.length === 0) return none
  const running = fiber.getRef(RunningHooks)
  return [...new Set([...ofScope, ...ofCaller, ...ofClient])].filter((each) => !running.includes(each))
}

/** Every call pays into the budget in force: the program's, else the client's. */
const withBudget = <A, E, R>(fallback: RetryBudget | undefined, self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    const scoped = fiber.getRef(CurrentBudget)
    const budget = scoped ?? fallback
    if (budget === undefined) return self
    budget.earn()
    return scoped === undefined ? Effect.provideService(self, CurrentBudget, budget) : self
  })

const attempts = (
  run: Run,
  data: CallData,
  calledIn: CalledIn,
  trace: Trace
): Effect.Effect<unknown, Failure> =>
  Effect.withFiber((fiber) => {
    const scoped = fiber.getRef(RetryPolicy.CurrentRetryPolicy) ??
      (calledIn && Context.get(calledIn, RetryPolicy.CurrentRetryPolicy))
    const policy = data.options.retry ?? scoped ?? data.env.defaults.retry ?? RetryPolicy.standard
    const first = new Attempt(data.env, data.operation, modelOf(data), run.clock, 1, () => trace.recordSent())
    const loop = new RetryLoop(data, policy, trace.span, {
      attempt: (attempt) =>
        run.interceptors.length === 0
          ? perform(run, data, attempt, data.options.headers, trace)
          : passAttempt(run, data, attempt, trace, (headers) => perform(run, data, attempt, headers, trace)),
      retrying: (attempt, error, delay) => retrying(run, data, attempt, { error, delay })
    })
    return loop.go(first)
  })

/** Tells those who listen of a retry. */
const retrying = (
  { interceptors }: Run,
  data: CallData,
  { number }: Attempt,
  retry: Parameters<NonNullable<Interceptor["retrying"]>>[1]
): Effect.Effect<void> =>
  Effect.forEach(
    interceptors.filter((interceptor) => interceptor.retrying !== undefined),
    (interceptor) =>
      survive(
        within(
          interceptor,
          Effect.suspend(() => interceptor.retrying?.({ call: infoOf(data), number }, retry) ?? Effect.void)
        )
      ),
    { discard: true }
  )

/** Uploads are read once, however many attempts there are, and checked once their size is known. */
const prepared = (
  data: CallData,
  clock: Clock.Clock,
  run: (data: CallData) => Effect.Effect<unknown, Failure>
): Effect.Effect<unknown, Failure> => {
  if (data.operation.uploads !== true) return run(data)
  const attempt = new Attempt(data.env, data.operation, modelOf(data), clock, 0)
  return Effect.flatMap(replayable(data, attempt, timeoutOf(data.env, data.options)), (read) => {
    const refusal = read === data ? undefined : refuse(read, clock)
    return refusal === undefined ? run(read) : Effect.fail(refusal)
  })
}

/** One attempt: its timeout runs from here on. */
const perform = (
  run: Run,
  data: CallData,
  tried: Attempt,
  headers: CallData["options"]["headers"],
  trace: Trace
): Effect.Effect<unknown, Failure> =>
  Effect.suspend(() => {
    const refusal = headers === data.options.headers ? undefined : refuseOptions({ headers })
    if (refusal !== undefined) return Effect.fail(rejected(tried, refusal.message, { param: refusal.param }))
    const attempt = tried.again()
    const exchange = new Exchange<ClaudeError.StreamStalledError>(attempt, timeoutOf(data.env, data.options))
    const sending = async () => {
      const received = await send(data, attempt, headers, exchange.signal)
      if (attempt.answered !== undefined) trace.recordResponse(new HeadersInfo(attempt.answered, attempt))
      return received
    }
    const hooks = run.interceptors.filter((interceptor) => interceptor.answered !== undefined)
    const { reading } = run
    const end = (exit: Exit.Exit<unknown, Failure>) => {
      if (Exit.isFailure(exit)) exchange.abort()
      trace.recordUsage(() => usageOfAttempt(attempt, exit))
    }
    if (reading._tag === "Open") {
      const answer = Effect.flatMap(heard(hooks, data, exchange, exchange.wait(sending)), ({ response }) =>
        opened(reading, data, exchange, response, trace))
      return Effect.onExit(answer, (exit) =>
        Effect.sync(() => end(exit)))
    }
    const settled = hooks.length === 0
      ? exchange.wait(() => sending().then((received) => wholeOf(reading, data, attempt, received)))
      : Effect.flatMap(heard(hooks, data, exchange, exchange.wait(sending)), (received) =>
        exchange.wait(() =>
          wholeOf(reading, data, attempt, Exit.succeed(received))
        ))
    return Effect.onExit(settled, (exit) =>
      Effect.sync(() => {
        if (Exit.isSuccess(exit)) exchange.settle()
        end(exit)
      }))
  })

const wholeOf = async (
  reading: Whole,
  data: CallData,
  attempt: Attempt,
  received: Exit.Exit<Received, Failure>
): Promise<Exit.Exit<unknown, Failure>> =>
  Exit.isFailure(received)
    ? received
    : reading.read({ attempt, response: received.value.response }, data, received.value.query)

const opened = (reading: Open, data: CallData, exchange: StreamExchange, response: Response, trace: Trace) =>
  Effect.flatMap(open(reading, data, exchange, response), (answer) => Effect.as(trace.add(answer), answer))

/** Tells those who listen of the headers of an answer, before it is read or fails. */
const heard = <A>(
  hooks: ReadonlyArray<Interceptor>,
  data: CallData,
  exchange: StreamExchange,
  self: Effect.Effect<A, Failure>
): Effect.Effect<A, Failure> =>
  hooks.length === 0 ? self : Effect.flatMap(Effect.exit(self), (exit) => {
    const { attempt } = exchange
    if (attempt.answered === undefined) return exit
    const call: CallInfo = infoOf(data)
    const response = new HeadersInfo(attempt.answered, attempt)
    const telling = Effect.forEach(
      hooks,
      (interceptor) =>
        survive(
          within(
            interceptor,
            Effect.suspend(() => interceptor.answered?.({ call, number: attempt.number }, response) ?? Effect.void)
          )
        ),
      { discard: true }
    )
    // The attempt's timeout goes on, whatever the hooks do.
    return Effect.andThen(Effect.raceFirst(telling, exchange.givenUp), exit)
  })
