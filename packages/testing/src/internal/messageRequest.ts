/** What `POST /v1/messages` and token counting accept, with complaints worded like the API's. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as ApiError from "./apiError.ts"

const required = <S extends Schema.Top>(schema: S) => schema.annotateKey({ messageMissingKey: "Field required" })

const inputShouldBe = (what: string) => ({ message: `Input should be ${what}` })

// What the simulator does not look at is kept: it counts as tokens, and a text source may want it.
const open = <const Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.StructWithRest(Schema.Struct(fields), [Schema.Record(Schema.String, Schema.Unknown)]).annotate(
    inputShouldBe("a valid dictionary")
  )

const Text = Schema.String.annotate(inputShouldBe("a valid string"))

const Block = open({ type: required(Text), text: Schema.optional(Text) })

const Content = Schema.Union([Text, Schema.Array(Block)]).annotate(inputShouldBe("a valid string or list"))

const Message = open({
  role: required(
    Schema.Literals(["user", "assistant", "system"]).annotate(inputShouldBe("'user', 'assistant' or 'system'"))
  ),
  content: required(Content)
})

const isBlank = (text: string | undefined) => text === undefined || text.trim() === ""

const hasBlankText = (content: typeof Content.Type): boolean =>
  typeof content === "string" ? isBlank(content) : content.some((block) => block.type === "text" && isBlank(block.text))

const Messages = Schema.Array(Message).annotate(inputShouldBe("a valid list")).check(
  Schema.isMinLength(1, { message: "at least one message is required" }),
  Schema.makeFilter((messages: ReadonlyArray<typeof Message.Type>) => messages[0]?.role !== "assistant", {
    message: "first message must use the \"user\" role"
  }),
  Schema.makeFilter(
    (messages: ReadonlyArray<typeof Message.Type>) => messages.every((message) => !hasBlankText(message.content)),
    {
      message: "text content blocks must be non-empty"
    }
  )
)

const prompt = {
  model: required(Text.check(Schema.isMinLength(1, { message: "String should have at least 1 character" }))),
  messages: required(Messages),
  system: Schema.optional(Content),
  tools: Schema.optional(Schema.Array(Schema.Unknown).annotate(inputShouldBe("a valid list")))
}

/** The part of a token counting request that the simulator looks at. */
export const CountTokensRequest = open(prompt)

const unitInterval = Schema.Number.annotate(inputShouldBe("a valid number")).check(
  Schema.isBetween({ minimum: 0, maximum: 1 }, { message: "range: 0..1" })
)

/** The part of a message request that the simulator looks at. */
export const CreateRequest = open({
  model: prompt.model,
  max_tokens: required(
    Schema.Number.annotate(inputShouldBe("a valid integer")).check(
      Schema.isInt(inputShouldBe("a valid integer")),
      Schema.isGreaterThanOrEqualTo(1, { message: "must be greater than or equal to 1" })
    )
  ),
  messages: prompt.messages,
  system: prompt.system,
  tools: prompt.tools,
  stream: Schema.optional(Schema.NullOr(Schema.Boolean.annotate(inputShouldBe("a valid boolean")))),
  temperature: Schema.optional(Schema.NullOr(unitInterval)),
  top_p: Schema.optional(Schema.NullOr(unitInterval)),
  stop_sequences: Schema.optional(Schema.NullOr(Schema.Array(Text).annotate(inputShouldBe("a valid list"))))
})

export interface CountTokensRequest extends Schema.Schema.Type<typeof CountTokensRequest> {}

export interface CreateRequest extends Schema.Schema.Type<typeof CreateRequest> {}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

// The API names one field a refusal, as in "messages.0.role: Input should be …".
const complaint = (error: Schema.SchemaError): string => {
  const [issue] = format(error.issue).issues
  const path = issue?.path?.map(String).join(".") ?? ""
  const message = issue?.message ?? "Invalid request"
  return path === "" ? message : `${path}: ${message}`
}

/** Reads a request, or says what the API would say about it. */
export const decode = <A>(schema: Schema.Decoder<A>): (body: unknown) => Effect.Effect<A, ApiError.ApiError> => {
  const decode = Schema.decodeUnknownEffect(schema)
  return (body) => Effect.mapError(decode(body), (error) => ApiError.invalidRequest(complaint(error)))
}

/** The text of the last turn that the user took. */
export const lastUserText = (request: Pick<CreateRequest, "messages">): string => {
  const content = request.messages.findLast((message) => message.role === "user")?.content ?? ""
  return typeof content === "string" ? content : content.map((block) => block.text ?? "").join("\n")
}
