import type Anthropic from "@anthropic-ai/sdk"
import { Effect, type Layer, Stream } from "effect"
import { type Claude, ClaudeError, type Reason } from "effect-claude"
import { describe, expect, test } from "tstyche"
import { TestClaude } from "../src/index.ts"

describe("TestClaude.layer", () => {
  test("provides the service and its calls, and needs nothing", () => {
    expect(TestClaude.layer({})).type.toBe<Layer.Layer<Claude.Claude | TestClaude.TestClaude>>()
  })

  test("gives a function the parameters of the method", () => {
    TestClaude.layer({
      messages: {
        create: (params, options) => {
          expect(params).type.toBe<Claude.MessageCreateParams>()
          expect(options).type.toBe<Claude.CallOptions | undefined>()
          return TestClaude.reply("Hello!")
        }
      }
    })
  })

  test("gives a function inside a sequence the parameters of the method", () => {
    TestClaude.layer({
      models: {
        retrieve: TestClaude.sequence([
          TestClaude.fail("OverloadedError"),
          (id) => {
            expect(id).type.toBe<string>()
            return Effect.die("unused")
          }
        ])
      }
    })
  })

  test("takes an error of the right class with any reason", () => {
    expect(TestClaude.layer).type.toBeCallableWith({
      messages: { create: () => Effect.fail(new ClaudeError.RateLimitError({ message: "Slow down" })) }
    })
  })

  test("refuses an error that the method does not have", () => {
    expect(TestClaude.layer).type.not.toBeCallableWith({
      messages: { create: () => Effect.fail(new ClaudeError.StreamStalledError({ message: "" })) }
    })
    expect(TestClaude.layer).type.not.toBeCallableWith({ messages: { create: TestClaude.fail("StreamStalledError") } })
    expect(TestClaude.layer).type.not.toBeCallableWith({ messages: { create: () => Effect.fail("") } })
  })

  test("takes that error where the method has it", () => {
    expect(TestClaude.layer).type.toBeCallableWith({ messages: { stream: TestClaude.fail("StreamStalledError") } })
    expect(TestClaude.layer).type.toBeCallableWith({
      messages: { stream: () => Stream.fail(new ClaudeError.StreamStalledError({ message: "" })) }
    })
  })

  test("refuses another result", () => {
    expect(TestClaude.layer).type.not.toBeCallableWith({ messages: { countTokens: () => Effect.succeed("three") } })
    expect(TestClaude.layer).type.not.toBeCallableWith({ messages: { create: () => "Hello!" } })
  })

  test("refuses an effect for a stream, and a stream for an effect", () => {
    expect(TestClaude.layer).type.not.toBeCallableWith({ messages: { stream: () => Effect.die("") } })
    expect(TestClaude.layer).type.not.toBeCallableWith({ messages: { create: () => Stream.die("") } })
  })

  test("refuses a method that the service does not have", () => {
    expect(TestClaude.layer).type.not.toBeCallableWith({ messages: { craete: TestClaude.reply("Hello!") } })
  })

  test("takes a message for what gives one, and for nothing else", () => {
    const messages = {
      create: TestClaude.reply("Hello!"),
      parse: TestClaude.reply("{}"),
      stream: TestClaude.reply("Hello!")
    }
    expect(TestClaude.layer).type.toBeCallableWith({ messages })
    expect(TestClaude.layer).type.not.toBeCallableWith({ messages: { countTokens: TestClaude.reply("Hello!") } })
  })

  test("takes an effect or a stream as it is", () => {
    const { message } = TestClaude.reply("Hello!")
    expect(TestClaude.layer).type.toBeCallableWith({
      messages: { create: Effect.succeed(message), stream: Stream.empty }
    })
  })

  test("takes a value, a message or a failure for an object", () => {
    TestClaude.layer({
      messages: {
        object: TestClaude.sequence([
          ({ max_tokens }) => Effect.succeed(max_tokens),
          TestClaude.reply("{}"),
          TestClaude.fail("OverloadedError")
        ]),
        objectStream: TestClaude.fail("StreamStalledError")
      }
    })
    expect(TestClaude.layer).type.not.toBeCallableWith({ messages: { objectStream: TestClaude.reply("{}") } })
    expect(TestClaude.layer).type.not.toBeCallableWith({ messages: { object: TestClaude.fail("StreamStalledError") } })
  })

  test("takes messages of the beta API", () => {
    TestClaude.layer({
      beta: {
        messages: {
          create: TestClaude.message({ content: "Hello!", context_management: { applied_edits: [] } }),
          stream: TestClaude.reply("Hello!"),
          parse: () => TestClaude.reply("{}")
        }
      }
    })
  })

  test("takes a page of the list's items", () => {
    const batches: Array<Anthropic.Messages.MessageBatch> = []
    expect(TestClaude.layer).type.toBeCallableWith({
      messages: { batches: { list: TestClaude.page(batches), listPage: TestClaude.page(batches) } }
    })
    expect(TestClaude.layer).type.not.toBeCallableWith({ models: { list: TestClaude.page(batches) } })
    expect(TestClaude.layer).type.not.toBeCallableWith({ models: { listPage: TestClaude.page(batches) } })
  })

  test("takes the events of the stream", () => {
    expect(TestClaude.layer).type.toBeCallableWith({
      messages: {
        stream: TestClaude.events([{ type: "message_stop" }], { thenFail: TestClaude.error("StreamInterruptedError") })
      }
    })
    expect(TestClaude.layer).type.not.toBeCallableWith({
      messages: { stream: TestClaude.events([{ type: "nothing" }]) }
    })
  })

  test("refuses a sequence with a step that does not fit", () => {
    expect(TestClaude.layer).type.not.toBeCallableWith({
      messages: { create: TestClaude.sequence([TestClaude.reply("Hello!"), TestClaude.page([1])]) }
    })
  })
})

