/** What the simulated model says on its own: what the request asks for, as plainly as can be. */
import type * as Beta from "@anthropic-ai/sdk/resources/beta/messages/messages"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import * as ApiTools from "./apiTools.ts"
import type { Block, Fields } from "./cannedMessage.ts"
import type { CreateRequest } from "./messageRequest.ts"
import { lastUserText } from "./messageRequest.ts"
import { sample } from "./sample.ts"
import * as Text from "./text.ts"

type MessageBlock = Block<Messages.Message>

const defaultWords = 32

const thinkingWords = 16

const askedFor = /\b(\d{1,6}) words?\b/i

// Streaming or not, with a large budget or a small one, the same prompt begins the same way.
const seedOf = ({ messages, model, system }: CreateRequest): string => JSON.stringify([model, system, messages])

const text = (request: CreateRequest): string =>
  Text.words(seedOf(request), Number(askedFor.exec(lastUserText(request))?.[1] ?? defaultWords))

const signatureOf = (text: string): string => createHash("sha256").update(text).digest("base64")

const endsWithToolResult = ({ messages }: CreateRequest): boolean => {
  const content = messages.at(-1)?.content
  return Array.isArray(content) && content.some((block: { readonly type: string }) => block.type === "tool_result")
}

const thinking = (request: CreateRequest): ReadonlyArray<MessageBlock> => {
  const { display, type } = request.thinking ?? { type: "disabled" }
  if (type === "disabled" || (type === "between_tools" && !endsWithToolResult(request))) return []
  const thought = Text.words(`thinking ${seedOf(request)}`, thinkingWords)
  const signature = signatureOf(thought)
  const thinking = display === "omitted" ? "" : thought
  return [{ type: "thinking", thinking, signature }]
}

type Tool = NonNullable<CreateRequest["tools"]>[number]

const escaped = (name: string): string => name.replace(/[^\w]/g, "\\$&")

const isNamedIn = (text: string) => ({ name }: Tool): boolean =>
  name !== undefined && new RegExp(`(?<![\\w-])${escaped(name)}(?![\\w-])`, "i").test(text)

const isCallable = (tool: Tool): boolean =>
  tool.input_schema !== undefined || ApiTools.isServerTool(tool) || ApiTools.clientInput(tool) !== undefined

/** The tools to call: those that the choice demands, or else those that the user names. */
const called = (request: CreateRequest): ReadonlyArray<Tool> => {
  const tools = (request.tools ?? []).filter(isCallable)
  const choice = request.tool_choice ?? { type: "auto" }
  const named = tools.filter(isNamedIn(lastUserText(request)))
  const [first] = named
  switch (choice.type) {
    case "none":
      return []
    case "tool":
      return tools.filter(({ name }) => name === choice.name)
    case "any":
      return first === undefined ? tools.slice(0, 1) : choice.disable_parallel_tool_use === true ? [first] : named
    case "auto":
      return choice.disable_parallel_tool_use === true ? named.slice(0, 1) : named
  }
}

/** The uses of tools, those that the API runs itself first: their results are a part of the answer. */
const toolUses = (request: CreateRequest): ReadonlyArray<MessageBlock> => {
  const seed = Hash.string(seedOf(request))
  const tools = called(request)
  const ran = tools.flatMap((tool) => ApiTools.serverBlocks(tool, String(seed)))
  const asked = tools.filter((tool) => !ApiTools.isServerTool(tool)).map((tool): MessageBlock => ({
    type: "tool_use",
    name: tool.name ?? "",
    input: ApiTools.clientInput(tool) ?? sample(tool.input_schema, `${tool.name} ${seed}`)
  }))
  return ran.length > 0 && asked.length === 0 ? [...ran, { type: "text", text: text(request) }] : [...ran, ...asked]
}

const Document = Schema.Struct({
  type: Schema.Literal("document"),
  title: Schema.optional(Schema.NullOr(Schema.String)),
  citations: Schema.optional(Schema.NullOr(Schema.Struct({ enabled: Schema.optional(Schema.Boolean) }))),
  source: Schema.Union([
    Schema.Struct({ type: Schema.Literal("text"), data: Schema.String }),
    Schema.Struct({ type: Schema.Literal("content") }),
    Schema.Struct({ type: Schema.Literals(["base64", "url"]) }),
    Schema.Struct({ type: Schema.Literal("file"), file_id: Schema.String })
  ])
})

const decodeDocument = Schema.decodeUnknownOption(Document)

const firstSentence = /^[^]*?(?:[.!?](?=\s|$)|$)/

const citationOf = (document: typeof Document.Type, index: number): Messages.TextCitation => {
  const { source, title = null } = document
  const where = { document_index: index, document_title: title, file_id: null }
  const paraphrase = Text.words(`page ${index}`, 8)
  switch (source.type) {
    case "text": {
      const [cited_text = ""] = firstSentence.exec(source.data) ?? []
      const end_char_index = cited_text.length
      return { type: "char_location", cited_text, ...where, start_char_index: 0, end_char_index }
    }
    case "content":
      return {
        type: "content_block_location",
        cited_text: paraphrase,
        ...where,
        start_block_index: 0,
        end_block_index: 1
      }
    default: {
      const file_id = source.type === "file" ? source.file_id : null
      return {
        type: "page_location",
        cited_text: paraphrase,
        ...where,
        file_id,
        start_page_number: 1,
        end_page_number: 2
      }
    }
  }
}

/** A text for each document that may be cited, with the citation. */
const citedTexts = (request: CreateRequest): ReadonlyArray<MessageBlock> => {
  const documents = request.messages.flatMap(({ content }) =>
    typeof content === "string" ? [] : content.flatMap((block) => Option.toArray(decodeDocument(block)))
  )
  const seed = Hash.string(seedOf(request))
  return documents.flatMap((document, index) => {
    if (document.citations?.enabled !== true) return []
    const text = Text.words(`${index} ${seed}`, 12)
    return [{ type: "text", text: index === 0 ? text : ` ${text}`, citations: [citationOf(document, index)] }]
  })
}

const formatOf = ({ output_config, output_format }: CreateRequest) => output_config?.format ?? output_format

const said = (request: CreateRequest): ReadonlyArray<MessageBlock> => {
  const uses = toolUses(request)
  if (uses.length > 0) return uses
  const format = formatOf(request)
  if (format) return [{ type: "text", text: JSON.stringify(sample(format.schema, seedOf(request))) }]
  const cited = citedTexts(request)
  return cited.length > 0 ? cited : [{ type: "text", text: text(request) }]
}

/** A conversation in few words, to be sent back in its place. */
const summary = (request: CreateRequest): Fields<Beta.BetaMessage> => {
  const content = text(request)
  const block = { type: "compaction" as const, content, encrypted_content: null, signature: signatureOf(content) }
  return { stop_reason: "compaction", content: [block] }
}

export const improvise = (request: CreateRequest): Fields<Messages.Message> =>
  request.compaction
    // Only the beta API has summaries; what they are made of goes through unseen.
    ? summary(request) as Fields<Messages.Message>
    : { content: [...thinking(request), ...said(request)] }
