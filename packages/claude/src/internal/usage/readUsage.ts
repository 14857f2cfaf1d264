/**
 * The API's `usage` of a message into lines, whatever a server may have sent: what is no count is 0.
 *
 * `usage` itself counts the model that answered. Its `iterations` count each sampling at its own model: compactions, advisors
 * and models that declined before a fallback are there alone, and are billed too.
 */
import { field } from "../answer/shapes.ts"
import { type Counts, fromLines, type Line, none, promptTokensUpTo, type Usage } from "./usage.ts"

/** How a message was counted. */
export interface Counted {
  readonly isFinal: boolean
  /** The tier of what does not say it. */
  readonly serviceTier?: string | undefined
  /** The model of what does not say it. */
  readonly model?: string | undefined
}

/** What a message, or as much of it as is there, says that it has used. */
export const usageOfMessage = (message: unknown, counted: Counted): Usage => {
  const usage = field(message, "usage")
  if (typeof usage !== "object" || usage === null) return none
  const terms = {
    model: text(field(message, "model")) ?? counted.model,
    speed: text(field(usage, "speed")) ?? "standard",
    serviceTier: text(field(usage, "service_tier")) ?? counted.serviceTier ?? "standard",
    inferenceGeo: place(field(usage, "inference_geo")),
    isFinal: counted.isFinal
  }
  const iterations = field(usage, "iterations")
  const entries = Array.isArray(iterations) ? iterations : []
  const apart = entries.filter((entry) => notInTotal.has(field(entry, "type")))
  const sampled = entries.filter((entry) => inTotal.has(field(entry, "type")))
  const ofEntry = (entry: unknown): Line => line({ ...terms, model: text(field(entry, "model")) ?? terms.model }, entry)
  const total = line(terms, usage)
  const samplings = sampled.map(ofEntry)
  const lines = covers(samplings, total) ? withTools(samplings, total) : [total]
  return fromLines([...lines, ...apart.map(ofEntry)])
}

/** What the total of a message adds up, and what it leaves out. */
const inTotal: ReadonlySet<unknown> = new Set(["message", "fallback_message"])
const notInTotal: ReadonlySet<unknown> = new Set(["compaction", "advisor_message"])

/** Whether samplings account for all of a total, so that they can stand for it. */
const covers = (samplings: ReadonlyArray<Line>, total: Line): boolean =>
  samplings.length > 0 &&
  tokenKinds.every((kind) => samplings.reduce((sum, sampling) => sum + sampling[kind], 0) >= total[kind])

const tokenKinds = [
  "uncachedInputTokens",
  "cacheReadTokens",
  "cacheWrite5mTokens",
  "cacheWrite1hTokens",
  "outputTokens"
] as const

/** The total alone counts reasoning and tools. They are told of the last sampling, which is of the model that answered. */
const withTools = (samplings: ReadonlyArray<Line>, total: Line): ReadonlyArray<Line> => {
  const { reasoningTokens, webFetches, webSearches } = total
  return samplings.map((sampling, index) =>
    index === samplings.length - 1 ? { ...sampling, reasoningTokens, webFetches, webSearches } : sampling
  )
}

/** What a row of a batch's results says that its request has used. */
export const usageOfRow = (row: unknown): Usage =>
  usageOfMessage(field(field(row, "result"), "message"), { isFinal: true, serviceTier: "batch" })

/** An answer of which no count has arrived. It may have used something. */
export const unknownUsage = (model: string | undefined): Usage =>
  fromLines([line({ model, speed: "standard", serviceTier: "standard", inferenceGeo: undefined, isFinal: false }, {})])

const line = (terms: Omit<Line, keyof Counts | "promptTokensUpTo">, usage: unknown): Line => {
  const counts = countsOf(usage)
  return { ...terms, ...counts, promptTokensUpTo: promptTokensUpTo(counts) }
}

const countsOf = (usage: unknown): Counts => {
  const written = field(usage, "cache_creation")
  const cacheWrite1hTokens = count(written, "ephemeral_1h_input_tokens")
  const cacheWrite5mTokens = count(written, "ephemeral_5m_input_tokens")
  // What is not broken down, as in the last events of a stream, was written for the 5 minutes that are the default.
  const rest = count(usage, "cache_creation_input_tokens") - cacheWrite1hTokens - cacheWrite5mTokens
  const tools = field(usage, "server_tool_use")
  return {
    uncachedInputTokens: count(usage, "input_tokens"),
    cacheReadTokens: count(usage, "cache_read_input_tokens"),
    cacheWrite5mTokens: cacheWrite5mTokens + Math.max(0, rest),
    cacheWrite1hTokens,
    outputTokens: count(usage, "output_tokens"),
    reasoningTokens: count(field(usage, "output_tokens_details"), "thinking_tokens"),
    webSearches: count(tools, "web_search_requests"),
    webFetches: count(tools, "web_fetch_requests")
  }
}

const count = (counts: unknown, name: string): number => {
  const value = field(counts, name)
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0
}

const text = (value: unknown): string | undefined => typeof value === "string" && value !== "" ? value : undefined

/** The API says `not_available` where a model cannot be placed. */
const place = (value: unknown): string | undefined => value === "not_available" ? undefined : text(value)
