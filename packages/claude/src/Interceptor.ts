/**
 * Hooks around every call: what metrics, limits, fallbacks, caches and test stubs are made of.
 *
 * **Details**
 *
 * A call passes its interceptors from the outside in, then the retry loop, which passes them again for each attempt:
 *
 * - `call` runs around a whole call, retries included. It decides whether, how often and with what the call goes on
 *   (`next`), or answers it.
 * - `attempt` runs around each attempt. Waiting in it does not count against the attempt's timeout.
 * - `answered` hears of each response as soon as its headers are there, whatever its status.
 * - `retrying` hears of each failure that is about to be retried, before the wait.
 * - `ended` hears once of each call's end: with the last byte of the answer, the failure, or when the reader goes away.
 *
 * Every method passes here: single bodies, pages (each page of a list is a call), streams of every kind, `object` and
 * `objectStream`. Interceptors of a scope ({@link module:Claude}'s `withInterceptor`) stand outside those of the client
 * (`interceptors` of the settings, and {@link layer}); one that is named twice applies once.
 *
 * Every entry into an interceptor is a *trip*. It has a `Scope` of its own, which closes when the trip fails, or else when
 * the answer has ended: what a hook acquires, it holds for as long as the answer takes. `next` may run again, with other
 * parameters or another client; an answer that is not handed on is aborted.
 *
 * **Gotchas**
 *
 * - In a hook the error type is generic. Decide by what every error tells: `isThrottling`, `isRetryable`, `outcome`,
 *   `reason`. No hook can make up an answer or an error: it answers through `answer`, `answerItems` or `next`, and
 *   refuses with {@link reject}.
 * - A call that a hook makes does not pass that hook's interceptor again. Its span is within that of the call.
 * - `ended` cannot be interrupted, and its call waits for it: fork slow work.
 * - A defect in `answered`, `retrying` or `ended` is logged and goes no further. One in `call` or `attempt` is the call's.
 *
 * **Example** (Counting)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Claude, Interceptor } from "effect-claude"
 *
 * const counts = { calls: 0, attempts: 0, ends: 0 }
 *
 * const counting = Interceptor.make({
 *   call: (call, next) => {
 *     counts.calls++
 *     return next(call)
 *   },
 *   attempt: (attempt, next) => {
 *     counts.attempts++
 *     return next(attempt)
 *   },
 *   ended: () => Effect.sync(() => counts.ends++)
 * })
 *
 * export const ClaudeLive = Claude.layerConfig({ interceptors: [counting] })
 * ```
 *
 * **Example** (Another model while one is overloaded)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Claude, Interceptor } from "effect-claude"
 *
 * const fallback = Interceptor.make({
 *   call: (call, next) =>
 *     next(call).pipe(
 *       Effect.catchIf(
 *         (error) => error.isThrottling && call.model !== undefined,
 *         () => next(call.with({ params: { ...call.params, model: "claude-sonnet-5-5" } }))
 *       )
 *     )
 * })
 *
 * export const program = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   return yield* claude.messages.create({
 *     model: "claude-opus-5-5",
 *     max_tokens: 256,
 *     messages: [{ role: "user", content: "Say hello." }]
 *   })
 * }).pipe(Claude.withInterceptor(fallback))
 * ```
 *
 * @since 0.1.0
 */

import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as ClaudeError from "./ClaudeError.ts"
import type { CallOptions } from "./internal/road/callOptions.ts"
import type { ClientService } from "./internal/road/clientService.ts"
import type { Usage } from "./internal/usage/usage.ts"
import type { Operation } from "./Operation.ts"
import type * as Reason from "./Reason.ts"

/**
 * The parameters of a call, as its method takes them. Empty where the method takes none.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Params {
  readonly [name: string]: unknown
}

/**
 * Who answers a client's calls.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Server {
  /** The platform, as OpenTelemetry names it: `anthropic`, `aws.bedrock`, `gcp.vertex_ai`, or what the client says. */
  readonly provider: string
  /** The host's name or address. Empty where the client has no valid base URL. */
  readonly address: string
  readonly port: number
}

