/**
 * What people who run a program want to see of its calls: metrics, a log line for each failure, and the names of everything.
 *
 * **Details**
 *
 * Spans are always there: one for each call, under OpenTelemetry's names, with the retries as its events. One line adds
 * metrics and logs:
 *
 * - *Metrics*, over Effect's `Metric`: how long calls take, the time to the first piece of a stream and between pieces,
 *   tokens by kind, attempts, retries, failures by class and code, give-ups, calls in flight. {@link instruments} lists
 *   them with their units and buckets.
 * - *Logs*, over Effect's `Logger`: each failed call once, at `Warn` where the failure passes by itself and at `Error` where
 *   somebody has to see to it, annotated with status, type, code, parameter, request id, model and attempts. The caller's
 *   annotations are kept. What is retried is a line at `Debug`.
 *
 * {@link attributes} lists the names that all three use. Nothing of a prompt or an answer is in any of them, unless `content`
 * switches it on.
 *
 * **Gotchas**
 *
 * - The interceptor sees a call once, however many attempts it makes. Put it first, so that it is around those that
 *   repeat or refuse calls; put it last to see what these do.
 * - The tokens of a stream that was cut or left are in the counters with `claude.usage.is_final` `"false"`: the API has
 *   counted its input, and of its output what there was to begin with.
 * - The span of a call does not hold what a proxy or a gateway answers in words of its own: they may repeat the prompt. The
 *   error does, so a span of your own that it ends may hold them.
 * - A model that is not among the first 200 is counted as `_OTHER`.
 *
 * **Example** (One line)
 *
 * ```ts
 * import { Claude, Telemetry } from "effect-claude"
 *
 * export const ClaudeLive = Claude.layerConfig({ interceptors: [Telemetry.make()] })
 * ```
 *
 * **Example** (The names that most dashboards read, beside today's)
 *
 * ```ts
 * import { Claude, Telemetry } from "effect-claude"
 *
 * export const ClaudeLive = Claude.layerConfig({ interceptors: [Telemetry.make({ metrics: "both" })] })
 * ```
 *
 * @since 0.1.0
 */

import * as Context from "effect/Context"
import { dual } from "effect/Function"
import * as References from "effect/References"
import * as Interceptor from "./Interceptor.ts"
import { updateScope } from "./internal/road/scope.ts"
import type { Same, Scoped } from "./internal/scoped.ts"
import { attributes } from "./internal/telemetry/attributes.ts"
import { showing } from "./internal/telemetry/content.ts"
import { logging } from "./internal/telemetry/logs.ts"
import { metering } from "./internal/telemetry/metrics.ts"

export { attributes } from "./internal/telemetry/attributes.ts"
export { type Instrument, instruments } from "./internal/telemetry/instruments.ts"

/**
 * What to tell beside the spans.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export interface Options {
  /**
   * By which names OpenTelemetry's metrics are kept: those of today, `gen_ai.client.inference.*`; the older
   * `gen_ai.client.operation.duration` and `gen_ai.client.token.usage`, which most dashboards still read; or both. The
   * others are kept in each case. `"none"` keeps no metrics. Default: `"current"`.
   */
  readonly metrics?: "current" | "older" | "both" | "none" | undefined
  /** Whether each failed call is logged. Default: `true`. */
  readonly logs?: boolean | undefined
  /**
   * Whether the span of a call holds its prompt and its answer (`gen_ai.system_instructions`, `gen_ai.input.messages`,
   * `gen_ai.output.messages`): of images, documents and the like the type alone. Default: `false`.
   */
  readonly content?: boolean | undefined
}

/**
 * Metrics and logs of the calls that pass: for `interceptors` of the settings, or `Claude.withInterceptor`. Keep the one that
 * it makes: calls that pass two of them are counted twice.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const make = (options: Options = {}): Interceptor.Interceptor => {
  const { content = false, logs = true, metrics = "current" } = options
  const hooks = [
    ...(content ? [showing] : []),
    ...(metrics === "none" ? [] : [metering(metrics)]),
    ...(logs ? [logging] : [])
  ]
  return hooks.length === 0 ? Interceptor.make({}) : hooks.reduce(both)
}

/** Two interceptors of disjoint hooks, but for `call`, as one: each costs every call a trip. */
const both = (outer: Interceptor.Interceptor, inner: Interceptor.Interceptor): Interceptor.Interceptor => {
  const { call: first } = outer
  const { call: second } = inner
  if (first === undefined || second === undefined) return { ...outer, ...inner }
  return { ...outer, ...inner, call: (call, next) => first(call, (call) => second(call, next)) }
}

/**
 * Names the conversation that the calls within an effect or a stream belong to, in their spans and in what is logged
 * (`gen_ai.conversation.id`). It is not sent to the API.
 *
 * **Example** (A turn of a conversation)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Claude, Telemetry } from "effect-claude"
 *
 * export const turn = (conversation: string, messages: Claude.MessageCreateParams["messages"]) =>
 *   Effect.gen(function*() {
 *     const claude = yield* Claude.Claude
 *     return yield* claude.messages.create({ model: "claude-opus-5-5", max_tokens: 256, messages })
 *   }).pipe(Telemetry.withConversation(conversation))
 * ```
 *
 * @category combinators
 * @stability experimental
 * @since 0.1.0
 */
export const withConversation: {
  (id: string): <S extends Scoped>(self: S) => Same<S>
  <S extends Scoped>(self: S, id: string): Same<S>
} = dual(2, <S extends Scoped>(self: S, id: string): Same<S> => updateScope(self, withId(id)))

const withId = (id: string) => (context: Context.Context<never>): Context.Context<never> =>
  context.pipe(
    Context.add(References.TracerSpanAnnotations, {
      ...Context.get(context, References.TracerSpanAnnotations),
      [attributes.conversation]: id
    }),
    Context.add(References.CurrentLogAnnotations, {
      ...Context.get(context, References.CurrentLogAnnotations),
      [attributes.conversation]: id
    })
  )
