/**
 * The Claude API as a service: every method an `Effect` or a `Stream` whose type says how it can fail.
 *
 * **Details**
 *
 * Methods stand at the SDK's own paths and take the SDK's own parameters: who knows the SDK knows this. A call is an
 * `Effect`; a paginated list is a `Stream` of its items, a chunk a page, and `listPage` gives one page; a message that
 * arrives bit by bit is a `Stream` of events, a download one of bytes, and the results of a batch one of rows. The SDK's
 * helpers, which hold loops of their own, are not methods here: the guide "Helpers of the SDK" in the repository's docs
 * lists them with what to use instead.
 *
 * Each call takes the retry policy of its `retry` option, else of {@link withRetry} around it, else of its layer, else
 * `RetryPolicy.standard`.
 *
 * - {@link layerConfig} reads `ANTHROPIC_API_KEY` and its like, {@link layer} takes everything as values.
 * - {@link layerClient} works over any client: see {@link module:ClaudeClient}.
 *
 * Every call is a span named by OpenTelemetry's conventions for generative AI, with the tokens used, and an event for
 * each retry. {@link module:Telemetry} adds metrics and logs.
 *
 * **Example** (A call)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Claude } from "effect-claude"
 *
 * const program = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   const message = yield* claude.messages.create({
 *     model: "claude-opus-5-5",
 *     max_tokens: 256,
 *     messages: [{ role: "user", content: "Say hello." }]
 *   })
 *   return message.content
 * }).pipe(Effect.provide(Claude.layerConfig()))
 * ```
 *
 * @since 0.1.0
 */
import type * as BetaMessages from "@anthropic-ai/sdk/resources/beta/messages/messages"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import type * as Models from "@anthropic-ai/sdk/resources/models"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import * as ClaudeClient from "./ClaudeClient.ts"
import type * as ClaudeConfig from "./ClaudeConfig.ts"
import type { BetaMessageCreateParams, MessageCreateParams, Methods } from "./generated/methods.ts"
import { resources } from "./generated/operations.ts"
import * as Interceptors from "./Interceptor.ts"
import type { CallOptions } from "./internal/road/callOptions.ts"
import { envOf } from "./internal/road/clientEnv.ts"
import type { Error } from "./internal/road/methodError.ts"
import { intercepting, updateScope, within } from "./internal/road/scope.ts"
import { makeService } from "./internal/road/service.ts"
import type { Same, Scoped } from "./internal/scoped.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import type * as StructuredOutput from "./StructuredOutput.ts"

export type * from "./generated/methods.ts"
export type { BatchResult } from "./internal/answer/batchResult.ts"
export type { CallOptions } from "./internal/road/callOptions.ts"
export type { Error, Method } from "./internal/road/methodError.ts"
export type { Unwrap, UnwrapOptions } from "./internal/road/webhooks.ts"
export type { Same } from "./internal/scoped.ts"

/**
 * Methods that answer with a value of a schema: see {@link module:StructuredOutput}. `P` are the parameters of `create` beside
 * them, `M` is its message.
 *
 * @category models
 * @since 0.1.0
 */
export interface ObjectMethods<P, M> {
  /** The value. With `reask`, an answer that does not fit is asked for again. */
  readonly object: <S extends Schema.Constraint>(
    params: StructuredOutput.Params<P, S>,
    options?: CallOptions
  ) => Effect.Effect<
    S["Type"],
    Error<"messages.create"> | StructuredOutput.StructuredOutputError,
    S["DecodingServices"]
  >
  /** The value and the message that says it, with the tokens of all tries. */
  readonly objectWithMessage: <S extends Schema.Constraint>(
    params: StructuredOutput.Params<P, S>,
    options?: CallOptions
  ) => Effect.Effect<
    StructuredOutput.Answer<S, M>,
    Error<"messages.create"> | StructuredOutput.StructuredOutputError,
    S["DecodingServices"]
  >
  /** Parts of the value while it arrives, and the whole at the end. */
  readonly objectStream: <S extends Schema.Constraint>(
    params: StructuredOutput.StreamParams<P, S>,
    options?: CallOptions
  ) => Stream.Stream<
    StructuredOutput.Part<S, M>,
    Error<"messages.stream"> | StructuredOutput.StructuredOutputError,
    S["DecodingServices"]
  >
}

/**
 * What the service has: the SDK's methods, and ours.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service extends Omit<Methods, "messages" | "beta"> {
  readonly messages: Methods["messages"] & ObjectMethods<MessageCreateParams, Messages.Message>
  readonly beta: BetaService
}

/**
 * What the service has of the beta API.
 *
 * @category models
 * @since 0.1.0
 */
export interface BetaService extends Omit<Methods["beta"], "messages"> {
  readonly messages: Methods["beta"]["messages"] & ObjectMethods<BetaMessageCreateParams, BetaMessages.BetaMessage>
}

