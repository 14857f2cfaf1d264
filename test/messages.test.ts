import Anthropic from "@anthropic-ai/sdk"
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Effect, Layer, Redacted, Stream } from "effect"
import { Claude, ClaudeClient, ClaudeError, Message, MessageStream } from "effect-claude"
import { skippingWaits } from "./support/clock.ts"
import { hello, simulated } from "./support/simulated.ts"

const plain = Effect.map(
  Simulator.Simulator,
  (sim) => new Anthropic({ baseURL: sim.url, apiKey: Redacted.value(sim.apiKey), maxRetries: 0 })
)

const collect = async <A>(items: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const item of items) all.push(item)
  return all
}

const count = Effect.flatMap(Simulator.Simulator, ({ journal }) => Effect.map(journal, ({ length }) => length))

/** The same message but for its id, of which each request gets another. */
const anonymous = (message: Anthropic.Message) => ({ ...message, id: "" })

describe("messages.create", () => {
  it.effect("gives the message that the SDK gives", () =>
    Effect.gen(function*() {
      const sdk = yield* plain
      const claude = yield* Claude.Claude
      const expected = yield* Effect.promise(() => sdk.messages.create(hello))
      assert.deepStrictEqual(anonymous(yield* claude.messages.create(hello)), anonymous(expected))
    }).pipe(Effect.provide(simulated())))

  it.effect("sends what it was given", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      const params = { ...hello, system: [{ type: "text" as const, text: "Be brief." }], stop_sequences: ["stop"] }
      yield* claude.messages.create(params)
      assert.deepStrictEqual((yield* sim.journal)[0]?.body, params)
    }).pipe(Effect.provide(simulated())))

  it.effect("sends the headers of the call, and takes those away that are null", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* claude.messages.create(hello, { headers: { "anthropic-beta": "one-2026-01-01", "x-team": null } })
      const headers = (yield* sim.journal)[0]?.headers
      assert.propertyVal(headers, "anthropic-beta", "one-2026-01-01")
      assert.notProperty(headers, "x-team")
    }).pipe(Effect.provide(simulated({ headers: { "x-team": "red" } }))))

  it.effect("is cold: it sends a request each time it runs, and none before", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const call = claude.messages.create(hello)
      assert.strictEqual(yield* count, 0)
      yield* Effect.andThen(call, call)
      assert.strictEqual(yield* count, 2)
    }).pipe(Effect.provide(simulated())))
})

describe("messages.countTokens", () => {
  it.effect("gives the tokens that the message will count as input", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const { input_tokens } = yield* claude.messages.countTokens({ model: hello.model, messages: hello.messages })
      assert.strictEqual(input_tokens, (yield* claude.messages.create(hello)).usage.input_tokens)
    }).pipe(Effect.provide(simulated())))
})

const fiveModels = simulated({}, {
  models: [{ id: "a" }, { id: "b" }, { id: "c" }, { id: "d" }, { id: "e", lifecycle: "deprecated" }]
})

describe("models.list", () => {
  it.effect("gives the models that the SDK gives", () =>
    Effect.gen(function*() {
      const sdk = yield* plain
      const claude = yield* Claude.Claude
      const expected = yield* Effect.promise(() => collect(sdk.models.list({ limit: 2 })))
      assert.deepStrictEqual(yield* Stream.runCollect(claude.models.list({ limit: 2 })), expected)
    }).pipe(Effect.provide(fiveModels)))

  it.effect("gives a chunk a page", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const pages = yield* Stream.runCollect(Stream.chunks(claude.models.list({ limit: 2 })))
      assert.deepStrictEqual(pages.map(({ length }) => length), [2, 2, 1])
    }).pipe(Effect.provide(fiveModels)))

  it.effect.each([
    { take: 1, pages: 1 },
    { take: 2, pages: 1 },
    { take: 3, pages: 2 },
    { take: 5, pages: 3 }
  ])("asks for $pages pages of two where $take are taken", ({ pages, take }) =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* Stream.runDrain(Stream.take(claude.models.list({ limit: 2 }), take))
      assert.strictEqual(yield* count, pages)
    }).pipe(Effect.provide(fiveModels)))

  it.effect("keeps the filter from page to page", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* Stream.runDrain(claude.models.list({ limit: 2, lifecycle: ["active"] }))
      const queries = (yield* sim.journal).map(({ query }) => JSON.stringify(query))
      assert.strictEqual(queries.length, 2)
      for (const query of queries) assert.include(query, "active")
    }).pipe(Effect.provide(fiveModels)))

  it.effect("needs no parameters", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      assert.strictEqual((yield* Stream.runCollect(claude.models.list())).length, 5)
    }).pipe(Effect.provide(fiveModels)))
})

