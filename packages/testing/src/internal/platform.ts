/** The platforms that Claude is asked through: what each wants of a request besides the body, and how it answers. */
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Answer from "./answer.ts"
import type * as ApiError from "./apiError.ts"
import type { ApiRequest } from "./request.ts"

type Headers = Answer.Answer["headers"]

export interface Platform {
  /** Refuses who may not ask, where some keys may. */
  readonly admit: (
    request: ApiRequest,
    apiKeys: ReadonlyArray<Redacted.Redacted<string>>
  ) => Effect.Effect<void, ApiError.ApiError>
  /** A model by the name that the API has for it. */
  readonly modelId: (id: string) => string
  readonly refusal: (requestId: string, error: ApiError.Refusal) => Answer.Answer
  /** Those of an answer, and those that every answer has. */
  readonly headers: (requestId: string, now: DateTime.Utc, headers: Headers) => Headers
}
