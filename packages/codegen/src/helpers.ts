/**
 * What the SDK has beside its API methods, and how it goes with the service. People decide this: the generator stops at a
 * helper, and at a module of `helpers/` or `tools/`, that has no row.
 */
import { callsOf } from "./calls.ts"
import type { SdkModel } from "./model.ts"

/** A method of the SDK's client that is no method of the service. */
export interface HelperMethod {
  /** Why it is none. */
  readonly reason: string
  /** What to use in its place. */
  readonly instead: string
}

/** By path in the SDK's client. */
export const helperMethods: Readonly<Record<string, HelperMethod>> = {
  "beta.messages.toolRunner": {
    reason: "It calls the model and the tools in a loop of its own, whose steps have no error channel.",
    instead: "Call `beta.messages.create` in a loop, and run tools as effects, until `stop_reason` is not `tool_use`."
  },
  "beta.messages.thread": {
    reason: "It keeps the messages of a conversation in an object that its calls change.",
    instead: "Keep the messages in a `Ref`, and pass them to `beta.messages.create`."
  },
  "beta.environments.work.poller": {
    reason: "It polls for work in a loop of its own, with waits that no schedule governs.",
    instead: "Repeat `beta.environments.work.poll` with a `Schedule`, then `ack` and `stop`."
  },
  "beta.environments.work.worker": {
    reason: "It polls, keeps leases alive and runs tools in loops of its own, until it is told to stop.",
    instead: "Repeat `beta.environments.work.poll`, and run `heartbeat` beside the work in a forked fiber."
  },
  "beta.sessions.events.toolRunner": {
    reason: "It reads a session's events and answers them in a loop of its own.",
    instead: "Run `beta.sessions.events.stream`, and answer each tool use with `beta.sessions.events.send`."
  },
  "beta.webhooks.parseUnverified": {
    reason: "It is `JSON.parse`: it makes no request, and accepts an event from anybody.",
    instead: "Use `beta.webhooks.unwrap`, which verifies the signature first."
  }
}

/** A module of the SDK beside its API. */
export interface EntryPoint {
  /** What it holds. */
  readonly what: string
  /** How it goes with the service. */
  readonly use: string
}

const outputFormat = {
  what: "Output formats: the JSON schema of an answer, and the parser that goes with it.",
  use: "Pass the format to `messages.parse` as `output_config.format`. With an Effect `Schema`, use `messages.object`."
}

const outputFormatAndTool = {
  what: "Output formats, and tools with a `run` function for the tool runner.",
  use: "Pass a format to `beta.messages.parse`. A tool works as an element of `tools`; call its `run` in an effect."
}

/** By module. `null` is a module inside of another, which nobody imports by itself. */
export const entryPoints: Readonly<Record<string, EntryPoint | null>> = {
  "helpers/index": null,
  "helpers/json-schema": outputFormat,
  "helpers/zod": outputFormat,
  "helpers/beta/json-schema": outputFormatAndTool,
  "helpers/beta/standard-schema": outputFormatAndTool,
  "helpers/beta/zod": outputFormatAndTool,
  "helpers/beta/environments": {
    what: "The classes behind `beta.environments.work.poller`, `.worker` and `beta.sessions.events.toolRunner`.",
    use: "They hold loops of their own: see the methods above for what to use instead."
  },
  "helpers/beta/mcp": {
    what: "Conversions from the types of MCP clients to those of the API.",
    use: "They send nothing to the API. Use them as they are, and wrap the `run` of a tool in an effect."
  },
  "helpers/beta/memory": {
    what: "The memory tool over handlers of yours.",
    use: "Pass it as an element of `tools`, and call its `run` in an effect."
  },
  "helpers/beta/toolsets": {
    what: "Base classes of browser and computer toolsets, and their errors.",
    use: "Made for the tool runner, which dispatches the calls of a toolset: reach it through `ClaudeClient`."
  },
  "helpers/beta/toolsets/browser": null,
  "helpers/beta/toolsets/computer": null,
  "helpers/beta/toolsets/index": null,
  "helpers/beta/toolsets/node": {
    what: "The file policy of a browser toolset, over the file system.",
    use: "It sends nothing to the API. Use it as it is."
  },
  "tools/agent-toolset/node": {
    what: "The tools of a managed agent (`bash`, `read`, `write`, `edit`, `glob`, `grep`), its skills and memories.",
    use: "Pass the tools as elements of `tools`, and call `run`, which changes files and starts commands, in an effect."
  },
  "tools/agent-toolset/node.browser": null,
  "tools/agent-toolset/fs-util": null,
  "tools/agent-toolset/memories": null,
  "tools/agent-toolset/skills": null,
  "tools/agent-toolset/sync-interval": null,
  "tools/memory/node": {
    what: "The memory tool over a folder.",
    use: "Pass it as an element of `tools`, and call its `run` in an effect."
  },
  "tools/memory/node.browser": null
}

const file = "packages/codegen/src/helpers.ts"

/** The methods of the SDK's client that the service does not have. */
export const helpersOf = (model: SdkModel): ReadonlyArray<string> => {
  const calls = new Set(callsOf(model).map(({ path }) => path))
  return model.methods.map(({ path }) => path).filter((path) => !calls.has(path))
}

/** What is wrong with the rows of helpers, in words for people. */
export const undescribed = (model: SdkModel): ReadonlyArray<string> => [
  ...missing("The helper", helpersOf(model), helperMethods),
  ...missing("The module", model.entryPoints.map(({ path }) => path), entryPoints)
]

const missing = (
  what: string,
  found: ReadonlyArray<string>,
  rows: Readonly<Record<string, unknown>>
): ReadonlyArray<string> => [
  ...found.filter((name) => !(name in rows)).map((name) =>
    `${what} "${name}" needs a row in ${file}: what is it, and what do users of the service do?`
  ),
  ...Object.keys(rows).filter((name) => !found.includes(name)).map((name) =>
    `${what} "${name}" in ${file} is not in the SDK. Remove its row, or correct it.`
  )
]
