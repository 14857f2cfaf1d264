/** Claude on Google's Vertex AI: `rawPredict` and `streamRawPredict`, of messages and of token counts. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Answer from "./answer.ts"
import * as ApiError from "./apiError.ts"
import { type Endpoint, endpoint, type Handler, jsonBody } from "./endpoint.ts"
import { countTokens, createMessage } from "./messagesApi.ts"
import { usableModel } from "./modelsApi.ts"
import type { Platform } from "./platform.ts"
import { credentialsOf, Upload } from "./request.ts"

/** Google's names for the statuses that it answers itself. All others are of Claude, whose errors come as they are. */
const statuses: ReadonlyMap<number, string> = new Map([
  [401, "UNAUTHENTICATED"],
  [403, "PERMISSION_DENIED"],
  [404, "NOT_FOUND"],
  [405, "UNIMPLEMENTED"],
  [429, "RESOURCE_EXHAUSTED"],
  [503, "UNAVAILABLE"]
])

/** `claude-sonnet-4-5@20250929:rawPredict` is `claude-sonnet-4-5-20250929`. */
const modelId = (id: string): string =>
  id.replace(/:(?:raw|streamRaw)Predict$/, "").replace(/@default$/, "").replace("@", "-")

const missingCredentials = "Request is missing required authentication credential. Expected OAuth 2 access token, " +
  "login cookie or other valid authentication credential."

export const vertex: Platform = {
  admit: (request) =>
    credentialsOf(request).bearer
      ? Effect.void
      : Effect.fail(new ApiError.ApiError({ status: 401, detail: missingCredentials })),
  modelId,
  refusal: (requestId, refusal) => {
    const error = ApiError.reasonOf(ApiError.body(requestId, refusal))
    const status = statuses.get(refusal.status)
    return status === undefined
      ? ApiError.answer(requestId, refusal)
      : { ...Answer.json(refusal.status, { error: { code: refusal.status, message: error.message, status } }), error }
  },
  headers: (requestId, _now, headers) => ({
    "request-id": requestId,
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("anthropic-")))
  })
}

/** The request that the API would get for the one of Vertex: the model is in its path, the version in its body. */
const predict: Handler = Effect.fnUntraced(function*(request, settings) {
  const [name = "", method] = (request.params.model_id ?? "").split(":")
  if (method !== "rawPredict" && method !== "streamRawPredict") return yield* ApiError.notFound("Not Found")
  const body = yield* jsonBody(request)
  if (!Predicate.isObject(body)) return yield* ApiError.invalidRequest("Input should be a valid dictionary")
  const { anthropic_version, ...fields } = body as Readonly<Record<string, unknown>>
  if (!Predicate.isString(anthropic_version)) {
    return yield* ApiError.invalidRequest("anthropic_version: Field required")
  }
  if (!/^(?:vertex-)?\d{4}-\d{2}-\d{2}$/.test(anthropic_version)) {
    return yield* ApiError.invalidRequest(`anthropic_version: "${anthropic_version}" is not a valid version`)
  }
  const counts = name === "count-tokens"
  if (!counts && "model" in fields) return yield* ApiError.invalidRequest("model: Extra inputs are not permitted")
  const named = counts ? fields.model : name
  const model = Predicate.isString(named) ? modelId(named) : named
  if (Predicate.isString(model)) {
    yield* Effect.mapError(usableModel(model, settings), () =>
      ApiError.notFound(
        `Publisher Model \`${request.path.replace(/^\/v1\/|:[^:]*$/g, "")}\` was not found or your project does not ` +
          "have access to it. Please ensure you are using a valid model version."
      ))
  }
  const handler = counts ? countTokens : createMessage
  return yield* handler({
    ...request,
    headers: { ...request.headers, "x-api-key": undefined },
    upload: Upload.Json({ value: { ...fields, model } })
  }, settings)
})

export const endpoints: ReadonlyArray<Endpoint> = [
  endpoint(
    "/v1/projects/:project/locations/:location/publishers/anthropic/models/:model_id",
    { POST: predict },
    { platform: vertex }
  )
]