/**
 * What is known of a call.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface CallInfo {
  /** The method: its name, route and shape, and whether it may be repeated. */
  readonly operation: Operation
  /** The method's arguments before its options. */
  readonly args: ReadonlyArray<unknown>
  /** The last of `args`, where it is an object. */
  readonly params: Params
  /** The model that the parameters name. */
  readonly model: string | undefined
  readonly options: CallOptions
  readonly server: Server
  /** The client that the call goes through, for calls of your own: `client.use`. */
  readonly client: ClientService
}

/**
 * What {@link Call.with} changes. `params` and `options` replace those of the call; a client also brings its defaults.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface CallChange {
  readonly params?: Params
  readonly options?: CallOptions
  readonly client?: ClientService
}

/**
 * A call on its way.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Call<in out A, in out E> extends CallInfo {
  /** The same call with other parameters, options or another client. The parameters are checked like the caller's. */
  readonly with: (change: CallChange) => Call<A, E>
  /** Answers the call with a response, which is read as one from the API would be. Works for every shape. */
  readonly answer: (response: Response) => Effect.Effect<A, E | ClaudeError.RequestRejectedError, Scope.Scope>
  /** Answers a streaming method with items that are decoded already. Refused by methods that do not stream. */
  readonly answerItems: (
    items: Stream.Stream<unknown, ClaudeError.ClaudeError>
  ) => Effect.Effect<A, E | ClaudeError.RequestRejectedError, Scope.Scope>
  /** Runs when this trip ends, before {@link Interceptor.ended}. */
  readonly onEnd: (f: (end: End) => Effect.Effect<void>) => Effect.Effect<void>
}

/**
 * An attempt on its way.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Attempt<in out A, in out E> {
  readonly call: CallInfo
  /** Counted from 1. */
  readonly number: number
  /** The same attempt with other headers, secret ones as `Redacted`; `null` removes one. */
  readonly with: (change: {
    readonly headers: Readonly<Record<string, string | Redacted.Redacted | null>>
  }) => Attempt<A, E>
  /** Answers the attempt with a response, which is read as one from the API would be. */
  readonly answer: (response: Response) => Effect.Effect<A, E | ClaudeError.RequestRejectedError, Scope.Scope>
}

/**
 * What the headers of a response tell, and which request it answers.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface ResponseInfo {
  readonly status: number
  /** By lower-case name, without cookies and credentials. */
  readonly headers: Readonly<Record<string, string>>
  /** The API's id of the request. */
  readonly requestId: string | undefined
  readonly rateLimits: ClaudeError.RateLimits | undefined
  /** The model that was asked. A fallback may have chosen another than the caller. */
  readonly model: string | undefined
  /** The host that was asked, with its port where it names one. */
  readonly host: string
}

/**
 * The pieces in which the content of a streamed message arrived (`content_block_delta` events).
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Chunks {
  readonly count: number
  /** How long after the start of the trip the first one arrived. */
  readonly first: Duration.Duration
  /** How long after the start of the trip the last one arrived. */
  readonly last: Duration.Duration
}

/**
 * How a trip ended.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface End {
  /**
   * By what has arrived, not by what was read: `Completed` when the whole answer is there, `Failed` when it or the trip
   * failed, `Cancelled` when the caller went away before.
   */
  readonly _tag: "Completed" | "Failed" | "Cancelled"
  readonly error: ClaudeError.ClaudeError | undefined
  /** How the caller left. Where it stopped reading a stream, the exit of its scope. */
  readonly exit: Exit.Exit<unknown, unknown>
  /**
   * What all attempts within have used, those that failed included. `usage.isFinal` only if everything has been counted to
   * the end: not where an answer was cut, cancelled, or lost after it was sent.
   */
  readonly usage: Usage
  /** The last response. */
  readonly response: ResponseInfo | undefined
  /** How many requests were sent. */
  readonly attempts: number
  /** From the start of the trip to its end, waiting and reading included. */
  readonly elapsed: Duration.Duration
  /** Of a streamed message whose content has begun. */
  readonly chunks: Chunks | undefined
  /** The message, as far as it has arrived, where the method answers with one. Put together when it is read. */
  readonly message: ClaudeError.PartialMessage | undefined
  /** The model that the message names, which may be another than the call's. */
  readonly model: string | undefined
}

