/** The simulator behind the clients of Amazon Bedrock and Vertex AI: the SDK's own, and ours over them. */
import { AnthropicBedrock } from "@anthropic-ai/bedrock-sdk"
import type { BaseAnthropic } from "@anthropic-ai/sdk/client"
import { AnthropicVertex } from "@anthropic-ai/vertex-sdk"
import { Fault, Scenario, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { Claude, ClaudeClient, RetryPolicy } from "effect-claude"
import { OAuth2Client } from "google-auth-library"

const google = () => {
  const client = new OAuth2Client()
  client.setCredentials({ access_token: "token" })
  return client
}

const quiet = { maxRetries: 0, logLevel: "off" } as const

const signing = (baseURL: string) =>
  new AnthropicBedrock({
    ...quiet,
    baseURL,
    awsRegion: "eu-west-1",
    apiKey: null,
    awsAccessKey: "AKIDEXAMPLE",
    awsSecretKey: "secret"
  })

const withApiKey = (baseURL: string) =>
  new AnthropicBedrock({ ...quiet, baseURL, awsRegion: "eu-west-1", apiKey: "bedrock-api-key" })

const vertex = (baseURL: string) =>
  new AnthropicVertex({
    ...quiet,
    baseURL: `${baseURL}/v1`,
    region: "europe-west1",
    projectId: "project",
    authClient: google()
  })

const platforms = [
  { name: "Bedrock", make: (url: string): BaseAnthropic => signing(url), model: "eu.anthropic.claude-opus-5-5-v1:0" },
  {
    name: "Bedrock with an API key",
    make: (url: string): BaseAnthropic => withApiKey(url),
    model: "anthropic.claude-opus-5-5"
  },
  { name: "Vertex AI", make: (url: string): BaseAnthropic => vertex(url), model: "claude-opus-5-5@default" }
]

const asking = (model: string) => ({
  model,
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "Say hello in 12 words." }]
})

const over = (make: (url: string) => BaseAnthropic, options: Simulator.Options = {}) =>
  Claude.layerClient.pipe(
    Layer.provide(Layer.unwrap(
      Effect.map(Simulator.Simulator, ({ url }) => ClaudeClient.layerSdk(make(url), { retry: RetryPolicy.none }))
    )),
    Layer.provideMerge(Simulator.layer(options))
  )

const wordsIn = (text: string): number => text.split(" ").length

