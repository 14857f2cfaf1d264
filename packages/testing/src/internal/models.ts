/** The models that the simulated API knows. */
import type { ModelCapabilities, ModelInfo as SdkModelInfo } from "@anthropic-ai/sdk/resources/models"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { ids, retirements } from "./generated/models.ts"
import * as Table from "./modelTable.ts"
import { type JsonProblem, parse, reading } from "./reading.ts"

const Support = Schema.Struct({ supported: Schema.Boolean })

const Capabilities = Schema.Struct({
  batch: Support,
  citations: Support,
  code_execution: Support,
  context_management: Schema.Struct({
    supported: Schema.Boolean,
    clear_thinking_20251015: Schema.NullOr(Support),
    clear_tool_uses_20250919: Schema.NullOr(Support),
    compact_20260112: Schema.NullOr(Support)
  }),
  effort: Schema.Struct({
    supported: Schema.Boolean,
    low: Support,
    medium: Support,
    high: Support,
    xhigh: Schema.NullOr(Support),
    max: Support
  }),
  image_input: Support,
  pdf_input: Support,
  server_tools: Schema.Struct({ supported: Schema.Boolean, code_execution: Support, web_search: Support }),
  structured_outputs: Support,
  thinking: Schema.Struct({
    supported: Schema.Boolean,
    types: Schema.Struct({ adaptive: Support, between_tools: Support, disabled: Support, enabled: Support })
  })
})

const Rules = Schema.Struct({
  sampling: Schema.Literals(["any", "one", "default"]),
  prefill: Schema.Boolean,
  forcedToolChoice: Schema.Boolean,
  effortWithoutThinking: Schema.Literals(["low", "medium", "high", "xhigh", "max"]),
  refusedTools: Schema.Array(Schema.String)
})

/**
 * What a model takes that the API's own description of it does not say.
 *
 * - `sampling`: `"any"`, `"one"` (`temperature` or `top_p`, not both) or `"default"` (only the API's own values).
 * - `prefill`: whether a conversation may end with an assistant's turn.
 * - `forcedToolChoice`: whether `tool_choice` may be `any` or `tool`.
 * - `effortWithoutThinking`: the most effort that goes with thinking turned off.
 * - `refusedTools`: types of tools that it does not take, as in `"computer_20251124"`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelRules extends Schema.Schema.Type<typeof Rules> {}

export const Model = Schema.Struct({
  id: Schema.NonEmptyString,
  aliases: Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
  display_name: Schema.optionalKey(Schema.String),
  created_at: Schema.optionalKey(Schema.String),
  lifecycle: Schema.optionalKey(Schema.Literals(["active", "deprecated", "retired"])),
  deprecated_at: Schema.optionalKey(Schema.NullOr(Schema.String)),
  retires_at: Schema.optionalKey(Schema.NullOr(Schema.String)),
  line: Schema.optionalKey(Schema.NullOr(Schema.Literals(["haiku", "sonnet", "opus", "fable", "mythos"]))),
  max_input_tokens: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  max_tokens: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  capabilities: Schema.optionalKey(Schema.NullOr(Capabilities.mapFields(Struct.map(Schema.optionalKey)))),
  rules: Schema.optionalKey(Rules.mapFields(Struct.map(Schema.optionalKey)))
})

/**
 * A model of the simulated API, in the fields of the API's own description, with its aliases and `rules`. All but the id
 * has a default: what the simulator knows of a model of that id, or else what refuses nothing. A `null` is no limit.
 *
 * @category models
 * @since 0.1.0
 */
export interface Model extends Schema.Schema.Type<typeof Model> {}

const decode = reading(Schema.Array(Model))

/** Models from the text of a JSON file: an array of them, or of no more than their ids. */
export const fromJson = (text: string): Effect.Effect<ReadonlyArray<Model>, JsonProblem> =>
  Effect.flatMap(
    parse(text),
    (json) =>
      decode(
        Array.isArray(json) ? json.map((model: unknown) => Predicate.isString(model) ? { id: model } : model) : json
      )
  )

export type ModelInfo = Readonly<SdkModelInfo>

/** A model and how requests to it are checked. */
export interface KnownModel {
  readonly info: ModelInfo
  /** Further names of it. */
  readonly aliases: ReadonlyArray<string>
  readonly rules: ModelRules
}

const support = (supported: boolean) => ({ supported })

