/** Clients of other platforms, which have fewer resources, and answers and failures of the same kinds. */
import { AnthropicBedrock } from "@anthropic-ai/bedrock-sdk"
import { AnthropicFoundry } from "@anthropic-ai/foundry-sdk"
import { BaseAnthropic } from "@anthropic-ai/sdk/client"
import { AnthropicVertex } from "@anthropic-ai/vertex-sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schedule, Stream } from "effect"
import { Claude, ClaudeClient, ClaudeError, RetryPolicy } from "effect-claude"
import { OAuth2Client } from "google-auth-library"
import { crc32 } from "node:zlib"
import { at, calls, run } from "./support/every.ts"
import { recording } from "./support/tracing.ts"

type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>

const withToken = () => {
  const client = new OAuth2Client()
  client.setCredentials({ access_token: "token" })
  return client
}

const clients = [
  {
    name: "AnthropicBedrock",
    provider: "aws.bedrock",
    host: "bedrock-runtime.eu-west-1.amazonaws.com",
    make: (fetch: Fetch) =>
      new AnthropicBedrock({ awsRegion: "eu-west-1", awsAccessKey: "key", awsSecretKey: "secret", fetch }),
    lacks: ["models.list", "files.upload", "organization.retrieve", "messages.batches.create", "userProfiles.list"]
  },
  {
    name: "AnthropicVertex",
    provider: "gcp.vertex_ai",
    host: "europe-west1-aiplatform.googleapis.com",
    make: (fetch: Fetch) =>
      new AnthropicVertex({ region: "europe-west1", projectId: "project", authClient: withToken(), fetch }),
    lacks: ["models.list", "files.upload", "organization.retrieve", "messages.batches.create", "userProfiles.list"]
  },
  {
    name: "AnthropicFoundry",
    provider: "anthropic",
    host: "resource.services.ai.azure.com",
    make: (fetch: Fetch) => new AnthropicFoundry({ resource: "resource", apiKey: "key", fetch }),
    lacks: ["models.list", "messages.batches.create"]
  }
]

const over = (client: BaseAnthropic) =>
  Claude.layerClient.pipe(Layer.provide(ClaudeClient.layerSdk(client, { retry: RetryPolicy.none })))

const nobody: Fetch = () => Promise.reject(new Error("nothing is sent"))

const message = {
  type: "message",
  id: "msg_1",
  role: "assistant",
  model: "claude-opus-5-5",
  content: [],
  stop_reason: "end_turn",
  usage: { input_tokens: 1, output_tokens: 1 }
}

describe.each(clients)("$name", ({ host, lacks, make, name, provider }) => {
  it.effect("is named in the spans of its calls", () =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      const { spans, traced } = recording()
      yield* traced(
        messages.create({ model: "m", max_tokens: 16, messages: [{ role: "user", content: "Hello" }] })
      )
      const attributes = Object.fromEntries(spans[0]?.attributes ?? [])
      assert.include(attributes, {
        "gen_ai.provider.name": provider,
        "server.address": host,
        "server.port": 443
      })
    }).pipe(Effect.provide(over(make(() => Promise.resolve(Response.json(message)))))))

  it.effect("makes messages", () =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      const answer = yield* messages.create({
        model: "claude-opus-5-5",
        max_tokens: 16,
        messages: [{ role: "user", content: "Hello" }]
      })
      assert.strictEqual(answer.id, "msg_1")
    }).pipe(Effect.provide(over(make(() => Promise.resolve(Response.json(message)))))))

  it.effect("fails in the classes of the channel", () =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      const error = yield* Effect.flip(messages.create({
        model: "claude-opus-5-5",
        max_tokens: 16,
        messages: [{ role: "user", content: "Hello" }]
      }))
      assert.strictEqual(error._tag, "OverloadedError")
    }).pipe(Effect.provide(over(make(() =>
      Promise.resolve(
        Response.json({ type: "error", error: { type: "overloaded_error", message: "later" } }, { status: 529 })
      )
    )))))

  it.effect("reads the answers of `use` strictly", () =>
    Effect.gen(function*() {
      const { use } = yield* ClaudeClient.ClaudeClient
      const error = yield* Effect.flip(use((client, options) => client.get("/v1/new", options)))
      assert.deepInclude(error, { _tag: "InvalidResponseError", problem: "not-json" })
    }).pipe(
      Effect.provide(ClaudeClient.layerSdk(
        make(() => Promise.resolve(new Response("<html>", { headers: { "content-type": "text/html" } })))
      ))
    ))

  it.effect.each(calls.filter(({ path }) => lacks.includes(path)))(
    "has no $path, and says so",
    (call) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(run(call))
        assert.strictEqual(error._tag, "RequestRejectedError")
        assert.match(error.message, new RegExp(`^This client \\(${name}\\) has no ${call.path}`))
      }).pipe(Effect.provide(over(make(nobody))))
  )
})

const hello = { model: "claude-opus-5-5", max_tokens: 16, messages: [{ role: "user" as const, content: "Hello" }] }

const field = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([bytes.length]), bytes])