describe.each(platforms)("$name", ({ make, model }) => {
  it.live("answers a message, by the name that the API has for the model", () =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      const { content: [block], model: answered } = yield* messages.create(asking(model))
      assert.strictEqual(answered, "claude-opus-5-5")
      assert(block?.type === "text")
      assert.strictEqual(wordsIn(block.text), 12)
      const { journal } = yield* Simulator.Simulator
      const [entry] = yield* journal
      assert.strictEqual(entry?.status, 200)
      assert.notMatch(JSON.stringify(entry), /AKIDEXAMPLE|bedrock-api-key|"Bearer token"/)
    }).pipe(Effect.provide(over(make))))

  it.live("streams one", () =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      const events = yield* Stream.runCollect(messages.stream(asking(model)))
      assert.strictEqual(events[0]?.type, "message_start")
      assert.strictEqual(events.at(-1)?.type, "message_stop")
      const text = events.flatMap((event) =>
        event.type === "content_block_delta" && event.delta.type === "text_delta" ? [event.delta.text] : []
      )
      assert.strictEqual(wordsIn(text.join("")), 12)
    }).pipe(Effect.provide(over(make))))

  it.live("serves the beta API, whose betas go into the body or a header", () =>
    Effect.gen(function*() {
      const { beta } = yield* Claude.Claude
      const params = { ...asking(model), betas: ["context-management-2025-06-27"] }
      const { context_management } = yield* beta.messages.create(params)
      assert.isNull(context_management)
    }).pipe(Effect.provide(over(make))))

  it.live("refuses a field that there is not, and names it", () =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      const error = yield* Effect.flip(messages.create({ ...asking(model), metadata: { user: "me" } as never }))
      assert.strictEqual(error._tag, "BadRequestError")
      assert.match(error.message, /metadata\.user: Extra inputs are not permitted/)
    }).pipe(Effect.provide(over(make))))

  it.live("refuses a model that there is not", () =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      const error = yield* Effect.flip(messages.create(asking(model.replace("opus-5-5", "opus-1"))))
      assert.match(error.message, /model identifier is invalid|Publisher Model .*claude-opus-1.* was not found/)
    }).pipe(Effect.provide(over(make))))

  it.live.each([
    { fault: Fault.rateLimited({ retryAfter: "2 seconds" }), tag: "RateLimitError" },
    { fault: Fault.internal(), tag: "InternalServerError" },
    { fault: Fault.error({ status: 503 }), tag: "ServiceUnavailableError" },
    { fault: Fault.error({ status: 403 }), tag: "PermissionDeniedError" },
    { fault: Fault.resetBeforeHeaders, tag: "APIConnectionError" }
  ])("fails with a $tag", ({ fault, tag }) =>
    Effect.gen(function*() {
      yield* (yield* Simulator.Simulator).script([fault])
      const { messages } = yield* Claude.Claude
      const error = yield* Effect.flip(messages.create(asking(model)))
      assert.strictEqual(error._tag, tag)
    }).pipe(Effect.provide(over(make))))

  it.live.each([
    { type: "rate_limit_error", tag: "RateLimitError" },
    { type: "api_error", tag: "InternalServerError" },
    { type: "invalid_request_error", tag: "BadRequestError" }
  ])("breaks in the middle of a stream with a $tag", ({ tag, type }) =>
    Effect.gen(function*() {
      yield* (yield* Simulator.Simulator).script([Fault.streamError({ afterEvents: 4, type })])
      const { messages } = yield* Claude.Claude
      const error = yield* Effect.flip(Stream.runDrain(messages.stream(asking(model))))
      assert.strictEqual(error._tag, tag)
      assert.isDefined(error.partial)
    }).pipe(Effect.provide(over(make))))

  it.live.each([
    { fault: Fault.cutBody({ afterBytes: 700 }), tag: "StreamInterruptedError" },
    { fault: Fault.streamEnds({ afterEvents: 4 }), tag: "StreamInterruptedError" }
  ])("breaks off with $fault._tag", ({ fault, tag }) =>
    Effect.gen(function*() {
      yield* (yield* Simulator.Simulator).script([fault])
      const { messages } = yield* Claude.Claude
      const error = yield* Effect.flip(Stream.runDrain(messages.stream(asking(model))))
      assert.strictEqual(error._tag, tag)
    }).pipe(Effect.provide(over(make))))

  it.live("knows a rule of a scenario by the model's usual name", () =>
    Effect.gen(function*() {
      const { messages } = yield* Claude.Claude
      const error = yield* Effect.flip(messages.create(asking(model)))
      assert.strictEqual(error._tag, "InternalServerError")
    }).pipe(
      Effect.provide(over(make, {
        scenario: Scenario.make({ rules: [{ match: { model: "claude-opus-*" }, internal: 1 }] })
      }))
    ))
})

