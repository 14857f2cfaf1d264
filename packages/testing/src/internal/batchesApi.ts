/** `/v1/messages/batches`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Answer from "./answer.ts"
import * as ApiError from "./apiError.ts"
import * as Batches from "./batches.ts"
import {
  askedOf,
  decodeLimit,
  type Endpoint,
  endpoint,
  first,
  type Handler,
  jsonBody,
  type Settings
} from "./endpoint.ts"
import type * as Message from "./message.ts"
import { decode, inputShouldBe, open, required, Text } from "./messageRequest.ts"
import { readParams, replyTo } from "./messagesApi.ts"
import * as Page from "./page.ts"
import { unused } from "./promptCache.ts"
import type { ApiRequest } from "./request.ts"

const maxBytes = 256 * 1024 * 1024

const maxRequests = 100_000

const customId = /^[a-zA-Z0-9_-]{1,64}$/

const Request = open({
  custom_id: required(
    Text.check(Schema.isPattern(customId, { message: `String should match pattern '${customId.source}'` }))
  ),
  // What they say is looked at when their turn comes.
  params: required(open({}))
})

const repeated = (requests: ReadonlyArray<Batches.Request>): string | undefined => {
  const seen = new Set<string>()
  return requests.find(({ custom_id }) => seen.size === seen.add(custom_id).size)?.custom_id
}

const CreateBatch = open({
  requests: required(
    Schema.Array(Request).annotate(inputShouldBe("a valid list")).check(
      Schema.isMinLength(1, { message: "List should have at least 1 item" }),
      Schema.isMaxLength(maxRequests, { message: `List should have at most ${maxRequests} items` }),
      Schema.makeFilter((requests: ReadonlyArray<Batches.Request>) => {
        const id = repeated(requests)
        return id === undefined ? undefined : `custom_id must be unique, but "${id}" is there more than once`
      })
    )
  )
})

const decodeCreate = decode(CreateBatch)

const billsProfile = (policy: unknown): boolean =>
  Predicate.hasProperty(policy, "bill_to") && policy.bill_to === "user_profile"

/** Why a batch does not take what a message would, if so. */
const complaint = (params: Readonly<Record<string, unknown>>, batch: Batches.Batch): string | undefined => {
  const { billing_policy, stream, user_profile_id } = params
  if (stream === true) return "stream: a request of a batch cannot be streamed"
  if (billsProfile(billing_policy)) return "billing_policy: a request of a batch cannot bill a user profile"
  if (Predicate.isString(user_profile_id) && user_profile_id !== (batch.userProfileId ?? user_profile_id)) {
    return "user_profile_id: conflicts with the anthropic-user-profile-id header of the batch"
  }
  return undefined
}

const check = Effect.fnUntraced(function*({ params }: Batches.Request, batch: Batches.Batch, settings: Settings) {
  const { user_profile_id: _, ...body } = params
  const checked = yield* readParams(body, batch.asked, settings)
  const detail = complaint(params, batch)
  return detail === undefined ? checked : yield* ApiError.invalidRequest(detail)
})

const succeeded = ({ message }: Message.Written) => ({ type: "succeeded" as const, message })

const errored = (requestId: string, { code, detail, status }: ApiError.ApiError) => ({
  type: "errored" as const,
  error: ApiError.body(requestId, { status, code, message: detail })
})

interface InBatch {
  readonly batch: Batches.Batch
  readonly settings: Settings
}

const attempt = (request: Batches.Request, index: number, { batch, settings }: InBatch) => {
  const idFor = (kind: string) => `${batch.id.replace(/^msgbatch/, kind)}${String(index + 1).padStart(6, "0")}`
  return check(request, batch, settings).pipe(
    Effect.map((params) =>
      succeeded(replyTo(params, {
        id: idFor("msg"),
        cache: unused,
        canned: settings.replies.look(params),
        serviceTier: "batch",
        betas: batch.asked.betas
      }, settings))
    ),
    Effect.catchDefect((defect) => new ApiError.ApiError({ status: 500, detail: `The simulator failed: ${defect}` })),
    Effect.catchTag("ApiError", (error) => Effect.succeed(errored(idFor("req"), error)))
  )
}

/** A line of the results: the message of a request that got done or its error, or why it did not get done. */
const resultOf = Effect.fnUntraced(function*(request: Batches.Request, index: number, within: InBatch) {
  const { batch } = within
  const result = index < Batches.done(batch)
    ? yield* attempt(request, index, within)
    : { type: Batches.leftOver(batch) }
  return { custom_id: request.custom_id, result }
})

/** How many of the requests that got done have an error. */
const countErrored = (batch: Batches.Batch, settings: Settings) =>
  Effect.reduce(
    batch.requests.slice(0, Batches.done(batch)),
    () => 0,
    (errors, request) =>
      Effect.match(check(request, batch, settings), { onFailure: () => errors + 1, onSuccess: () => errors })
  )

/** A batch that ended with its failures counted, and without its requests once they serve nothing. */
const settle = Effect.fnUntraced(function*(batch: Batches.Batch, settings: Settings) {
  const now = yield* Clock.currentTimeMillis
  if (!Batches.hasEnded(batch, now)) return { batch, now }
  const errored = batch.errored ?? (yield* countErrored(batch, settings))
  const settled = { ...batch, errored, requests: Batches.isArchived(batch, now) ? [] : batch.requests }
  settings.batches.replace(batch, settled)
  return { batch: settled, now }
})