describe("models.listPage", () => {
  it.effect("gives one page, and whether there is another", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const page = yield* claude.models.listPage({ limit: 2 })
      assert.deepStrictEqual(page.data.map(({ id }) => id), ["a", "b"])
      assert.isTrue(page.has_more)
      assert.strictEqual(yield* count, 1)
    }).pipe(Effect.provide(fiveModels)))
})

describe("models.retrieve", () => {
  it.effect("gives the model of that name", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      assert.strictEqual((yield* claude.models.retrieve("claude-haiku-5-5")).display_name, "Claude Haiku 5.5")
    }).pipe(Effect.provide(simulated())))

  it.effect("takes its options after its parameters", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* claude.models.retrieve("claude-haiku-5-5", null, { headers: { "x-mine": "1" } })
      assert.propertyVal((yield* sim.journal)[0]?.headers, "x-mine", "1")
    }).pipe(Effect.provide(simulated())))
})

describe("validateModel", () => {
  it.effect("gives the limits of a model", () =>
    Effect.gen(function*() {
      const { max_input_tokens, max_tokens } = yield* Claude.validateModel("claude-haiku-5-5")
      assert.deepStrictEqual({ max_input_tokens, max_tokens }, { max_input_tokens: 1_000_000, max_tokens: 128_000 })
    }).pipe(Effect.provide(simulated())))

  it.effect("fails where there is none of that name", () =>
    Effect.gen(function*() {
      const found = yield* Claude.validateModel("claude-none").pipe(
        Effect.catchTag("NotFoundError", ({ message }) => Effect.succeed(message))
      )
      assert.strictEqual(found, "model: claude-none")
    }).pipe(Effect.provide(simulated())))
})

/** A stream of events as a body. */
const body = (events: ReadonlyArray<{ readonly type: string }>) =>
  Fault.body({
    contentType: "text/event-stream",
    text: events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("")
  })

/** The SDK's helper adds a field for structured outputs, which the API does not know. */
const withoutParsed = (name: string, value: unknown) => name === "parsed_output" ? undefined : value

const usage = { input_tokens: 5, output_tokens: 1, cache_read_input_tokens: 2, cache_creation_input_tokens: null }

const start = {
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-opus-5-5",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage
  }
}

const block = (index: number, content_block: object) => ({ type: "content_block_start", index, content_block })

const delta = (index: number, delta: object) => ({ type: "content_block_delta", index, delta })

const stop = (index: number) => ({ type: "content_block_stop", index })

const end = (stop_reason: string) => [
  {
    type: "message_delta",
    delta: { stop_reason, stop_sequence: null, stop_details: null, container: { id: "container_1", expires_at: "" } },
    usage: {
      output_tokens: 42,
      input_tokens: 6,
      cache_read_input_tokens: null,
      server_tool_use: { web_search_requests: 1 }
    }
  },
  { type: "message_stop" }
]

const citation = (cited_text: string) => ({
  type: "citations_delta",
  citation: { type: "char_location", cited_text, document_index: 0, document_title: null, start_char_index: 0 }
})

