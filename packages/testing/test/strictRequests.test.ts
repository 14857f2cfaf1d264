import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Simulator } from "../src/index.ts"
import { attempt, credentials, hello, jsonOf } from "./client.ts"

const user = (content: unknown) => ({ role: "user", content })

const assistant = (content: unknown) => ({ role: "assistant", content })

const text = { type: "text", text: "Hi" }

const use = (fields: object = {}) => ({ type: "tool_use", id: "toolu_1", name: "weather", input: {}, ...fields })

const result = (fields: object = {}) => ({ type: "tool_result", tool_use_id: "toolu_1", content: "Rain", ...fields })

const saying = (...content: ReadonlyArray<unknown>) => ({ messages: [user(content)] })

const using = (block: unknown, ...answer: ReadonlyArray<unknown>) => ({
  messages: [user("Hi"), assistant([block]), user(answer)]
})

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

const image = (source: object) => ({
  type: "image",
  source: { type: "base64", media_type: "image/png", data: png, ...source }
})

const object = (properties: object, more: object = {}) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more
})

const answering = (schema: object) => ({ output_config: { format: { type: "json_schema", schema } } })

const tool = (input_schema: unknown, more: object = {}) => ({ tools: [{ name: "weather", input_schema, ...more }] })

const node = object({ next: { $ref: "#/$defs/node" } })

interface Case {
  readonly why: string
  readonly body: object
  readonly says: string
  readonly betas?: string
}

const cases: ReadonlyArray<Case> = [
  { why: "a field of its own", body: { temprature: 1 }, says: "temprature: Extra inputs are not permitted" },
  {
    why: "a field of a block of its own",
    body: saying({ ...text, colour: "red" }),
    says: "messages.0.content.0.text.colour: Extra inputs are not permitted"
  },
  {
    why: "a beta's field without the beta",
    body: { mcp_servers: [] },
    says: "mcp_servers: Extra inputs are not permitted"
  },
  {
    why: "a beta's field with another beta",
    body: { mcp_servers: [] },
    betas: "context-management-2025-06-27",
    says: "mcp_servers: Extra inputs are not permitted"
  },
  {
    why: "an unknown effort",
    body: { output_config: { effort: "banana" } },
    says: "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"
  },
  {
    why: "an unknown service tier",
    body: { service_tier: "gold" },
    says: "service_tier: Input should be 'auto' or 'standard_only'"
  },
  { why: "metadata that is a text", body: { metadata: "me" }, says: "metadata: Input should be a valid dictionary" },
  {
    why: "an image without source",
    body: saying({ type: "image" }),
    says: "messages.0.content.0.image.source: Field required"
  },
  {
    why: "an image of an unknown media type",
    body: saying(image({ media_type: "image/bmp" })),
    says:
      "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' " +
      "or 'image/webp'"
  },
  {
    why: "an image of another media type",
    body: saying(image({ media_type: "image/jpeg" })),
    says:
      "messages.0.content.0.image.source.base64.data: The image was specified using the image/jpeg media type, but " +
      "the image appears to be a image/png image"
  },
  {
    why: "an image that is none",
    body: saying(image({ data: "AAAA" })),
    says: "messages.0.content.0.image.source.base64.data: Could not process image"
  },
  {
    why: "an empty image",
    body: saying(image({ data: "" })),
    says: "messages.0.content.0.image.source.base64.data: image cannot be empty"
  },
  {
    why: "broken base64",
    body: saying(image({ data: `${png}!` })),
    says: "messages.0.content.0.image.source.base64.data: invalid base64 data"
  },
  {
    why: "broken base64 in the result of a tool",
    body: using(use(), result({ content: [image({ data: "%" })] })),
    says: "messages.2.content.0.tool_result.content.0.image.source.base64.data: invalid base64 data"
  },
  {
    why: "a PDF that is none",
    body: saying({ type: "document", source: { type: "base64", media_type: "application/pdf", data: png } }),
    says: "messages.0.content.0.document.source.base64.data: The PDF specified was not valid."
  },
  {
    why: "an unknown block",
    body: saying({ type: "video" }),
    says:
      "messages.0.content.0: Input tag 'video' found using 'type' does not match any of the expected tags: 'text', " +
      "'image'"
  },
  { why: "a block without a type", body: saying({ text: "Hi" }), says: "messages.0.content.0.type: Field required" },
  {
    why: "a tool's input that is a text",
    body: using(use({ input: "{}" }), result()),
    says: "messages.1.content.0.tool_use.input: Input should be a valid dictionary"
  },
  {
    why: "a tool use without an id",
    body: using(use({ id: undefined }), text),
    says: "messages.1.content.0.tool_use.id: Field required"
  },
  {
    why: "two results for one use",
    body: using(use(), result(), result()),
    says: "messages.2: each tool_use must have a single result. Found multiple `tool_result` blocks with id: toolu_1"
  },
  {
    why: "text before a result",
    body: using(use(), text, result()),
    says: "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. Each " +
      "`tool_use` block must have a corresponding `tool_result` block in the next message."
  },
  {
    why: "an unknown tool type",
    body: { tools: [{ type: "web_search_19990101", name: "web_search" }] },
    says:
      "tools.0: Input tag 'web_search_19990101' found using 'type' does not match any of the expected tags: 'custom'"
  },
  {
    why: "a beta's tool without the beta",
    body: { tools: [{ type: "mcp_toolset", mcp_server_name: "a" }] },
    betas: "computer-use-2025-11-24",
    says: "tools.0: Input tag 'mcp_toolset' found using 'type' does not match any of the expected tags: 'custom'"
  },
  {
    why: "a tool of the API's own by another name",
    body: { tools: [{ type: "bash_20250124", name: "shell" }] },
    says: "tools.0.bash_20250124.name: Input should be 'bash'"
  },
  {
    why: "a tool's schema that is a list",
    body: tool([]),
    says: "tools.0.input_schema: Input should be a valid dictionary"
  },
  {
    why: "a tool's schema without a type",
    body: tool({}),
    says: "tools.0.custom.input_schema.type: Field required"
  },
  {
    why: "a tool's schema that is no object",
    body: tool({ type: "string" }),
    says: "tools.0.custom.input_schema.type: Input should be 'object'"
  },
  ...["oneOf", "anyOf", "allOf"].map((keyword) => ({
    why: `a tool's schema with ${keyword} on top`,
    body: tool({ type: "object", [keyword]: [{ required: ["a"] }] }),
    says: "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
  })),
  {
    why: "a strict tool that is open",
    body: tool({ type: "object", properties: {} }, { strict: true }),
    says: "tools.0.custom.input_schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
  },
  {
    why: "a strict tool that is recursive",
    body: tool({ ...node, $defs: { node } }, { strict: true }),
    says: "tools.0.custom.input_schema: Circular reference detected in schema definitions: #/$defs/node -> #/$defs/node"
  },
  {
    why: "an answer that is recursive",
    body: answering({ ...node, $defs: { node } }),
    says: "output_config.format.schema: Circular reference detected in schema definitions: #/$defs/node -> #/$defs/node"
  },
  {
    why: "an answer with a bound",
    body: answering(object({ age: { type: "integer", minimum: 18 } })),
    says: "output_config.format.schema: For 'integer' type, property 'minimum' is not supported"
  },
  {
    why: "an answer with a least number of items",
    body: answering(object({ all: { type: "array", items: { type: "string" }, minItems: 2 } })),
    says: "output_config.format.schema: For 'array' type, 'minItems' values other than 0 or 1 are not supported"
  },
  {
    why: "an answer whose reference leads nowhere",
    body: answering(object({ a: { $ref: "#/$defs/b" } })),
    says: "output_config.format.schema: Reference '#/$defs/b' does not point to a definition of the schema"
  },
  {
    why: "an answer with an object among its enums",
    body: answering(object({ a: { enum: [{}] } })),
    says: "output_config.format.schema: Enum values must be strings, numbers, booleans or null"
  }
]

