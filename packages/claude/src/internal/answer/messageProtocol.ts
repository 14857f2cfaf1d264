/**
 * The order of a message's events: one `message_start`; blocks numbered from 0, each started, then grown, then stopped;
 * `message_delta`; `message_stop`. Types that are not known yet may come anywhere.
 */
import { type MessageEvent, MessageFold } from "../stream/messageFold.ts"
import type { Parsed } from "./parseEvent.ts"
import {
  field,
  needs,
  type Problem,
  problemOfBlock,
  problemOfEnd,
  problemOfMessageStart,
  problemOfUsage
} from "./shapes.ts"

/** The deltas that a block of a type takes, each with the field that it brings. Other blocks take any. */
const deltasOf: ReadonlyMap<unknown, ReadonlySet<unknown>> = new Map([
  ["text", new Set(["text_delta", "citations_delta"])],
  ["thinking", new Set(["thinking_delta", "signature_delta"])],
  ["tool_use", new Set(["input_json_delta"])],
  ["server_tool_use", new Set(["input_json_delta"])],
  ["mcp_tool_use", new Set(["input_json_delta"])],
  ["compaction", new Set(["compaction_delta"])]
])

const knownDeltas: ReadonlySet<unknown> = new Set([...deltasOf.values()].flatMap((deltas) => [...deltas]))

const deltaFields: ReadonlyMap<unknown, readonly [string, "string" | "object"]> = new Map([
  ["text_delta", ["text", "string"]],
  ["thinking_delta", ["thinking", "string"]],
  ["input_json_delta", ["partial_json", "string"]],
  ["signature_delta", ["signature", "string"]],
  ["citations_delta", ["citation", "object"]]
])

/** What is wrong with an event by itself, wherever it stands. */
export const problemOfEvent = (event: Parsed): Problem => {
  switch (event.type) {
    case "message_start":
      return problemOfMessageStart(event["message"])
    case "content_block_start":
      return problemOfBlock(event["content_block"], "content_block")
    case "content_block_delta": {
      const [name, kind] = deltaFields.get(field(event["delta"], "type")) ?? ["type", "string"]
      return needs(event, "delta", "object") ?? needs(event["delta"], name, kind, `delta.${name}`)
    }
    case "message_delta":
      return needs(event, "delta", "object") ?? problemOfUsage(event)
    default:
      return undefined
  }
}

const isTextDelta = (delta: unknown): boolean =>
  typeof delta === "object" && delta !== null && "type" in delta && delta.type === "text_delta" && "text" in delta &&
  typeof delta.text === "string"

export class MessageProtocol {
  readonly fold = new MessageFold()
  private started = false
  private counted = false
  /** The types of the blocks so far. */
  private readonly types: Array<unknown> = []
  /** Which of them grow. */
  private readonly open: Array<boolean> = []

  /** What is wrong with the next event, in words. */
  problem(event: Parsed): Problem {
    switch (event.type) {
      case "content_block_delta":
        return this.isText(event) ? undefined : this.problemOfDelta(event)
      case "content_block_start":
        return this.before(event) ?? this.problemOfBlockStart(event)
      case "content_block_stop":
        return this.problemOfIndex(event)
      case "message_start":
        return this.started ? "the message has started already" : problemOfEvent(event)
      case "message_delta":
        return this.before(event) ?? problemOfEvent(event) ?? problemOfEnd(event["delta"])
      case "message_stop":
        return this.before(event) ?? this.problemOfStop()
      default:
        return undefined
    }
  }

  /** Takes an event that has no problem. */
  accept(event: MessageEvent): void {
    if (event.type !== "content_block_delta") this.note(event)
    this.fold.add(event)
  }

  private note(event: MessageEvent): void {
    switch (event.type) {
      case "message_start":
        this.started = true
        for (const { type } of event.message.content) this.types.push(type)
        break
      case "content_block_start":
        this.types.push(event.content_block.type)
        this.open[event.index] = true
        break
      case "content_block_stop":
        this.open[event.index] = false
        break
      case "message_delta":
        this.counted = true
    }
  }

  /** Whether something of the content has come, so that the answer cannot begin anew. */
  get begun(): boolean {
    return this.types.length > 0 || this.counted
  }

  /** Nine events of ten are a piece of text where it belongs: to see that takes a tenth of the time of the rest. */
  private isText({ delta, index }: Parsed): boolean {
    return typeof index === "number" && this.open[index] === true && this.types[index] === "text" && isTextDelta(delta)
  }

  private before({ type }: Parsed): Problem {
    return this.started ? undefined : `The stream began with ${type} instead of message_start`
  }

  private problemOfBlockStart(event: Parsed): Problem {
    const next = this.types.length
    return event["index"] === next
      ? problemOfEvent(event)
      : `expected index ${next}, got ${JSON.stringify(event["index"])}`
  }

  private problemOfIndex(event: Parsed): Problem {
    const { index } = event
    return this.before(event) ??
      (typeof index === "number" && this.open[index] === true
        ? undefined
        : `no block with index ${JSON.stringify(index)} is open`)
  }

  private problemOfDelta(event: Parsed): Problem {
    const { delta, index } = event
    const problem = this.problemOfIndex(event) ?? problemOfEvent(event)
    if (problem !== undefined) return problem
    const type = field(delta, "type")
    const block = this.types[Number(index)]
    return knownDeltas.has(type) && deltasOf.get(block)?.has(type) === false
      ? `a block of type ${String(block)} takes no ${String(type)}`
      : undefined
  }

  private problemOfStop(): Problem {
    if (!this.counted) return "no message_delta has come, so the answer has no stop_reason"
    const index = this.open.indexOf(true)
    return index === -1 ? undefined : `block ${index} has not stopped`
  }
}