const bodies = [
  {
    name: "text with citations",
    fault: body([
      start,
      block(0, { type: "text", text: "", citations: null }),
      { type: "ping" },
      delta(0, { type: "text_delta", text: "Grüße, " }),
      delta(0, citation("one")),
      delta(0, { type: "text_delta", text: "東京 🗼" }),
      delta(0, citation("two")),
      stop(0),
      block(1, { type: "text", text: "begun", citations: null }),
      delta(1, { type: "text_delta", text: " and ended" }),
      stop(1),
      ...end("end_turn")
    ])
  },
  {
    name: "thinking and a tool",
    fault: body([
      start,
      block(0, { type: "thinking", thinking: "", signature: "" }),
      delta(0, { type: "thinking_delta", thinking: "Let me " }),
      delta(0, { type: "thinking_delta", thinking: "see." }),
      delta(0, { type: "signature_delta", signature: "sig" }),
      stop(0),
      block(1, { type: "redacted_thinking", data: "xyz" }),
      stop(1),
      block(2, { type: "tool_use", id: "toolu_1", name: "weather", input: {} }),
      delta(2, { type: "input_json_delta", partial_json: "" }),
      delta(2, { type: "input_json_delta", partial_json: "{\"city\": \"Par" }),
      delta(2, { type: "input_json_delta", partial_json: "is\", \"days\": [1, 2]}" }),
      stop(2),
      block(3, { type: "tool_use", id: "toolu_2", name: "now", input: {} }),
      delta(3, { type: "input_json_delta", partial_json: "" }),
      stop(3),
      block(4, { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }),
      delta(4, { type: "input_json_delta", partial_json: "{\"query\":\"x\"}" }),
      stop(4),
      ...end("tool_use")
    ])
  },
  {
    name: "a tool that max_tokens cut",
    fault: body([
      start,
      block(0, { type: "tool_use", id: "toolu_1", name: "write", input: {} }),
      delta(0, { type: "input_json_delta", partial_json: "{\"path\": \"a.txt\", \"lines\": [\"one\", \"tw" }),
      stop(0),
      ...end("max_tokens")
    ])
  },
  { name: "no content at all", fault: body([start, ...end("end_turn")]) },
  { name: "what the simulator says", fault: Fault.none }
]

describe("messages.stream", () => {
  const both = Effect.fnUntraced(function*<A>(fault: Fault.Fault, bySdk: (sdk: Anthropic) => Promise<A>) {
    const sim = yield* Simulator.Simulator
    const sdk = yield* plain
    yield* sim.script([fault, fault])
    return yield* Effect.promise(() => bySdk(sdk))
  })

  it.effect.each(bodies)("gives the events that the SDK gives: $name", ({ fault }) =>
    Effect.gen(function*() {
      const expected = yield* both(fault, async (sdk) => collect(await sdk.messages.create({ ...hello, stream: true })))
      const claude = yield* Claude.Claude
      const events = yield* Stream.runCollect(claude.messages.stream(hello))
      const withoutId = (event: unknown) => JSON.stringify(event).replace(/msg_\w+/, "")
      assert.deepStrictEqual(events.map(withoutId), expected.map(withoutId))
    }).pipe(Effect.provide(simulated())))

  // Of an input that is cut, the SDK drops the text at its end.
  it.effect.each(bodies.filter(({ name }) => name !== "a tool that max_tokens cut"))(
    "folds to the message that the SDK makes of the same body: $name",
    ({ fault }) =>
      Effect.gen(function*() {
        const expected = yield* both(fault, (sdk) => sdk.messages.stream(hello).finalMessage())
        const claude = yield* Claude.Claude
        const message = yield* MessageStream.runMessage(claude.messages.stream(hello))
        assert.deepStrictEqual(anonymous(message), JSON.parse(JSON.stringify(anonymous(expected), withoutParsed)))
      }).pipe(Effect.provide(simulated()))
  )

  it.effect("folds to the message that create gives", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const message = yield* MessageStream.runMessage(claude.messages.stream(hello))
      assert.deepStrictEqual(anonymous(message), anonymous(yield* claude.messages.create(hello)))
    }).pipe(Effect.provide(simulated())))

  it.effect("gives its text in pieces", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const pieces = yield* Stream.runCollect(MessageStream.text(claude.messages.stream(hello)))
      const { content: [block] } = yield* claude.messages.create(hello)
      assert.isAbove(pieces.length, 1)
      assert.deepStrictEqual(block, { type: "text", text: pieces.join(""), citations: null })
    }).pipe(Effect.provide(simulated())))

  it.effect("tells the API that it wants a stream", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* Stream.runDrain(claude.messages.stream(hello))
      assert.deepStrictEqual((yield* sim.journal)[0]?.body, { ...hello, stream: true })
    }).pipe(Effect.provide(simulated())))

  it.effect("is cold: it sends a request each time it runs, and none before", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const stream = claude.messages.stream(hello)
      assert.strictEqual(yield* count, 0)
      yield* Effect.andThen(Stream.runDrain(stream), Stream.runDrain(stream))
      assert.strictEqual(yield* count, 2)
    }).pipe(Effect.provide(simulated())))
})

