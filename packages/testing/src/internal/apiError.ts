/** The API's errors: which type goes with which status, and what the API says. */
import * as ClaudeError from "effect-claude/ClaudeError"
import * as Data from "effect/Data"
import * as Answer from "./answer.ts"

const messages: ReadonlyMap<string, string> = new Map(
  ClaudeError.statuses.map(({ message, types: [type] }) => [type, message] as const).toReversed()
)

/** What the API says for an error type, where nobody said anything else. */
export const messageOf = (type: string): string => messages.get(type) ?? ClaudeError.statusInfo(500).message

export interface ErrorDetails {
  readonly code?: string | undefined
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly param?: string | undefined
}

export interface ErrorBody extends ErrorDetails {
  readonly type: string
  readonly message: string
}

/** The JSON of an error, over HTTP and in an `error` event alike. Undefined members are left out as it is serialized. */
export const envelope = (requestId: string, { code, details, message, param, type }: ErrorBody) => ({
  type: "error",
  error: {
    type,
    message,
    param,
    details: code === undefined && details === undefined ? undefined : { error_code: code, ...details }
  },
  request_id: requestId
})

/** Why the API refuses a request. */
export class ApiError extends Data.TaggedError("ApiError")<{
  readonly status: number
  /** Default: what the API says for the status. */
  readonly detail?: string | undefined
  readonly code?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}> {}

export interface Refusal extends ErrorDetails {
  readonly status: number
  readonly type?: string | undefined
  readonly message?: string | undefined
}

/** The JSON of an error that has a status, with what the API says for it. */
export const body = (requestId: string, error: Refusal) => {
  const { message: words, types: [usual] } = ClaudeError.statusInfo(error.status)
  const type = error.type ?? usual
  const message = error.message ?? (error.type === undefined ? words : messageOf(type))
  return envelope(requestId, { ...error, type, message })
}

export const answer = (requestId: string, error: Refusal): Answer.Answer => {
  const json = body(requestId, error)
  return { ...Answer.json(error.status, json), error: reasonOf(json) }
}

/** Why a request is refused, for the journal. */
export const reasonOf = ({ error: { message, type } }: ReturnType<typeof body>): Answer.Reason => ({ type, message })

export const invalidRequest = (detail: string): ApiError => new ApiError({ status: 400, detail })

export const notFound = (detail: string): ApiError => new ApiError({ status: 404, detail })
