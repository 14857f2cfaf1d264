/** What the endpoints of the simulated API have in common. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { flow } from "effect/Function"
import type { PathInput } from "effect/http/HttpRouter"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Answer from "./answer.ts"
import * as ApiError from "./apiError.ts"
import type * as Batches from "./batches.ts"
import { claudeApi } from "./claudeApi.ts"
import type * as Files from "./files.ts"
import type * as Limits from "./limits.ts"
import type * as Message from "./message.ts"
import type * as Models from "./models.ts"
import type { Pacing } from "./pacing.ts"
import type { Platform } from "./platform.ts"
import type { PromptCache } from "./promptCache.ts"
import type { ReplyRules } from "./replyRules.ts"
import type { ApiRequest, ReadUpload } from "./request.ts"
import { readUpload, Upload } from "./request.ts"
import type { Asked } from "./requestBody.ts"
import type * as Threads from "./threads.ts"

export interface Settings {
  readonly apiKeys: ReadonlyArray<Redacted.Redacted<string>>
  readonly models: ReadonlyArray<Models.KnownModel>
  readonly reply: Message.Reply | undefined
  readonly replies: ReplyRules
  readonly pacing: Pacing | undefined
  readonly limiter: Limits.Limiter
  readonly promptCache: PromptCache
  readonly batches: Batches.Store
  readonly files: Files.Store
  readonly threads: Threads.Store
  /** Where the simulator listens. */
  readonly url: string
  /** Headers that the journal hides, in lower case. */
  readonly secretHeaders: ReadonlySet<string>
}

export type Handler = (
  request: ApiRequest,
  settings: Settings
) => Effect.Effect<Answer.Answer, ApiError.ApiError>

/** A path of the API, and what each method does there. */
export interface Endpoint {
  readonly path: PathInput
  readonly maxBytes: number
  readonly read: ReadUpload
  readonly methods: Readonly<Record<string, Handler>>
  readonly otherwise: Handler
  readonly platform: Platform
}

const methodNotAllowed: Handler = () =>
  Effect.fail(new ApiError.ApiError({ status: 405, detail: "Method Not Allowed" }))

/** The JSON that was sent, or the form as JSON, or why there is none. */
export const jsonBody = ({ upload }: ApiRequest): Effect.Effect<unknown, ApiError.ApiError> =>
  Upload.$match(upload, {
    Json: ({ value }) => Effect.succeed(value),
    Malformed: ({ detail }) => Effect.fail(ApiError.invalidRequest(detail)),
    TooLarge: () => Effect.fail(new ApiError.ApiError({ status: 413 }))
  })

/** 32 MB, as the API allows for messages and token counting. */
export const maxBytes = 32 * 1024 * 1024

/** A path with a method or some. */
export const endpoint = (
  path: PathInput,
  methods: Endpoint["methods"],
  others: Partial<Pick<Endpoint, "maxBytes" | "platform" | "read">> = {}
): Endpoint => ({
  path,
  maxBytes,
  read: readUpload,
  methods,
  otherwise: methodNotAllowed,
  platform: claudeApi,
  ...others
})

/** The first value of a query parameter. */
export const first = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof value === "string" ? value : value?.[0]

/** Every value of a query parameter. */
export const all = (value: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : Arr.ensure(value)

/** The `limit` of a page. */
export const decodeLimit = flow(
  Schema.decodeUnknownEffect(
    Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: 1000 }))
  ),
  Effect.mapError(() => ApiError.invalidRequest("limit: Input should be a whole number from 1 to 1000"))
)

/** Whether a beta is asked for, as older clients do in the query. */
export const isBeta = ({ headers, query }: ApiRequest): boolean =>
  headers["anthropic-beta"] !== undefined || first(query.beta) === "true"

/** Which API a request is for, and with which betas. */
export const askedOf = (request: ApiRequest): Asked => ({
  beta: isBeta(request),
  betas: (request.headers["anthropic-beta"] ?? "").split(",").map((beta) => beta.trim())
})
