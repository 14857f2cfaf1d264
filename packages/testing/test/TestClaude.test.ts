import type Anthropic from "@anthropic-ai/sdk"
import { jsonSchemaOutputFormat } from "@anthropic-ai/sdk/helpers/json-schema"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Schema, Stream } from "effect"
import { Claude, ClaudeError, MessageStream, RetryPolicy } from "effect-claude"
import { TestClaude } from "../src/index.ts"
import { hello } from "./client.ts"

const claude = Claude.Claude

const create = Effect.flatMap(claude, ({ messages }) => messages.create(hello))

const textOf = ({ content }: Pick<Anthropic.Message, "content">): string =>
  content.map((block) => block.type === "text" ? block.text : "").join("")

/** The message of the defect that an effect dies with. */
const defectOf = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(self), (exit) => {
    const defect = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
    assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause), "does not die")
    return defect instanceof Error ? defect.message : String(defect)
  })

const everyBlock: ReadonlyArray<Anthropic.ContentBlock> = [
  { type: "thinking", thinking: "They want the weather. Let me look.", signature: "c2ln" },
  { type: "redacted_thinking", data: "b3BhcXVl" },
  {
    type: "text",
    text: "  Let me look\nthat up. ",
    citations: [{
      type: "char_location",
      cited_text: "rain",
      document_index: 0,
      document_title: null,
      end_char_index: 4,
      file_id: null,
      start_char_index: 0
    }]
  },
  {
    type: "tool_use",
    id: "toolu_1",
    name: "weather",
    input: { city: "Zürich", days: [1, 2, 3], note: "🌧 or not" },
    caller: { type: "direct" }
  },
  { type: "tool_use", id: "toolu_2", name: "now", input: {}, caller: { type: "direct" } }
]

describe("a method that is a function", () => {
  it.effect("gets what the program passes", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const { input_tokens } = yield* messages.countTokens({
        model: "m",
        messages: [{ role: "user", content: "12345" }]
      })
      assert.strictEqual(input_tokens, 5)
    }).pipe(Effect.provide(TestClaude.layer({
      messages: {
        countTokens: ({ messages }) => Effect.succeed({ input_tokens: Number(messages[0]?.content.length) })
      }
    }))))

  it.effect("may answer with a shorthand", () =>
    Effect.gen(function*() {
      assert.strictEqual(textOf(yield* create), `at most ${hello.max_tokens} tokens`)
    }).pipe(Effect.provide(TestClaude.layer({
      messages: { create: ({ max_tokens }) => TestClaude.reply(`at most ${max_tokens} tokens`) }
    }))))

  it.effect("runs anew with each run of the effect", () => {
    let runs = 0
    return Effect.gen(function*() {
      yield* Effect.repeat(create, { times: 2 })
      assert.strictEqual(runs, 3)
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: () => TestClaude.reply(String(++runs)) } })))
  })
})

describe("a method that is an effect or a stream", () => {
  const { message } = TestClaude.reply("Hello!")

  it.effect("is that effect", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* create, message)
      assert.strictEqual(yield* create, message)
    }).pipe(Effect.provide(TestClaude.layer({
      messages: { create: TestClaude.sequence([Effect.succeed(message)], { repeatLast: true }) }
    }))))

  it.effect("is that stream", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      assert.deepStrictEqual(yield* Stream.runCollect(messages.stream(hello)), [{ type: "message_stop" }])
    }).pipe(Effect.provide(TestClaude.layer({ messages: { stream: Stream.make({ type: "message_stop" as const }) } }))))
})

describe("a method that is given what is no answer", () => {
  it.effect.each([
    { create: () => Promise.resolve(TestClaude.reply("Hello!")), says: "a promise" },
    { create: () => TestClaude.sequence([TestClaude.reply("Hello!")]), says: "a sequence from within a function" },
    { create: () => () => TestClaude.reply("Hello!"), says: "a function" },
    { create: null, says: "null" },
    { create: { type: "message" }, says: "an object" }
  ])("dies and says that it is $says", ({ create: given, says }) =>
    Effect.gen(function*() {
      assert.include(
        yield* defectOf(create),
        `TestClaude: messages.create answered with ${says}. Answer with an Effect`
      )
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: given as never } }))))
})