describe("TestClaude.callsTo", () => {
  test("gives the arguments of the method", () => {
    expect(TestClaude.callsTo("messages.create")).type.toBe<
      Effect.Effect<
        ReadonlyArray<[params: Claude.MessageCreateParams, options?: Claude.CallOptions]>,
        never,
        TestClaude.TestClaude
      >
    >()
  })

  test("refuses what is no method", () => {
    expect(TestClaude.callsTo).type.not.toBeCallableWith("messages")
    expect(TestClaude.callsTo).type.not.toBeCallableWith("messages.craete")
  })
})

describe("TestClaude.error", () => {
  test("is the class of its tag, without a reason of its own", () => {
    expect(TestClaude.error("OverloadedError")).type.toBe<ClaudeError.OverloadedError<Reason.Unspecified>>()
    expect(TestClaude.error("StreamStalledError")).type.toBe<ClaudeError.StreamStalledError>()
  })

  test("fits the channel of any method that has the class", () => {
    expect(Effect.fail(TestClaude.error("RateLimitError"))).type.toBeAssignableTo<
      Effect.Effect<never, Claude.Error<"models.retrieve">>
    >()
  })

  test("has the reason that is named", () => {
    expect(TestClaude.error("RateLimitError", { reason: "RampLimitExceededError" }).reason).type.toBe<
      Reason.RampLimitExceededError | Reason.Unspecified
    >()
  })

  test("refuses a reason of another class", () => {
    expect(TestClaude.error).type.not.toBeCallableWith("OverloadedError", { reason: "RampLimitExceededError" })
  })

  test("takes the fields of the class", () => {
    expect(TestClaude.error).type.toBeCallableWith("RateLimitError", { retryAfter: "2 seconds", message: "Slow down" })
    expect(TestClaude.error).type.toBeCallableWith("StreamInterruptedError", { events: 3 })
    expect(TestClaude.error).type.not.toBeCallableWith("APIConnectionError", { retryAfter: "2 seconds" })
    expect(TestClaude.error).type.not.toBeCallableWith("OverloadedError", { events: 3 })
  })
})
