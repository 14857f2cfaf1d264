/** `/v1/messages` and token counting. */
import * as Effect from "effect/Effect"
import * as Answer from "./answer.ts"
import * as ApiError from "./apiError.ts"
import { credentialsOf, type Endpoint, endpoint, type Handler, jsonBody } from "./endpoint.ts"
import * as Message from "./message.ts"
import * as MessageRequest from "./messageRequest.ts"
import { usableModel } from "./modelsApi.ts"

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

export const endpoints: ReadonlyArray<Endpoint> = [
  endpoint("/v1/messages", { POST: createMessage }),
  endpoint("/v1/messages/count_tokens", { POST: countTokens })
]
