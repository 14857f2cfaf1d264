/** Prompts and answers on the span of their call, in OpenTelemetry's form. Only where somebody switches it on. */
import * as Effect from "effect/Effect"
import type { Interceptor } from "../../Interceptor.ts"
import { field, textIn } from "../answer/shapes.ts"
import { attributes as names } from "./attributes.ts"
import { isChat } from "./operationName.ts"

/** What one attribute may hold, in UTF-16 units. A longer one is left out. */
const maxLength = 750_000

type Part = { readonly type: string } & Readonly<Record<string, unknown>>

export const showing: Required<Pick<Interceptor, "call">> = {
  call: (call, next) => {
    if (!isChat(call.operation)) return next(call)
    const { messages, system } = call.params
    return Effect.andThen(
      Effect.andThen(
        Effect.annotateCurrentSpan({
          ...attribute(names.systemInstructions, system === undefined ? undefined : partsOf(system)),
          ...attribute(names.inputMessages, Array.isArray(messages) ? messages.map(messageOf) : undefined)
        }),
        call.onEnd(({ message }) =>
          Effect.annotateCurrentSpan(
            attribute(
              names.outputMessages,
              message === undefined ? undefined : [{ ...messageOf(message), finish_reason: message.stop_reason }]
            )
          )
        )
      ),
      next(call)
    )
  }
}

const attribute = (name: string, value: unknown): Readonly<Record<string, string>> => {
  const text = value === undefined ? undefined : JSON.stringify(value)
  return text === undefined || text.length > maxLength ? {} : { [name]: text }
}

const messageOf = (message: unknown) => ({ role: field(message, "role"), parts: partsOf(field(message, "content")) })

const partsOf = (content: unknown): ReadonlyArray<Part> =>
  Array.isArray(content) ? content.map(partOf) : [{ type: "text", content }]

/** Of other kinds of block the type alone: images and documents are large. */
const partOf = (block: unknown): Part => {
  const type = textIn(field(block, "type")) ?? "unknown"
  switch (type) {
    case "text":
      return { type, content: field(block, "text") }
    case "thinking":
      return { type: "reasoning", content: field(block, "thinking") }
    case "tool_use":
    case "server_tool_use":
    case "mcp_tool_use":
      return { type: "tool_call", id: field(block, "id"), name: field(block, "name"), arguments: field(block, "input") }
    case "tool_result":
      return {
        type: "tool_call_response",
        id: field(block, "tool_use_id"),
        response: resultOf(field(block, "content"))
      }
    default:
      return { type }
  }
}

const resultOf = (content: unknown): unknown => Array.isArray(content) ? content.map(partOf) : content
