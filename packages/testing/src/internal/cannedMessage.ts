/** Messages from as little as their text, and the events that would have brought them. */
import type * as Beta from "@anthropic-ai/sdk/resources/beta/messages/messages"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"

/** A message of either API. */
export type AnyMessage = Messages.Message | Beta.BetaMessage

type BlockOf<M extends AnyMessage> = M["content"][number]

/** A content block; of the usual ones only what a test cares for. */
export type Block<M extends AnyMessage> =
  | BlockOf<M>
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly thinking: string }
  | { readonly type: "tool_use"; readonly name: string; readonly input: unknown; readonly id?: string }

/** Any part of a message. */
export type Fields<M extends AnyMessage> =
  & { readonly [Field in Exclude<keyof M, "content" | "usage">]?: M[Field] | undefined }
  & {
    /** Blocks, or the text of a single one. */
    readonly content?: string | ReadonlyArray<Block<M>> | undefined
    readonly usage?: Partial<M["usage"]> | undefined
  }

const usage: Messages.Usage = {
  cache_creation: null,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  inference_geo: null,
  input_tokens: 12,
  output_tokens: 1,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: "standard",
  speed: "standard"
}

const cannedToolUseId = (index: number): string => `toolu_01TestClaude0000000000${index}`

/** The order is that of the API's JSON. What `fields` leaves out says nothing in particular. */
export const complete = <M extends AnyMessage>(fields: Fields<M>, toolUseId = cannedToolUseId): M => {
  const content = blocksOf(fields.content ?? "").map((block, index) => completeBlock(block, toolUseId(index)))
  const message = {
    id: "msg_01TestClaude00000000000",
    type: "message",
    role: "assistant",
    model: "claude-opus-5-5",
    container: null,
    diagnostics: null,
    stop_details: null,
    stop_reason: content.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn",
    stop_sequence: null,
    ...said(fields),
    content,
    // About four characters a token.
    usage: { ...usage, output_tokens: Math.ceil(JSON.stringify(content).length / 4), ...said(fields.usage ?? {}) }
  }
  // All that a `Message` has; what a `BetaMessage` has more is added where the method is known.
  return message as unknown as M
}

const said = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const blocksOf = (content: string | ReadonlyArray<Block<AnyMessage>>): ReadonlyArray<Block<AnyMessage>> =>
  typeof content === "string" ? (content === "" ? [] : [{ type: "text", text: content }]) : content

const completeBlock = (block: Block<AnyMessage>, toolUseId: string): Block<AnyMessage> => {
  switch (block.type) {
    case "text":
      return { citations: null, ...block }
    case "thinking":
      return { signature: "c2lnbmF0dXJl", ...block }
    case "tool_use":
      return { id: toolUseId, caller: { type: "direct" }, ...block }
    default:
      return block
  }
}

/** What messages of the beta API have more. */
export const asBeta = (message: AnyMessage): AnyMessage => ({
  context_management: null,
  ...message,
  usage: { fallback_credit: null, iterations: null, ...message.usage }
} as Beta.BetaMessage)

/** The events that make the message, as the API sends them: about a delta a word. */
export const eventsOf = (message: AnyMessage): ReadonlyArray<Messages.RawMessageStreamEvent> => [...events(message)]

/** The same, made one by one. `unfinished` is what there is of the last block's input, where it breaks off. */
export function* events(message: AnyMessage, unfinished?: string): Generator<Messages.RawMessageStreamEvent, void> {
  // The shapes that differ between the two APIs are handed on as they are.
  const { container, content, stop_details, stop_reason, stop_sequence, usage } = message as Messages.Message
  yield {
    type: "message_start",
    message: {
      ...message as Messages.Message,
      container: null,
      content: [],
      stop_details: null,
      stop_reason: null,
      stop_sequence: null,
      usage: { ...usage, output_tokens: 1 }
    }
  }
  for (const [index, block] of content.entries()) {
    yield* blockEvents(block, index, index === content.length - 1 ? unfinished : undefined)
  }
  yield {
    type: "message_delta",
    ...("context_management" in message ? { context_management: message.context_management } : {}),
    delta: { container, stop_details, stop_reason, stop_sequence },
    usage: {
      cache_creation_input_tokens: usage.cache_creation_input_tokens,
      cache_read_input_tokens: usage.cache_read_input_tokens,
      input_tokens: usage.input_tokens,
      output_tokens: usage.output_tokens,
      output_tokens_details: usage.output_tokens_details,
      server_tool_use: usage.server_tool_use
    }
  }
  yield { type: "message_stop" }
}

function* blockEvents(
  block: Messages.ContentBlock,
  index: number,
  unfinished: string | undefined
): Generator<Messages.RawMessageStreamEvent, void> {
  const [start, deltas] = grow(block, unfinished)
  yield { type: "content_block_start", index, content_block: start }
  for (const delta of deltas) yield { type: "content_block_delta", index, delta }
  yield { type: "content_block_stop", index }
}

/** What a block starts as, and what makes it whole. */
const grow = (
  block: Messages.ContentBlock,
  unfinished: string | undefined
): readonly [Messages.ContentBlock, ReadonlyArray<Messages.RawContentBlockDelta>] => {
  switch (block.type) {
    case "text":
      return [{ ...block, citations: block.citations === null ? null : [], text: "" }, [
        ...words(block.text).map((text) => ({ type: "text_delta" as const, text })),
        ...(block.citations ?? []).map((citation) => ({ type: "citations_delta" as const, citation }))
      ]]
    case "thinking":
      return [{ ...block, thinking: "", signature: "" }, [
        ...words(block.thinking).map((thinking) => ({ type: "thinking_delta" as const, thinking })),
        { type: "signature_delta", signature: block.signature }
      ]]
    case "tool_use":
    case "server_tool_use":
      return [
        { ...block, input: {} },
        pieces(unfinished ?? JSON.stringify(block.input)).map((partial_json) => ({
          type: "input_json_delta" as const,
          partial_json
        }))
      ]
    default:
      return [block, []]
  }
}

const words = (text: string): ReadonlyArray<string> => text.match(/\s*\S{1,16}(?:\s+$)?|\s+/gu) ?? []

const pieces = (text: string): ReadonlyArray<string> => text.match(/[^]{1,16}/gu) ?? []
