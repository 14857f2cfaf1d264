/** The simulated API: which answer a request gets when nothing goes wrong. */
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { flow } from "effect/Function"
import type { PathInput } from "effect/http/HttpRouter"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Answer from "./answer.ts"
import * as ApiError from "./apiError.ts"
import type * as Limits from "./limits.ts"
import * as Message from "./message.ts"
import * as MessageRequest from "./messageRequest.ts"
import * as Models from "./models.ts"
import type { ApiRequest } from "./request.ts"
import { Upload } from "./request.ts"

export interface Settings {
  readonly apiKeys: ReadonlyArray<Redacted.Redacted<string>>
  readonly models: ReadonlyArray<Models.ModelInfo>
  readonly text: Message.TextSource | undefined
  readonly limiter: Limits.Limiter
}

export type Handler = (
  request: ApiRequest,
  settings: Settings
) => Effect.Effect<Answer.Answer, ApiError.ApiError>

/** A path of the API, and what each method does there. */
export interface Endpoint {
  readonly path: PathInput
  readonly maxBytes: number
  readonly methods: Readonly<Record<string, Handler>>
  readonly otherwise: Handler
}

const methodNotAllowed: Handler = () =>
  Effect.fail(new ApiError.ApiError({ status: 405, detail: "Method Not Allowed" }))

const jsonBody = ({ upload }: ApiRequest): Effect.Effect<unknown, ApiError.ApiError> =>
  Upload.$match(upload, {
    Json: ({ value }) => Effect.succeed(value),
    Malformed: ({ detail }) => Effect.fail(ApiError.invalidRequest(`The request body is not valid JSON: ${detail}`)),
    TooLarge: () => Effect.fail(new ApiError.ApiError({ status: 413 }))
  })

const modelNamed = (id: string | undefined, { models }: Settings): Effect.Effect<Models.ModelInfo, ApiError.ApiError> =>
  Effect.mapError(
    Effect.fromOption(Arr.findFirst(models, (model) => model.id === id)),
    () => ApiError.notFound(`model: ${id}`)
  )

const usableModel = (id: string, settings: Settings): Effect.Effect<Models.ModelInfo, ApiError.ApiError> =>
  Effect.filterOrFail(
    modelNamed(id, settings),
    (model) => model.lifecycle !== "retired",
    () => ApiError.notFound(`model: ${id}`)
  )

const decodeCreate = MessageRequest.decode(MessageRequest.CreateRequest)

const createMessage: Handler = Effect.fnUntraced(function*(request, settings) {
  const params = yield* Effect.flatMap(jsonBody(request), decodeCreate)
  const { id, max_tokens } = yield* usableModel(params.model, settings)
  if (max_tokens !== null && params.max_tokens > max_tokens) {
    return yield* ApiError.invalidRequest(
      `max_tokens: ${params.max_tokens} > ${max_tokens}, which is the maximum allowed number of output tokens for ${id}`
    )
  }
  const reply = Message.reply(params, {
    id: request.requestId.replace(/^req/, "msg"),
    inputTokens: Message.inputTokens(params),
    text: settings.text
  })
  const { apiKey, bearer } = credentialsOf(request)
  const headers = yield* settings.limiter.take({
    key: apiKey ?? bearer ?? "",
    model: id,
    inputTokens: reply.inputTokens,
    outputTokens: Message.outputTokens(reply)
  })
  return Answer.withHeaders(params.stream === true ? Message.streamingAnswer(reply) : Message.answer(reply), headers)
})

const decodeCountTokens = MessageRequest.decode(MessageRequest.CountTokensRequest)

const countTokens: Handler = Effect.fnUntraced(function*(request, settings) {
  const params = yield* Effect.flatMap(jsonBody(request), decodeCountTokens)
  yield* usableModel(params.model, settings)
  return Answer.json(200, { input_tokens: Message.inputTokens(params) })
})

const first = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof value === "string" ? value : value?.[0]

const all = (value: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : Arr.ensure(value)

const decodeLimit = flow(
  Schema.decodeUnknownEffect(
    Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: 1000 }))
  ),
  Effect.mapError(() => ApiError.invalidRequest("limit: Input should be a whole number from 1 to 1000"))
)

const listModels: Handler = Effect.fnUntraced(function*({ query }, { models }) {
  const limit = yield* decodeLimit(first(query.limit) ?? "20")
  const asked = [...all(query.lifecycle), ...all(query["lifecycle[]"])]
  const lifecycles = asked.length === 0 ? ["active", "deprecated"] : asked
  const page = Models.page(models.filter((model) => lifecycles.includes(model.lifecycle)), {
    limit,
    afterId: Option.fromUndefinedOr(first(query.after_id)),
    beforeId: Option.fromUndefinedOr(first(query.before_id))
  })
  return yield* Effect.fromOption(page).pipe(
    Effect.mapBoth({
      onSuccess: (page) => Answer.json(200, page),
      onFailure: () => ApiError.invalidRequest("after_id or before_id: no such model")
    })
  )
})

