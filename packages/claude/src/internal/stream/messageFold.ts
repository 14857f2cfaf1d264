/**
 * Events into the message they make, by the rules of the SDK's accumulators (`#accumulateMessage` in lib/MessageStream.ts
 * and lib/BetaMessageStream.ts), in time linear in their number: pieces are collected, and joined when they are asked for.
 *
 * Fields that the SDK's types do not name yet are taken over as they come.
 */
import type * as Beta from "@anthropic-ai/sdk/resources/beta/messages/messages"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import { type JsonEnd, readInput } from "./partialJson.ts"
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

/** By name. A map, since a server says the names. */
type Fields = ReadonlyMap<string, unknown>

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
const pieced: ReadonlyMap<string, string> = new Map([
  ["text", "text_delta"],
  ["thinking", "thinking_delta"]
])

const inputs: ReadonlySet<string> = new Set(["tool_use", "server_tool_use", "mcp_tool_use"])

/** Whether a block is the use of a tool, of a kind that is not known yet too. */
export const takesInput = (block: { readonly type: string }): boolean => inputs.has(block.type) || "input" in block

const growing = (block: Block): GrowingBlock => ({
  block,
  pieced: pieced.get(block.type) ?? (takesInput(block) ? "input_json_delta" : undefined),
  pieces: undefined,
  citations: undefined,
  fields: undefined
})

export class MessageFold<Event extends MessageEvent = MessageEvent> {
  private start: Message | undefined
  /** By index, in the order of their starts. */
  private readonly blocks = new Map<number, GrowingBlock>()
  private readonly changes = new Map<string, unknown>()
  private readonly counted = new Map<string, unknown>()
  private isFinal = false

  add(event: Event): void {
    switch (event.type) {
      case "content_block_delta":
        return grow(this.blocks.get(event.index), event.delta)
      case "content_block_start":
        return this.addBlock(event.index, event.content_block)
      case "message_start":
        this.start = event.message
        for (const [index, block] of event.message.content.entries()) this.blocks.set(index, growing(block))
        return
      case "message_delta":
        return this.addDelta(event)
    }
  }

  /** The message so far. `undefined` before its first event. */
  get message(): MessageOf<Event> | undefined {
    if (this.start === undefined) return undefined
    const { blocks, changes, start, usage } = this
    const content = Array.from(blocks.values(), grown)
    // The events say what they make; the parts that change keep their types.
    return { ...start, ...Object.fromEntries(changes), content, usage } as MessageOf<Event>
  }

  /** The tokens so far, by the last count that the API gave. `undefined` before the first event. */
  get usage(): UsageOf<Event> | undefined {
    if (this.start === undefined) return undefined
    return { ...this.start.usage, ...Object.fromEntries(this.counted) } as UsageOf<Event>
  }

  /** The model and the tokens so far, without the message's content. */
  get modelAndUsage(): { readonly model: unknown; readonly usage: unknown } | undefined {
    return this.start && { model: this.changes.get("model") ?? this.start.model, usage: this.usage }
  }

  /** Whether a `message_delta` has counted the tokens. What `message_start` says is only what there was to begin with. */
  get usageIsFinal(): boolean {
    return this.isFinal
  }

  private addBlock(index: number, block: Block): void {
    this.blocks.set(index, growing(block))
    // The last hop's fallback block names the model that answers.
    if (block.type === "fallback") set(this.changes, present({ model: block.to?.model }))
  }

  /** Counters are totals of the whole message, left out where they do not apply. */
  private addDelta(event: Extract<MessageEvent, { readonly type: "message_delta" }>): void {
    const { delta, type: _, usage, ...rest } = event
    const { container, stop_details, stop_reason, stop_sequence, ...more } = delta
    set(this.changes, { stop_reason, stop_sequence, stop_details })
    set(this.changes, present({ ...more, ...rest, container }))
    // What a message is does not change.
    for (const name of fixed) this.changes.delete(name)
    set(this.counted, present(usage ?? {}))
    if (typeof usage?.output_tokens === "number") this.isFinal = true
  }
}

const fixed = ["id", "type", "role"]

const set = (fields: Map<string, unknown>, values: object): void => {
  for (const [name, value] of Object.entries(values)) fields.set(name, value)
}

const present = (fields: object): object =>
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
      growing.fields = new Map([["signature", delta.signature]])
      return
    case "citations_delta":
      growing.citations ??= []
      growing.citations.push(delta.citation)
      return
    case "compaction_delta": {
      const { type: _, ...fields } = delta
      growing.fields = new Map([...growing.fields ?? [], ...Object.entries(fields)])
    }
  }
}

const grown = (growing: GrowingBlock): Block => {
  // A block stays of its type, whatever grows in it.
  if (growing.pieces === undefined || growing.pieced !== "input_json_delta") {
    return { ...growing.block, ...growth(growing) } as Block
  }
  const { end, input } = readInput(growing.pieces.text)
  const block = { ...growing.block, input } as Block
  ends.set(block, end)
  return block
}

/** How the inputs of blocks have ended that came piece by piece. */
const ends = new WeakMap<object, JsonEnd>()

/** How the input of a tool's block has ended. One that came whole is complete. */
export const inputEndOf = (block: object): JsonEnd => ends.get(block) ?? "complete"

/** What each kind of block makes of what its deltas brought. Deltas of another kind do nothing to it. */
const growth = ({ block, citations, fields, pieces }: GrowingBlock): object | undefined => {
  switch (block.type) {
    case "text":
      return {
        ...(pieces === undefined ? undefined : { text: (block.text || "") + pieces.text }),
        ...(citations === undefined ? undefined : { citations: [...block.citations ?? [], ...citations] })
      }
    case "thinking":
      return {
        ...(pieces === undefined ? undefined : { thinking: block.thinking + pieces.text }),
        ...Object.fromEntries(fields ?? [])
      }
    case "compaction":
      return Object.fromEntries(fields ?? [])
    default:
      return undefined
  }
}
