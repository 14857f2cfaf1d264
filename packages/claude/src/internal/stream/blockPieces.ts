/** The pieces of text that events bring. The API begins a block without any; a gateway may put the first into its start. */
import type { MessageEvent } from "./messageFold.ts"

export const textPiece = (event: MessageEvent): string | undefined => {
  if (event.type === "content_block_delta") return event.delta.type === "text_delta" ? event.delta.text : undefined
  return event.type === "content_block_start" && event.content_block.type === "text"
    ? event.content_block.text || undefined
    : undefined
}

export const thinkingPiece = (event: MessageEvent): string | undefined => {
  if (event.type === "content_block_delta") {
    return event.delta.type === "thinking_delta" ? event.delta.thinking : undefined
  }
  return event.type === "content_block_start" && event.content_block.type === "thinking"
    ? event.content_block.thinking || undefined
    : undefined
}
