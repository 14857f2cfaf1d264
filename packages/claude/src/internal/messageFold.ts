/**
 * Events into the message they make, by the rules of the SDK's accumulator (`#accumulateMessage` in lib/MessageStream.ts),
 * in time linear in their number: pieces are collected, and joined when they are asked for.
 */
import { partialParse } from "@anthropic-ai/sdk/_vendor/partial-json-parser/parser"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import * as Predicate from "effect/Predicate"

/** A block and what its deltas have brought since. */
interface GrowingBlock {
  readonly block: Messages.ContentBlock
  readonly pieces: Array<string>
  readonly citations: Array<Messages.TextCitation>
  signature: string | undefined
}

export class MessageFold {
  private start: Messages.Message | undefined
  private delta: Partial<Messages.Message> = {}
  private usage: Partial<Messages.Usage> = {}
  private readonly blocks: Array<GrowingBlock> = []

  add(event: Messages.RawMessageStreamEvent): void {
    switch (event.type) {
      case "message_start":
        this.start = event.message
        return
      case "content_block_start":
        this.blocks[event.index] = { block: event.content_block, pieces: [], citations: [], signature: undefined }
        return
      case "content_block_delta":
        return grow(this.blocks[event.index], event.delta)
      case "message_delta":
        return this.addDelta(event)
    }
  }

  /** The message so far. `undefined` before its first event. */
  get message(): Messages.Message | undefined {
    const { delta, start, usage } = this
    if (start === undefined) return undefined
    // Without the gaps that a filter before the fold leaves.
    const blocks = Object.values(this.blocks).map(grown)
    return { ...start, ...delta, content: [...start.content, ...blocks], usage: { ...start.usage, ...usage } }
  }

  /** Counters are totals of the whole message, left out where they do not apply. */
  private addDelta({ delta, usage }: Messages.RawMessageDeltaEvent): void {
    const { container, ...rest } = delta
    const totals = Object.entries(usage).filter(([, total]) => Predicate.isNotNullish(total))
    Object.assign(this.delta, rest, Predicate.isNotNullish(container) ? { container } : {})
    Object.assign(this.usage, Object.fromEntries(totals))
  }
}

/** A delta of another kind than its block is passed over. */
const grow = (growing: GrowingBlock | undefined, delta: Messages.RawContentBlockDelta): void => {
  if (growing === undefined) return
  const { type } = growing.block
  switch (delta.type) {
    case "text_delta":
      if (type === "text") growing.pieces.push(delta.text)
      return
    case "thinking_delta":
      if (type === "thinking") growing.pieces.push(delta.thinking)
      return
    case "input_json_delta":
      if (type === "tool_use" || type === "server_tool_use") growing.pieces.push(delta.partial_json)
      return
    case "citations_delta":
      growing.citations.push(delta.citation)
      return
    case "signature_delta":
      growing.signature = delta.signature
  }
}

const grown = ({ block, citations, pieces, signature }: GrowingBlock): Messages.ContentBlock => {
  switch (block.type) {
    case "text":
      return {
        ...block,
        text: block.text + pieces.join(""),
        ...(citations.length === 0 ? {} : { citations: [...block.citations ?? [], ...citations] })
      }
    case "thinking":
      return { ...block, thinking: block.thinking + pieces.join(""), signature: signature ?? block.signature }
    case "tool_use":
    case "server_tool_use":
      return pieces.length === 0 ? block : { ...block, input: inputOf(pieces.join("")) }
    default:
      return block
  }
}

/** An answer that `max_tokens` cut has its input cut too; the SDK keeps what can be read of it. */
const inputOf = (json: string): Record<string, unknown> =>
  json === "" ? {} : partialParse(json) as Record<string, unknown>
