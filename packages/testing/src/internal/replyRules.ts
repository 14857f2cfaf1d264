/** Picks the canned answer of a request. */
import * as Predicate from "effect/Predicate"
import type * as Replies from "../Replies.ts"
import type { MessageFields } from "./message.ts"
import { type CreateRequest, lastUserText } from "./messageRequest.ts"
import { fits } from "./text.ts"

export interface ReplyRules {
  /** The reply of a request, which then has been used once more. */
  readonly take: (request: CreateRequest) => Replies.Reply | undefined
  /** The same, of those that can be used for ever. */
  readonly look: (request: CreateRequest) => Replies.Reply | undefined
  /** From now on, these instead of those before. */
  readonly replace: (replies: Replies.Replies) => void
  /** How many are not used up. */
  readonly remaining: () => number
}

/** The names of the tools whose results the last turn of the user brings. */
const toolsAnswered = ({ messages }: CreateRequest): ReadonlyArray<unknown> => {
  const blocks = messages.flatMap(({ content }) => Predicate.isString(content) ? [] : content)
  const last = messages.at(-1)?.content ?? []
  const ids = Predicate.isString(last) ? [] : last.map((block) => block["tool_use_id"]).filter(Predicate.isString)
  return blocks.flatMap((block) => ids.some((id) => id === block["id"]) ? [block["name"]] : [])
}

const turnOf = ({ messages }: CreateRequest): number => 1 + messages.filter(({ role }) => role === "assistant").length

const isFor = ({ match }: Replies.Reply, request: CreateRequest): boolean =>
  fits(match?.model, request.model) &&
  (match?.text === undefined || lastUserText(request).toLowerCase().includes(match.text.toLowerCase())) &&
  (match?.tool === undefined || toolsAnswered(request).includes(match.tool)) &&
  (match?.turn === undefined || turnOf(request) === match.turn)

export const make = (initial: Replies.Replies): ReplyRules => {
  let rules: ReadonlyArray<{ readonly reply: Replies.Reply; left: number }> = []

  const replace = (replies: Replies.Replies) => {
    rules = replies.map((reply) => ({ reply, left: reply.times ?? Infinity }))
  }
  replace(initial)

  return {
    take: (request) => {
      const rule = rules.find(({ left, reply }) => left > 0 && isFor(reply, request))
      if (rule !== undefined) rule.left -= 1
      return rule?.reply
    },
    look: (request) => rules.find(({ left, reply }) => left === Infinity && isFor(reply, request))?.reply,
    replace,
    remaining: () => rules.filter(({ left }) => left > 0).length
  }
}

/** What a reply says, or undefined where it leaves that to the simulator. */
export const fieldsOf = ({ stop_reason, text, thinking, tools = [] }: Replies.Reply): MessageFields | undefined => {
  const content: Exclude<MessageFields["content"], string | undefined> = [
    ...(thinking === undefined ? [] : [{ type: "thinking" as const, thinking }]),
    ...(text === undefined ? [] : [{ type: "text" as const, text }]),
    ...tools.map(({ id, input, name }) => ({
      type: "tool_use" as const,
      name,
      input,
      ...(id === undefined ? {} : { id })
    }))
  ]
  return content.length === 0 && stop_reason === undefined ? undefined : { content, stop_reason }
}
