import type * as Beta from "@anthropic-ai/sdk/resources/beta/messages/messages"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import { Context, type DateTime, Effect, type Option, Schema, SchemaGetter, type Stream } from "effect"
import { type Claude, type ClaudeError, StructuredOutput, type Usage } from "effect-claude"
import { describe, expect, test } from "tstyche"

declare const claude: Claude.Service

declare const params: Claude.MessageCreateParams

class Dictionary extends Context.Service<Dictionary, { readonly word: string }>()("Dictionary") {}

const Word = Schema.String.pipe(Schema.decodeTo(Schema.String, {
  decode: SchemaGetter.transformEffect((text: string) => Effect.map(Dictionary, ({ word }) => text + word)),
  encode: SchemaGetter.passthrough()
}))

const Invoice = Schema.Struct({
  id: Schema.String.pipe(Schema.brand("InvoiceId")),
  due: Schema.DateTimeUtc,
  notes: Schema.Option(Schema.String),
  lines: Schema.NonEmptyArray(Schema.Tuple([Schema.String, Schema.Finite])),
  tax: Schema.Record(Schema.String, Schema.Finite)
})

type Failure = Claude.Error<"messages.create"> | ClaudeError.StructuredOutputError

describe("messages.object", () => {
  test("gives the value of the schema", () => {
    const call = claude.messages.object({ ...params, schema: Invoice })
    expect(call).type.toBe<Effect.Effect<typeof Invoice.Type, Failure>>()
    type Invoice = Effect.Success<typeof call>
    expect<Invoice["due"]>().type.toBe<DateTime.Utc>()
    expect<Invoice["notes"]>().type.toBe<Option.Option<string>>()
    expect<Invoice["lines"]>().type.toBe<
      readonly [readonly [string, number], ...Array<readonly [string, number]>]
    >()
  })

  test("needs what the schema needs to decode", () => {
    expect(claude.messages.object({ ...params, schema: Schema.Struct({ word: Word }) })).type.toBe<
      Effect.Effect<{ readonly word: string }, Failure, Dictionary>
    >()
  })

  test("takes the place of the output format, and of no other setting", () => {
    expect(claude.messages.object).type.toBeCallableWith({
      ...params,
      schema: Invoice,
      output_config: { effort: "low" as const },
      reask: { times: 2 }
    })
    expect(claude.messages.object).type.not.toBeCallableWith({
      ...params,
      schema: Invoice,
      output_config: { format: { type: "json_schema", schema: {} } }
    })
    expect(claude.messages.object).type.not.toBeCallableWith({ ...params, schema: Invoice, reask: {} })
    expect(claude.messages.object).type.not.toBeCallableWith(params)
  })

  test("tells why an answer is no value", () => {
    const call = claude.messages.object({ ...params, schema: Invoice }).pipe(
      Effect.catchReason("StructuredOutputError", "Refused", ({ explanation }) => Effect.succeed(explanation))
    )
    expect<Effect.Success<typeof call>>().type.toBe<typeof Invoice.Type | string | null>()
  })
})

describe("messages.objectWithMessage", () => {
  test("gives the message too", () => {
    expect(claude.messages.objectWithMessage({ ...params, schema: Invoice })).type.toBe<
      Effect.Effect<StructuredOutput.Answer<typeof Invoice, Messages.Message>, Failure>
    >()
  })

  test("gives a beta message in the beta API", () => {
    const call = claude.beta.messages.objectWithMessage({
      model: "claude-opus-5-5",
      max_tokens: 10,
      messages: [],
      betas: ["context-1m-2025-08-07"],
      schema: Invoice
    })
    type Answer = Effect.Success<typeof call>
    expect<Answer["message"]>().type.toBe<Beta.BetaMessage>()
    expect<Answer["usage"]>().type.toBe<Usage.Usage>()
  })
})

describe("messages.objectStream", () => {
  test("gives parts, and asks nothing again", () => {
    expect(claude.messages.objectStream({ ...params, schema: Invoice })).type.toBe<
      Stream.Stream<
        StructuredOutput.Part<typeof Invoice, Messages.Message>,
        Claude.Error<"messages.stream"> | ClaudeError.StructuredOutputError
      >
    >()
    expect(claude.messages.objectStream).type.not.toBeCallableWith({ ...params, schema: Invoice, reask: { times: 1 } })
  })

  test("has partial values as the model writes them", () => {
    const Plain = Schema.Struct({
      at: Schema.DateFromString,
      tax: Schema.Record(Schema.String, Schema.Finite),
      size: Schema.Tuple([Schema.Finite, Schema.String]),
      names: Schema.NonEmptyArray(Schema.String)
    })
    type Value = NonNullable<StructuredOutput.Partial<typeof Plain>["value"]>
    expect<Value["at"]>().type.toBe<string | undefined>()
    expect<Value["tax"]>().type.toBe<ReadonlyArray<{ readonly key?: string; readonly value?: number }> | undefined>()
    expect<Value["size"]>().type.toBe<{ readonly 0?: number; readonly 1?: string } | undefined>()
    expect<Value["names"]>().type.toBe<ReadonlyArray<string> | undefined>()
  })
})

describe("convert", () => {
  test("has a codec between JSON and the value", () => {
    const converted = StructuredOutput.convert(Invoice, { strict: false })
    expect(converted).type.toBe<
      Effect.Effect<StructuredOutput.Converted<typeof Invoice>, ClaudeError.RequestRejectedError>
    >()
    type Codec = Effect.Success<typeof converted>["codec"]
    expect<Codec["Type"]>().type.toBe<typeof Invoice.Type>()
    expect<Codec["Encoded"]>().type.toBe<Schema.Json>()
  })
})
