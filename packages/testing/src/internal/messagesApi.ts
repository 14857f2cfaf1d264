/** `/v1/messages` and token counting. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Reply } from "../Replies.ts"
import * as Answer from "./answer.ts"
import * as ApiError from "./apiError.ts"
import * as Conversation from "./conversation.ts"
import { askedOf, type Endpoint, endpoint, type Handler, isBeta, jsonBody, type Settings } from "./endpoint.ts"
import * as Message from "./message.ts"
import * as MessageAnswer from "./messageAnswer.ts"
import * as MessageRequest from "./messageRequest.ts"
import * as ModelChecks from "./modelChecks.ts"
import * as Models from "./models.ts"
import { usableModel } from "./modelsApi.ts"
import { inputTokens } from "./prompt.ts"
import type { CacheUsage } from "./promptCache.ts"
import * as ReplyRules from "./replyRules.ts"
import { credentialsOf } from "./request.ts"
import * as RequestBody from "./requestBody.ts"

const decodeCreate = MessageRequest.decode(MessageRequest.CreateRequest)

/** A request to create a message that nothing is wrong with. */
export const readParams = Effect.fnUntraced(function*(body: unknown, asked: RequestBody.Asked, settings: Settings) {
  const sent = yield* decodeCreate(body)
  yield* checkFields("messages.create", body, asked)
  const params = yield* settings.threads.whole(sent)
  const model = Models.withBetas(yield* usableModel(params.model, settings), asked.betas)
  const wrong = Conversation.complaint(params) ?? ModelChecks.complaint(params, model)
  if (wrong !== undefined) return yield* ApiError.invalidRequest(wrong)
  const now = yield* Clock.currentTimeMillis
  const missing = Conversation.fileIdsIn(userTurns(params)).find((id) => !settings.files.has(id, now))
  if (missing !== undefined) return yield* ApiError.notFound(`File not found: ${missing}`)
  // What answers is the snapshot that an alias stands for.
  return { ...params, model: model.info.id }
})

/** Refuses what the API knows no field, block or value for. */
const checkFields = (
  method: RequestBody.Method,
  body: unknown,
  asked: RequestBody.Asked
): Effect.Effect<void, ApiError.ApiError> => {
  const wrong = RequestBody.complaint(method, body, asked)
  return wrong === undefined ? Effect.void : Effect.fail(ApiError.invalidRequest(wrong))
}

/** What the user says: what the model said before may name files that are gone. */
const userTurns = ({ messages }: MessageRequest.CreateRequest) => messages.filter(({ role }) => role === "user")

export const replyTo = (
  params: MessageRequest.CreateRequest,
  how: {
    readonly id: string
    readonly cache: CacheUsage
    readonly serviceTier: "standard" | "batch"
    readonly canned: Reply | undefined
    readonly betas: ReadonlyArray<string>
  },
  { models, reply }: Settings
): Message.Written => {
  const { betas, cache, canned, id, serviceTier } = how
  const model = Models.find(models, params.model)
  return Message.reply(params, {
    id,
    contextWindow: (model && Models.withBetas(model, betas).info.max_input_tokens) ?? Infinity,
    source: (canned && ReplyRules.fieldsOf(canned)) ?? reply,
    costs: { inputTokens: inputTokens(params), cache, serviceTier }
  })
}

export const createMessage: Handler = Effect.fnUntraced(function*(request, settings) {
  const asked = askedOf(request)
  const params = yield* Effect.flatMap(jsonBody(request), (body) => readParams(body, asked, settings))
  const cached = yield* settings.promptCache.look(params)
  const { apiKey, bearer } = credentialsOf(request)
  const settle = yield* settings.limiter.admit({
    key: apiKey ?? bearer ?? "",
    model: params.model,
    // What comes out of the cache does not count.
    inputTokens: inputTokens(params) - cached.usage.read
  })
  const id = request.requestId.replace(/^req/, "msg")
  const canned = settings.replies.take(params)
  const how = { id, cache: cached.usage, canned, serviceTier: "standard" as const, betas: asked.betas }
  const reply = replyTo(params, how, settings)
  const headers = yield* settle(reply.message.usage.output_tokens)
  yield* cached.write
  settings.threads.hold(params, { id, content: reply.message.content.map((block) => ({ ...block })) })
  const answer = yield* MessageAnswer.answer(reply, {
    beta: isBeta(request),
    pacing: canned?.pacing ?? settings.pacing,
    stream: params.stream === true
  })
  return { ...Answer.withHeaders(answer, headers), usage: reply.message.usage, fault: canned?.fault }
})

const decodeCountTokens = MessageRequest.decode(MessageRequest.CountTokensRequest)

export const countTokens: Handler = Effect.fnUntraced(function*(request, settings) {
  const body = yield* jsonBody(request)
  const params = yield* decodeCountTokens(body)
  yield* checkFields("messages.countTokens", body, askedOf(request))
  yield* usableModel(params.model, settings)
  return Answer.json(200, { input_tokens: inputTokens(params) })
})

export const endpoints: ReadonlyArray<Endpoint> = [
  endpoint("/v1/messages", { POST: createMessage }),
  endpoint("/v1/messages/count_tokens", { POST: countTokens })
]
