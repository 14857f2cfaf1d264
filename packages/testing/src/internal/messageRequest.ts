/** What `POST /v1/messages` and token counting accept, with complaints worded like the API's. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as ApiError from "./apiError.ts"

/** A field that must be there. */
export const required = <S extends Schema.Top>(schema: S) => schema.annotateKey({ messageMissingKey: "Field required" })

export const inputShouldBe = (what: string) => ({ message: `Input should be ${what}` })

// What the simulator does not look at is kept: it counts as tokens, and a text source may want it.
export const open = <const Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.StructWithRest(Schema.Struct(fields), [Schema.Record(Schema.String, Schema.Unknown)]).annotate(
    inputShouldBe("a valid dictionary")
  )

export const Text = Schema.String.annotate(inputShouldBe("a valid string"))

/** A field that may be left out, or null. */
const optional = <S extends Schema.Top>(schema: S, what: string) =>
  Schema.optionalKey(Schema.NullOr(schema).annotate(inputShouldBe(what)))

const optionalOf = <const L extends readonly [string, string]>(literals: L) => {
  const what = `'${literals[0]}' or '${literals[1]}'`
  return optional(Schema.Literals(literals).annotate(inputShouldBe(what)), what)
}

/** A mark for the prompt cache. */
export const CacheControl = open({
  type: required(Text.check(Schema.makeFilter((type: string) => type === "ephemeral", inputShouldBe("'ephemeral'")))),
  ttl: optionalOf(["5m", "1h"])
})

const Block = open({
  type: required(Text),
  text: Schema.optionalKey(Text),
  cache_control: optional(CacheControl, "a valid dictionary")
})

export interface Block extends Schema.Schema.Type<typeof Block> {}

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

/** A summary stands for the turns before it, whoever had the first. */
const isSummary = ({ content }: typeof Message.Type): boolean =>
  typeof content !== "string" && content[0]?.type === "compaction"

const Messages = Schema.Array(Message).annotate(inputShouldBe("a valid list")).check(
  Schema.isMinLength(1, { message: "at least one message is required" }),
  Schema.makeFilter(
    ([first]: ReadonlyArray<typeof Message.Type>) => first?.role !== "assistant" || isSummary(first),
    { message: "first message must use the \"user\" role" }
  ),
  Schema.makeFilter(
    (messages: ReadonlyArray<typeof Message.Type>) => messages.every((message) => !hasBlankText(message.content)),
    {
      message: "text content blocks must be non-empty"
    }
  )
)

const Dictionary = open({})

const Tool = open({
  type: optional(Text, "a valid string"),
  name: Schema.optionalKey(
    Text.check(
      Schema.isPattern(/^[a-zA-Z0-9_-]{1,128}$/, {
        message: "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"
      })
    )
  ),
  input_schema: Schema.optionalKey(Dictionary),
  cache_control: optional(CacheControl, "a valid dictionary")
})

const isCustom = ({ type }: typeof Tool.Type) => (type ?? "custom") === "custom"

const Tools = Schema.Array(Tool).annotate(inputShouldBe("a valid list")).check(
  Schema.makeFilter((tools: ReadonlyArray<typeof Tool.Type>) =>
    tools.flatMap((tool, index) =>
      isCustom(tool)
        ? (["name", "input_schema"] as const).flatMap((field) =>
          tool[field] === undefined ? [{ path: [index, "custom", field], issue: "Field required" }] : []
        )
        : []
    )
  ),
  Schema.makeFilter((tools: ReadonlyArray<typeof Tool.Type>) => {
    const names = tools.flatMap(({ name }) => name ?? [])
    return new Set(names).size === names.length
  }, { message: "Tool names must be unique." })
)

const ToolChoice = open({
  type: required(
    Schema.Literals(["auto", "any", "tool", "none"]).annotate(inputShouldBe("'auto', 'any', 'tool' or 'none'"))
  ),
  name: Schema.optionalKey(Text),
  disable_parallel_tool_use: optional(Schema.Boolean, "a valid boolean")
})

const Thinking = open({
  type: required(
    Schema.Literals(["enabled", "disabled", "adaptive", "between_tools"]).annotate(
      inputShouldBe("'enabled', 'disabled', 'adaptive' or 'between_tools'")
    )
  ),
  budget_tokens: Schema.optionalKey(
    Schema.Number.annotate(inputShouldBe("a valid integer")).check(
      Schema.isInt(inputShouldBe("a valid integer")),
      Schema.isGreaterThanOrEqualTo(1024, inputShouldBe("greater than or equal to 1024"))
    )
  ),
  display: optional(Text, "a valid string")
})

const Format = open({
  type: required(
    Text.check(Schema.makeFilter((type: string) => type === "json_schema", inputShouldBe("'json_schema'")))
  ),
  schema: required(Dictionary)
})

const prompt = {
  model: required(Text.check(Schema.isMinLength(1, { message: "String should have at least 1 character" }))),
  messages: required(Messages),
  system: Schema.optionalKey(Content),
  tools: optional(Tools, "a valid list"),
  tool_choice: optional(ToolChoice, "a valid dictionary"),
  thinking: optional(Thinking, "a valid dictionary"),
  cache_control: optional(CacheControl, "a valid dictionary")
}

/** The part of a token counting request that the simulator looks at. */
export const CountTokensRequest = open(prompt)

const unitInterval = Schema.Number.check(
  Schema.isBetween({ minimum: 0, maximum: 1 }, { message: "range: 0..1" })
)

/** The part of a message request that the simulator looks at. */
export const CreateRequest = open({
  ...prompt,
  max_tokens: required(
    Schema.Number.annotate(inputShouldBe("a valid integer")).check(
      Schema.isInt(inputShouldBe("a valid integer")),
      Schema.isGreaterThanOrEqualTo(0, { message: "must be greater than or equal to 0" })
    )
  ),
  stream: optional(Schema.Boolean, "a valid boolean"),
  temperature: optional(unitInterval, "a valid number"),
  top_p: optional(unitInterval, "a valid number"),
  top_k: optional(Schema.Number, "a valid integer"),
  stop_sequences: optional(
    Schema.Array(Text).check(
      Schema.makeFilter((sequences: ReadonlyArray<string>) => !sequences.some(isBlank), {
        message: "each stop sequence must contain non-whitespace"
      })
    ),
    "a valid list"
  ),
  output_config: optional(
    open({ effort: optional(Text, "a valid string"), format: optional(Format, "a valid dictionary") }),
    "a valid dictionary"
  ),
  compaction: optional(Dictionary, "a valid dictionary"),
  output_format: optional(Format, "a valid dictionary")
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