describe("ClaudeClient.use", () => {
  it.effect("gives what the SDK gives", () =>
    Effect.gen(function*() {
      const { use } = yield* ClaudeClient.ClaudeClient
      const { data } = yield* use((client, options) =>
        client.get<{ readonly data: ReadonlyArray<Anthropic.ModelInfo> }>("/v1/models", options)
      )
      assert.strictEqual(data.length, 5)
    }).pipe(Effect.provide(fiveModels)))

  it.effect("fails as a call fails", () =>
    Effect.gen(function*() {
      const { use } = yield* ClaudeClient.ClaudeClient
      const error = yield* Effect.flip(use((client, options) => client.get("/v1/models/none", options)))
      assert.instanceOf(error, ClaudeError.NotFoundError)
    }).pipe(Effect.provide(simulated())))

  it.effect("fails where what it was given throws", () =>
    Effect.gen(function*() {
      const { use } = yield* ClaudeClient.ClaudeClient
      const error = yield* Effect.flip(use(() => {
        throw new Error("not today")
      }))
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
    }).pipe(Effect.provide(simulated())))
})

describe("Promise 5: swappable at every joint", () => {
  /** The program under test, which knows nothing of tests. */
  const program = Effect.gen(function*() {
    const claude = yield* Claude.Claude
    const model = yield* claude.models.retrieve("claude-opus-5-5")
    return model.display_name
  })

  const info: Anthropic.ModelInfo = {
    type: "model",
    id: "claude-opus-5-5",
    display_name: "A stand-in",
    created_at: "2026-10-20T00:00:00Z",
    lifecycle: "active",
    deprecated_at: null,
    retires_at: null,
    line: "opus",
    max_input_tokens: null,
    max_tokens: null,
    capabilities: null
  }

  const respond = () => Promise.resolve(Response.json(info))

  // Layer.mock takes parts of a service, and not parts of its parts: hence the assertion.
  const mocked = Layer.mock(Claude.Claude)(
    { models: { retrieve: () => Effect.succeed(info) } } as unknown as Claude.Service
  )

  it.effect("a method, with Layer.mock", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* program, "A stand-in")
    }).pipe(Effect.provide(mocked)))

  it.effect("a method, with the others as they were", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      assert.strictEqual(yield* program, "A stand-in")
      assert.strictEqual((yield* claude.messages.create(hello)).type, "message")
    }).pipe(
      Effect.provide(
        Layer.effect(
          Claude.Claude,
          Effect.map(Claude.Claude, (claude) => ({
            ...claude,
            models: { ...claude.models, retrieve: () => Effect.succeed(info) }
          }))
        ).pipe(Layer.provide(simulated()))
      )
    ))

  it.effect("the client", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* program, "A stand-in")
    }).pipe(
      Effect.provide(
        Layer.provide(
          Claude.layerClient,
          ClaudeClient.layerSdk(new Anthropic({ apiKey: "sk-ant-none", fetch: respond }))
        )
      )
    ))

  it.effect("the client, for another of the SDK's", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const sdk = yield* plain
      const gateway = sdk.withOptions({ defaultHeaders: { "x-gateway": "1" } })
      const name = yield* Effect.provide(program, Layer.provide(Claude.layerClient, ClaudeClient.layerSdk(gateway)))
      assert.strictEqual(name, "Claude Opus 5.5")
      assert.propertyVal((yield* sim.journal)[0]?.headers, "x-gateway", "1")
    }).pipe(Effect.provide(Simulator.layer())))

  it.effect("the transport", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* program, "A stand-in")
    }).pipe(Effect.provide(Claude.layer({ apiKey: Redacted.make("sk-ant-none"), fetch: respond }))))

  it.effect("the SDK's middleware", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* program, "A stand-in")
    }).pipe(Effect.provide(Claude.layer({ apiKey: Redacted.make("sk-ant-none"), middleware: [respond] }))))

  it.effect("the clock", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      const claude = yield* Claude.Claude
      yield* sim.script([Fault.overloaded({ retryAfter: "50 seconds" })])
      const before = yield* Clock.currentTimeMillis
      yield* skippingWaits(claude.models.retrieve("claude-opus-5-5", null, { timeout: Infinity }))
      const [, second] = yield* sim.journal
      assert.strictEqual(second === undefined ? 0 : DateTime.toEpochMillis(second.receivedAt) - before, 50_000)
    }).pipe(Effect.provide(simulated({ retry: undefined }))))

  it.effect("the whole API", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* program, "Claude Opus 5.5")
    }).pipe(Effect.provide(simulated())))
})