describe("what only one platform has", () => {
  const modelPath = "/model/anthropic.claude-opus-5-5/invoke"
  const vertexPath = "/v1/projects/p/locations/l/publishers/anthropic/models/claude-opus-5-5:rawPredict"
  const { model: _, ...body } = asking("")

  const post = (path: string, headers: Readonly<Record<string, string>>, sent: unknown) =>
    Effect.gen(function*() {
      const { url } = yield* Simulator.Simulator
      const response = yield* Effect.promise(() =>
        fetch(`${url}${path}`, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify(sent)
        })
      )
      return { status: response.status, headers: response.headers, text: yield* Effect.promise(() => response.text()) }
    })

  it.live.each([
    {
      what: "no credentials",
      path: modelPath,
      headers: {},
      sent: body,
      status: 403,
      says: /Missing Authentication Token/
    },
    {
      what: "a signature without a date",
      path: modelPath,
      headers: {
        authorization: "AWS4-HMAC-SHA256 Credential=A/20260101/r/bedrock/aws4_request, SignedHeaders=h, Signature=0"
      },
      sent: body,
      status: 403,
      says: /X-Amz-Date/
    },
    {
      what: "no version",
      path: modelPath,
      headers: { authorization: "Bearer key" },
      sent: body,
      status: 400,
      says: /anthropic_version: Field required/
    },
    {
      what: "a stream in the body",
      path: modelPath,
      headers: { authorization: "Bearer key" },
      sent: { ...body, anthropic_version: "bedrock-2023-05-31", stream: true },
      status: 400,
      says: /stream: Extra inputs are not permitted/
    },
    {
      what: "an id of the API's own",
      path: "/model/claude-opus-5-5/invoke",
      headers: { authorization: "Bearer key" },
      sent: { ...body, anthropic_version: "bedrock-2023-05-31" },
      status: 400,
      says: /model identifier is invalid/
    },
    { what: "no credentials", path: vertexPath, headers: {}, sent: body, status: 401, says: /"UNAUTHENTICATED"/ },
    {
      what: "no version",
      path: vertexPath,
      headers: { authorization: "Bearer key" },
      sent: body,
      status: 400,
      says: /anthropic_version: Field required/
    },
    {
      what: "another method",
      path: vertexPath.replace("rawPredict", "predict"),
      headers: { authorization: "Bearer key" },
      sent: { ...body, anthropic_version: "vertex-2023-10-16" },
      status: 404,
      says: /NOT_FOUND/
    }
  ])("$path with $what is refused", ({ headers, path, says, sent, status }) =>
    Effect.gen(function*() {
      const refused = yield* post(path, headers, sent)
      assert.strictEqual(refused.status, status, refused.text)
      assert.match(refused.text, says)
      assert.isNull(refused.headers.get("anthropic-ratelimit-requests-limit"))
    }).pipe(Effect.provide(Simulator.layer())))

  it.live("what is overloaded is unavailable on Bedrock, as an exception with its name", () =>
    Effect.gen(function*() {
      yield* (yield* Simulator.Simulator).script([Fault.overloaded()])
      const refused = yield* post(modelPath, { authorization: "Bearer key" }, body)
      assert.strictEqual(refused.status, 503)
      assert.match(refused.headers.get("x-amzn-errortype") ?? "", /^ServiceUnavailableException/)
      assert.deepStrictEqual(Object.keys(JSON.parse(refused.text) as object), ["message"])
    }).pipe(Effect.provide(Simulator.layer())))

  it.live.each([
    "eu.anthropic.claude-opus-5-5-v1:0",
    "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-opus-5-5-v1:0",
    "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-opus-5-5"
  ])("%s is a model, with its signs escaped as Amazon's own clients do", (id) =>
    Effect.gen(function*() {
      const path = `/model/${encodeURIComponent(id)}/invoke`
      const sent = { ...body, anthropic_version: "bedrock-2023-05-31" }
      const answer = yield* post(path, { authorization: "Bearer key" }, sent)
      assert.strictEqual(answer.status, 200, answer.text)
    }).pipe(Effect.provide(Simulator.layer())))

  it.live("limits count per AWS access key", () =>
    Effect.gen(function*() {
      const { url } = yield* Simulator.Simulator
      const { messages } = signing(url)
      const params = asking("anthropic.claude-opus-5-5")
      yield* Effect.promise(() => messages.create(params))
      const error = yield* Effect.flip(
        Effect.tryPromise({ try: () => messages.create(params), catch: (error) => error })
      )
      assert.deepInclude(error, { status: 429 })
      const other = withApiKey(url)
      yield* Effect.promise(() => other.messages.create(params))
    }).pipe(Effect.provide(Simulator.layer({ limits: { requestsPerMinute: 1 } }))))

  it.live("tokens are counted on Vertex AI", () =>
    Effect.gen(function*() {
      const { url } = yield* Simulator.Simulator
      const { max_tokens: _, ...prompt } = asking("claude-opus-5-5")
      const { input_tokens } = yield* Effect.promise(() => vertex(url).messages.countTokens(prompt))
      assert.isAbove(input_tokens, 5)
    }).pipe(Effect.provide(Simulator.layer())))
})
