/** The value that a message says, or why it says none. */
import type * as Beta from "@anthropic-ai/sdk/resources/beta/messages/messages"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { StructuredOutputError } from "../../ClaudeError.ts"
import { textIn } from "../answer/shapes.ts"
import { shallow } from "../answer/writeJson.ts"
import { jsonCodec } from "./jsonCodec.ts"
import { Reason } from "./objectReason.ts"

const cutShort = {
  max_tokens: "The answer was cut short: it reached max_tokens. Allow more, or ask for less.",
  model_context_window_exceeded:
    "The answer was cut short: the model's context window is full. Shorten the conversation."
}

export type AnyMessage = Messages.Message | Beta.BetaMessage

/** The message's value by the schema. `operation`: the method that failures name. */
export const decodeAnswer = <S extends Schema.Constraint>(schema: S, operation: string) => {
  const codec = Schema.make<Schema.Codec<S["Type"], unknown, S["DecodingServices"]>>(jsonCodec(schema.ast, "strict"))
  const decodeJson = Schema.decodeUnknownEffect(codec, { errors: "all" })
  return (message: AnyMessage): Effect.Effect<S["Type"], StructuredOutputError, S["DecodingServices"]> => {
    const answer = new Answer(message, operation)
    return answer.json.pipe(
      Effect.flatMap((json) => Effect.mapError(decodeJson(json), (error) => answer.mismatch(error)))
    )
  }
}

class Answer {
  readonly #message: AnyMessage
  readonly #operation: string
  readonly #text: string

  constructor(message: AnyMessage, operation: string) {
    this.#message = message
    this.#operation = operation
    this.#text = textOf(message)
  }

  /** What the message says, once it has ended as the model wanted it. */
  get json(): Effect.Effect<unknown, StructuredOutputError> {
    const { stop_details: details, stop_reason: stopReason } = this.#message
    switch (stopReason) {
      case "end_turn":
      case "stop_sequence":
        return this.#parsed
      case "refusal": {
        const reason = { category: textIn(details?.category), explanation: textIn(details?.explanation) }
        const why = reason.explanation ?? reason.category
        return this.#fail(Reason.cases.Refused.make(reason), `The model declined${why === null ? "" : `: ${why}`}`)
      }
      case "max_tokens":
      case "model_context_window_exceeded":
        return this.#fail(Reason.cases.CutShort.make({ stopReason }), cutShort[stopReason])
      default:
        return this.#fail(
          Reason.cases.Unanswered.make({ stopReason: stopReason ?? null }),
          `The model has not answered yet: ${stopReason}`
        )
    }
  }

  mismatch(error: Schema.SchemaError): StructuredOutputError {
    const issues = formatIssue(error.issue).issues.map(({ message, path }) => ({
      message,
      path: (path ?? []).map(keyOf)
    }))
    return this.#failure(
      Reason.cases.Mismatch.make({ issues }),
      `The answer does not fit its schema: ${error.message}`,
      error
    )
  }

  get #parsed(): Effect.Effect<unknown, StructuredOutputError> {
    return Effect.try({
      try: (): unknown => JSON.parse(this.#text),
      catch: (cause) => {
        const problem = cause instanceof Error ? cause.message : String(cause)
        return this.#failure(Reason.cases.NotJson.make({ problem }), `The answer is not JSON: ${problem}`, cause)
      }
    })
  }

  #fail(reason: Reason, message: string): Effect.Effect<never, StructuredOutputError> {
    return Effect.fail(this.#failure(reason, message))
  }

  #failure(reason: Reason, message: string, cause?: unknown): StructuredOutputError {
    return new StructuredOutputError({
      message,
      operation: this.#operation,
      model: textIn(this.#message.model) ?? undefined,
      reason,
      text: this.#text,
      // A streamed message has `undefined` where the API left a field out, which is no JSON.
      response: JSON.parse(JSON.stringify(shallow(this.#message))),
      ...(cause === undefined ? {} : { cause })
    })
  }
}

/** The text after the last block of another kind: what a model thinks, or says before it uses a tool, is no answer. */
const textOf = (message: AnyMessage): string => {
  const content: ReadonlyArray<AnyMessage["content"][number]> = message.content
  return content.slice(content.findLastIndex(({ type }) => type !== "text") + 1)
    .map((block) => block.type === "text" ? block.text : "")
    .join("")
}

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const key = typeof segment === "object" ? segment.key : segment
  return typeof key === "number" ? key : String(key)
}
