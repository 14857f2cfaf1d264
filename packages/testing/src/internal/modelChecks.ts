/** What the API says about a request that asks more of a model than it can do. */
import type { CreateRequest } from "./messageRequest.ts"
import type { KnownModel } from "./models.ts"
import { efforts } from "./modelTable.ts"
import { inputTokens } from "./prompt.ts"

type Complaint = string | undefined

type Check = (request: CreateRequest, model: KnownModel) => Complaint

const aboutMaxTokens: Check = ({ max_tokens }, { info: { id, max_tokens: most } }) =>
  most !== null && max_tokens > most
    ? `max_tokens: ${max_tokens} > ${most}, which is the maximum allowed number of output tokens for ${id}`
    : undefined

const isThinking = ({ thinking }: CreateRequest): boolean =>
  thinking?.type === "enabled" || thinking?.type === "adaptive"

const notThinking = {
  adaptive: "adaptive thinking is not supported on this model",
  between_tools: "\"thinking.type.between_tools\" is not supported for this model.",
  disabled: "\"thinking.type.disabled\" is not supported for this model.",
  enabled: "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and " +
    "\"output_config.effort\" to control thinking behavior."
}

const aboutThinking: Check = ({ max_tokens, thinking }, { info: { capabilities } }) => {
  if (!thinking) return undefined
  if (capabilities?.thinking.types[thinking.type].supported === false) return notThinking[thinking.type]
  return (thinking.budget_tokens ?? 0) >= max_tokens
    ? "`max_tokens` must be greater than `thinking.budget_tokens`."
    : undefined
}

const aboutEffort: Check = ({ output_config, thinking }, { info: { capabilities }, rules }) => {
  const effort = efforts.find((effort) => effort === output_config?.effort)
  if (effort === undefined || capabilities === null) return undefined
  const { supported, ...levels } = capabilities.effort
  if (!supported) return "This model does not support the effort parameter."
  if (levels[effort]?.supported === false) {
    const known = efforts.filter((effort) => levels[effort]?.supported !== false).toSorted()
    return `This model does not support effort level '${effort}'. Supported levels: ${known.join(", ")}.`
  }
  const isOff = thinking?.type === "disabled" || thinking?.type === "between_tools"
  const most = rules.effortWithoutThinking
  return isOff && efforts.indexOf(effort) > efforts.indexOf(most)
    ? `output_config.effort '${effort}' is not supported when thinking is disabled on this model. Use effort '${most}' ` +
      "or below, or enable thinking."
    : undefined
}

/** The least `top_p` that is as good as none. */
const everything = 0.99

/** The least that goes with thinking. */
const nearlyEverything = 0.95

const aboutSampling: Check = (request, { rules }) => {
  const [temperature, topP, topK] = [request.temperature ?? 1, request.top_p ?? 1, request.top_k ?? undefined]
  if (rules.sampling === "default") {
    if (temperature !== 1) return "`temperature` is deprecated for this model."
    if (topP < everything) return "`top_p` is deprecated for this model."
    if (topK !== undefined) return "`top_k` is deprecated for this model."
  }
  if (isThinking(request)) {
    if (temperature !== 1) return "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode."
    if (topP < nearlyEverything) {
      return `\`top_p\` must be greater than or equal to ${nearlyEverything} or unset when thinking is enabled or in adaptive mode.`
    }
    if (topK !== undefined) return "`top_k` must be unset when thinking is enabled or in adaptive mode."
  }
  const both = (request.temperature ?? undefined) !== undefined && (request.top_p ?? undefined) !== undefined
  return rules.sampling === "one" && both
    ? "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
    : undefined
}

const aboutForcedTools: Check = (request, { rules }) => {
  const choice = request.tool_choice?.type
  if (choice !== "any" && choice !== "tool") return undefined
  if (!rules.forcedToolChoice) return "tool_choice forces tool use is not compatible with this model."
  return isThinking(request) ? "Thinking may not be enabled when tool_choice forces tool use." : undefined
}

const aboutToolTypes: Check = ({ tools }, { info: { id }, rules }) => {
  const refused = (tools ?? []).flatMap(({ type }) => type && rules.refusedTools.includes(type) ? [type] : [])
  return refused.length > 0 ? `'${id}' does not support tool types: ${refused.join(", ")}.` : undefined
}

const aboutFormat: Check = ({ output_config, output_format }, { info: { capabilities, id } }) =>
  capabilities?.structured_outputs.supported === false && (output_config?.format ?? output_format)
    ? `'${id}' does not support output formats.`
    : undefined

/** What an assistant's turn ends with where it is no prefill: a turn that paused goes on, and a summary is all there is. */
const unfinished = new Set(["server_tool_use", "mcp_tool_use", "compaction"])

const goesOn = (content: CreateRequest["messages"][number]["content"]): boolean =>
  typeof content !== "string" && content.some(({ type }) => unfinished.has(type))

const aboutPrefill: Check = ({ messages }, { rules }) => {
  const last = messages.at(-1)
  return last?.role === "assistant" && !goesOn(last.content) && !rules.prefill
    ? "This model does not support assistant message prefill. The conversation must end with a user message."
    : undefined
}

const aboutLength: Check = (request, { info: { max_input_tokens } }) => {
  const tokens = inputTokens(request)
  return max_input_tokens !== null && tokens > max_input_tokens
    ? `prompt is too long: ${tokens} tokens > ${max_input_tokens} maximum`
    : undefined
}

const checks: ReadonlyArray<Check> = [
  aboutMaxTokens,
  aboutThinking,
  aboutEffort,
  aboutSampling,
  aboutForcedTools,
  aboutToolTypes,
  aboutFormat,
  aboutPrefill,
  aboutLength
]

/** The first complaint, or undefined where the model can do what is asked of it. */
export const complaint: Check = (request, model) => {
  for (const check of checks) {
    const wrong = check(request, model)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
