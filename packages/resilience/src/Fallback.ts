/**
 * Another model, or another client, while one is down.
 *
 * **Details**
 *
 * A fallback is a list of steps, the best first. A call begins with what it asks for, and goes on to the steps after the one
 * that names its model:
 *
 * - Which failures move on is said by the step that is entered, `when`. By default: what is retryable, a connection that
 *   cannot be made, and refusals by a circuit, a limit or a bulkhead of yours. A request that may have run, and is not
 *   harmless to run twice, never moves on.
 * - All steps but the last have a quick policy, by default no retries. The last one has the call's own.
 * - A step that has failed is *down* for the `cooldown`, or for as long as the server asked (`retry-after`), and twice as
 *   long each time that it fails again. Meanwhile calls skip it. After that one call tries it, while others still skip
 *   it. So an outage costs one extra request for each cooldown and client, not one for each call. The last step is
 *   never skipped.
 * - A stream moves on until its first content block has come. What breaks later has been read in part: `MessageStream.recover`
 *   says how its text goes on.
 * - A model that no step names is left alone, but for clients that take any model. So are calls that name no model.
 *
 * Steps are told apart by model and client, so that each client has a memory of its own.
 *
 * What served a call stands in its response (`Claude.withResponse`, `MessageStream.open`: `model` and `host`), in the span
 * (`claude.fallback.step`, where it is not the first) and in the metric `claude.fallback.calls`.
 *
 * **Gotchas**
 *
 * - Calls that are on their way when the outage begins fail one by one: each of them costs a request.
 * - Put a fallback outside other interceptors, so that each step passes them: `Resilience.layer` does.
 * - A message says which model wrote it. Prompts that are cached for one model are not for another.
 *
 * **Example** (Two models)
 *
 * ```ts
 * import { Fallback } from "@effect-claude/resilience"
 * import { Layer } from "effect"
 * import { Claude } from "effect-claude"
 *
 * export const ClaudeLive = Claude.layerConfig().pipe(
 *   Layer.provide(Fallback.layer([
 *     Fallback.model("claude-opus-5-5"),
 *     // Sonnet thinks less, and takes fewer tokens.
 *     Fallback.model("claude-sonnet-5-5", {
 *       params: ({ thinking, ...params }) => ({ ...params, max_tokens: 8192 })
 *     })
 *   ]))
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as ClaudeClient from "effect-claude/ClaudeClient"
import type * as ClaudeError from "effect-claude/ClaudeError"
import * as Interceptor from "effect-claude/Interceptor"
import * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { positiveDuration } from "./internal/numbers.ts"
import { isOutage } from "./internal/outage.ts"
import * as Internal from "./internal/plans.ts"

/**
 * What may be said of each step.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface StepOptions {
  /** Which failures of earlier steps lead to this one. Default: {@link isUnavailable}. */
  readonly when?: ((error: ClaudeError.ClaudeError) => boolean) | undefined
  /** Fits the call's parameters to the model of this step, which they name already: thinking, effort, betas. */
  readonly params?: ((params: Interceptor.Params) => Interceptor.Params) | undefined
  /** Its name in spans, metrics and logs. Default: the model's name, or `client`. */
  readonly name?: string | undefined
}

/**
 * What may be said of a step that is a client.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface ClientOptions extends StepOptions {
  /**
   * The model there, or its name there by the name that the call gives. Default: the same name. With a fixed model, calls
   * whose model no step names do not come here.
   */
  readonly model?: string | ((model: string) => string) | undefined
}

