/** The tools that the API defines itself: what the simulated model asks of them, and what those that run there answer. */
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import { createHash } from "node:crypto"
import type { Block } from "./cannedMessage.ts"
import * as Text from "./text.ts"

type MessageBlock = Block<Messages.Message>

interface Tool {
  readonly type?: string | null | undefined
  readonly name?: string | undefined
}

/** What the type of a tool begins with: `bash_20250124` is a `bash_`. */
const kindOf = <A>(table: Readonly<Record<string, A>>, { type }: Tool): A | undefined =>
  type === undefined || type === null
    ? undefined
    : Object.entries(table).find(([prefix]) => type.startsWith(prefix) && /^\d/.test(type.slice(prefix.length)))?.[1]

/** What runs where the client is. Whoever runs it changes nothing by it. */
const clientInputs: Readonly<Record<string, object>> = {
  bash_: { command: "echo simulated" },
  computer_: { action: "screenshot" },
  memory_: { command: "view", path: "/memories" },
  text_editor_: { command: "view", path: "/simulated.txt" }
}

/** The input for a tool of the API's own that the client runs. */
export const clientInput = (tool: Tool): object | undefined => kindOf(clientInputs, tool)

interface Run {
  readonly id: string
  readonly seed: string
}

const direct: Messages.DirectCaller = { type: "direct" }

type ServerToolName = Messages.ServerToolUseBlock["name"]

const use = (name: ServerToolName, input: object, { id }: Run): Messages.ServerToolUseBlock => ({
  type: "server_tool_use",
  id,
  name,
  input,
  caller: direct
})

const page = "https://example.com/simulated"

const search = (run: Run): ReadonlyArray<MessageBlock> => [
  use("web_search", { query: Text.words(`query ${run.seed}`, 3) }, run),
  {
    type: "web_search_tool_result",
    tool_use_id: run.id,
    caller: direct,
    content: [{
      type: "web_search_result",
      url: page,
      title: Text.words(`title ${run.seed}`, 3),
      encrypted_content: Buffer.from(run.seed).toString("base64"),
      page_age: null
    }]
  }
]

const fetchPage = (run: Run): ReadonlyArray<MessageBlock> => [
  use("web_fetch", { url: page }, run),
  {
    type: "web_fetch_tool_result",
    tool_use_id: run.id,
    caller: direct,
    content: {
      type: "web_fetch_result",
      url: page,
      retrieved_at: null,
      content: {
        type: "document",
        title: Text.words(`title ${run.seed}`, 3),
        citations: null,
        source: { type: "text", media_type: "text/plain", data: Text.words(`page ${run.seed}`, 16) }
      }
    }
  }
]

const runCode = (run: Run): ReadonlyArray<MessageBlock> => [
  use("code_execution", { code: "print('simulated')" }, run),
  {
    type: "code_execution_tool_result",
    tool_use_id: run.id,
    content: { type: "code_execution_result", stdout: "simulated\n", stderr: "", return_code: 0, content: [] }
  }
]

const runCommand = (run: Run): ReadonlyArray<MessageBlock> => [
  use("bash_code_execution", { command: "echo simulated" }, run),
  {
    type: "bash_code_execution_tool_result",
    tool_use_id: run.id,
    content: { type: "bash_code_execution_result", stdout: "simulated\n", stderr: "", return_code: 0, content: [] }
  }
]

const findTools = (name: ServerToolName, input: object) => (run: Run): ReadonlyArray<MessageBlock> => [
  use(name, input, run),
  {
    type: "tool_search_tool_result",
    tool_use_id: run.id,
    content: { type: "tool_search_tool_search_result", tool_references: [] }
  }
]

/** What runs at the API: its use and its result, both in the answer. */
const serverRuns: Readonly<Record<string, (run: Run) => ReadonlyArray<MessageBlock>>> = {
  code_execution_20250522: runCode,
  code_execution_: runCommand,
  tool_search_tool_bm25_: findTools("tool_search_tool_bm25", { query: "simulated" }),
  tool_search_tool_regex_: findTools("tool_search_tool_regex", { pattern: "simulated" }),
  web_fetch_: fetchPage,
  web_search_: search
}

const serverRun = (tool: Tool) => serverRuns[tool.type ?? ""] ?? kindOf(serverRuns, tool)

/** Whether the API runs a tool. */
export const isServerTool = (tool: Tool): boolean => serverRun(tool) !== undefined

/** The use of a tool that the API runs, and its result. */
export const serverBlocks = (tool: Tool, seed: string): ReadonlyArray<MessageBlock> => {
  const id = `srvtoolu_01${createHash("sha256").update(`${tool.name} ${seed}`).digest("hex").slice(0, 22)}`
  return serverRun(tool)?.({ id, seed }) ?? []
}

/** How often an answer searched and fetched, as its usage says. */
export const serverToolUsage = (content: ReadonlyArray<{ readonly type: string }>): Messages.ServerToolUsage | null => {
  const count = (type: string) => content.filter((block) => block.type === type).length
  const usage = {
    web_fetch_requests: count("web_fetch_tool_result"),
    web_search_requests: count("web_search_tool_result")
  }
  return usage.web_fetch_requests + usage.web_search_requests === 0 ? null : usage
}
