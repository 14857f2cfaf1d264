/** What spans say, by OpenTelemetry's semantic conventions for generative AI and HTTP clients. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as References from "effect/References"
import type * as Tracer from "effect/Tracer"
import type { Operation } from "../../Operation.ts"
import { field } from "../answer/shapes.ts"
import type { Scrub } from "../secrets.ts"
import { attributes as names } from "../telemetry/attributes.ts"
import { errorAttributes, standInOf } from "../telemetry/errorAttributes.ts"
import { isChat, operationName } from "../telemetry/operationName.ts"
import { type CallData, fieldOf, modelOf, paramsOf } from "./callData.ts"
import { chunksOf, envelopeOf, type Outcome, type Trace } from "./trip.ts"

type Kind = "string" | "number" | "strings"

type Row = readonly [attribute: string, kind: Kind, path: ReadonlyArray<string>]

const ofRequest: ReadonlyArray<Row> = [
  [names.requestModel, "string", ["model"]],
  [names.maxTokens, "number", ["max_tokens"]],
  [names.temperature, "number", ["temperature"]],
  [names.topP, "number", ["top_p"]],
  [names.topK, "number", ["top_k"]],
  [names.stopSequences, "strings", ["stop_sequences"]],
  [names.reasoningLevel, "string", ["output_config", "effort"]],
  [names.requestTier, "string", ["service_tier"]],
  [names.thinking, "string", ["thinking", "type"]],
  [names.thinkingBudget, "number", ["thinking", "budget_tokens"]]
]

const ofMessage: ReadonlyArray<Row> = [
  [names.responseId, "string", ["id"]],
  [names.responseModel, "string", ["model"]],
  [names.responseTier, "string", ["usage", "service_tier"]],
  [names.cacheReadTokens, "number", ["usage", "cache_read_input_tokens"]],
  [names.cacheWriteTokens, "number", ["usage", "cache_creation_input_tokens"]],
  [names.cacheWrite5mTokens, "number", ["usage", "cache_creation", "ephemeral_5m_input_tokens"]],
  [names.cacheWrite1hTokens, "number", ["usage", "cache_creation", "ephemeral_1h_input_tokens"]]
]

/** What the beginning of a streamed message has only a placeholder for. */
const ofWholeMessage: ReadonlyArray<Row> = [
  [names.outputTokens, "number", ["usage", "output_tokens"]],
  [names.reasoningTokens, "number", ["usage", "output_tokens_details", "thinking_tokens"]]
]

const ofHeaders: ReadonlyArray<readonly [attribute: string, header: string]> = [
  [names.requestId, "request-id"],
  [names.organizationId, "anthropic-organization-id"],
  [names.workspaceId, "anthropic-workspace-id"]
]

export const spanName = (operation: Operation, model: string | undefined): string =>
  isChat(operation) && model !== undefined ? `chat ${model}` : operation.name

export const spanOf = (data: CallData): readonly [string, Tracer.SpanOptionsNoTrace] => [
  spanName(data.operation, modelOf(data)),
  { kind: "client" }
]

/** A span that is not sampled is asked for nothing. */
export const recordStart = (span: Tracer.Span, data: CallData): void => {
  if (!span.sampled) return
  const { env, operation } = data
  const { address, port, provider } = env.server
  span.attribute(names.provider, provider)
  span.attribute(names.operation, operationName(operation))
  span.attribute(names.method, operation.method)
  span.attribute(names.route, operation.route)
  span.attribute(names.serverAddress, address)
  span.attribute(names.serverPort, port)
  const params = operation.method === "GET" ? undefined : paramsOf(data)
  if (params === undefined) return
  record(span, ofRequest, params)
  if (!isChat(operation)) return
  if (operation.shape === "events" && data.folds !== true) span.attribute(names.stream, true)
  if (valueAt(params, ["output_config", "format", "type"]) === "json_schema") span.attribute(names.outputType, "json")
}

/** How the call ended: its response, its answer as far as there is one, and its failure. */
export const recordEnd = (
  span: Tracer.Span,
  data: CallData,
  trace: Trace,
  outcome: Outcome
): Effect.Effect<void> =>
  Effect.withFiber((fiber) => {
    if (!span.sampled) return Effect.void
    recordOutcome(span, data, trace, outcome)
    const standIn = outcome.error === undefined ? undefined : standInOf(outcome.error)
    // Ended here, it is not ended with the error itself.
    if (standIn !== undefined) {
      const time = fiber.getRef(References.TracerTimingEnabled) ? trace.clock.currentTimeNanosUnsafe() : 0n
      span.end(time, Exit.fail(standIn))
    }
    return Effect.void
  })

const recordOutcome = (span: Tracer.Span, data: CallData, trace: Trace, outcome: Outcome): void => {
  const { scrub } = data.env
  const { lastResponse } = trace
  if (lastResponse !== undefined) {
    span.attribute(names.status, lastResponse.status)
    for (const [attribute, header] of ofHeaders) {
      const value = lastResponse.header(header)
      if (value !== undefined) span.attribute(attribute, value)
    }
  }
  const message = envelopeOf(outcome)
  if (message !== undefined) recordMessage(span, scrub, message, outcome)
  const chunks = chunksOf(outcome, trace.startedAt)
  if (chunks !== undefined) span.attribute(names.timeToFirstChunk, Duration.toSeconds(chunks.first))
  const { error } = outcome
  if (error === undefined) return
  for (const [attribute, value] of Object.entries(errorAttributes(error))) span.attribute(attribute, value)
}

const recordMessage = (
  span: Tracer.Span,
  scrub: Scrub,
  message: object,
  { error, progress }: Outcome
): void => {
  if (field(message, "type") !== "message") return
  const isFinal = progress?.fold === undefined ? error === undefined : progress.fold.usageIsFinal
  record(span, ofMessage, message, scrub)
  recordInput(span, field(message, "usage"))
  if (isFinal) record(span, ofWholeMessage, message, scrub)
  // What arrives whole has been counted whole.
  if (progress !== undefined) span.attribute(names.usageIsFinal, isFinal)
  const reason = error === undefined ? field(message, "stop_reason") : "error"
  if (typeof reason === "string") span.attribute(names.finishReasons, [scrub(reason)])
}

/** The convention counts cached tokens as input, the API counts them apart. */
const recordInput = (span: Tracer.Span, usage: unknown): void => {
  const counts = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"].map((name) =>
    field(usage, name)
  )
  if (typeof counts[0] !== "number") return
  span.attribute(
    names.inputTokens,
    counts.reduce<number>((sum, count) => sum + (typeof count === "number" ? count : 0), 0)
  )
}

/** Sets what is there, in its kind. */
const record = (span: Tracer.Span, rows: ReadonlyArray<Row>, source: object, scrub?: Scrub): void => {
  for (const [attribute, kind, path] of rows) {
    const value = valueAt(source, path)
    if (isOf[kind](value)) {
      span.attribute(attribute, scrub !== undefined && typeof value === "string" ? scrub(value) : value)
    }
  }
}

const isOf: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  strings: (value) => Array.isArray(value) && value.every((item) => typeof item === "string")
}

/** What stands at a path. A caller's object may have getters that throw. */
const valueAt = (source: object, path: ReadonlyArray<string>): unknown => {
  let value: unknown = source
  for (const name of path) {
    if (typeof value !== "object" || value === null) return undefined
    value = fieldOf(value, name)
  }
  return value
}