describe("a method that is not given", () => {
  const Nothing = Effect.provide(TestClaude.layer())

  it.effect("dies with its name, and says how to give it", () =>
    Effect.gen(function*() {
      const message = yield* defectOf(create)
      assert.strictEqual(
        message,
        "TestClaude: messages.create is not given, and was called. " +
          "Give it: TestClaude.layer({ messages: { create: … } })."
      )
    }).pipe(Nothing))

  it.effect("dies in a resource within a resource too", () =>
    Effect.gen(function*() {
      const { beta } = yield* claude
      assert.include(
        yield* defectOf(beta.organization.workspaces.members.retrieve("user_1", { workspace_id: "w" })),
        "TestClaude: beta.organization.workspaces.members.retrieve is not given"
      )
    }).pipe(Nothing))

  it.effect("dies beside one that is given", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      assert.include(yield* defectOf(messages.batches.cancel("b")), "messages.batches.cancel is not given")
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: TestClaude.reply("Hello!") } }))))

  it.effect("is a stream where the method gives one", () =>
    Effect.gen(function*() {
      const { files, messages, models } = yield* claude
      for (
        const stream of [messages.stream(hello), models.list(), files.download("f"), messages.batches.results("b")]
      ) {
        assert.include(yield* defectOf(Stream.runDrain<unknown, unknown, never>(stream)), "is not given")
      }
    }).pipe(Nothing))

  it.effect("harms nobody who does not run it", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const unused = [messages.create(hello), messages.stream(hello)]
      assert.strictEqual(unused.length, 2)
      assert.deepStrictEqual(yield* TestClaude.calls, [])
    }).pipe(Nothing))
})

describe("reply", () => {
  const Hello = Effect.provide(TestClaude.layer({
    messages: { create: TestClaude.reply("Hello you!"), stream: TestClaude.reply("Hello you!") },
    beta: { messages: { create: TestClaude.reply("Hello you!"), stream: TestClaude.reply("Hello you!") } }
  }))

  it.effect("is a message with the text", () =>
    Effect.gen(function*() {
      const message = yield* create
      assert.deepInclude(message, { type: "message", role: "assistant", stop_reason: "end_turn" })
      assert.deepStrictEqual(message.content, [{ type: "text", text: "Hello you!", citations: null }])
    }).pipe(Hello))

  it.effect("is from the model that was asked", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      assert.strictEqual((yield* messages.create({ ...hello, model: "claude-haiku-5-5" })).model, "claude-haiku-5-5")
    }).pipe(Hello))

  it.effect("arrives in several pieces of text", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const pieces = yield* Stream.runCollect(MessageStream.text(messages.stream(hello)))
      assert.deepStrictEqual(pieces, ["Hello", " you!"])
    }).pipe(Hello))

  it.effect("makes the same message in events", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      assert.deepStrictEqual(yield* MessageStream.runMessage(messages.stream(hello)), yield* messages.create(hello))
    }).pipe(Hello))

  it.effect("has what a message of the beta API has more", () =>
    Effect.gen(function*() {
      const { beta } = yield* claude
      const message = yield* beta.messages.create(hello)
      assert.deepInclude(message, { context_management: null })
      assert.deepInclude(message.usage, { fallback_credit: null, iterations: null })
    }).pipe(Hello))

  it.effect("is another message for each call, whatever a program does to it", () =>
    Effect.gen(function*() {
      const first = yield* create
      first.content.length = 0
      assert.strictEqual(textOf(yield* create), "Hello you!")
    }).pipe(Hello))

  it("gives the message to compare with", () => {
    assert.strictEqual(textOf(TestClaude.reply("Hello!").message), "Hello!")
  })
})

