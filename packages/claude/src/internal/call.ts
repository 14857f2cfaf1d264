/** The one road that every call takes: preflight, span, retry loop, attempt, the SDK. No method has a road of its own. */
import type { Anthropic } from "@anthropic-ai/sdk"
import type { BaseAnthropic } from "@anthropic-ai/sdk/client"
import type { APIPromise } from "@anthropic-ai/sdk/core/api-promise"
import type { Middleware } from "@anthropic-ai/sdk/core/middleware"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Tracer from "effect/Tracer"
import type * as ClaudeError from "../ClaudeError.ts"
import type { Operation } from "../Operation.ts"
import type * as Reason from "../Reason.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import { Attempt, type AttemptEnv } from "./attempt.ts"
import { CurrentBudget, type RetryBudget } from "./budget.ts"
import { BodyFailure, rejected, timedOut } from "./decodeFailure.ts"
import { preflight, refuseOptions } from "./preflight.ts"
import { spanAttributes, spanName } from "./telemetry.ts"

export type Failure = ClaudeError.StreamError<Reason.Coded>

/** What the road needs of a client. */
export interface CallEnv extends AttemptEnv {
  readonly client: BaseAnthropic
  readonly defaults: {
    readonly retry: RetryPolicy.Input | undefined
    readonly timeout: Duration.Duration
    readonly timeoutChosen: boolean
    readonly idleTimeout: Duration.Duration
    readonly webhookKey: Redacted.Redacted | undefined
    readonly budget: RetryPolicy.RetryBudget | undefined
  }
  readonly warn: (message: string) => void
}

/** What a caller may say about one call. */
export interface CallOptions
  extends Pick<Anthropic.RequestOptions, "query" | "fetchOptions" | "middleware" | "fallbackState">
{
  /** The retry policy of this call. Default: the scope's (`Claude.withRetry`), else the layer's. */
  readonly retry?: RetryPolicy.Input | undefined
  /** The longest that one attempt may take, headers and body together. Default: the layer's. */
  readonly timeout?: Duration.Input | undefined
  /** The longest silence of a stream. Default: the layer's. `Infinity` turns it off. */
  readonly idleTimeout?: Duration.Input | undefined
  /** Headers of this call. `null` takes a default header away. */
  readonly headers?: Readonly<Record<string, string | null>> | undefined
}

export const CurrentRetryPolicy: Context.Reference<RetryPolicy.Input | undefined> = Context.Reference(
  "effect-claude/CurrentRetryPolicy",
  { defaultValue: (): RetryPolicy.Input | undefined => undefined }
)

/** The data of a call. */
export interface Request {
  readonly env: CallEnv
  readonly operation: Operation
  /** Those before the options. */
  readonly args: ReadonlyArray<unknown>
  readonly options: CallOptions
}

/** A call: its data, and how one attempt at it is made. */
export interface Call<A, E extends Failure, R> extends Request {
  readonly attempt: (attempt: Attempt, span: Tracer.Span) => Effect.Effect<A, E, R>
}

/** The whole road for a call within a span. */
export const travel = <A, E extends Failure, R>(
  call: Call<A, E, R>,
  span: Tracer.Span
): Effect.Effect<A, E | ClaudeError.RequestRejectedError, R> =>
  Effect.flatMap(Clock.Clock, (clock) => {
    const first = new Attempt(call.env, call.operation, modelOf(call), clock)
    const refusal = refuseOptions(call.options) ?? preflight(call.operation.name, call.args)
    const run: Effect.Effect<A, E | ClaudeError.RequestRejectedError, R> = refusal === undefined
      ? withBudget(call.env.defaults.budget, new Journey(call, span).go(first))
      : Effect.fail(rejected(first, refusal.message, refusal.param))
    return Effect.tapError(run, (error) => Effect.sync(() => span.attribute("error.type", error._tag)))
  })

