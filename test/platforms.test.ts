/** Clients of other platforms, which have fewer resources, and answers and failures of the same kinds. */
import { AnthropicBedrock } from "@anthropic-ai/bedrock-sdk"
import { AnthropicFoundry } from "@anthropic-ai/foundry-sdk"
import { BaseAnthropic } from "@anthropic-ai/sdk/client"
import { AnthropicVertex } from "@anthropic-ai/vertex-sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Claude, ClaudeClient, RetryPolicy } from "effect-claude"
import { OAuth2Client } from "google-auth-library"
import { at, calls, run } from "./support/every.ts"

type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>

const withToken = () => {
  const client = new OAuth2Client()
  client.setCredentials({ access_token: "token" })
  return client
}

const clients = [
  {
    name: "AnthropicBedrock",
    make: (fetch: Fetch) =>
      new AnthropicBedrock({ awsRegion: "eu-west-1", awsAccessKey: "key", awsSecretKey: "secret", fetch }),
    lacks: ["models.list", "files.upload", "organization.retrieve", "messages.batches.create", "userProfiles.list"]
  },
  {
    name: "AnthropicVertex",
    make: (fetch: Fetch) =>
      new AnthropicVertex({ region: "europe-west1", projectId: "project", authClient: withToken(), fetch }),
    lacks: ["models.list", "files.upload", "organization.retrieve", "messages.batches.create", "userProfiles.list"]
  },
  {
    name: "AnthropicFoundry",
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

describe.each(clients)("$name", ({ lacks, make, name }) => {
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