/**
 * The service.
 *
 * @category services
 * @since 0.1.0
 */
export class Claude extends Context.Service<Claude, Service>()("effect-claude/Claude") {}

/**
 * The service over the client in the context, with the interceptors that `Interceptor.layer` provides. Each place that it
 * stands in is built with the client there, so that one program can have several.
 *
 * @category layers
 * @since 0.1.0
 */
// Fresh: memoized by reference, the first client built would be everybody's.
export const layerClient: Layer.Layer<Claude, never, ClaudeClient.ClaudeClient> = Layer.fresh(
  Layer.effect(
    Claude,
    Effect.map(
      Effect.context<ClaudeClient.ClaudeClient>(),
      (context) => {
        const client = Context.get(context, ClaudeClient.ClaudeClient)
        return makeService<Service>(resources, envOf(client, context), Interceptors.provided(context))
      }
    )
  )
)

/**
 * The service and its client from settings given as values; reads no environment. Fails as the layer builds when a
 * setting is wrong.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: ClaudeConfig.Options
): Layer.Layer<Claude | ClaudeClient.ClaudeClient, Config.ConfigError> =>
  Layer.provideMerge(layerClient, ClaudeClient.layer(options))

/**
 * The service and its client from the environment (`ANTHROPIC_API_KEY` and the other variables of
 * {@link module:ClaudeConfig}) or another `ConfigProvider`. `options` override, each a value or a `Config`:
 * `Claude.layerConfig({ apiKey: Config.Redacted("MY_KEY"), timeout: "90 seconds" })`. Fails as the layer builds when
 * settings are missing or wrong, with one error that names each of them.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  options?: ClaudeConfig.ConfigOptions
): Layer.Layer<Claude | ClaudeClient.ClaudeClient, Config.ConfigError> =>
  Layer.provideMerge(layerClient, ClaudeClient.layerConfig(options))

/**
 * The retry policy of every call within an effect or a stream, unless the call names its own. The innermost counts. A stream
 * takes the policy of the scope in which it runs, else of the scope in which its method was called.
 *
 * @category retries
 * @since 0.1.0
 */
export const withRetry: {
  (policy: RetryPolicy.Input): <S extends Scoped>(self: S) => Same<S>
  <S extends Scoped>(self: S, policy: RetryPolicy.Input): Same<S>
} = dual(
  2,
  <S extends Scoped>(self: S, policy: RetryPolicy.Input): Same<S> =>
    updateScope(self, Context.add(RetryPolicy.CurrentRetryPolicy, policy))
)

/**
 * Passes every call within an effect or a stream through an interceptor, outside the interceptors of the client. Scopes add
 * up, the outer one outermost; an interceptor that is named twice applies once. A stream passes those of the scope in which
 * it runs and those of the scope in which its method was called.
 *
 * @category interceptors
 * @stability experimental
 * @since 0.1.0
 */
export const withInterceptor: {
  (interceptor: Interceptors.Interceptor): <S extends Scoped>(self: S) => Same<S>
  <S extends Scoped>(self: S, interceptor: Interceptors.Interceptor): Same<S>
} = dual(
  2,
  <S extends Scoped>(self: S, interceptor: Interceptors.Interceptor): Same<S> => intercepting(self, interceptor)
)

/**
 * What an effect gave, and what the headers of its call's response tell: status, request id, rate limits. Of several calls
 * within, it is the response of the last to end; `undefined` where nothing was answered. For a stream, see
 * `MessageStream.open`.
 *
 * **Example** (The request id of a success)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Claude } from "effect-claude"
 *
 * export const program = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   const { response, value } = yield* Claude.withResponse(claude.models.retrieve("claude-opus-5-5"))
 *   yield* Effect.logInfo(`${value.display_name}: request ${response?.requestId}`)
 *   return response?.rateLimits?.requests?.remaining
 * })
 * ```
 *
 * @category combinators
 * @stability experimental
 * @since 0.1.0
 */
export const withResponse = <A, E, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<{ readonly value: A; readonly response: Interceptors.ResponseInfo | undefined }, E, R> =>
  Effect.suspend(() => {
    let response: Interceptors.ResponseInfo | undefined
    const listening = Interceptors.make({
      ended: (_, end) =>
        Effect.sync(() => {
          response = end.response
        })
    })
    const call = Effect.updateContext(self, (context: Context.Context<R>) => within(listening)(context))
    return Effect.map(call, (value) => ({ value, response }))
  })

/**
 * Asks the API for a model: its limits (`max_input_tokens`, `max_tokens`) and capabilities, or `NotFoundError` if there is
 * none of that name. Limits change, so this library knows none by heart.
 *
 * @category models
 * @since 0.1.0
 */
export const validateModel = (
  model: string,
  options?: CallOptions
): Effect.Effect<Models.ModelInfo, Error<"models.retrieve">, Claude> =>
  Effect.flatMap(Claude, ({ models }) => models.retrieve(model, null, options))
