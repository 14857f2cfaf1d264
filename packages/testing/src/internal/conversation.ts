/** What the API says about a request whose fields are right each by itself, but not together. */
import * as Predicate from "effect/Predicate"
import * as Media from "./media.ts"
import type { Block, CreateRequest } from "./messageRequest.ts"
import { marks } from "./promptCache.ts"
import * as ToolSchemas from "./toolSchemas.ts"

type Complaint = string | undefined

const aboutToolChoice = ({ tool_choice, tools }: CreateRequest): Complaint => {
  if (!tool_choice || tool_choice.type === "none") return undefined
  if (!tools || tools.length === 0) return "tool_choice: may only be specified while providing tools."
  if (tool_choice.type === "auto") return undefined
  if (tool_choice.type === "any") return undefined
  if (tool_choice.name === undefined) return "tool_choice.tool.name: Field required"
  return tools.some(({ name }) => name === tool_choice.name)
    ? undefined
    : `Tool '${tool_choice.name}' not found in provided tools`
}

const mostMarks = 4

const aboutCacheControl = (request: CreateRequest): Complaint => {
  const ttls = marks(request).filter((ttl) => ttl !== undefined)
  if (ttls.length > mostMarks) {
    return `A maximum of ${mostMarks} blocks with cache_control may be provided. Found ${ttls.length}.`
  }
  return ttls.includes("5m") && ttls.indexOf("5m") < ttls.lastIndexOf("1h")
    ? "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are " +
      "processed in the following order: `tools`, `system`, `messages`."
    : undefined
}

/** What one side says before the other does, in one message or several: the API reads these as one. */
interface Turn {
  /** Of the first message. */
  readonly index: number
  readonly role: string
  readonly blocks: ReadonlyArray<Block>
}

const turnsOf = (messages: CreateRequest["messages"]): ReadonlyArray<Turn> => {
  const turns: Array<Turn> = []
  for (const [index, { content, role }] of messages.entries()) {
    const blocks = Predicate.isString(content) ? [] : content
    const last = turns.at(-1)
    if (last?.role === role) turns[turns.length - 1] = { ...last, blocks: [...last.blocks, ...blocks] }
    else turns.push({ index, role, blocks })
  }
  return turns
}

const idsOf = (turn: Turn | undefined, type: string, field: string): ReadonlyArray<string> =>
  turn === undefined ? [] : turn.blocks.flatMap((block) => {
    const id = block.type === type ? block[field] : undefined
    return Predicate.isString(id) ? [id] : []
  })

/** Every use of a tool has its result in the turn after it, and every result its use in the turn before. */
const aboutToolResults = ({ messages }: CreateRequest): Complaint => {
  let before: Turn | undefined
  for (const turn of turnsOf(messages)) {
    const used = idsOf(before, "tool_use", "id")
    const results = idsOf(turn, "tool_result", "tool_use_id")
    const unknown = results.find((id) => !used.includes(id))
    if (unknown !== undefined) {
      return `messages.${turn.index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${unknown}. Each ` +
        "`tool_result` block must have a corresponding `tool_use` block in the previous message."
    }
    const repeated = results.find((id, index) => results.indexOf(id) < index)
    if (repeated !== undefined) {
      return `messages.${turn.index}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with ` +
        `id: ${repeated}`
    }
    const isFirst = turn.blocks.slice(0, results.length).every(({ type }) => type === "tool_result")
    const open = isFirst ? used.filter((id) => !results.includes(id)) : used
    if (open.length > 0) {
      return `messages.${before?.index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ` +
        `${
          open.join(", ")
        }. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`
    }
    before = turn
  }
  return undefined
}

/** The first complaint, or undefined where there is nothing wrong. */
export const complaint = (request: CreateRequest): Complaint =>
  aboutToolChoice(request) ?? aboutCacheControl(request) ?? aboutToolResults(request) ?? Media.complaint(request) ??
    ToolSchemas.complaint(request)

/** The files that a request reads. */
export const fileIdsIn = (json: unknown): ReadonlyArray<string> => {
  if (Array.isArray(json)) return json.flatMap(fileIdsIn)
  if (!Predicate.isObject(json)) return []
  const here = Predicate.hasProperty(json, "file_id") && Predicate.isString(json.file_id) ? [json.file_id] : []
  return [...here, ...Object.values(json).flatMap(fileIdsIn)]
}
