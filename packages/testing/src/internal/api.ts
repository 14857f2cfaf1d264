/** The simulated API: which answer a request gets when nothing goes wrong. */
import * as Operation from "effect-claude/Operation"
import * as Effect from "effect/Effect"
import * as Answer from "./answer.ts"
import * as ApiError from "./apiError.ts"
import * as BatchesApi from "./batchesApi.ts"
import * as Bedrock from "./bedrock.ts"
import { claudeApi } from "./claudeApi.ts"
import { type Endpoint, maxBytes, type Settings } from "./endpoint.ts"
import * as FilesApi from "./filesApi.ts"
import * as MessagesApi from "./messagesApi.ts"
import * as ModelsApi from "./modelsApi.ts"
import { type ApiRequest, readUpload } from "./request.ts"
import * as Vertex from "./vertex.ts"

export const endpoints: ReadonlyArray<Endpoint> = [
  ...MessagesApi.endpoints,
  ...BatchesApi.endpoints,
  ...ModelsApi.endpoints,
  ...FilesApi.endpoints,
  ...Bedrock.endpoints,
  ...Vertex.endpoints
]

/** Every other path: the API has no such route, or the simulator does not serve it. */
export const nowhere: Endpoint = {
  path: "*",
  maxBytes,
  read: readUpload,
  methods: {},
  platform: claudeApi,
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

/** The answer to a request when nothing goes wrong: what it asked for, or why it is refused. */
export const decide = (endpoint: Endpoint, settings: Settings): (request: ApiRequest) => Effect.Effect<Answer.Answer> =>
  Effect.fnUntraced(
    function*(request: ApiRequest) {
      // The API says of a path that it does not have before it asks who wants to know.
      if (endpoint === nowhere) return yield* endpoint.otherwise(request, settings)
      yield* endpoint.platform.admit(request, settings.apiKeys)
      const handler = endpoint.methods[request.method] ?? endpoint.otherwise
      return yield* handler(request, settings)
    },
    (answer, request) =>
      Effect.catchTag(
        answer,
        "ApiError",
        ({ code, detail, headers, status }) =>
          Effect.succeed(
            Answer.withHeaders(
              endpoint.platform.refusal(request.requestId, { status, code, message: detail }),
              headers ?? {}
            )
          )
      )
  )
