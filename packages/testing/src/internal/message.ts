/** A model's answer: what it says, how much of that fits, and what it costs. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import { serverToolUsage } from "./apiTools.ts"
import * as CannedMessage from "./cannedMessage.ts"
import { improvise } from "./improvise.ts"
import type { CreateRequest } from "./messageRequest.ts"
import type { CacheUsage } from "./promptCache.ts"
import * as Text from "./text.ts"

/**
 * Any part of a message: content blocks, a stop reason, usage. A text stands for the content, a block needs only what
 * matters, and what is left out is what it would be.
 *
 * @category models
 * @since 0.1.0
 */
export type MessageFields = CannedMessage.Fields<Messages.Message>

/**
 * What messages say: a text, any part of a message, or a function of the request, which may give undefined for what the
 * simulator says by default.
 *
 * @category models
 * @since 0.1.0
 */
export type Reply = string | MessageFields | ((request: CreateRequest) => string | MessageFields | undefined)

const fieldsFor = (request: CreateRequest, source: Reply | undefined): MessageFields => {
  const given = typeof source === "function" ? source(request) : source
  if (given === undefined) return improvise(request)
  return typeof given === "string" ? { content: [{ type: "text", text: given }] } : given
}

type Block = Messages.ContentBlock

/** How much may be written, and what it means to stop there. */
interface Room {
  readonly tokens: number
  readonly reason: "max_tokens" | "model_context_window_exceeded"
}

/** As much of an answer as is sent. */
interface Fitted {
  readonly content: ReadonlyArray<Block>
  readonly tokens: number
  readonly thinkingTokens: number
  /** Why it stops before its end. */
  readonly stopped:
    | { readonly reason: Room["reason"] }
    | { readonly reason: "stop_sequence"; readonly sequence: string }
    | undefined
  /** What there is of the last tool's input, where that breaks off. */
  readonly unfinishedInput: string | undefined
}

const firstStop = (text: string, sequences: ReadonlyArray<string>) =>
  sequences.map((sequence) => ({ sequence, at: text.indexOf(sequence) })).filter(({ at }) => at >= 0).sort((a, b) =>
    a.at - b.at
  )[0]

interface Piece {
  readonly block: Block
  readonly cut: Text.Cut
  readonly stop?: { readonly sequence: string } | undefined
}

/** What of a block fits in so many tokens. */
const fitBlock = (block: Block, room: number, sequences: ReadonlyArray<string>): Piece => {
  switch (block.type) {
    case "text": {
      const stop = firstStop(block.text, sequences)
      const cut = Text.cut(stop === undefined ? block.text : block.text.slice(0, stop.at), room)
      return { block: { ...block, text: cut.text }, cut, stop: cut.complete ? stop : undefined }
    }
    case "thinking": {
      const cut = Text.cut(block.thinking, room)
      return { block: { ...block, thinking: cut.text }, cut }
    }
    default: {
      const cut = Text.cut("input" in block ? JSON.stringify(block.input) : "", room)
      return { block: cut.complete || !("input" in block) ? block : { ...block, input: {} }, cut }
    }
  }
}

const fit = (content: ReadonlyArray<Block>, room: Room, sequences: ReadonlyArray<string>): Fitted => {
  const sent: Array<Block> = []
  let tokens = 0
  let thinkingTokens = 0
  const upTo = (stopped: Fitted["stopped"], unfinishedInput?: string): Fitted => ({
    content: sent,
    tokens,
    thinkingTokens,
    stopped,
    unfinishedInput
  })
  for (const whole of content) {
    if (tokens >= room.tokens) return upTo({ reason: room.reason })
    const { block, cut, stop } = fitBlock(whole, room.tokens - tokens, sequences)
    sent.push(block)
    tokens += cut.tokens
    if (block.type === "thinking") thinkingTokens += cut.tokens
    if (stop !== undefined) return upTo({ reason: "stop_sequence", sequence: stop.sequence })
    if (!cut.complete) return upTo({ reason: room.reason }, "input" in block ? cut.text : undefined)
  }
  return upTo(undefined)
}

/** A message as far as it was written. */
export interface Written {
  readonly message: Messages.Message
  readonly unfinishedInput: string | undefined
}

export interface Costs {
  /** All of the prompt. */
  readonly inputTokens: number
  readonly cache: CacheUsage
  readonly serviceTier: "standard" | "batch"
}

const usage = (fitted: Fitted, { cache, inputTokens, serviceTier }: Costs): Messages.Usage => ({
  input_tokens: inputTokens - cache.read - cache.written5m - cache.written1h,
  // The API counts at least one token for any answer, unless none was asked for.
  output_tokens: fitted.content.length === 0 ? 0 : Math.max(1, fitted.tokens),
  cache_creation: { ephemeral_5m_input_tokens: cache.written5m, ephemeral_1h_input_tokens: cache.written1h },
  cache_creation_input_tokens: cache.written5m + cache.written1h,
  cache_read_input_tokens: cache.read,
  inference_geo: null,
  output_tokens_details: { thinking_tokens: fitted.thinkingTokens },
  server_tool_use: serverToolUsage(fitted.content),
  service_tier: serviceTier,
  speed: "standard"
})

const roomFor = ({ max_tokens }: CreateRequest, left: number): Room =>
  left < max_tokens
    ? { tokens: left, reason: "model_context_window_exceeded" }
    : { tokens: max_tokens, reason: "max_tokens" }

/** The answer to a request. */
export const reply = (request: CreateRequest, options: {
  readonly id: string
  /** In tokens, for the prompt and the answer. */
  readonly contextWindow: number
  readonly source: Reply | undefined
  readonly costs: Costs
}): Written => {
  const { contextWindow, costs, id, source } = options
  const fields = fieldsFor(request, source)
  const whole = CannedMessage.complete<Messages.Message>(
    { id, model: request.model, ...fields },
    (index) => `${id.replace(/^msg/, "toolu")}${index}`
  )
  const room = roomFor(request, contextWindow - costs.inputTokens)
  const fitted = fit(whole.content, room, request.stop_sequences ?? [])
  const { stopped } = fitted
  const message: Messages.Message = {
    ...whole,
    content: [...fitted.content],
    stop_reason: stopped?.reason ?? whole.stop_reason,
    stop_sequence: stopped?.reason === "stop_sequence" ? stopped.sequence : whole.stop_sequence,
    usage: { ...usage(fitted, costs), ...fields.usage }
  }
  return { message, unfinishedInput: fitted.unfinishedInput }
}