describe("message", () => {
  it.effect("makes the same message in events, whatever its blocks", () => {
    const whole = TestClaude.message({
      content: everyBlock,
      container: { id: "c", expires_at: "2026-01-01T00:00:00Z", skills: null },
      usage: { output_tokens: 99 }
    })
    return Effect.gen(function*() {
      const { messages } = yield* claude
      assert.deepStrictEqual(yield* MessageStream.runMessage(messages.stream(hello)), yield* messages.create(hello))
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: whole, stream: whole } })))
  })

  it("fills in what a block leaves out", () => {
    const { content } = TestClaude.message({ content: [{ type: "tool_use", name: "now", input: {} }] }).message
    assert.deepStrictEqual(content, [
      { type: "tool_use", id: "toolu_01TestClaude00000000000", name: "now", input: {}, caller: { type: "direct" } }
    ])
  })

  it("takes a field that is undefined for one that is not said", () => {
    assert.strictEqual(TestClaude.message({ stop_reason: undefined }).message.stop_reason, "end_turn")
  })

  it("takes a part of the usage that is undefined for one that is not said", () => {
    const usage = { output_tokens: undefined } as object
    assert.strictEqual(TestClaude.message({ usage }).message.usage.output_tokens, 1)
  })

  it("stops for a tool where it uses one", () => {
    const { message } = TestClaude.message({ content: [{ type: "tool_use", name: "now", input: {} }] })
    assert.strictEqual(message.stop_reason, "tool_use")
  })

  it.effect("is from the model that it names", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* create).model, "claude-sonnet-5-5")
    }).pipe(Effect.provide(TestClaude.layer({
      messages: { create: TestClaude.message({ model: "claude-sonnet-5-5" }) }
    }))))

  describe("for parse", () => {
    const output_config = {
      format: jsonSchemaOutputFormat(
        {
          type: "object",
          properties: { city: { type: "string" } },
          required: ["city"],
          additionalProperties: false
        } as const
      )
    }
    const parse = Effect.flatMap(claude, ({ messages }) => messages.parse({ ...hello, output_config }))

    it.effect("is read by the parser of the call", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual((yield* parse).parsed_output, { city: "Oslo" })
      }).pipe(Effect.provide(TestClaude.layer({ messages: { parse: TestClaude.reply(`{"city":"Oslo"}`) } }))))

    it.effect("fails as the real service where it cannot be read", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(parse)
        assert.deepInclude(error, { _tag: "InvalidResponseError", problem: "unexpected-shape" })
      }).pipe(Effect.provide(TestClaude.layer({ messages: { parse: TestClaude.reply("no JSON") } }))))
  })
})

describe("object", () => {
  const schema = Schema.Struct({ city: Schema.String })
  const object = Effect.flatMap(claude, ({ messages }) => messages.object({ ...hello, schema }))

  it.effect("is read from a reply by the schema of the call", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* object, { city: "Oslo" })
    }).pipe(Effect.provide(TestClaude.layer({ messages: { object: TestClaude.reply(`{"city":"Oslo"}`) } }))))

  it.effect("fails as the real service where the reply does not fit", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(object)
      assert.deepInclude(error, { _tag: "StructuredOutputError" })
    }).pipe(Effect.provide(TestClaude.layer({ messages: { object: TestClaude.reply(`{"city":1}`) } }))))

  it.effect("may be given as a value", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* object, { city: "Bergen" })
    }).pipe(Effect.provide(TestClaude.layer({ messages: { object: () => Effect.succeed({ city: "Bergen" }) } }))))

  it.effect("has its message beside it", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const answer = yield* messages.objectWithMessage({ ...hello, schema })
      assert.deepStrictEqual(answer.value, { city: "Oslo" })
      assert.strictEqual(answer.tries, 1)
      assert.strictEqual(answer.usage.outputTokens, answer.message.usage.output_tokens)
    }).pipe(
      Effect.provide(TestClaude.layer({ messages: { objectWithMessage: TestClaude.reply(`{"city":"Oslo"}`) } }))
    ))

  it.effect("is made of the replies to create, and asked again, in the beta API too", () =>
    Effect.gen(function*() {
      const { beta } = yield* claude
      const params = { ...hello, schema, reask: { times: 1 } }
      assert.deepStrictEqual(yield* beta.messages.object(params), { city: "Oslo" })
      assert.lengthOf(yield* TestClaude.callsTo("beta.messages.create"), 2)
    }).pipe(Effect.provide(TestClaude.layer({
      beta: {
        messages: { create: TestClaude.sequence([TestClaude.reply("Oslo"), TestClaude.reply(`{"city":"Oslo"}`)]) }
      }
    }))))

  it.effect("comes in parts that are given", () => {
    const parts = [{ _tag: "Complete", value: { city: "Oslo" }, message: TestClaude.reply("").message }] as const
    return Effect.gen(function*() {
      const { messages } = yield* claude
      assert.deepStrictEqual(yield* Stream.runCollect(messages.objectStream({ ...hello, schema })), [...parts])
    }).pipe(Effect.provide(TestClaude.layer({ messages: { objectStream: TestClaude.events(parts) } })))
  })
})