const supportOf = <K extends string>(keys: ReadonlyArray<K>, supported: ReadonlyArray<K>) =>
  Object.fromEntries(keys.map((key) => [key, support(supported.includes(key))])) as Record<K, { supported: boolean }>

const yes = support(true)

const capabilitiesOf = ({ effort, structuredOutputs, thinking }: Table.Facts): ModelCapabilities => ({
  // Nothing is known of these: they refuse nothing.
  batch: yes,
  citations: yes,
  code_execution: yes,
  context_management: {
    supported: true,
    clear_thinking_20251015: yes,
    clear_tool_uses_20250919: yes,
    compact_20260112: yes
  },
  image_input: yes,
  pdf_input: yes,
  server_tools: { supported: true, code_execution: yes, web_search: yes },
  effort: { supported: effort.length > 0, ...supportOf(Table.efforts, effort) },
  structured_outputs: support(structuredOutputs),
  thinking: { supported: true, types: supportOf(Table.thinkingTypes, thinking) }
})

const midnight = (date: string): string => `${date}T00:00:00Z`

const lineOf = (id: string): ModelInfo["line"] => Table.lines.find((line) => id.startsWith(`claude-${line}-`)) ?? null

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** `claude-opus-5-5` as `Claude Opus 5.5`. */
const titleOf = (undated: string): string => {
  const [, ...words] = undated.split("-")
  const numbers = words.filter((word) => /^\d/.test(word))
  return ["Claude", ...words.filter((word) => !numbers.includes(word)).map(capitalized), numbers.join(".")].join(" ")
    .trim()
}

/** Both ids that a model with dated ones has: the API takes either, and says the dated one. */
const snapshot = /-20\d{6}$/

const undatedOf = (id: string): string => id.replace(snapshot, "")

const known = (id: string): KnownModel => {
  const undated = undatedOf(id)
  const facts = Table.factsOf(undated)
  const { [id]: retirement } = retirements
  return {
    aliases: undated === id ? [] : [undated],
    info: {
      type: "model",
      id,
      display_name: facts.isKnown ? titleOf(undated) : id,
      created_at: midnight(facts.released),
      lifecycle: retirement === undefined ? "active" : "deprecated",
      deprecated_at: null,
      retires_at: retirement === undefined ? null : midnight(retirement),
      line: lineOf(undated),
      max_input_tokens: facts.contextWindow,
      max_tokens: facts.maxTokens,
      capabilities: capabilitiesOf(facts)
    },
    rules: facts.rules
  }
}

/** A model from as little as its id. */
export const complete = ({ aliases, capabilities, rules, ...fields }: Model): KnownModel => {
  const { aliases: itsOwn, info, rules: facts } = known(fields.id)
  return {
    aliases: aliases ?? itsOwn,
    info: {
      ...info,
      ...fields,
      capabilities: capabilities === null || info.capabilities === null
        ? null
        : { ...info.capabilities, ...capabilities }
    },
    rules: { ...facts, ...rules }
  }
}

/** The SDK's models, newest first, as the API lists them: those with dated ids by these. */
export const defaults: ReadonlyArray<KnownModel> = ids
  .filter((id) => !ids.some((other) => other !== id && undatedOf(other) === id))
  .map(known)

/** The betas that raise a limit, and to what. */
const raised: Readonly<Record<string, { readonly [Limit in "max_input_tokens" | "max_tokens"]?: number }>> = {
  "context-1m-2025-08-07": { max_input_tokens: 1_000_000 },
  "output-300k-2026-03-24": { max_tokens: 300_000 }
}

/** A model as a request with these betas sees it. */
export const withBetas = (model: KnownModel, betas: ReadonlyArray<string>): KnownModel => {
  const higher = (limit: "max_input_tokens" | "max_tokens"): number | null => {
    const { [limit]: own } = model.info
    return own === null ? null : Math.max(own, ...betas.map((beta) => raised[beta]?.[limit] ?? 0))
  }
  const limits = { max_input_tokens: higher("max_input_tokens"), max_tokens: higher("max_tokens") }
  return { ...model, info: { ...model.info, ...limits } }
}

/** By its id or another name. */
export const find = (models: ReadonlyArray<KnownModel>, id: string | undefined): KnownModel | undefined =>
  models.find(({ aliases, info }) => info.id === id || (id !== undefined && aliases.includes(id)))