const header = (name: string, value: string): Buffer => {
  const size = Buffer.alloc(2)
  size.writeUInt16BE(value.length)
  return Buffer.concat([field(Buffer.from(name)), Buffer.from([7]), size, Buffer.from(value)])
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A frame of Amazon's event streams. */
const awsFrame = (headers: Readonly<Record<string, string>>, payload: unknown): Buffer => {
  const names = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)))
  const body = Buffer.from(JSON.stringify(payload))
  const lengths = Buffer.concat([uint32(names.length + body.length + 16), uint32(names.length)])
  const prelude = Buffer.concat([lengths, uint32(crc32(lengths))])
  const all = Buffer.concat([prelude, names, body])
  return Buffer.concat([all, uint32(crc32(all))])
}

const chunkOf = (event: object): Buffer =>
  awsFrame(
    { ":message-type": "event", ":event-type": "chunk", ":content-type": "application/json" },
    { bytes: Buffer.from(JSON.stringify(event)).toString("base64") }
  )

const messageStart = { type: "message_start", message: { ...message, stop_reason: null } }

const blockStart = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }

const streamEnd = [
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } },
  { type: "message_stop" }
]

const sse = (events: ReadonlyArray<{ readonly type: string }>): Response =>
  new Response(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""), {
    headers: { "content-type": "text/event-stream" }
  })

const amazon = (frames: ReadonlyArray<Buffer>): Response =>
  new Response(new Uint8Array(Buffer.concat(frames)), {
    headers: { "content-type": "application/vnd.amazon.eventstream" }
  })

describe.each(clients)("a stream of $name", ({ make, name }) => {
  const events = [messageStart, blockStart, ...streamEnd]
  const answer = () => name === "AnthropicBedrock" ? amazon(events.map(chunkOf)) : sse(events)

  it.effect("is a stream of the message's events", () =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      const types = yield* Stream.runCollect(Stream.map(messages.stream(hello), ({ type }) => type))
      assert.deepStrictEqual(types, events.map(({ type }) => type))
    }).pipe(Effect.provide(over(make(() => Promise.resolve(answer()))))))
})

describe("an exception in a stream of Bedrock", () => {
  const exceptions = [
    { name: "throttlingException", tag: "RateLimitError" },
    { name: "validationException", tag: "BadRequestError" },
    { name: "serviceUnavailableException", tag: "ServiceUnavailableError" },
    { name: "modelTimeoutException", tag: "GatewayTimeoutError" },
    { name: "accessDeniedException", tag: "PermissionDeniedError" },
    { name: "internalServerException", tag: "InternalServerError" },
    { name: "modelStreamErrorException", tag: "InternalServerError" }
  ]

  it.effect.each(exceptions)("$name is a $tag", ({ name, tag }) =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      const error = yield* Effect.flip(Stream.runDrain(messages.stream(hello)))
      assert.strictEqual(error._tag, tag)
      assert.isDefined(error.partial)
    }).pipe(Effect.provide(over(
      new AnthropicBedrock({
        awsRegion: "eu-west-1",
        awsAccessKey: "key",
        awsSecretKey: "secret",
        fetch: () =>
          Promise.resolve(amazon([
            chunkOf(messageStart),
            chunkOf(blockStart),
            awsFrame({ ":message-type": "exception", ":exception-type": name, ":content-type": "application/json" }, {
              message: "no"
            })
          ]))
      })
    ))))
})

describe("credentials of a platform that cannot be loaded", () => {
  const lost = () => {
    const client = new OAuth2Client()
    client.getRequestHeaders = () => Promise.reject(new Error("no metadata server"))
    return client
  }

  it.effect.each([
    {
      name: "AWS",
      client: new AnthropicBedrock({
        awsRegion: "eu-west-1",
        providerChainResolver: () => Promise.resolve(() => Promise.reject(new Error("no metadata server"))),
        fetch: nobody
      })
    },
    {
      name: "Google",
      client: new AnthropicVertex({ region: "europe-west1", projectId: "project", authClient: lost(), fetch: nobody })
    }
  ])("are not sent and not retried: $name", ({ client }) =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      const error = yield* Effect.flip(messages.create(hello))
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.deepInclude(error, { sent: false, attempts: 1, reason: { _tag: "MissingCredentials" } })
      assert.isFalse(error.isRetryable)
    }).pipe(
      Effect.provide(
        Claude.layerClient.pipe(
          Layer.provide(
            ClaudeClient.layerSdk(client, {
              retry: RetryPolicy.constant(0).pipe(RetryPolicy.whileRetryable, Schedule.upTo({ times: 6 }))
            })
          )
        )
      )
    ))
})

describe("a client without resources", () => {
  const bare = () => new BaseAnthropic({ apiKey: "sk-test" })

  it.effect("makes a service all the same", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      for (const { path } of calls) assert.isFunction(at(claude, path), path)
    }).pipe(Effect.provide(over(bare()))))

  it.effect.each(calls)("rejects $path, with its name", (call) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(run(call))
      assert.strictEqual(error._tag, "RequestRejectedError")
      // Where the results of a batch are, the batch itself tells.
      const method = call.form === "rows" ? call.path.replace(/results$/, "retrieve") : call.path
      assert.strictEqual(error.message, `This client (BaseAnthropic) has no ${method}`)
      assert.isFalse(error.isRetryable)
      assert.strictEqual(error.outcome, "not-executed")
    }).pipe(Effect.provide(over(bare()))))
})