/** Every call pays into the budget in force: the program's, else the client's. */
const withBudget = <A, E, R>(fallback: RetryBudget | undefined, self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(CurrentBudget, (scoped) => {
    const budget = scoped ?? fallback
    if (budget === undefined) return self
    budget.earn()
    return scoped === undefined ? Effect.provideService(self, CurrentBudget, budget) : self
  })

export const spanOf = (call: Request): readonly [string, Tracer.SpanOptionsNoTrace] => {
  const { env, operation } = call
  return [spanName(operation, modelOf(call)), {
    kind: "client",
    attributes: spanAttributes(operation, operation.method === "GET" ? undefined : call.args.at(-1), env.host)
  }]
}

/** The parameters come last. Those of a `GET` filter, and name no model to run. */
const modelOf = ({ args, operation }: Request): string | undefined => {
  const params = args.at(-1)
  return operation.method !== "GET" && typeof params === "object" && params !== null && "model" in params &&
      typeof params.model === "string"
    ? params.model
    : undefined
}

type Step = (now: number, error: ClaudeError.ClaudeError) => Pull.Pull<[unknown, Duration.Duration], never, unknown>

/** The retry loop of one call. */
class Journey<A, E extends Failure, R> {
  private readonly call: Call<A, E, R>
  private readonly span: Tracer.Span
  private step: Step | undefined
  private tokenRefreshed = false

  constructor(call: Call<A, E, R>, span: Tracer.Span) {
    this.call = call
    this.span = span
  }

  go(attempt: Attempt): Effect.Effect<A, E, R> {
    return Effect.catch(this.call.attempt(attempt, this.span), (error) => this.after(attempt, error))
  }

  private after(attempt: Attempt, error: E): Effect.Effect<A, E, R> {
    if (this.isStaleToken(error)) {
      this.tokenRefreshed = true
      return this.again(attempt, error, Duration.zero)
    }
    return Effect.flatMap(this.policyStep, (step) =>
      Pull.matchEffect(step(attempt.now(), error), {
        onSuccess: ([, delay]) => this.again(attempt, error, delay),
        onDone: () => Effect.fail(error),
        onFailure: Effect.failCause
      }))
  }

  /** The SDK has dropped the token that the server refused; the next attempt fetches a new one. */
  private isStaleToken(error: E): boolean {
    return error._tag === "AuthenticationError" && !this.tokenRefreshed && this.call.env.client.credentials !== null
  }

  private get policyStep(): Effect.Effect<Step> {
    if (this.step !== undefined) return Effect.succeed(this.step)
    return Effect.flatMap(CurrentRetryPolicy, (scoped) => {
      const policy = this.call.options.retry ?? scoped ?? this.call.env.defaults.retry ?? RetryPolicy.default
      return Effect.map(Schedule.toStep(policy), (step) => this.step = step)
    })
  }

  private again(attempt: Attempt, error: E, delay: Duration.Duration): Effect.Effect<A, E, R> {
    const next = attempt.next()
    const facts = {
      "error.type": error._tag,
      "claude.retry.attempt": next.number,
      "claude.retry.delay_ms": Duration.toMillis(delay),
      "claude.request_id": error.requestId
    }
    this.span.event("retry", attempt.clock.currentTimeNanosUnsafe(), facts)
    this.span.attribute("http.request.resend_count", attempt.number)
    return Effect.logDebug(`Retrying ${this.call.operation.name} in ${Duration.format(delay)}: ${error.message}`).pipe(
      Effect.annotateLogs(facts),
      Effect.andThen(Effect.sleep(delay)),
      Effect.andThen(this.go(next))
    )
  }
}

/** Ends an attempt that takes too long. */
export const withTimeout = <A, E, R>(
  call: Request,
  attempt: Attempt,
  self: Effect.Effect<A, E, R>
): Effect.Effect<A, E | ClaudeError.APIConnectionTimeoutError, R> => {
  const timeout = timeoutOf(call)
  return Duration.isFinite(timeout)
    ? Effect.timeoutOrElse(self, { duration: timeout, orElse: () => Effect.fail(timedOut(attempt, timeout)) })
    : self
}

const timeoutOf = ({ env, options }: Request): Duration.Duration =>
  options.timeout === undefined ? env.defaults.timeout : Duration.fromInputUnsafe(options.timeout)

/** The longest that a timer, and so the SDK, can wait. */
const maxTimerMillis = 2 ** 31 - 1

/** The SDK's request options for an attempt. A timeout that nobody chose stays unsaid: it would lift the SDK's guard. */
const requestOptions = (request: Request, attempt: Attempt, signal: AbortSignal): Anthropic.RequestOptions => {
  const { env, options } = request
  const { headers, idleTimeout: _, middleware = [], retry: __, timeout, ...rest } = options
  const chosen = timeout !== undefined || env.defaults.timeoutChosen
  const millis = Math.ceil(Duration.toMillis(timeoutOf(request)))
  return {
    ...rest,
    ...(chosen ? { timeout: Math.min(maxTimerMillis, millis) } : {}),
    ...(attempt.number === 1 && headers === undefined ? {} : { headers: countingHeaders(headers, attempt) }),
    ...(env.client.middleware.length + middleware.length > 0 ? { middleware: [...middleware, noting(attempt)] } : {}),
    maxRetries: 0,
    signal
  }
}

/** Comes last, so that what reaches it is on its way. */
const noting = (attempt: Attempt): Middleware => (request, next) => {
  attempt.sent = true
  return next(request)
}

/** The SDK counts retries of its own loop only. What it says of the first attempt is true. */
const countingHeaders = (headers: CallOptions["headers"], { number }: Attempt) => ({
  ...headers,
  "X-Stainless-Retry-Count": String(number - 1)
})

/** Calls the SDK's method. What it writes to the console meanwhile goes to the logger. */
export const invoke = <A>(
  request: Request,
  attempt: Attempt,
  signal: AbortSignal,
  method: SdkMethod = sdkMethod(request.env, request.operation)
): A => warningsTo(request.env.warn, () => method(...request.args, requestOptions(request, attempt, signal)) as A)

export type SdkMethod = (...args: ReadonlyArray<unknown>) => unknown

/** The SDK's method on its resource, or on one derived of it. Throws where the client has none. */
export const sdkMethod = (
  { client }: CallEnv,
  { name, sdk = name }: Operation,
  derive: (resource: object) => object = (resource) => resource
): SdkMethod => {
  const lacking = (cause?: unknown) =>
    new Error(
      `This client (${client.constructor.name}) has no ${name}${cause instanceof Error ? `: ${cause.message}` : ""}`
    )
  const path = sdk.split(".")
  let resource: object = client
  for (const part of path.slice(0, -1)) {
    const next = memberOf(resource, part, lacking)
    if (typeof next !== "object" || next === null) throw lacking()
    resource = next
  }
  const method = memberOf(resource, path.at(-1) ?? "", lacking)
  if (typeof method !== "function") throw lacking()
  const self = derive(resource)
  return (...args) => Reflect.apply(method, self, args)
}

/** Clients of other platforms have getters that throw in place of what they lack. */
const memberOf = (resource: object, name: string, lacking: (cause: unknown) => Error): unknown => {
  try {
    return Reflect.get(resource, name)
  } catch (cause) {
    throw lacking(cause)
  }
}

/**
 * The SDK warns of deprecated models on the console while a method starts, which no setting changes. The method starts
 * synchronously, so that no other code runs while the console is swapped.
 */
const warningsTo = <A>(warn: (message: string) => void, run: () => A): A => {
  const { console } = globalThis
  const original = console.warn
  const warnings: Array<unknown> = []
  console.warn = (message) => warnings.push(message)
  try {
    return run()
  } finally {
    console.warn = original
    // Not before: a logger may write with console.warn itself.
    for (const warning of warnings) warn(String(warning))
  }
}

/** A body, and the response that it came with. */
export interface Answer<A> {
  readonly response: Response
  readonly data: A
}

/** Headers first, then the body, so that a failure tells which of them it belongs to. */
export const readBody = async <A>(promise: APIPromise<A>): Promise<Answer<A>> => {
  const response = await promise.asResponse()
  return promise.then((data) => ({ response, data }), (cause) => {
    throw new BodyFailure(response, cause)
  })
}
