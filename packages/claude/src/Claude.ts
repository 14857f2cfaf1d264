/**
 * The Claude API as a service: every method an `Effect` or a `Stream` whose type says how it can fail.
 *
 * **Details**
 *
 * Methods stand at the SDK's own paths and take the SDK's own parameters: who knows the SDK knows this. A call is an
 * `Effect`; a paginated list is a `Stream` of its items, a chunk a page, and `listPage` gives one page; a message that
 * arrives bit by bit is a `Stream` of events.
 *
 * Each call takes the retry policy of its `retry` option, else of {@link withRetry} around it, else of its layer, else
 * `RetryPolicy.default`.
 *
 * - {@link layerConfig} reads `ANTHROPIC_API_KEY` and its like, {@link layer} takes everything as values.
 * - {@link layerClient} works over any client: see {@link module:ClaudeClient}.
 *
 * Every call is a span named by OpenTelemetry's conventions for generative AI, with the tokens used, and an event for
 * each retry.
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
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import type { ModelInfosPage } from "@anthropic-ai/sdk/resources/models"
import type * as Models from "@anthropic-ai/sdk/resources/models"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import * as ClaudeClient from "./ClaudeClient.ts"
import type * as ClaudeConfig from "./ClaudeConfig.ts"
import type * as Errors from "./generated/errors.ts"
import { operations } from "./generated/operations.ts"
import * as Call from "./internal/call.ts"
import { callMethod, eventsMethod, listMethod, pageMethod } from "./internal/methods.ts"
import type * as RetryPolicy from "./RetryPolicy.ts"

export type * from "./generated/errors.ts"

/**
 * What a caller may say about one call.
 *
 * @category models
 * @since 0.1.0
 */
export interface CallOptions extends Call.CallOptions {}

/**
 * The parameters of a message, whether it arrives at once or as a stream: the method decides.
 *
 * @category models
 * @since 0.1.0
 */
export interface MessageCreateParams extends Omit<Messages.MessageCreateParamsBase, "stream"> {}

/**
 * The methods.
 *
 * @category models
 * @since 0.1.0
 */
export interface Methods {
  readonly messages: {
    /** @see `client.messages.create` of the SDK */
    readonly create: (
      params: MessageCreateParams,
      options?: CallOptions
    ) => Effect.Effect<Messages.Message, Errors.MessagesCreateError>
    /** @see `client.messages.create` of the SDK with `stream: true` */
    readonly stream: (
      params: MessageCreateParams,
      options?: CallOptions
    ) => Stream.Stream<Messages.RawMessageStreamEvent, Errors.MessagesStreamError>
    /** @see `client.messages.countTokens` of the SDK */
    readonly countTokens: (
      params: Messages.MessageCountTokensParams,
      options?: CallOptions
    ) => Effect.Effect<Messages.MessageTokensCount, Errors.MessagesCountTokensError>
  }
  readonly models: {
    /** @see `client.models.list` of the SDK */
    readonly list: (
      params?: Models.ModelListParams | null,
      options?: CallOptions
    ) => Stream.Stream<Models.ModelInfo, Errors.ModelsListError>
    /** One page of `list`. */
    readonly listPage: (
      params?: Models.ModelListParams | null,
      options?: CallOptions
    ) => Effect.Effect<ModelInfosPage, Errors.ModelsListError>
    /** @see `client.models.retrieve` of the SDK */
    readonly retrieve: (
      modelID: string,
      params?: Models.ModelRetrieveParams | null,
      options?: CallOptions
    ) => Effect.Effect<Models.ModelInfo, Errors.ModelsRetrieveError>
  }
}

/**
 * The service.
 *
 * @category services
 * @since 0.1.0
 */
export class Claude extends Context.Service<Claude, Methods>()("effect-claude/Claude") {}

/** The road knows a method's shape and its documented reasons from its row; the types say the same of the same rows. */
const make = (env: Call.CallEnv): Methods => {
  const methods: MethodTree<Methods> = {
    messages: {
      create: callMethod(env, operations["messages.create"]),
      stream: eventsMethod(env, operations["messages.stream"]),
      countTokens: callMethod(env, operations["messages.countTokens"])
    },
    models: {
      list: listMethod(env, operations["models.list"]),
      listPage: pageMethod(env, operations["models.list"]),
      retrieve: callMethod(env, operations["models.retrieve"])
    }
  }
  return methods as Methods
}

type MethodTree<T> = T extends (...args: never) => unknown ? (...args: ReadonlyArray<unknown>) => unknown
  : { readonly [K in keyof T]: MethodTree<T[K]> }

/**
 * The service over the client in the context.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerClient: Layer.Layer<Claude, never, ClaudeClient.ClaudeClient> = Layer.effect(
  Claude,
  Effect.map(ClaudeClient.ClaudeClient, make)
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
 * {@link module:ClaudeConfig}) or another `ConfigProvider`. `options` override. Fails as the layer builds when a setting
 * is missing or wrong, with a message that names it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  options?: ClaudeConfig.Options
): Layer.Layer<Claude | ClaudeClient.ClaudeClient, Config.ConfigError> =>
  Layer.provideMerge(layerClient, ClaudeClient.layerConfig(options))

/**
 * The retry policy of every call within, unless the call names its own.
 *
 * @category retries
 * @since 0.1.0
 */
export const withRetry: {
  (policy: RetryPolicy.Input): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, policy: RetryPolicy.Input): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, policy: RetryPolicy.Input): Effect.Effect<A, E, R> =>
    Effect.provideService(self, Call.CurrentRetryPolicy, policy)
)

/**
 * The policy that {@link withRetry} has set, `undefined` outside of it. With `Stream.provideService` it also applies to a
 * stream.
 *
 * @category retries
 * @since 0.1.0
 */
export const CurrentRetryPolicy: Context.Reference<RetryPolicy.Input | undefined> = Call.CurrentRetryPolicy

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
): Effect.Effect<Models.ModelInfo, Errors.ModelsRetrieveError, Claude> =>
  Effect.flatMap(Claude, ({ models }) => models.retrieve(model, null, options))