const send = (path: string, body: unknown, betas?: string) =>
  Effect.flatMap(Simulator.Simulator, (sim) =>
    attempt(() =>
      sim.fetch(`${sim.url}${path}`, {
        method: "POST",
        headers: { ...credentials(sim), ...(betas === undefined ? {} : { "anthropic-beta": betas }) },
        body: JSON.stringify(body)
      })
    ))

const messageOf = (response: Response) =>
  Effect.map(jsonOf(response), (body) => (body as { readonly error: { readonly message: string } }).error.message)

const simulated = Effect.provide(Simulator.layerClient())

describe("a request is refused for", () => {
  it.effect.each([...cases])("$why", ({ betas, body, says }) =>
    Effect.gen(function*() {
      const response = yield* send("/v1/messages", { ...hello, ...body }, betas)
      const message = yield* messageOf(response)
      assert.strictEqual(message.slice(0, says.length), says)
      assert.strictEqual(response.status, 400)
    }).pipe(simulated))

  it.effect("a field of messages where tokens are counted", () =>
    Effect.gen(function*() {
      const response = yield* send("/v1/messages/count_tokens", hello)
      assert.strictEqual(yield* messageOf(response), "max_tokens: Extra inputs are not permitted")
    }).pipe(simulated))
})

describe("a request is taken with", () => {
  it.effect.each<Omit<Case, "says">>([
    { why: "an image", body: saying(image({}), text) },
    {
      why: "an updating display of thinking",
      body: { thinking: { type: "adaptive", display: "updates" } },
      betas: "thinking-display-updates-2026-08-18"
    },
    { why: "a beta's field", body: { context_management: { edits: [] } }, betas: "context-management-2025-06-27" },
    { why: "a recursive tool that is not strict", body: tool({ ...node, $defs: { node } }) },
    {
      why: "a definition that is used twice",
      body: answering(object({ a: { $ref: "#/$defs/a" }, b: { $ref: "#/$defs/a" } }, { $defs: { a: object({}) } }))
    },
    { why: "what an older model samples with", body: { model: "claude-sonnet-4-6", temperature: 0.5, top_k: 5 } },
    { why: "text after a result", body: using(use(), result(), text) }
  ])("$why", ({ betas, body }) =>
    Effect.gen(function*() {
      const response = yield* send("/v1/messages", { ...hello, ...body }, betas)
      assert.strictEqual(response.status, 200, yield* attempt(() => response.text()))
    }).pipe(simulated))
})
