/**
 * The road that every call takes: checks, interceptors, checks of what they changed, the retry loop, and for each attempt
 * its hooks, the SDK, and the one reading of answers. No method has a road of its own.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
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
import { spanAttributes, spanName } from "./telemetry.ts"
import { RunningHooks, type Trace } from "./trip.ts"

/** Where a method was called, as far as that counts for its calls: the context of the fiber. */
export type CalledIn = Context.Context<never> | undefined

/** The call within its span. Answers that stay open are added to the trace, which has to end them. */
export const execute = (
  data: CallData,
  calledIn: CalledIn,
  span: Tracer.Span,
  trace: Trace
): Effect.Effect<unknown, Failure> =>
  Effect.withFiber((fiber) => {
    const clock = fiber.getRef(Clock.Clock)
    const refusal = refuse(data, clock)
    if (refusal !== undefined) return failed(span, refusal)
    const run: Run = {
      reading: readingOf(data),
      span,
      clock,
      interceptors: interceptorsOf(fiber, calledIn, data.env.defaults.interceptors),
      perform: (inner, trace) => {
        // What interceptors have changed is checked like what the caller wrote.
        const refusal = inner === data ? undefined : refuse(inner, clock)
        if (refusal !== undefined) return Effect.fail(refusal)
        const call = (data: CallData) => attempts(run, data, calledIn, trace)
        return inner === data ? call(inner) : prepared(inner, clock, call)
      }
    }
    return Effect.catch(
      withBudget(data.env.defaults.budget, prepared(data, clock, (data) => inSpan(run, passCall(run, data, trace)))),
      (error) => failed(span, error)
    )
  })

/** What hooks do is part of the call. Without hooks there is nothing to be told. */
const inSpan = <A, E>({ interceptors, span }: Run, self: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  interceptors.length === 0 ? self : Effect.provideService(self, Tracer.ParentSpan, span)

const failed = (span: Tracer.Span, error: Failure): Effect.Effect<never, Failure> => {
  span.attribute("error.type", error._tag)
  return Effect.fail(error)
}

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
    const loop = new RetryLoop(data, policy, run.span, (attempt) =>
      run.interceptors.length === 0
        ? perform(run, data, attempt, data.options.headers, trace)
        : passAttempt(run, data, attempt, trace, (headers) => perform(run, data, attempt, headers, trace)))
    return loop.go(first)
  })

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
      if (Exit.isSuccess(received)) recordResponse(run.span, attempt, received.value.response)
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
        opened(run, reading, data, exchange, response, trace))
      return Effect.onExit(answer, (exit) =>
        Effect.sync(() => end(exit)))
    }
    const settled = hooks.length === 0
      ? exchange.wait(() => sending().then((received) => wholeOf(run, reading, data, attempt, received)))
      : Effect.flatMap(heard(hooks, data, exchange, exchange.wait(sending)), (received) =>
        exchange.wait(() =>
          wholeOf(run, reading, data, attempt, Exit.succeed(received))
        ))
    return Effect.onExit(settled, (exit) =>
      Effect.sync(() => {
        if (Exit.isSuccess(exit)) exchange.settle()
        end(exit)
      }))
  })

const wholeOf = async (
  { span }: Run,
  reading: Whole,
  data: CallData,
  attempt: Attempt,
  received: Exit.Exit<Received, Failure>
): Promise<Exit.Exit<unknown, Failure>> =>
  Exit.isFailure(received)
    ? received
    : reading.read({ attempt, response: received.value.response }, data, span, received.value.query)

const opened = (run: Run, reading: Open, data: CallData, exchange: StreamExchange, response: Response, trace: Trace) =>
  Effect.flatMap(open(reading, data, exchange, response, run.span), (answer) => Effect.as(trace.add(answer), answer))

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
      (interceptor) => answeredBy(interceptor, { call, number: attempt.number }, response),
      { discard: true }
    )
    // The attempt's timeout goes on, whatever the hooks do.
    return Effect.andThen(Effect.raceFirst(telling, exchange.givenUp), exit)
  })

const answeredBy = (
  interceptor: Interceptor,
  attempt: Parameters<NonNullable<Interceptor["answered"]>>[0],
  response: HeadersInfo
): Effect.Effect<void> =>
  Effect.updateService(
    Effect.suspend(() => interceptor.answered?.(attempt, response) ?? Effect.void),
    RunningHooks,
    (running) => [...running, interceptor]
  )

const recordResponse = (span: Tracer.Span, attempt: Attempt, response: Response): void => {
  span.attribute("http.response.status_code", response.status)
  const requestId = response.headers.get("request-id")
  if (requestId !== null) span.attribute("claude.request_id", attempt.scrub(requestId))
}

export const spanOf = (data: CallData): readonly [string, Tracer.SpanOptionsNoTrace] => {
  const { args, env, operation } = data
  return [spanName(operation, modelOf(data)), {
    kind: "client",
    attributes: spanAttributes(operation, operation.method === "GET" ? undefined : args.at(-1), env.host)
  }]
}
