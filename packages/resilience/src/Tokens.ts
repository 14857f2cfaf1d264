/**
 * How many input tokens a call has, before it is made: what limits and budgets reserve.
 *
 * @since 0.1.0
 */
import type * as Claude from "effect-claude/Claude"
import type * as ClaudeError from "effect-claude/ClaudeError"
import type { CallInfo, Params } from "effect-claude/Interceptor"
import * as Effect from "effect/Effect"
import * as Estimate from "./internal/tokens.ts"

/**
 * Says how many input tokens a call has.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export type InputTokens = (call: CallInfo) => Effect.Effect<number, ClaudeError.ClaudeError>

/**
 * An estimate: a token for every three bytes of text, 1,600 for an image, 3,000 for a document. It is too high for most
 * texts. It is too low for long documents, and for what tools of the API bring themselves.
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const estimated: InputTokens = ({ params }) => Effect.sync(() => Estimate.estimateInput(params))

/** What counting takes of the parameters of a message. */
const ofPrompt = [
  "model",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "thinking",
  "cache_control",
  "output_config",
  "speed",
  "user_profile_id",
  "workspace_id"
]
const ofBetaPrompt = ofPrompt.concat(
  ["betas", "billing_policy", "compaction", "context_management", "mcp_servers", "output_format"]
)

const pick = <P>(params: Params, names: ReadonlyArray<string>): P =>
  Object.fromEntries(names.flatMap((name) => params[name] === undefined ? [] : [[name, params[name]]])) as P

/**
 * As the API counts them, for one more request before each call. Give it a service that the limits and budgets are not
 * around.
 *
 * **Example** (A budget without overshoot)
 *
 * ```ts
 * import { Budget, Tokens } from "@effect-claude/resilience"
 * import { Effect, Layer } from "effect"
 * import { Claude, Interceptor } from "effect-claude"
 *
 * const budget = Interceptor.layer(
 *   Effect.flatMap(Claude.Claude, (claude) =>
 *     Budget.make({ ceilings: [{ tokens: 1_000_000, per: "day" }], inputTokens: Tokens.counted(claude) }))
 * ).pipe(Layer.provide(Layer.fresh(Claude.layerConfig())))
 *
 * export const ClaudeLive = Claude.layerConfig().pipe(Layer.provide(budget), Layer.provide(Budget.layerStoreMemory))
 * ```
 *
 * @category constructors
 * @stability experimental
 * @since 0.1.0
 */
export const counted = (claude: Claude.Claude["Service"]): InputTokens => ({ operation, params }) =>
  Effect.map(
    operation.name.startsWith("beta.")
      ? claude.beta.messages.countTokens(pick(params, ofBetaPrompt))
      : claude.messages.countTokens(pick(params, ofPrompt)),
    ({ input_tokens }) => input_tokens
  )
