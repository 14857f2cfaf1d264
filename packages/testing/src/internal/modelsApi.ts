/** `/v1/models`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Answer from "./answer.ts"
import * as ApiError from "./apiError.ts"
import { all, decodeLimit, type Endpoint, endpoint, first, type Handler, type Settings } from "./endpoint.ts"
import * as Models from "./models.ts"
import * as Page from "./page.ts"

const modelNamed = (
  id: string | undefined,
  { models }: Settings
): Effect.Effect<Models.KnownModel, ApiError.ApiError> =>
  Effect.mapError(
    Effect.fromOption(Option.fromUndefinedOr(Models.find(models, id))),
    () => ApiError.notFound(`model: ${id}`)
  )

/** A model that still answers. */
export const usableModel = (id: string, settings: Settings): Effect.Effect<Models.KnownModel, ApiError.ApiError> =>
  Effect.filterOrFail(
    modelNamed(id, settings),
    ({ info }) => info.lifecycle !== "retired",
    () => ApiError.notFound(`model: ${id}`)
  )

const listModels: Handler = Effect.fnUntraced(function*({ query }, { models }) {
  const limit = yield* decodeLimit(first(query.limit) ?? "20")
  const asked = [...all(query.lifecycle), ...all(query["lifecycle[]"])]
  const lifecycles = asked.length === 0 ? ["active", "deprecated"] : asked
  const listed = models.map(({ info }) => info).filter(({ lifecycle }) => lifecycles.includes(lifecycle))
  const page = Page.page(listed, {
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
  Effect.map(modelNamed(params.model_id, settings), ({ info }) => Answer.json(200, info))

export const endpoints: ReadonlyArray<Endpoint> = [
  endpoint("/v1/models", { GET: listModels }),
  endpoint("/v1/models/:model_id", { GET: retrieveModel })
]
