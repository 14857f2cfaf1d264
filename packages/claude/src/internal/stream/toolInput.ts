/** The inputs of tools, as the events of a message bring them. */
import * as Stream from "effect/Stream"
import type { MessageEvent } from "./messageFold.ts"
import { GrowingJson, type JsonEnd } from "./partialJson.ts"

type Tool = Extract<
  Extract<MessageEvent, { readonly type: "content_block_start" }>["content_block"],
  { readonly input: unknown }
>

/** A tool's input as far as it has come: see `MessageStream.ToolInput`. */
export class ToolInputSnapshot {
  readonly index: number
  readonly id: string
  readonly name: string
  readonly delta: string
  readonly end: JsonEnd | undefined
  readonly #call: OpenCall
  readonly #count: number

  constructor(call: OpenCall, delta: string, end?: JsonEnd) {
    this.index = call.index
    this.id = call.tool.id
    this.name = call.tool.name
    this.delta = delta
    this.end = end
    this.#call = call
    this.#count = call.count
  }

  get done(): boolean {
    return this.end === "complete"
  }

  get json(): string {
    return this.#call.growing.jsonAt(this.#count)
  }

  get input(): unknown {
    if (this.#count === 0) return this.#call.tool.input
    return this.end === undefined ? this.#call.growing.valueAt(this.#count) : this.#call.growing.whole.input
  }
}

interface OpenCall {
  readonly index: number
  readonly tool: Tool
  readonly growing: GrowingJson
  count: number
}

export const toolInputs = <E, R>(self: Stream.Stream<MessageEvent, E, R>): Stream.Stream<ToolInputSnapshot, E, R> =>
  Stream.mapAccum(self, () => new Map<number, OpenCall>(), (open, event) => [open, snapshots(open, event)])

const snapshots = (open: Map<number, OpenCall>, event: MessageEvent): ReadonlyArray<ToolInputSnapshot> => {
  switch (event.type) {
    case "content_block_start": {
      const { content_block: tool, index } = event
      if (!("input" in tool)) return []
      const call: OpenCall = { index, tool, growing: new GrowingJson(), count: 0 }
      open.set(index, call)
      return [new ToolInputSnapshot(call, "")]
    }
    case "content_block_delta": {
      const call = open.get(event.index)
      if (call === undefined || event.delta.type !== "input_json_delta") return []
      // The API begins with an empty piece.
      if (event.delta.partial_json === "") return []
      call.count = call.growing.add(event.delta.partial_json)
      return [new ToolInputSnapshot(call, event.delta.partial_json)]
    }
    case "content_block_stop": {
      const call = open.get(event.index)
      open.delete(event.index)
      return call === undefined
        ? []
        : [new ToolInputSnapshot(call, "", call.count === 0 ? "complete" : call.growing.whole.end)]
    }
    default:
      return []
  }
}