describe("events", () => {
  const whole = TestClaude.eventsOf(TestClaude.reply("Hello you!"))

  const collected = Effect.gen(function*() {
    const { messages } = yield* claude
    const seen: Array<string> = []
    const exit = yield* messages.stream(hello).pipe(
      Stream.runForEach(({ type }) => Effect.sync(() => seen.push(type))),
      Effect.flip,
      Effect.exit
    )
    return { seen, error: Exit.isSuccess(exit) ? exit.value : undefined }
  })

  it.effect("are the stream", () =>
    Effect.gen(function*() {
      const { seen } = yield* collected
      assert.deepStrictEqual(seen, whole.map(({ type }) => type))
    }).pipe(Effect.provide(TestClaude.layer({ messages: { stream: TestClaude.events(whole) } }))))

  it.effect("come before the failure", () =>
    Effect.gen(function*() {
      const { error, seen } = yield* collected
      assert.strictEqual(seen.length, 3)
      assert.strictEqual(error?._tag, "OverloadedError")
    }).pipe(Effect.provide(TestClaude.layer({
      messages: {
        stream: TestClaude.events(whole.slice(0, 3), { thenFail: TestClaude.error("OverloadedError") })
      }
    }))))

  it.effect("are interrupted where message_stop is missing", () =>
    Effect.gen(function*() {
      const { error } = yield* collected
      assert.deepInclude(error, { _tag: "StreamInterruptedError", events: 3 })
    }).pipe(Effect.provide(TestClaude.layer({ messages: { stream: TestClaude.events(whole.slice(0, 3)) } }))))
})

describe("page", () => {
  const model = { id: "claude-opus-5-5" } as Anthropic.ModelInfo
  const Models = Effect.provide(TestClaude.layer({
    models: { list: TestClaude.page([model, model]), listPage: TestClaude.page([model, model]) }
  }))

  it.effect("is the items of a list", () =>
    Effect.gen(function*() {
      const { models } = yield* claude
      assert.deepStrictEqual(yield* Stream.runCollect(models.list()), [model, model])
    }).pipe(Models))

  it.effect("is a page with none after it", () =>
    Effect.gen(function*() {
      const { models } = yield* claude
      const page = yield* models.listPage()
      assert.deepInclude(page, { data: [model, model], has_more: false, first_id: model.id, last_id: model.id })
      assert.isFalse(page.hasNextPage())
    }).pipe(Models))

  it.effect("can be iterated as the SDK's", () =>
    Effect.gen(function*() {
      const { models } = yield* claude
      const page = yield* models.listPage()
      const items = yield* Stream.runCollect(Stream.fromAsyncIterable(page, (cause) => cause))
      assert.deepStrictEqual(items, [model, model])
    }).pipe(Models))
})

describe("fail", () => {
  it.effect("fails a call with the error", () => {
    const error = new ClaudeError.RateLimitError({ message: "Slow down" })
    return Effect.gen(function*() {
      assert.strictEqual(yield* Effect.flip(create), error)
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: TestClaude.fail(error) } })))
  })

  it.effect("fails a stream with the error of a tag", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const error = yield* Effect.flip(Stream.runDrain(messages.stream(hello)))
      assert.deepInclude(error, { _tag: "StreamStalledError", events: 4 })
    }).pipe(Effect.provide(TestClaude.layer({
      messages: { stream: TestClaude.fail("StreamStalledError", { events: 4 }) }
    }))))

  it.effect("is not retried by a policy, as there is no client", () =>
    Effect.gen(function*() {
      yield* create.pipe(Claude.withRetry(RetryPolicy.standard), Effect.flip)
      assert.strictEqual((yield* TestClaude.calls).length, 1)
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: TestClaude.fail("OverloadedError") } }))))
})