/**
 * Hooks around calls. All of them are optional; {@link make} types them.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Interceptor {
  readonly call?: <A, E extends ClaudeError.ClaudeError>(
    call: Call<A, E>,
    next: (call: Call<A, E>) => Effect.Effect<A, E | ClaudeError.RequestRejectedError, Scope.Scope>
  ) => Effect.Effect<A, E | ClaudeError.RequestRejectedError, Scope.Scope>
  readonly attempt?: <A, E extends ClaudeError.ClaudeError>(
    attempt: Attempt<A, E>,
    next: (attempt: Attempt<A, E>) => Effect.Effect<A, E | ClaudeError.RequestRejectedError, Scope.Scope>
  ) => Effect.Effect<A, E | ClaudeError.RequestRejectedError, Scope.Scope>
  readonly answered?: (
    attempt: { readonly call: CallInfo; readonly number: number },
    response: ResponseInfo
  ) => Effect.Effect<void>
  readonly retrying?: (
    attempt: { readonly call: CallInfo; readonly number: number },
    retry: { readonly error: ClaudeError.ClaudeError; readonly delay: Duration.Duration }
  ) => Effect.Effect<void>
  readonly ended?: (call: CallInfo, end: End) => Effect.Effect<void>
}

/**
 * An interceptor with these hooks.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const make = (hooks: Interceptor): Interceptor => hooks

const keyPrefix = "effect-claude/Interceptor/"

let layers = 0

/**
 * An interceptor that needs a scope or services, for the Claude layers that it is provided to, or several of them,
 * outermost first. Layers add up, in the order in which they are merged.
 *
 * **Example** (An interceptor that needs a service)
 *
 * ```ts
 * import { Context, Effect, Layer } from "effect"
 * import { Claude, Interceptor } from "effect-claude"
 *
 * class Audit extends Context.Service<Audit, { readonly log: (line: string) => Effect.Effect<void> }>()("Audit") {}
 *
 * const audited = Interceptor.layer(
 *   Effect.map(Audit, ({ log }) => Interceptor.make({ ended: (call, end) => log(`${call.operation.name} ${end._tag}`) }))
 * )
 *
 * export const ClaudeLive = Claude.layerConfig().pipe(Layer.provide(audited))
 * ```
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layer = <E, R>(
  effect: Effect.Effect<Interceptor | ReadonlyArray<Interceptor>, E, R>
): Layer.Layer<never, E, Exclude<R, Scope.Scope>> => {
  // A key of its own for each layer, so that merging two keeps both.
  const key = `${keyPrefix}${layers++}`
  return Layer.effectContext(
    Effect.map(effect, (made): Context.Context<never> => Context.makeUnsafe(new Map([[key, made]])))
  )
}

/**
 * The interceptors that layers have provided, in the order in which they were.
 *
 * @internal
 */
export const provided = (context: Context.Context<never>): ReadonlyArray<Interceptor> =>
  [...context.mapUnsafe].flatMap(([key, value]) =>
    key.startsWith(keyPrefix) ? value as Interceptor | ReadonlyArray<Interceptor> : []
  )

/**
 * What {@link reject} tells: why (`reason`, for `Effect.catchReason`), and in words. `retryAfter` is when another try may
 * succeed, where that is known.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Rejected {
  readonly reason: Reason.Rejection
  readonly message: string
  readonly param?: string | undefined
  readonly retryAfter?: Duration.Input | undefined
}

/** JSON has no infinity. */
const longest = Duration.millis(Number.MAX_SAFE_INTEGER)

/**
 * Refuses a call: nothing is sent by this interceptor or those inside it. Not retryable.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const reject = (
  call: CallInfo,
  { message, param, reason, retryAfter }: Rejected
): Effect.Effect<never, ClaudeError.RequestRejectedError> =>
  Effect.suspend(() =>
    Effect.fail(
      new ClaudeError.RequestRejectedError({
        operation: call.operation.name,
        repeatable: call.operation.repeatable,
        model: call.model,
        attempts: 0,
        message,
        reason,
        param,
        retryAfter: retryAfter === undefined ? undefined : Duration.min(Duration.fromInputUnsafe(retryAfter), longest)
      })
    )
  )