const resultsUrl = (id: string, { headers }: ApiRequest, settings: Settings): string => {
  const { host, protocol } = new URL(settings.url)
  return `${protocol}//${headers.host ?? host}/v1/messages/batches/${id}/results`
}

const describe = Effect.fnUntraced(function*(found: Batches.Batch, request: ApiRequest, settings: Settings) {
  const { batch, now } = yield* settle(found, settings)
  return Batches.describe(batch, now, {
    errored: batch.errored ?? 0,
    url: resultsUrl(batch.id, request, settings)
  })
})

const answer = (batch: Batches.Batch, request: ApiRequest, settings: Settings): Effect.Effect<Answer.Answer> =>
  Effect.map(describe(batch, request, settings), (described) => Answer.json(200, described))

const createBatch: Handler = Effect.fnUntraced(function*(request, settings) {
  const { requests } = yield* Effect.flatMap(jsonBody(request), decodeCreate)
  const batch: Batches.Batch = {
    id: request.requestId.replace(/^req/, "msgbatch"),
    createdAt: yield* Clock.currentTimeMillis,
    duration: settings.batches.duration,
    size: requests.length,
    cancelledAt: undefined,
    userProfileId: request.headers["anthropic-user-profile-id"],
    asked: askedOf(request),
    requests: requests.map(({ custom_id, params }) => ({ custom_id, params })),
    errored: undefined
  }
  settings.batches.add(batch)
  return yield* answer(batch, request, settings)
})

const listBatches: Handler = Effect.fnUntraced(function*(request, settings) {
  const { query } = request
  const page = Page.page(settings.batches.list(), {
    limit: yield* decodeLimit(first(query.limit) ?? "20"),
    afterId: Option.fromUndefinedOr(first(query.after_id)),
    beforeId: Option.fromUndefinedOr(first(query.before_id))
  })
  const found = yield* Effect.mapError(
    Effect.fromOption(page),
    () => ApiError.invalidRequest("after_id or before_id: no such message batch")
  )
  const data = yield* Effect.forEach(found.data, (batch) => describe(batch, request, settings))
  return Answer.json(200, { ...found, data })
})

const batchNamed = ({ params }: ApiRequest, { batches }: Settings): Effect.Effect<Batches.Batch, ApiError.ApiError> =>
  Effect.mapError(
    Effect.fromOption(batches.find(params.message_batch_id)),
    () => ApiError.notFound(`Message batch not found: ${params.message_batch_id}`)
  )

const retrieveBatch: Handler = (request, settings) =>
  Effect.flatMap(batchNamed(request, settings), (batch) => answer(batch, request, settings))

const cancelBatch: Handler = Effect.fnUntraced(function*(request, settings) {
  const batch = yield* batchNamed(request, settings)
  const now = yield* Clock.currentTimeMillis
  if (Batches.hasEnded(batch, now)) {
    return yield* ApiError.invalidRequest(`Message batch ${batch.id} has ended and cannot be canceled.`)
  }
  const cancelled = { ...batch, cancelledAt: batch.cancelledAt ?? now }
  settings.batches.replace(batch, cancelled)
  return yield* answer(cancelled, request, settings)
})

const deleteBatch: Handler = Effect.fnUntraced(function*(request, settings) {
  const batch = yield* batchNamed(request, settings)
  const now = yield* Clock.currentTimeMillis
  if (!Batches.hasEnded(batch, now)) {
    return yield* ApiError.invalidRequest(`Message batch ${batch.id} is still being processed: cancel it first.`)
  }
  settings.batches.remove(batch.id)
  return Answer.json(200, { id: batch.id, type: "message_batch_deleted" })
})

const encoder = new TextEncoder()

const results: Handler = Effect.fnUntraced(function*(request, settings) {
  const { batch, now } = yield* Effect.flatMap(batchNamed(request, settings), (batch) => settle(batch, settings))
  if (!Batches.hasEnded(batch, now)) {
    return yield* ApiError.notFound(`Message batch ${batch.id} has no results yet: it is still being processed.`)
  }
  if (Batches.isArchived(batch, now)) {
    return yield* ApiError.notFound(`The results of message batch ${batch.id} are no longer available.`)
  }
  const chunks = Stream.fromIterable(batch.requests).pipe(
    Stream.zipWithIndex,
    Stream.mapEffect(([request, index]) => resultOf(request, index, { batch, settings })),
    Stream.map((result) => encoder.encode(`${JSON.stringify(result)}\n`))
  )
  return {
    status: 200,
    headers: { "content-type": "application/x-jsonl" },
    body: Answer.Body.Chunks({ length: undefined, chunks })
  }
})

const one = "/v1/messages/batches/:message_batch_id"

export const endpoints: ReadonlyArray<Endpoint> = [
  endpoint("/v1/messages/batches", { GET: listBatches, POST: createBatch }, { maxBytes }),
  endpoint(one, { GET: retrieveBatch, DELETE: deleteBatch }),
  endpoint(`${one}/cancel`, { POST: cancelBatch }),
  endpoint(`${one}/results`, { GET: results })
]
