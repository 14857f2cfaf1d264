/** Promise: the calls that the API's documentation prints for curl work against the simulator, but for the address. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Simulator } from "../../src/index.ts"
import { environment, refusals, succeed } from "./installed.ts"

const curl = `curl --silent --show-error --fail-with-body --header "x-api-key: $ANTHROPIC_API_KEY" \\
  --header "anthropic-version: 2023-06-01"`

const send = (path: string, body: object, ...headers: ReadonlyArray<string>): string =>
  [
    `${curl} "$ANTHROPIC_BASE_URL/v1/${path}" --header "content-type: application/json"`,
    ...headers.map((header) => `--header "${header}"`),
    `--data '${JSON.stringify(body)}'`
  ].join(" ")

const hello = { model: "claude-opus-5-5", max_tokens: 1024, messages: [{ role: "user", content: "Hello, Claude" }] }

const saying = (...content: ReadonlyArray<object>) => ({ ...hello, messages: [{ role: "user", content }] })

const weather = {
  name: "get_weather",
  description: "Get the current weather in a given location",
  input_schema: {
    type: "object",
    properties: { location: { type: "string", description: "The city and state, e.g. San Francisco, CA" } },
    required: ["location"]
  }
}

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

const id = `sed -n 's/.*"id": *"\\([^"]*\\)".*/\\1/p'`

/** What the documentation shows, by its title. */
const calls: Readonly<Record<string, string>> = {
  "a message": send("messages", hello),
  "several turns": send("messages", {
    ...hello,
    messages: [
      { role: "user", content: "Hello, Claude" },
      { role: "assistant", content: "Hello!" },
      { role: "user", content: "Can you describe LLMs to me?" }
    ]
  }),
  "a stream": send("messages", { ...hello, stream: true }),
  "a system prompt in the cache": send("messages", {
    ...hello,
    system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }]
  }),
  "adaptive thinking with an effort": send("messages", {
    ...hello,
    thinking: { type: "adaptive" },
    output_config: { effort: "medium" }
  }),
  "extended thinking": send("messages", {
    ...hello,
    model: "claude-sonnet-4-6",
    max_tokens: 16_000,
    thinking: { type: "enabled", budget_tokens: 10_000 }
  }),
  "a structured output": send("messages", {
    ...hello,
    output_config: {
      format: {
        type: "json_schema",
        schema: {
          type: "object",
          properties: { name: { type: "string" }, email: { type: "string", format: "email" } },
          required: ["name", "email"],
          additionalProperties: false
        }
      }
    }
  }),
  "a tool": send("messages", { ...hello, tools: [weather] }),
  "a result of a tool": send("messages", {
    ...hello,
    tools: [weather],
    messages: [
      { role: "user", content: "What is the weather like in San Francisco?" },
      {
        role: "assistant",
        content: [
          { type: "text", text: "I will look." },
          { type: "tool_use", id: "toolu_01", name: "get_weather", input: { location: "San Francisco, CA" } }
        ]
      },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_01", content: "15 degrees" }] }
    ]
  }),
  "a search of the web": send("messages", {
    ...hello,
    tools: [{ type: "web_search_20250305", name: "web_search", max_uses: 5 }]
  }),
  "code that runs there": send("messages", {
    ...hello,
    tools: [{ type: "code_execution_20250825", name: "code_execution" }]
  }, "anthropic-beta: code-execution-2025-08-25"),
  "an image by its bytes": send(
    "messages",
    saying({ type: "image", source: { type: "base64", media_type: "image/png", data: png } }, {
      type: "text",
      text: "What is it?"
    })
  ),
  "an image by its address": send(
    "messages",
    saying({ type: "image", source: { type: "url", url: "https://example.com/ant.jpg" } }, {
      type: "text",
      text: "What is it?"
    })
  ),
  "a document with citations": send(
    "messages",
    saying({
      type: "document",
      source: { type: "text", media_type: "text/plain", data: "The grass is green. The sky is blue." },
      title: "My Document",
      context: "This is a trustworthy document.",
      citations: { enabled: true }
    }, { type: "text", text: "What color is the grass and sky?" })
  ),
  "a count of tokens": send("messages/count_tokens", {
    model: hello.model,
    system: "You are a scientist",
    messages: hello.messages
  }),
  "a list of models": `${curl} "$ANTHROPIC_BASE_URL/v1/models"`,
  "one model": `${curl} "$ANTHROPIC_BASE_URL/v1/models/claude-sonnet-4-5"`,
  "a batch, and how it goes on": `
    batch=$(${
    send("messages/batches", {
      requests: [{ custom_id: "first", params: hello }, { custom_id: "second", params: hello }]
    })
  } | ${id})
    ${curl} "$ANTHROPIC_BASE_URL/v1/messages/batches/$batch"
    ${curl} "$ANTHROPIC_BASE_URL/v1/messages/batches?limit=5"
    ${curl} --request POST "$ANTHROPIC_BASE_URL/v1/messages/batches/$batch/cancel"`,
  "a file, and what is asked about it": `
    beta="anthropic-beta: files-api-2025-04-14"
    file=$(${curl} --header "$beta" --form "file=@note.txt;type=text/plain" "$ANTHROPIC_BASE_URL/v1/files" | ${id})
    ${curl} --header "$beta" "$ANTHROPIC_BASE_URL/v1/files/$file"
    ask='${
    JSON.stringify(
      saying({ type: "document", source: { type: "file", file_id: "FILE" } }, { type: "text", text: "Sum it up" })
    )
  }'
    echo "$ask" | sed "s/FILE/$file/" | ${curl} --header "$beta" --header "content-type: application/json" \\
      "$ANTHROPIC_BASE_URL/v1/messages" --data @-
    ${curl} --header "$beta" "$ANTHROPIC_BASE_URL/v1/files"
    ${curl} --header "$beta" --request DELETE "$ANTHROPIC_BASE_URL/v1/files/$file"`
}

const version = spawnSync("curl", ["--version"], { encoding: "utf8" })

describe.skipIf(version.status !== 0)("curl, as the documentation has it, gets", () => {
  it.live.each(Object.entries(calls))("%s", ([, script]) =>
    Effect.gen(function*() {
      const where = yield* environment(yield* Simulator.Simulator)
      yield* Effect.promise(() => writeFile(join(where.cwd, "note.txt"), "The sky is blue."))
      const stdout = yield* succeed(["sh", "-e", "-c", script], where)
      assert.match(stdout, /[{]/)
      assert.deepStrictEqual(yield* refusals, [])
    }).pipe(Effect.provide(Simulator.layer())))
})
