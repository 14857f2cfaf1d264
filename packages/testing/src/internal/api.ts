/** The simulated API: which answer a request gets when nothing goes wrong. */
import * as Operation from "effect-claude/Operation"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Answer from "./answer.ts"
import * as ApiError from "./apiError.ts"
import * as BatchesApi from "./batchesApi.ts"
import { credentialsOf, type Endpoint, maxBytes, type Settings } from "./endpoint.ts"
import * as FilesApi from "./filesApi.ts"
import * as MessagesApi from "./messagesApi.ts"
import * as ModelsApi from "./modelsApi.ts"
import { type ApiRequest, readUpload } from "./request.ts"

export const endpoints: ReadonlyArray<Endpoint> = [
  ...MessagesApi.endpoints,
  ...BatchesApi.endpoints,
  ...ModelsApi.endpoints,
  ...FilesApi.endpoints
]

/** Every other path: the API has no such route, or the simulator does not serve it. */
export const nowhere: Endpoint = {
  path: "*",
  maxBytes,
  read: readUpload,
  methods: {},
  otherwise: (request) => Effect.fail(unserved(request) ?? ApiError.notFound("Not Found"))
}

const unserved = ({ method, path }: ApiRequest): ApiError.ApiError | undefined => {
  const operation = Operation.all.find((each) => each.method === method && isOn(each.route, path))
  return operation && new ApiError.ApiError({
    status: 501,
    detail: `The simulator does not serve ${method} ${operation.route} (${operation.name}).`
  })
}

/** Whether a path is one of a route: `/v1/skills/{skill_id}` has `/v1/skills/skill_1`. */
const isOn = (route: string, path: string): boolean => {
  const names = route.split("/")
  const parts = path.split("/")
  return names.length === parts.length &&
    names.every((name, index) => name.startsWith("{") ? parts[index] !== "" : name === parts[index])
}

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
      // The API says of a path that it does not have before it asks who wants to know.
      if (endpoint === nowhere) return yield* endpoint.otherwise(request, settings)
      yield* authorize(request, settings)
      yield* checkVersion(request)
      const handler = endpoint.methods[request.method] ?? endpoint.otherwise
      return yield* handler(request, settings)
    },
    (answer, request) =>
      Effect.catchTag(
        answer,
        "ApiError",
        ({ code, detail, headers, status }) =>
          Effect.succeed(
            Answer.withHeaders(ApiError.answer(request.requestId, { status, code, message: detail }), headers ?? {})
          )
      )
  )
