/** What stands between the API and the ways to reach it: the handler of requests, and how they come in and go out. */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Api from "./api.ts"
import * as Control from "./control.ts"
import * as Exchange from "./exchange.ts"
import type * as Outage from "./outage.ts"

const apiRoutes = (services: Exchange.Services) =>
  HttpRouter.addAll(Api.endpoints.map((endpoint) => {
    const exchange = Exchange.make(endpoint, services)
    return HttpRouter.route(
      "*",
      endpoint.path,
      (request) => Effect.flatMap(HttpRouter.params, (params) => exchange(request, params))
    )
  }))

/** Answers every request, those that no route takes too. */
export const handler = Effect.fnUntraced(
  function*(services: Exchange.Services, controls: Control.Stage | undefined) {
    const routes = controls === undefined
      ? apiRoutes(services)
      : Layer.merge(apiRoutes(services), HttpRouter.addAll(Control.routes(controls)))
    const routed = yield* HttpRouter.toHttpEffect(routes).pipe(
      // As strict as the API: /v1/Models and /v1/models/ are not /v1/models.
      Effect.provideService(HttpRouter.RouterConfig, {
        caseSensitive: true,
        ignoreDuplicateSlashes: false,
        ignoreTrailingSlash: false
      })
    )
    const nowhere = Exchange.make(Api.nowhere, services)
    return Effect.catchTag(
      routed,
      "HttpServerError",
      () => Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => nowhere(request, {}))
    )
  }
)

/** How requests come in and answers go out. */
export interface Transport {
  readonly url: string
  readonly openConnections: Effect.Effect<number>
  readonly isClosing: Effect.Effect<boolean>
  /** When no request comes in. */
  readonly outage: Outage.Outage
  readonly write: Exchange.Write
  readonly serve: (handle: Effect.Success<ReturnType<typeof handler>>) => Effect.Effect<
    typeof globalThis.fetch,
    never,
    Scope.Scope
  >
}
