/** Promise: Claude Code and the Agent SDK, as npm has them today, work against the simulator as against the API. */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import process from "node:process"
import { Simulator } from "../../src/index.ts"
import { environment, installed, newestOf, refusals, run, succeed } from "./installed.ts"

const binary = (folder: string): string =>
  join(folder, `node_modules/@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`)

interface Installed {
  readonly version: string
  readonly folder: string
}

/** The newest two versions of Claude Code, newest first, or why they are not here. */
class ClaudeCode extends Context.Service<ClaudeCode, {
  readonly versions: ReadonlyArray<Installed>
  readonly missing: string | undefined
}>()("ClaudeCode") {
  static readonly layer = Layer.effect(
    ClaudeCode,
    Effect.gen(function*() {
      const newest = yield* newestOf("@anthropic-ai/claude-code", 2)
      if (newest.length === 0) return { versions: [], missing: "npm has no registry to ask" }
      const versions = yield* Effect.forEach(
        newest,
        (version) => Effect.map(installed([`@anthropic-ai/claude-code@${version}`]), (folder) => ({ version, folder }))
      )
      const { code, stderr } = yield* run([binary(versions[0]?.folder ?? ""), "--version"], {
        cwd: process.cwd(),
        env: {}
      })
      return { versions, missing: code === 0 ? undefined : `its program does not run here: ${stderr}` }
    })
  )
}

const simulated = Effect.provide(Simulator.layer())

/** What a session prints at its end. */
interface Result {
  readonly is_error: boolean
  readonly subtype: string
  readonly result: string
}

/** A session without a terminal, to its end. */
const session = Effect.fnUntraced(function*(folder: string, prompt: string, ...flags: ReadonlyArray<string>) {
  const where = yield* environment(yield* Simulator.Simulator)
  const stdout = yield* succeed([binary(folder), "-p", prompt, "--output-format", "json", ...flags], where)
  const result: Result = JSON.parse(stdout)
  assert.deepInclude(result, { is_error: false, subtype: "success" }, stdout)
  assert.notStrictEqual(result.result, "")
})

/** The results of tools that the last requests sent. */
const toolResults = Effect.gen(function*() {
  const sim = yield* Simulator.Simulator
  const journal = yield* sim.journal
  return journal.flatMap(({ body }) => {
    const { messages = [] } = body as { readonly messages?: ReadonlyArray<{ readonly content: unknown }> }
    return messages.flatMap(({ content }) => Array.isArray(content) ? content : [])
      .filter(({ type }: { readonly type: string }) => type === "tool_result")
  })
})

const agent = `
import { createSdkMcpServer, query, tool } from "@anthropic-ai/claude-agent-sdk"
import { z } from "zod"

const weather = tool("weather", "The weather of a city", { city: z.string() }, async ({ city }) => ({
  content: [{ type: "text", text: "Sunny in " + city }]
}), { alwaysLoad: true })
const options = {
  pathToClaudeCodeExecutable: process.env.CLAUDE_CODE,
  mcpServers: { sky: createSdkMcpServer({ name: "sky", tools: [weather] }) },
  allowedTools: ["mcp__sky__weather"],
  settingSources: []
}
for await (const message of query({ prompt: "Use mcp__sky__weather", options })) {
  if (message.type === "result") console.log(JSON.stringify(message))
}
`

layer(ClaudeCode.layer, { excludeTestServices: true })("a session of Claude Code", (it) => {
  it.effect.each([["the newest", 0], ["the one before", 1]] as const)(
    "%s runs a tool to the end",
    ([, index], { skip }) =>
      Effect.gen(function*() {
        const { missing, versions } = yield* ClaudeCode
        const version = versions[index]
        if (missing !== undefined || version === undefined) return skip(missing ?? "there is only one version")
        yield* session(version.folder, "Use Bash to say hello", "--allowedTools", "Bash")
        assert.deepStrictEqual(yield* refusals, [], version.version)
        const [result] = yield* toolResults
        assert.deepInclude(result, { is_error: false }, JSON.stringify(result))
      }).pipe(simulated)
  )

  it.effect.each([
    "claude-fable-5-2",
    "claude-opus-5-5",
    "claude-sonnet-5-5",
    "claude-haiku-5-5",
    "claude-opus-5",
    "claude-opus-4-8",
    "claude-sonnet-4-6",
    "claude-haiku-4-5"
  ])("asks nothing of %s that it does not take", (model, { skip }) =>
    Effect.gen(function*() {
      const { missing, versions: [newest] } = yield* ClaudeCode
      if (missing !== undefined || newest === undefined) return skip(missing)
      yield* session(newest.folder, "Read on", "--model", model)
      assert.deepStrictEqual(yield* refusals, [])
      const sim = yield* Simulator.Simulator
      assert.include(JSON.stringify((yield* sim.journal).map(({ body }) => body)), `"model":"${model}`)
    }).pipe(simulated))

  it.effect(
    "makes an output of a schema",
    ({ skip }) =>
      Effect.gen(function*() {
        const { missing, versions: [newest] } = yield* ClaudeCode
        if (missing !== undefined || newest === undefined) return skip(missing)
        const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] }
        yield* session(newest.folder, "Name a city with StructuredOutput", "--json-schema", JSON.stringify(schema))
        assert.deepStrictEqual(yield* refusals, [])
      }).pipe(simulated)
  )

  it.effect("runs a tool of the Agent SDK to the end", ({ skip }) =>
    Effect.gen(function*() {
      const { missing, versions: [newest] } = yield* ClaudeCode
      if (missing !== undefined || newest === undefined) return skip(missing)
      // Its own copy of Claude Code is as large again.
      const folder = yield* installed(["@anthropic-ai/claude-agent-sdk", "zod"], ["--omit=optional"])
      yield* Effect.promise(() => writeFile(join(folder, "agent.js"), agent))
      const { env } = yield* environment(yield* Simulator.Simulator)
      const stdout = yield* succeed([process.execPath, "agent.js"], {
        cwd: folder,
        env: { ...env, CLAUDE_CODE: binary(newest.folder) }
      })
      assert.deepInclude(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""), { is_error: false, subtype: "success" })
      assert.deepStrictEqual(yield* refusals, [])
      assert.include(JSON.stringify(yield* toolResults), "Sunny in")
    }).pipe(simulated))
})
