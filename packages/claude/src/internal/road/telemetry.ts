/** Span names and attributes: OpenTelemetry's semantic conventions for generative AI and HTTP clients. */
import type * as Tracer from "effect/Tracer"
import type { Operation } from "../../Operation.ts"
import type { Scrub } from "../secrets.ts"
import type { MessageEvent } from "../stream/messageFold.ts"
import { fieldOf } from "./callData.ts"

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const isChat = (operation: Operation): boolean => operation.returns === "message"

export const spanName = (operation: Operation, model: string | undefined): string =>
  isChat(operation) && model !== undefined ? `chat ${model}` : operation.name

const requestAttributes = {
  model: "gen_ai.request.model",
  max_tokens: "gen_ai.request.max_tokens",
  temperature: "gen_ai.request.temperature",
  top_p: "gen_ai.request.top_p",
  top_k: "gen_ai.request.top_k",
  stop_sequences: "gen_ai.request.stop_sequences"
} as const

export const spanAttributes = (operation: Operation, params: unknown, host: string): Record<string, unknown> => {
  const attributes: Record<string, unknown> = {
    "gen_ai.provider.name": "anthropic",
    "gen_ai.operation.name": isChat(operation) ? "chat" : operation.name,
    "http.request.method": operation.method,
    "url.template": operation.route,
    ...serverAttributes(host)
  }
  if (isRecord(params)) {
    for (const [name, attribute] of Object.entries(requestAttributes)) {
      const value = fieldOf(params, name)
      if (value !== undefined && value !== null) attributes[attribute] = value
    }
  }
  return attributes
}

/** Of a host that may have a port: `localhost:8080`. */
const serverAttributes = (host: string): Record<string, unknown> => {
  const [, address = host, port] = /^(.*):(\d+)$/.exec(host) ?? []
  return port === undefined ? { "server.address": address } : { "server.address": address, "server.port": Number(port) }
}

const usageAttributes = {
  output_tokens: "gen_ai.usage.output_tokens",
  cache_read_input_tokens: "gen_ai.usage.cache_read.input_tokens",
  cache_creation_input_tokens: "gen_ai.usage.cache_creation.input_tokens"
} as const

/** Whether the tokens of the span count the whole answer. Only spans of streams say so. */
const usageIsFinal = "claude.usage.is_final"

const count = (value: unknown): number => typeof value === "number" ? value : 0

/** What a message, or the part of one that a stream event brings, tells about itself. */
export const recordMessage = (span: Tracer.Span, scrub: Scrub, message: unknown): void => {
  if (!isRecord(message)) return
  const { id, model, stop_reason, usage } = message
  if (typeof id === "string") span.attribute("gen_ai.response.id", scrub(id))
  if (typeof model === "string") span.attribute("gen_ai.response.model", scrub(model))
  if (typeof stop_reason === "string") span.attribute("gen_ai.response.finish_reasons", [scrub(stop_reason)])
  recordUsage(span, usage)
}

/** What an event of a stream tells about its message. */
export const recordEvent = (span: Tracer.Span, scrub: Scrub, event: MessageEvent): void => {
  if (event.type === "message_start") {
    recordMessage(span, scrub, event.message)
    // What the output had cost is known at the end only.
    span.attribute(usageIsFinal, false)
  }
  if (event.type === "message_delta") {
    recordMessage(span, scrub, { stop_reason: event.delta.stop_reason, usage: event.usage })
    if (typeof event.usage?.output_tokens === "number") span.attribute(usageIsFinal, true)
  }
}

/** The convention counts cached tokens as input, the API counts them apart. */
const recordUsage = (span: Tracer.Span, usage: unknown): void => {
  if (!isRecord(usage)) return
  if (typeof usage.input_tokens === "number") {
    const input = usage.input_tokens + count(usage.cache_read_input_tokens) + count(usage.cache_creation_input_tokens)
    span.attribute("gen_ai.usage.input_tokens", input)
  }
  for (const [name, attribute] of Object.entries(usageAttributes)) {
    if (typeof usage[name] === "number") span.attribute(attribute, usage[name])
  }
}