describe("what the API is sure to refuse is refused here, and nothing is sent", () => {
  const user = { role: "user" as const, content: "Hello" }

  const assistant = { role: "assistant" as const, content: "Hi" }

  const withMessages = (...messages: ReadonlyArray<Anthropic.MessageParam>) => ({ ...hello, messages: [...messages] })

  const promptCases: ReadonlyArray<{ readonly param: string; readonly params: Claude.MessageCreateParams }> = [
    { param: "messages", params: withMessages() },
    { param: "messages.0.content", params: withMessages({ role: "user", content: "" }) },
    { param: "messages.0.content", params: withMessages({ role: "user", content: " \n" }) },
    { param: "messages.0.content", params: withMessages({ role: "user", content: [] }) },
    {
      param: "messages.2.content.1.text",
      params: withMessages(user, assistant, {
        role: "user",
        content: [{ type: "text", text: "Hello" }, { type: "text", text: "  " }]
      })
    },
    { param: "messages.1.content", params: withMessages(user, { role: "assistant", content: "" }, user) },
    { param: "system.0.text", params: { ...hello, system: [{ type: "text", text: "" }] } }
  ]

  const createCases = [
    ...promptCases,
    { param: "max_tokens", params: { ...hello, max_tokens: -1 } },
    { param: "max_tokens", params: { ...hello, max_tokens: 1.5 } },
    { param: "max_tokens", params: { ...hello, max_tokens: NaN } }
  ]

  const refused = Effect.fnUntraced(function*<A>(
    param: string,
    call: (claude: Claude.Claude["Service"]) => Effect.Effect<A, ClaudeError.ClaudeError>
  ) {
    const error = yield* Effect.flip(Effect.flatMap(Claude.Claude, call))
    assert.instanceOf(error, ClaudeError.RequestRejectedError)
    assert.strictEqual(error.param, param)
    assert.strictEqual(yield* count, 0)
  })

  it.effect.each(createCases)(
    "by messages.create: $param, case %#",
    ({ param, params }) => refused(param, ({ messages }) => messages.create(params)).pipe(Effect.provide(simulated()))
  )

  it.effect.each(createCases)(
    "by messages.stream: $param, case %#",
    ({ param, params }) =>
      refused(param, ({ messages }) => Stream.runDrain(messages.stream(params))).pipe(Effect.provide(simulated()))
  )

  it.effect.each(promptCases)(
    "by messages.countTokens: $param, case %#",
    ({ param, params: { max_tokens: _, ...params } }) =>
      refused(param, ({ messages }) => messages.countTokens(params)).pipe(Effect.provide(simulated()))
  )

  it.effect("by messages.create: a body of 33 MB", () => {
    const params = withMessages({ role: "user", content: "x".repeat(33 * 1024 * 1024) })
    return refused("body", ({ messages }) => messages.create(params)).pipe(Effect.provide(simulated()))
  })

  it.effect("by messages.create: a wish for a stream that the types did not see", () => {
    const params = { ...hello, stream: true }
    return refused("stream", ({ messages }) => messages.create(params)).pipe(Effect.provide(simulated()))
  })

  it.effect.each<{ readonly param: string; readonly options: Claude.CallOptions }>([
    { param: "timeout", options: { timeout: 0 } },
    { param: "timeout", options: { timeout: NaN } },
    { param: "timeout", options: { timeout: "soon" as "1 second" } },
    { param: "idleTimeout", options: { idleTimeout: "-1 seconds" } },
    { param: "headers.x-lines", options: { headers: { "x-lines": "a\nb" } } }
  ])(
    "by any call: $param, case %#",
    ({ options, param }) =>
      refused(param, ({ messages }) => messages.create(hello, options)).pipe(Effect.provide(simulated()))
  )

  it.effect("and it is not retried", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const { exit, waits } = yield* skippingWaits(Effect.flip(claude.messages.create(withMessages())))
      assert.strictEqual((yield* exit).attempts, 0)
      assert.deepStrictEqual(waits, [])
    }).pipe(Effect.provide(simulated({ retry: undefined }))))

  it.effect.each([
    { what: "an answer of no tokens, which fills the cache", params: { ...hello, max_tokens: 0 } },
    { what: "an empty beginning of the answer", params: withMessages(user, { role: "assistant", content: "" }) }
  ])("while $what is sent", ({ params }) =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      yield* Effect.exit(claude.messages.create(params))
      assert.strictEqual(yield* count, 1)
    }).pipe(Effect.provide(simulated())))
})

