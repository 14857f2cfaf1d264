/** Streams of events with every kind of block, made up. */
import { Schema } from "effect"
import { cut, Splits } from "./pieces.ts"

const Input = {
  id: Schema.String,
  input: Schema.Record(Schema.String, Schema.Json),
  /** How much of the JSON `max_tokens` has cut off. */
  missing: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))
}

/** Blocks that come whole. */
const wholes = [
  "redacted_thinking",
  "web_search_tool_result",
  "web_fetch_tool_result",
  "code_execution_tool_result",
  "bash_code_execution_tool_result",
  "text_editor_code_execution_tool_result",
  "tool_search_tool_result",
  "container_upload"
] as const

const cases = {
  text: {
    text: Schema.String,
    citations: Schema.Array(Schema.Struct({ type: Schema.Literal("char_location"), cited_text: Schema.String }))
  },
  thinking: { thinking: Schema.String, signature: Schema.String },
  tool_use: Input,
  server_tool_use: Input,
  whole: { type: Schema.Literals(wholes), content: Schema.Json }
}

const betaCases = {
  ...cases,
  mcp_tool_use: Input,
  compaction: { content: Schema.NullOr(Schema.String), encrypted_content: Schema.optionalKey(Schema.String) },
  fallback: { model: Schema.String },
  whole: {
    type: Schema.Literals([...wholes, "advisor_tool_result", "mcp_tool_result", "mcp_tool_listing"]),
    content: Schema.Json
  }
}

const Counted = {
  input_tokens: Schema.NullOr(Schema.Int),
  output_tokens: Schema.Int,
  cache_creation_input_tokens: Schema.NullOr(Schema.Int),
  cache_read_input_tokens: Schema.NullOr(Schema.Int),
  output_tokens_details: Schema.NullOr(Schema.Struct({ thinking_tokens: Schema.Int })),
  server_tool_use: Schema.NullOr(Schema.Struct({ web_search_requests: Schema.Int }))
}

const Ended = {
  stop_reason: Schema.Literals(["end_turn", "max_tokens", "tool_use", "refusal", "pause_turn"]),
  stop_sequence: Schema.NullOr(Schema.String),
  stop_details: Schema.NullOr(Schema.Struct({ type: Schema.Literal("refusal"), explanation: Schema.String })),
  container: Schema.NullOr(Schema.Struct({ id: Schema.String, expires_at: Schema.String }))
}

export const Script = Schema.Struct({
  blocks: Schema.Array(Schema.TaggedUnion(cases)),
  delta: Schema.Struct(Ended),
  usage: Schema.Struct(Counted),
  more: Schema.Struct({}),
  splits: Splits
})

export const BetaScript = Schema.Struct({
  blocks: Schema.Array(Schema.TaggedUnion(betaCases)),
  delta: Schema.Struct(Ended),
  usage: Schema.Struct({
    ...Counted,
    iterations: Schema.NullOr(
      Schema.Array(Schema.Struct({ type: Schema.Literal("message"), input_tokens: Schema.Int }))
    ),
    fallback_credit: Schema.NullOr(Schema.Struct({ tokens: Schema.Int }))
  }),
  more: Schema.Struct({
    context_management: Schema.NullOr(Schema.Struct({ applied_edits: Schema.Array(Schema.String) })),
    input_transformations: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.Struct({ type: Schema.String }))))
  }),
  splits: Splits
})

type AnyBlock = (typeof BetaScript.Type)["blocks"][number]

export interface AnyEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** How a block begins, and the deltas that follow. */
const written = (block: AnyBlock, splits: Splits): readonly [start: AnyEvent, deltas: ReadonlyArray<AnyEvent>] => {
  switch (block._tag) {
    case "text":
      return [{ type: "text", text: "", citations: null }, [
        ...cut(block.text, splits).map((text) => ({ type: "text_delta", text })),
        ...block.citations.map((citation) => ({ type: "citations_delta", citation }))
      ]]
    case "thinking":
      return [{ type: "thinking", thinking: "", signature: "" }, [
        ...cut(block.thinking, splits).map((thinking) => ({ type: "thinking_delta", thinking })),
        { type: "signature_delta", signature: block.signature }
      ]]
    case "tool_use":
    case "server_tool_use":
    case "mcp_tool_use": {
      const json = JSON.stringify(block.input)
      return [
        { type: block._tag, id: block.id, name: "a_tool", input: {} },
        ["", ...cut(json.slice(0, json.length - block.missing), splits)].map((partial_json) => ({
          type: "input_json_delta",
          partial_json
        }))
      ]
    }
    case "compaction": {
      const { _tag, ...fields } = block
      return [{ type: "compaction", content: null }, [{ type: "compaction_delta", ...fields }]]
    }
    case "fallback":
      return [{ type: "fallback", from: { model: "claude-opus-5-5" }, to: { model: block.model } }, []]
    case "whole":
      return [{ type: block.type, content: block.content }, []]
  }
}

const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [],
  container: null,
  stop_reason: null,
  stop_sequence: null,
  stop_details: null,
  usage: { input_tokens: 10, output_tokens: 1, cache_creation_input_tokens: null, cache_read_input_tokens: 3 }
}

/** The events of a script, as they come out of JSON. What the SDK changes of them is its own copy. */
export const eventsOf = (script: typeof Script.Type | typeof BetaScript.Type): ReadonlyArray<AnyEvent> =>
  JSON.parse(JSON.stringify([
    { type: "message_start", message },
    ...script.blocks.flatMap((block, index): ReadonlyArray<AnyEvent> => {
      const [start, deltas] = written(block, script.splits)
      return [
        { type: "content_block_start", index, content_block: start },
        ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
        { type: "content_block_stop", index }
      ]
    }),
    { type: "message_delta", delta: script.delta, usage: script.usage, ...script.more },
    { type: "message_stop" }
  ]))