const retrieveModel: Handler = ({ params }, settings) =>
  Effect.map(modelNamed(params.model_id, settings), (model) => Answer.json(200, model))

/** 32 MB, as the API allows for messages and token counting. */
const maxBytes = 32 * 1024 * 1024

const endpoint = (path: PathInput, methods: Endpoint["methods"]): Endpoint => ({
  path,
  maxBytes,
  methods,
  otherwise: methodNotAllowed
})

export const endpoints: ReadonlyArray<Endpoint> = [
  endpoint("/v1/messages", { POST: createMessage }),
  endpoint("/v1/messages/count_tokens", { POST: countTokens }),
  endpoint("/v1/models", { GET: listModels }),
  endpoint("/v1/models/:model_id", { GET: retrieveModel })
]

/** Every other path. */
export const nowhere: Endpoint = {
  path: "*",
  maxBytes,
  methods: {},
  otherwise: () => Effect.fail(ApiError.notFound("Not Found"))
}

const credentialsOf = ({ headers }: ApiRequest) => ({
  apiKey: headers["x-api-key"],
  bearer: /^bearer +(.*)$/i.exec(headers.authorization ?? "")?.[1]
})

const authorize = (request: ApiRequest, { apiKeys }: Settings): Effect.Effect<void, ApiError.ApiError> => {
  const { apiKey, bearer } = credentialsOf(request)
  const isKnown = (key: string) => apiKeys.some((known) => Redacted.value(known) === key)
  const refuse = (detail: string) => Effect.fail(new ApiError.ApiError({ status: 401, detail }))
  if (apiKey === undefined && bearer === undefined) return refuse("x-api-key header is required")
  if (apiKey !== undefined && !isKnown(apiKey)) return refuse("invalid x-api-key")
  if (bearer !== undefined && !isKnown(bearer)) return refuse("Invalid bearer token")
  return Effect.void
}

const checkVersion = ({ headers }: ApiRequest): Effect.Effect<void, ApiError.ApiError> => {
  const version = headers["anthropic-version"]
  if (version === undefined) return Effect.fail(ApiError.invalidRequest("anthropic-version: header is required"))
  if (!/^\d{4}-\d{2}-\d{2}$/.test(version)) {
    return Effect.fail(ApiError.invalidRequest(`anthropic-version: "${version}" is not a valid version`))
  }
  return Effect.void
}

// What an answer says that no limit is set for: a real limit refills as time goes by, this one does not move.
const rateLimits = {
  requests: { limit: "4000", remaining: "3999" },
  tokens: { limit: "2400000", remaining: "2390000" },
  "input-tokens": { limit: "2000000", remaining: "1992000" },
  "output-tokens": { limit: "400000", remaining: "398000" }
}

const commonHeaders = (requestId: string, now: DateTime.Utc): Readonly<Record<string, string>> => {
  const reset = DateTime.formatIso(DateTime.add(now, { minutes: 1 })).replace(/\.\d+Z$/, "Z")
  return Object.fromEntries([
    ["request-id", requestId],
    ...Object.entries(rateLimits).flatMap(([name, { limit, remaining }]) => [
      [`anthropic-ratelimit-${name}-limit`, limit],
      [`anthropic-ratelimit-${name}-remaining`, remaining],
      [`anthropic-ratelimit-${name}-reset`, reset]
    ])
  ])
}

/** What every answer says in its headers, a fault's included. */
export const decorate = <E, R>(
  answer: Effect.Effect<Answer.Answer, E, R>,
  requestId: string
): Effect.Effect<Answer.Answer, E, R> =>
  Effect.zipWith(answer, DateTime.now, (answer, now) => ({
    ...answer,
    headers: { ...commonHeaders(requestId, now), ...answer.headers }
  }))

/** The answer to a request when nothing goes wrong: what it asked for, or why it is refused. */
export const decide = (endpoint: Endpoint, settings: Settings): (request: ApiRequest) => Effect.Effect<Answer.Answer> =>
  Effect.fnUntraced(
    function*(request: ApiRequest) {
      yield* authorize(request, settings)
      yield* checkVersion(request)
      const handler = endpoint.methods[request.method] ?? endpoint.otherwise
      return yield* handler(request, settings)
    },
    (answer, request) =>
      Effect.catchTag(
        answer,
        "ApiError",
        ({ detail, headers, status }) =>
          Effect.succeed(
            Answer.withHeaders(ApiError.answer(request.requestId, { status, message: detail }), headers ?? {})
          )
      )
  )
