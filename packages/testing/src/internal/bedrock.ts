/** Claude on Amazon Bedrock: `InvokeModel`, whole and as an event stream. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Answer from "./answer.ts"
import * as ApiError from "./apiError.ts"
import { type Endpoint, endpoint, type Handler, jsonBody, type Settings } from "./endpoint.ts"
import * as EventStream from "./eventStream.ts"
import { createMessage } from "./messagesApi.ts"
import { usableModel } from "./modelsApi.ts"
import type { Platform } from "./platform.ts"
import { type ApiRequest, credentialsOf, Upload } from "./request.ts"

/** The exceptions of `InvokeModel`, by status, and the error types of the API that Bedrock has them for. */
const exceptions = [
  { name: "ValidationException", status: 400, type: "invalid_request_error" },
  { name: "AccessDeniedException", status: 403, type: "permission_error" },
  { name: "ResourceNotFoundException", status: 404, type: "not_found_error" },
  { name: "ModelTimeoutException", status: 408, type: "timeout_error" },
  { name: "ModelErrorException", status: 424, type: undefined },
  { name: "ThrottlingException", status: 429, type: "rate_limit_error" },
  { name: "InternalServerException", status: 500, type: "api_error" },
  { name: "ServiceUnavailableException", status: 503, type: "overloaded_error" }
] as const

/** Bedrock has no status 529: what is overloaded is unavailable. */
const statusOf = (status: number): number => status === 529 ? 503 : status

const exceptionOf = (status: number): string =>
  exceptions.find((exception) => exception.status === status)?.name ??
    (status < 500 ? "ValidationException" : "InternalServerException")

const uncapitalized = (name: string): string => `${name.charAt(0).toLowerCase()}${name.slice(1)}`

/** The exception that an error of the API is in a stream. One that is named as an exception is that. */
const streamExceptionOf = (type: string): string => {
  if (type.endsWith("Exception")) return type
  const name = exceptions.find((exception) => exception.type === type)?.name
  return name === undefined ? "modelStreamErrorException" : uncapitalized(name)
}

interface ErrorEvent {
  readonly error: { readonly type: string; readonly message: string }
}

const frame: Answer.Frame = ({ data, event, terminator }) => {
  if (event === "error") {
    const { error } = JSON.parse(data) as ErrorEvent
    return EventStream.exception(streamExceptionOf(error.type), error.message)
  }
  const bytes = EventStream.chunk(data)
  // An event that lacks its end lacks part of its checksum.
  return terminator === "\n\n" ? bytes : bytes.subarray(0, -2)
}

const signature = /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/[^,]+, *SignedHeaders=[^,]+, *Signature=[0-9a-f]+$/

/** Who asks: by an API key of Bedrock, or by the access key of a signature, which is not checked. */
const identityOf = (request: ApiRequest): string | undefined => {
  const signed = signature.exec(request.headers.authorization ?? "")?.[1]
  return signed !== undefined && request.headers["x-amz-date"] !== undefined ? signed : credentialsOf(request).bearer
}

const admit: Platform["admit"] = (request) => {
  if (request.headers.authorization === undefined) {
    return Effect.fail(new ApiError.ApiError({ status: 403, detail: "Missing Authentication Token" }))
  }
  return identityOf(request) ? Effect.void : Effect.fail(
    new ApiError.ApiError({
      status: 403,
      detail: "Authorization header requires a Signature Version 4 with an 'X-Amz-Date' header, or a bearer token."
    })
  )
}

/** `us.anthropic.claude-opus-5-5-v1:0` is `claude-opus-5-5`; an ARN ends with such an id. */
const modelId = (id: string): string => id.replace(/^.*anthropic\./, "").replace(/(?:-v\d+)?(?::\d+)?$/, "")

export const bedrock: Platform = {
  admit,
  modelId,
  refusal: (requestId, refusal) => {
    const error = ApiError.reasonOf(ApiError.body(requestId, refusal))
    const status = statusOf(refusal.status)
    return {
      ...Answer.json(status, { message: error.message }),
      headers: {
        "content-type": "application/json",
        "x-amzn-errortype": `${exceptionOf(status)}:http://internal.amazon.com/coral/com.amazon.bedrock/`
      },
      error
    }
  },
  headers: (requestId, _now, headers) => ({
    "x-amzn-requestid": requestId,
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("anthropic-")))
  })
}

const known = (id: string, settings: Settings): Effect.Effect<string, ApiError.ApiError> => {
  const unknown = ApiError.invalidRequest("The provided model identifier is invalid.")
  if (!id.includes("anthropic.")) return Effect.fail(unknown)
  return Effect.mapBoth(usableModel(modelId(id), settings), { onSuccess: () => modelId(id), onFailure: () => unknown })
}

const betasIn = (value: unknown): Effect.Effect<ReadonlyArray<string>, ApiError.ApiError> => {
  if (value === undefined) return Effect.succeed([])
  return Array.isArray(value) && value.every(Predicate.isString)
    ? Effect.succeed(value)
    : Effect.fail(ApiError.invalidRequest("anthropic_beta: Input should be a valid list of strings"))
}

/** The request that the API would get for the one of Bedrock: model and stream are in its path, the version in its body. */
const invoke = (stream: boolean): Handler =>
  Effect.fnUntraced(function*(request, settings) {
    const model = yield* known(request.params.model_id ?? "", settings)
    const body = yield* jsonBody(request)
    if (!Predicate.isObject(body)) return yield* ApiError.invalidRequest("Malformed input request, please reformat it.")
    const { anthropic_beta, anthropic_version, ...fields } = body as Readonly<Record<string, unknown>>
    const extra = ["model", "stream"].find((name) => name in fields)
    if (extra !== undefined) return yield* ApiError.invalidRequest(`${extra}: Extra inputs are not permitted`)
    if (!Predicate.isString(anthropic_version)) {
      return yield* ApiError.invalidRequest("anthropic_version: Field required")
    }
    if (!/^(?:bedrock-)?\d{4}-\d{2}-\d{2}$/.test(anthropic_version)) {
      return yield* ApiError.invalidRequest(`anthropic_version: "${anthropic_version}" is not a valid version`)
    }
    const betas = yield* betasIn(anthropic_beta)
    const answer = yield* createMessage({
      ...request,
      headers: {
        ...request.headers,
        "x-api-key": identityOf(request),
        "anthropic-beta": betas.length === 0 ? undefined : betas.join(",")
      },
      upload: Upload.Json({ value: { ...fields, model, stream } })
    }, settings)
    if (!Answer.Body.$is("Events")(answer.body)) return answer
    return {
      ...Answer.withHeaders(answer, { "content-type": EventStream.contentType }),
      body: { ...answer.body, frame }
    }
  })

export const endpoints: ReadonlyArray<Endpoint> = [
  endpoint("/model/:model_id/invoke", { POST: invoke(false) }, { platform: bedrock }),
  endpoint("/model/:model_id/invoke-with-response-stream", { POST: invoke(true) }, { platform: bedrock })
]