describe("a long answer", () => {
  const long = { ...hello, max_tokens: 100_000 }

  it.effect("is refused where it would come at once and nobody chose a timeout", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const error = yield* Effect.flip(claude.messages.create(long))
      assert.instanceOf(error, ClaudeError.RequestRejectedError)
      assert.strictEqual(error.param, "max_tokens")
      assert.match(error.message, /^Streaming is required/)
      assert.strictEqual(yield* count, 0)
    }).pipe(Effect.provide(simulated())))

  it.effect("is sent where the call has a timeout", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      assert.strictEqual((yield* claude.messages.create(long, { timeout: "1 hour" })).type, "message")
    }).pipe(Effect.provide(simulated())))

  it.effect("is sent where the layer has a timeout", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      assert.strictEqual((yield* claude.messages.create(long)).type, "message")
    }).pipe(Effect.provide(simulated({ timeout: "1 hour" }))))

  it.effect("is sent where a client that was brought has a timeout here", () =>
    Effect.gen(function*() {
      const sdk = yield* plain
      const client = ClaudeClient.layerSdk(sdk, { timeout: "1 hour" })
      const message = yield* Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(long)).pipe(
        Effect.provide(Layer.provide(Claude.layerClient, client))
      )
      assert.strictEqual(message.type, "message")
    }).pipe(Effect.provide(Simulator.layer())))

  it.effect("is sent where it comes as a stream", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      assert.strictEqual((yield* MessageStream.runMessage(claude.messages.stream(long))).type, "message")
    }).pipe(Effect.provide(simulated())))
})

describe("a message that is not what the model meant to say", () => {
  const params = { ...hello, max_tokens: 3 }

  it.effect("is a failure of textOrFail, after all text", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const said: Array<string> = []
      const error = yield* claude.messages.stream(params).pipe(
        MessageStream.textOrFail,
        Stream.runForEach((piece) => Effect.sync(() => said.push(piece))),
        Effect.flip
      )
      assert(error._tag === "IncompleteMessageError")
      assert.strictEqual(error.reason._tag, "MaxTokens")
      assert.strictEqual(said.join(""), error.partial && Message.text(error.partial))
      assert.strictEqual(error.partial?.usage.output_tokens, 3)
    }).pipe(Effect.provide(simulated())))

  it.effect("is a failure of Message.complete", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const error = yield* Effect.flip(Effect.flatMap(claude.messages.create(params), Message.complete))
      assert.deepInclude(error, { _tag: "IncompleteMessageError", outcome: "executed" })
    }).pipe(Effect.provide(simulated())))
})

describe("a request that does not fit into the context window", () => {
  it.effect("says by how much", () =>
    Effect.gen(function*() {
      const claude = yield* Claude.Claude
      const { script } = yield* Simulator.Simulator
      yield* script([Fault.status(400, "prompt is too long: 208310 tokens > 200000 maximum")])
      const error = yield* Effect.flip(claude.messages.create(hello))
      assert.isTrue(error.isContextWindowExceeded)
      assert.deepStrictEqual(error.contextWindow, { inputTokens: 208_310, maxTokens: undefined, limit: 200_000 })
      assert.strictEqual(ClaudeError.toPublic(error).kind, "too-long")
    }).pipe(Effect.provide(simulated())))
})
