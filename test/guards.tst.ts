/** Errors in hand: what the guards, `sealed` and `toPublic` leave of a channel. */
import type Anthropic from "@anthropic-ai/sdk"
import { Data, Effect, Schema, Stream } from "effect"
import { Claude, ClaudeError, type Reason } from "effect-claude"
import { describe, expect, test } from "tstyche"

declare const claude: Claude.Service
declare const params: Claude.MessageCreateParams

class NotFoundError extends Data.TaggedError("NotFoundError")<{ readonly table: string }> {}
declare const row: Effect.Effect<number, NotFoundError>
declare const rows: Stream.Stream<number, NotFoundError>

const call = claude.messages.create(params)
const stream = claude.messages.stream(params)
const mixed = Effect.andThen(row, call)

type Create = Claude.Error<"messages.create">

describe("isClaudeError", () => {
  test("leaves nothing of a method's channel", () => {
    expect(call.pipe(Effect.catchIf(ClaudeError.isClaudeError, () => Effect.succeed(0)))).type.toBe<
      Effect.Effect<Anthropic.Message | number>
    >()
    expect(stream.pipe(Stream.catchIf(ClaudeError.isClaudeError, () => Stream.succeed(0)), Stream.runDrain)).type.toBe<
      Effect.Effect<void>
    >()
  })

  test("leaves the failures of other libraries, of the same name too", () => {
    expect(mixed.pipe(Effect.catchIf(ClaudeError.isClaudeError, () => Effect.succeed(0)))).type.toBe<
      Effect.Effect<Anthropic.Message | number, NotFoundError>
    >()
    const both = Stream.concat(rows, stream)
    expect(Stream.runDrain(both.pipe(Stream.catchIf(ClaudeError.isClaudeError, () => Stream.empty)))).type.toBe<
      Effect.Effect<void, NotFoundError>
    >()
  })

  test("hands on the failures of the channel, with their reasons", () => {
    void mixed.pipe(Effect.catchIf(ClaudeError.isClaudeError, (error) => {
      expect(error).type.toBe<Create>()
      return Effect.succeed(error.isRetryable)
    }))
  })

  test("narrows a union both ways", () => {
    const error = null as unknown as NotFoundError | Create
    if (ClaudeError.isClaudeError(error)) expect(error).type.toBe<Create>()
    else expect(error).type.toBe<NotFoundError>()
  })

  test("finds any of them in what can be anything", () => {
    const anything = null as unknown
    if (ClaudeError.isClaudeError(anything)) expect(anything).type.toBe<ClaudeError.ClaudeError>()
    const some: Error = new Error()
    if (ClaudeError.isClaudeError(some)) expect(some.outcome).type.toBe<ClaudeError.Outcome>()
    const tagged = null as unknown as { readonly _tag: string }
    if (ClaudeError.isClaudeError(tagged)) expect(tagged.outcome).type.toBe<ClaudeError.Outcome>()
  })

  test("finds none in what cannot be one", () => {
    const other = null as unknown as NotFoundError
    if (ClaudeError.isClaudeError(other)) expect(other).type.toBe<never>()
  })

  test("filters", () => {
    expect([null as unknown as NotFoundError | Create].filter(ClaudeError.isClaudeError)).type.toBe<Array<Create>>()
  })
})

describe("isStatusError", () => {
  test("leaves the failures without a status", () => {
    expect(call.pipe(Effect.catchIf(ClaudeError.isStatusError, () => Effect.succeed(0)))).type.toBe<
      Effect.Effect<
        Anthropic.Message | number,
        | ClaudeError.APIConnectionError
        | ClaudeError.APIConnectionTimeoutError
        | ClaudeError.InvalidResponseError
        | ClaudeError.RequestRejectedError
      >
    >()
  })

  test("finds any of them in what can be anything", () => {
    const anything = null as unknown
    if (ClaudeError.isStatusError(anything)) expect(anything).type.toBe<ClaudeError.StatusErrors<Reason.Coded>>()
  })
})

describe("sealed", () => {
  test("makes the failures of an effect one", () => {
    expect(call.pipe(ClaudeError.sealed)).type.toBe<Effect.Effect<Anthropic.Message, ClaudeError.Sealed<Create>>>()
  })

  test("makes those of a stream one", () => {
    expect(Stream.runDrain(stream.pipe(ClaudeError.sealed))).type.toBe<
      Effect.Effect<void, ClaudeError.Sealed<Claude.Error<"messages.stream">>>
    >()
  })

  test("leaves others, and what is required", () => {
    expect(ClaudeError.sealed(mixed)).type.toBe<
      Effect.Effect<Anthropic.Message, NotFoundError | ClaudeError.Sealed<Create>>
    >()
    expect(ClaudeError.sealed(row)).type.toBe(row)
    const program = Effect.flatMap(Claude.Claude, ({ messages }) => messages.create(params))
    expect(ClaudeError.sealed(program)).type.toBe<
      Effect.Effect<Anthropic.Message, ClaudeError.Sealed<Create>, Claude.Claude>
    >()
  })

  test("keeps each kind within reach, apart from another library's", () => {
    const handled = ClaudeError.sealed(mixed).pipe(
      Effect.catchTag("NotFoundError", ({ table }) => Effect.succeed(table)),
      Effect.catchReason("ClaudeError", "NotFoundError", ({ status }) => Effect.succeed(status))
    )
    expect(handled).type.toBeAssignableTo<
      Effect.Effect<Anthropic.Message | string | number, ClaudeError.Sealed<Create>>
    >()
  })

  test("takes nothing else", () => {
    expect(ClaudeError.sealed).type.not.toBeCallableWith("a text")
  })
})

describe("toPublic", () => {
  test("takes what any method fails with", () => {
    expect(call.pipe(Effect.mapError(ClaudeError.toPublic))).type.toBe<
      Effect.Effect<Anthropic.Message, ClaudeError.Public>
    >()
    expect(Effect.mapError).type.not.toBeCallableWith(mixed, ClaudeError.toPublic)
  })

  test("is encodable without services", () => {
    expect(Schema.toCodecJson(ClaudeError.Public)).type.toBeAssignableTo<
      Schema.Codec<ClaudeError.Public, Schema.Json>
    >()
  })
})

describe("Claude.Error", () => {
  test("takes the paths of methods", () => {
    expect<Claude.Error<"messages.create">>().type.toBe<Effect.Error<typeof call>>()
    expect<Claude.Method>().type.toBeAssignableFrom<"beta.messages.batches.results" | "models.list">()
    expect<Claude.Method>().type.not.toBeAssignableFrom<"models.listPage">()
    expect<Claude.Method>().type.not.toBeAssignableFrom<"beta.webhooks.unwrap">()
  })

  test("of a stream has the failures of a stream", () => {
    expect<Exclude<Claude.Error<"messages.stream">, Create>>().type.toBe<
      ClaudeError.StreamInterruptedError | ClaudeError.StreamStalledError
    >()
  })
})