describe("sequence", () => {
  const steps = [TestClaude.fail("OverloadedError"), TestClaude.reply("Hello!")]

  const outcome = create.pipe(
    Effect.map(textOf),
    Effect.catchTag("OverloadedError", ({ _tag }) => Effect.succeed(_tag))
  )

  it.effect("gives each call the next step", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual([yield* outcome, yield* outcome], ["OverloadedError", "Hello!"])
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: TestClaude.sequence(steps) } }))))

  it.effect("gives each run of Effect.retry the next step", () =>
    Effect.gen(function*() {
      assert.strictEqual(textOf(yield* Effect.retry(create, { times: 1 })), "Hello!")
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: TestClaude.sequence(steps) } }))))

  it.effect("dies when it is used up", () =>
    Effect.gen(function*() {
      yield* Effect.replicateEffect(outcome, 2)
      assert.include(
        yield* defectOf(create),
        "messages.create was called 3 times, but its sequence has 2 steps. Add a step, or let the last one repeat"
      )
    }).pipe(Effect.provide(TestClaude.layer({ messages: { create: TestClaude.sequence(steps) } }))))

  it.effect("dies in a stream too when it is used up", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      assert.include(yield* defectOf(Stream.runDrain(messages.stream(hello))), "its sequence has 0 steps")
    }).pipe(Effect.provide(TestClaude.layer({ messages: { stream: TestClaude.sequence([]) } }))))

  it.effect("repeats its last step if told to", () =>
    Effect.gen(function*() {
      const outcomes = yield* Effect.replicateEffect(outcome, 4)
      assert.deepStrictEqual(outcomes, ["OverloadedError", "Hello!", "Hello!", "Hello!"])
    }).pipe(Effect.provide(TestClaude.layer({
      messages: { create: TestClaude.sequence(steps, { repeatLast: true }) }
    }))))

  it.effect("takes functions for steps", () =>
    Effect.gen(function*() {
      assert.strictEqual(textOf(yield* create), hello.model)
    }).pipe(Effect.provide(TestClaude.layer({
      messages: { create: TestClaude.sequence([({ model }) => TestClaude.reply(String(model))]) }
    }))))

  it.effect("gives out each step once to calls at the same time", () =>
    Effect.gen(function*() {
      const texts = yield* Effect.all(Array.from({ length: 100 }, () => Effect.map(create, textOf)), {
        concurrency: "unbounded"
      })
      assert.strictEqual(new Set(texts).size, 100)
    }).pipe(Effect.provide(TestClaude.layer({
      messages: { create: TestClaude.sequence(Array.from({ length: 100 }, (_, index) => TestClaude.reply(`${index}`))) }
    }))))

  it.effect("starts anew with each build of the layer", () => {
    const Sequence = TestClaude.layer({ messages: { create: TestClaude.sequence(steps) } })
    const fresh = Effect.provide(outcome, Layer.fresh(Sequence))
    return Effect.gen(function*() {
      assert.deepStrictEqual([yield* fresh, yield* fresh], ["OverloadedError", "OverloadedError"])
    })
  })
})

describe("calls", () => {
  const Both = TestClaude.layer({
    messages: { create: TestClaude.reply("Hello!"), stream: TestClaude.fail("OverloadedError") }
  })

  it.effect("name method and arguments in order", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      yield* messages.create(hello, { timeout: "1 second" })
      yield* Effect.flip(Stream.runDrain(messages.stream(hello)))
      assert.deepStrictEqual(yield* TestClaude.calls, [
        { method: "messages.create", args: [hello, { timeout: "1 second" }] },
        { method: "messages.stream", args: [hello] }
      ])
    }).pipe(Effect.provide(Both)))

  it.effect("have the arguments as they were at the time", () =>
    Effect.gen(function*() {
      const { messages } = yield* claude
      const params = { ...hello, messages: [...hello.messages] }
      yield* messages.create(params)
      params.messages.push({ role: "assistant", content: "Hello!" })
      yield* messages.create(params)
      const asked = yield* TestClaude.callsTo("messages.create")
      assert.deepStrictEqual(asked.map(([{ messages }]) => messages.length), [1, 2])
    }).pipe(Effect.provide(Both)))

  it.effect("of one method are its arguments", () =>
    Effect.gen(function*() {
      yield* create
      const [args] = yield* TestClaude.callsTo("messages.create")
      assert.strictEqual(args?.[0].max_tokens, hello.max_tokens)
      assert.deepStrictEqual(yield* TestClaude.callsTo("messages.stream"), [])
    }).pipe(Effect.provide(Both)))

  it.effect("count those that die", () =>
    Effect.gen(function*() {
      const { models } = yield* claude
      yield* defectOf(models.retrieve("m"))
      assert.deepStrictEqual(yield* TestClaude.callsTo("models.retrieve"), [["m"]])
    }).pipe(Effect.provide(Both)))

  it.effect("are those of one build of the layer", () =>
    Effect.gen(function*() {
      yield* create
      const elsewhere = Effect.andThen(create, TestClaude.calls).pipe(Effect.provide(Layer.fresh(Both)))
      assert.strictEqual((yield* elsewhere).length, 1)
      assert.strictEqual((yield* TestClaude.calls).length, 1)
    }).pipe(Effect.provide(Both)))
})