/**
 * A step of a fallback. `E` and `R` are what making its client may fail with and needs.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Step<out E = never, out R = never> extends Internal.Step<E, R> {}

const step = <E, R>(
  name: string,
  model: Step["model"],
  client: Step<E, R>["client"],
  { when = isUnavailable, params = (params) => params, ...options }: StepOptions = {}
): Step<E, R> => ({ name: options.name ?? name, model, client, when, params })

/**
 * A model, through the client that the call goes through.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const model = (model: string, options?: StepOptions): Step => step(model, model, undefined, options)

/**
 * Another client: a layer of `ClaudeClient`, or an effect that gives the service, such as the tag of one of your own. A layer is
 * built with the fallback.
 *
 * **Example** (A gateway of your own while the API is down)
 *
 * ```ts
 * import { Fallback } from "@effect-claude/resilience"
 * import { Config, Layer } from "effect"
 * import { Claude, ClaudeClient } from "effect-claude"
 *
 * const Gateway = ClaudeClient.layerConfig({
 *   apiKey: Config.Redacted("GATEWAY_KEY"),
 *   baseURL: "https://claude.example.com"
 * })
 *
 * export const ClaudeLive = Claude.layerConfig().pipe(
 *   Layer.provide(Fallback.layer([
 *     Fallback.model("claude-opus-5-5"),
 *     Fallback.client(Gateway, { name: "gateway", model: (name) => `anthropic/${name}` })
 *   ]))
 * )
 * ```
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const client = <E = never, R = never>(
  client: Layer.Layer<ClaudeClient.ClaudeClient, E, R> | Effect.Effect<ClaudeClient.Service, E, R>,
  options: ClientOptions = {}
): Step<E, R> =>
  step(
    "client",
    options.model ?? ((model) => model),
    Effect.isEffect(client)
      ? client
      : Effect.map(Layer.build(client), (context) => Context.get(context, ClaudeClient.ClaudeClient)),
    options
  )

/**
 * Whether a failure says that a model cannot be reached now: it is retryable, or the connection failed, or a circuit, a
 * limit or a bulkhead of yours refused the call. Not for budgets: what is spent is spent.
 *
 * @category predicates
 * @stability experimental
 * @since 0.1.0
 */
export const isUnavailable = (error: ClaudeError.ClaudeError): boolean =>
  error._tag === "RequestRejectedError" ? passing.has(error.reason._tag) : isOutage(error)

const passing: ReadonlySet<string> = new Set(["CircuitOpen", "LimitExceeded", "TooManyWaiting"])

/**
 * How a fallback works.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Options {
  /** The retry policy of all steps but the last, in place of the call's own. Default: `RetryPolicy.none`. */
  readonly retry?: RetryPolicy.Input | undefined
  /** How long a step that has failed is skipped, the first time. Default: 30 seconds. */
  readonly cooldown?: Duration.Input | undefined
  /** The longest that a step is skipped, also where the server asks for more. Default: 5 minutes. */
  readonly maxCooldown?: Duration.Input | undefined
}

/**
 * A step, whatever its client needs.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export type AnyStep = Step<unknown, unknown>

/**
 * What making the client of a step may fail with.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export type ErrorOf<S> = S extends Step<infer E, infer _R> ? E : never

/**
 * What making the client of a step needs.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export type ServicesOf<S> = S extends Step<infer _E, infer R> ? R : never

/**
 * A fallback over these steps, with its memory. Throws a `RangeError` where there is no step, where two of them name the
 * same model of the same client, or where a duration of the options is not positive.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const make = <const Steps extends ReadonlyArray<AnyStep>>(
  steps: Steps,
  options: Options = {}
): Effect.Effect<Interceptor.Interceptor, ErrorOf<Steps[number]>, ServicesOf<Steps[number]> | Scope.Scope> => {
  const models = steps.flatMap(({ client, model }) => client === undefined ? [model] : [])
  if (steps.length === 0) throw new RangeError("Fallback: steps must not be empty. Name a model: Fallback.model(\"…\")")
  if (new Set(models).size < models.length) {
    throw new RangeError(`Fallback: steps must not name a model twice, got ${models.join(", ")}`)
  }
  return Internal.makeFallback(steps as ReadonlyArray<Step<ErrorOf<Steps[number]>, ServicesOf<Steps[number]>>>, {
    retry: options.retry ?? RetryPolicy.none,
    cooldown: positiveDuration("Fallback: cooldown", options.cooldown ?? "30 seconds"),
    maxCooldown: positiveDuration("Fallback: maxCooldown", options.maxCooldown ?? "5 minutes")
  })
}

/**
 * A fallback for the Claude layers that it is provided to.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layer = <const Steps extends ReadonlyArray<AnyStep>>(
  steps: Steps,
  options?: Options
): Layer.Layer<never, ErrorOf<Steps[number]>, Exclude<ServicesOf<Steps[number]>, Scope.Scope>> =>
  Interceptor.layer(make(steps, options))
