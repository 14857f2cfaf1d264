/**
 * Events into the message they make, by the rules of the SDK's accumulators (`#accumulateMessage` in lib/MessageStream.ts
 * and lib/BetaMessageStream.ts), in time linear in their number: pieces are collected, and joined when they are asked for.
 *
 * Fields that the SDK's types do not name yet are taken over as they come.
 */
import { partialParse } from "@anthropic-ai/sdk/_vendor/partial-json-parser/parser"
import type * as Beta from "@anthropic-ai/sdk/resources/beta/messages/messages"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import { Pieces } from "./pieces.ts"

/** An event of `messages.stream` or `beta.messages.stream`. */
export type MessageEvent = Messages.RawMessageStreamEvent | Beta.BetaRawMessageStreamEvent

/** The message that events of this type make. */
export type MessageOf<Event> = Extract<Event, { readonly type: "message_start" }> extends
  { readonly message: infer Message } ? Message : never

type Message = MessageOf<MessageEvent>

/** The usage that events of this type tell. */
export type UsageOf<Event> = MessageOf<Event> extends { readonly usage: infer Usage } ? Usage : never

type Block = Message["content"][number]

type Delta = Extract<MessageEvent, { readonly type: "content_block_delta" }>["delta"]

type Fields = Record<string, unknown>

/** A block and what its deltas have brought since. */
interface GrowingBlock {
  readonly block: Block
  /** The type of the deltas that bring its pieces. */
  readonly pieced: string | undefined
  /** The pieces, once there are any. */
  pieces: Pieces | undefined
  citations: Array<unknown> | undefined
  /** Fields that deltas have set anew. */
  fields: Fields | undefined
}

/** The blocks that grow piece by piece, and the deltas that bring the pieces. */
const pieced: Readonly<Record<string, string>> = {
  text: "text_delta",
  thinking: "thinking_delta",
  tool_use: "input_json_delta",
  server_tool_use: "input_json_delta",
  mcp_tool_use: "input_json_delta"
}

const growing = (block: Block): GrowingBlock => ({
  block,
  pieced: pieced[block.type],
  pieces: undefined,
  citations: undefined,
  fields: undefined
})

export class MessageFold<Event extends MessageEvent = MessageEvent> {
  private start: Message | undefined
  private blocks: Array<GrowingBlock> = []
  private changes: Fields = {}
  private counted: Fields = {}

  add(event: Event): void {
    switch (event.type) {
      case "content_block_delta":
        return grow(this.blocks[event.index], event.delta)
      case "content_block_start":
        return this.addBlock(event.index, event.content_block)
      case "message_start":
        this.start = event.message
        this.blocks = event.message.content.map(growing)
        return
      case "message_delta":
        return this.addDelta(event)
    }
  }

  /** The message so far. `undefined` before its first event. */
  get message(): MessageOf<Event> | undefined {
    if (this.start === undefined) return undefined
    const { blocks, changes, start, usage } = this
    // Without the gaps that a filter before the fold leaves.
    const content = Object.values(blocks).map(grown)
    // The events say what they make; the parts that change keep their types.
    return { ...start, ...changes, content, usage } as MessageOf<Event>
  }

  /** The tokens so far, by the last count that the API gave. `undefined` before the first event. */
  get usage(): UsageOf<Event> | undefined {
    if (this.start === undefined) return undefined
    return { ...this.start.usage, ...this.counted } as UsageOf<Event>
  }

  private addBlock(index: number, block: Block): void {
    this.blocks[index] = growing(block)
    // The last hop's fallback block names the model that answers.
    if (block.type === "fallback") Object.assign(this.changes, present({ model: block.to?.model }))
  }

  /** Counters are totals of the whole message, left out where they do not apply. */
  private addDelta(event: Extract<MessageEvent, { readonly type: "message_delta" }>): void {
    const { delta, type: _, usage, ...rest } = event
    const { container, stop_details, stop_reason, stop_sequence, ...more } = delta
    Object.assign(this.changes, { stop_reason, stop_sequence, stop_details })
    Object.assign(this.changes, present({ ...more, ...rest, container }))
    Object.assign(this.counted, present(usage ?? {}))
  }
}

const present = (fields: object): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))

const append = (growing: GrowingBlock, kind: string, piece: string): void => {
  if (growing.pieced !== kind) return
  growing.pieces ??= new Pieces()
  growing.pieces.add(piece)
}

const grow = (growing: GrowingBlock | undefined, delta: Delta): void => {
  if (growing === undefined) return
  switch (delta.type) {
    case "text_delta":
      return append(growing, delta.type, delta.text)
    case "input_json_delta":
      return append(growing, delta.type, delta.partial_json)
    case "thinking_delta":
      return append(growing, delta.type, delta.thinking)
    case "signature_delta":
      growing.fields = { signature: delta.signature }
      return
    case "citations_delta":
      growing.citations ??= []
      growing.citations.push(delta.citation)
      return
    case "compaction_delta": {
      const { type: _, ...fields } = delta
      growing.fields = { ...growing.fields, ...fields }
    }
  }
}

const grown = (growing: GrowingBlock): Block => {
  // A block stays of its type, whatever grows in it.
  return { ...growing.block, ...growth(growing) } as Block
}

/** What each kind of block makes of what its deltas brought. Deltas of another kind do nothing to it. */
const growth = ({ block, citations, fields, pieces }: GrowingBlock): Fields | undefined => {
  switch (block.type) {
    case "text":
      return {
        ...(pieces === undefined ? undefined : { text: (block.text || "") + pieces.text }),
        ...(citations === undefined ? undefined : { citations: [...block.citations ?? [], ...citations] })
      }
    case "thinking":
      return { ...(pieces === undefined ? undefined : { thinking: block.thinking + pieces.text }), ...fields }
    case "compaction":
      return fields
    case "tool_use":
    case "server_tool_use":
    case "mcp_tool_use":
      return pieces === undefined ? undefined : { input: inputOf(pieces.text) }
    default:
      return undefined
  }
}

/**
 * An answer that `max_tokens` cut has its input cut too: the SDK keeps what can be read of it, and so does this. An input
 * that is no JSON at all, which fine-grained tool streaming lets through, is its text; the SDK throws.
 */
const inputOf = (json: string): unknown => {
  try {
    return json === "" ? {} : partialParse(json)
  } catch {
    return json
  }
}
