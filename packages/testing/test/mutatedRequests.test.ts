import { assert, describe, it } from "@effect/vitest"
import { Effect, Predicate } from "effect"
import { Simulator } from "../src/index.ts"
import { attempt, credentials, hello, jsonOf } from "./client.ts"

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

const cached = { cache_control: { type: "ephemeral", ttl: "1h" } }

/** Requests that the API takes, with much in them. */
const valid: ReadonlyArray<object> = [
  {
    ...hello,
    model: "claude-opus-4-6",
    system: [{ type: "text", text: "Be brief.", ...cached }],
    metadata: { user_id: "user_1" },
    service_tier: "auto",
    stop_sequences: ["END"],
    stream: false,
    output_config: { effort: "low" },
    thinking: { type: "enabled", budget_tokens: 1024, display: "omitted" },
    max_tokens: 4096
  },
  {
    ...hello,
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/png", data: png } },
          { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
          {
            type: "document",
            source: { type: "text", media_type: "text/plain", data: "The sky is blue." },
            title: "Colours",
            citations: { enabled: true }
          },
          { type: "text", text: "What is this?", ...cached }
        ]
      }
    ]
  },
  {
    ...hello,
    tools: [
      { name: "weather", description: "The weather", input_schema: { type: "object", properties: {} }, strict: false },
      { type: "web_search_20250305", name: "web_search", max_uses: 3, allowed_domains: ["example.com"] },
      { type: "bash_20250124", name: "bash" },
      { type: "text_editor_20250728", name: "str_replace_based_edit_tool", max_characters: 1000 }
    ],
    tool_choice: { type: "auto", disable_parallel_tool_use: true },
    messages: [
      { role: "user", content: "Hi" },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Hm", signature: "c2ln" },
          { type: "text", text: "Let me see." },
          { type: "tool_use", id: "toolu_1", name: "weather", input: {} }
        ]
      },
      {
        role: "user",
        content: [{
          type: "tool_result",
          tool_use_id: "toolu_1",
          is_error: false,
          content: [{ type: "text", text: "Rain" }]
        }]
      }
    ]
  },
  {
    ...hello,
    context_management: {
      edits: [{
        type: "clear_tool_uses_20250919",
        trigger: { type: "input_tokens", value: 1000 },
        keep: { type: "tool_uses", value: 3 },
        exclude_tools: ["weather"]
      }]
    },
    mcp_servers: [{
      type: "url",
      name: "maps",
      url: "https://example.com/mcp",
      authorization_token: "token",
      tool_configuration: { enabled: true, allowed_tools: ["route"] }
    }],
    tools: [{ type: "mcp_toolset", mcp_server_name: "maps", default_config: { enabled: true, defer_loading: false } }],
    container: { skills: [{ type: "anthropic", skill_id: "pptx", version: "latest" }] }
  },
  {
    ...hello,
    messages: [
      {
        role: "user",
        content: [
          {
            type: "search_result",
            source: "https://example.com",
            title: "Sky",
            content: [{ type: "text", text: "The sky is blue." }],
            citations: { enabled: true }
          },
          {
            type: "document",
            source: { type: "content", content: [{ type: "text", text: "The sea is blue." }] },
            context: "About the sea"
          }
        ]
      },
      {
        role: "assistant",
        content: [
          { type: "redacted_thinking", data: "ZGF0YQ==" },
          {
            type: "text",
            text: "Blue.",
            citations: [{
              type: "char_location",
              cited_text: "The sky is blue.",
              document_index: 0,
              document_title: "Sky",
              start_char_index: 0,
              end_char_index: 16
            }]
          }
        ]
      },
      { role: "user", content: "And the grass?" }
    ],
    tools: [{ type: "web_fetch_20250910", name: "web_fetch", max_uses: 1, citations: { enabled: true } }],
    tool_choice: { type: "none" },
    thinking: { type: "adaptive" },
    inference_geo: "us",
    speed: "standard"
  },
  {
    ...hello,
    output_config: {
      format: { type: "json_schema", schema: { type: "object", properties: {}, additionalProperties: false } }
    }
  }
]

/** What may hold anything, so that nothing in it can be wrong by its type. */
const isFree = (key: string) => ["input", "input_schema", "schema"].includes(key)

interface Mutation {
  readonly why: string
  readonly body: unknown
  /** What the refusal has to name. */
  readonly names: string
}

type Path = ReadonlyArray<string | number>

/** The JSON with another value in one place. */
const replace = (json: unknown, [key, ...rest]: Path, value: unknown): unknown => {
  if (key === undefined) return value
  if (Array.isArray(json)) return json.map((item, index) => index === key ? replace(item, rest, value) : item)
  const object = json as Readonly<Record<string, unknown>>
  return { ...object, [key]: replace(object[key], rest, value) }
}

const mutationsOf = (root: unknown, json: unknown = root, path: Path = []): ReadonlyArray<Mutation> => {
  const key = path.findLast(Predicate.isString) ?? ""
  if (isFree(key)) return [{ why: `${path.join(".")} is a text`, body: replace(root, path, "text"), names: key }]
  if (Array.isArray(json)) {
    return [
      { why: `${path.join(".")} is a number`, body: replace(root, path, 5), names: key },
      ...json.flatMap((item, index) => mutationsOf(root, item, [...path, index]))
    ]
  }
  if (Predicate.isObject(json)) {
    return [
      { why: `${[...path, "bogus"].join(".")} is there`, body: replace(root, [...path, "bogus"], 1), names: "bogus" },
      ...Object.entries(json).flatMap(([key, value]) => mutationsOf(root, value, [...path, key]))
    ]
  }
  const wrong = Predicate.isString(json) ? { an: "object" } : "text"
  return [
    { why: `${path.join(".")} is of another kind`, body: replace(root, path, wrong), names: key },
    ...(key === "type"
      ? [{ why: `${path.join(".")} is bogus`, body: replace(root, path, "bogus"), names: key }]
      : [])
  ]
}

const mutations = valid.flatMap((request) => mutationsOf(request))

const send = (body: unknown) =>
  Effect.flatMap(
    Simulator.Simulator,
    (sim) =>
      attempt(() =>
        sim.fetch(`${sim.url}/v1/messages`, {
          method: "POST",
          headers: { ...credentials(sim), "anthropic-beta": "context-management-2025-06-27,mcp-client-2025-11-20" },
          body: JSON.stringify(body)
        })
      )
  )

describe("of requests that are taken", () => {
  it.effect.each([...valid.entries()])("number %s is", ([, body]) =>
    Effect.gen(function*() {
      const response = yield* send(body)
      assert.strictEqual(response.status, 200, yield* attempt(() => response.text()))
    }).pipe(Effect.provide(Simulator.layerClient())))

  it.effect(`each of ${mutations.length} changes is refused, and named`, () =>
    Effect.gen(function*() {
      assert.isAtLeast(mutations.length, 200)
      const taken: Array<string> = []
      for (const { body, names, why } of mutations) {
        const response = yield* send(body)
        const said = JSON.stringify(yield* jsonOf(response))
        if (response.status !== 400 || !said.includes(names)) taken.push(`${why}: ${response.status} ${said}`)
      }
      assert.deepStrictEqual(taken, [])
    }).pipe(Effect.provide(Simulator.layerClient())))
})
