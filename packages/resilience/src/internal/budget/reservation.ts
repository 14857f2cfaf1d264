/** What a call may spend at most, and what it has spent. */
import type { CallInfo } from "effect-claude/Interceptor"
import * as Prices from "effect-claude/Prices"
import * as Usage from "effect-claude/Usage"
import * as Option from "effect/Option"
import { maxTokensOf } from "../tokens.ts"

/** What is counted: `undefined` where a part of the usage has no price. */
export type Measure = (usage: Usage.Usage) => number | undefined

export const tokens: Measure = ({ inputTokens, outputTokens }) => inputTokens + outputTokens

export const dollars = (table: Prices.Table): Measure => (usage) => Option.getOrUndefined(Prices.costBy(usage, table))

/** The most that a request with so many input tokens can use, by each way in which input may be billed. */
export const worstCases = ({ model, params, ...call }: CallInfo, inputTokens: number): ReadonlyArray<Usage.Usage> => {
  const { inference_geo, speed } = params
  const usage = (input: object) =>
    Usage.of({
      model: model ?? "",
      usage: { output_tokens: maxTokensOf({ model, params, ...call }), inference_geo, speed, ...input }
    })
  const plain = usage({ input_tokens: inputTokens })
  if (!marksCache(params)) return [plain]
  const written = { cache_creation_input_tokens: inputTokens }
  return [
    plain,
    usage(written),
    usage({ ...written, cache_creation: { ephemeral_1h_input_tokens: inputTokens } })
  ]
}

/** Writing to a cache costs more than plain input. */
const marksCache = (json: unknown): boolean =>
  typeof json === "object" && json !== null &&
  (Reflect.has(json, "cache_control") || Object.values(json).some(marksCache))

/** The highest of the worst cases, or `undefined` where one has no price. */
export const highest = (measure: Measure, cases: ReadonlyArray<Usage.Usage>): number | undefined => {
  const all = cases.map(measure)
  return all.some((each) => each === undefined) ? undefined : Math.max(...all.map((each) => each ?? 0))
}
