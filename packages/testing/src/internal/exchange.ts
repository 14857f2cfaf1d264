/** One request and its answer: read, written down, decided, broken by a fault if one is due, and sent. */
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { HttpServerError } from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type * as Fault from "../Fault.ts"
import * as Answer from "./answer.ts"
import * as Api from "./api.ts"
import type * as ApiError from "./apiError.ts"
import type * as Endpoint from "./endpoint.ts"
import { givenOf, hideSecrets } from "./hidden.ts"
import { inject } from "./inject.ts"
import type { Amend, Journal, JournalEntry, Outcome } from "./journal.ts"
import type { Outage } from "./outage.ts"
import type { Platform } from "./platform.ts"
import type { Target } from "./play.ts"
import { type ApiRequest, bodyOf, type Incoming, type Upload } from "./request.ts"

/** Sends an answer, and succeeds once all of it is sent. */
export type Write = (
  request: HttpServerRequest.HttpServerRequest,
  answer: Effect.Effect<Answer.Answer, Answer.Disconnect>
) => Effect.Effect<void, Answer.Disconnect>

export interface Services {
  readonly settings: Endpoint.Settings
  readonly journal: Journal
  readonly nextRequestId: Effect.Effect<string>
  readonly nextFault: (target: Target) => Effect.Effect<Fault.Fault>
  readonly isClosing: Effect.Effect<boolean>
  readonly outage: Outage
  readonly write: Write
}

const outcomes: Readonly<Record<Answer.Disconnect["by"], Outcome>> = {
  client: "client-disconnected",
  cut: "cut",
  reset: "reset"
}

const outcomeOf: (exit: Exit.Exit<Outcome>) => Outcome = Exit.match({
  onSuccess: (outcome) => outcome,
  // The server interrupts a request when its client goes away; a defect would be a bug of the simulator.
  onFailure: (cause) => Cause.hasInterrupts(cause) ? "client-disconnected" : "failed"
})

const describe = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
  const receivedAt = yield* DateTime.now
  const [path = "", ...rest] = request.url.split("?")
  const query = HttpServerRequest.searchParamsFromURL(new URL(`http://simulator/?${rest.join("?")}`))
  return { method: request.method, path, query, headers: request.headers, receivedAt }
})

/** A web request that has no body fails to be read, where a socket's is empty. */
const incoming = (request: HttpServerRequest.HttpServerRequest): Incoming<HttpServerError> =>
  request.source instanceof Request && request.source.body === null
    ? { headers: request.headers, stream: Stream.empty }
    : request

const isNone = Predicate.isTagged("None")

type Params = ApiRequest["params"]

/** The model that a request names, in its body or in its path. */
const modelOf = (upload: Upload, params: Params, { modelId }: Platform): string | undefined => {
  const body = bodyOf(upload)
  const named = Predicate.hasProperty(body, "model") && Predicate.isString(body.model) ? body.model : params.model_id
  return named && modelId(named)
}

/** Handles every request to one path. */
export const make = (endpoint: Endpoint.Endpoint, services: Services) => {
  const { isClosing, journal, nextFault, nextRequestId, outage, settings, write } = services
  const { platform } = endpoint
  const decide = Api.decide(endpoint, settings)

  const record = Effect.fnUntraced(function*(
    { source }: HttpServerRequest.HttpServerRequest,
    entry: Omit<JournalEntry, "error" | "requestId" | "status" | "usage">
  ) {
    const requestId = yield* nextRequestId
    const amend = yield* journal.record({
      ...hideSecrets(entry, new Set([...settings.secretHeaders, ...givenOf(source)])),
      requestId,
      status: undefined,
      error: undefined,
      usage: undefined
    })
    return { amend, requestId }
  })

  // Clients also lose their connections because the simulator closes.
  const unlessClosing = (outcome: Outcome): Effect.Effect<Outcome> =>
    Effect.map(isClosing, (closing) => closing && outcome === "client-disconnected" ? "server-closed" : outcome)

  // What comes while the server is down never came.
  const abandoned = Effect.fnUntraced(function*(
    request: HttpServerRequest.HttpServerRequest,
    description: Effect.Success<ReturnType<typeof describe>>
  ) {
    if (yield* outage.isOn) return
    const outcome = yield* unlessClosing("client-disconnected")
    yield* record(request, { ...description, body: undefined, fault: undefined, outcome })
  })

  const respond = (request: ApiRequest, fault: Fault.Fault, amend: Amend) => {
    const { requestId } = request
    const refusal = (error: ApiError.Refusal) => platform.refusal(requestId, error)
    const normal = Effect.catchDefect(
      decide(request),
      (defect) => Effect.succeed(refusal({ status: 500, message: `The simulator failed: ${defect}` }))
    )
    const injected = (fault: Fault.Fault, normal: Effect.Effect<Answer.Answer, Answer.Disconnect>) =>
      inject(fault, { requestId, normal, refusal, refuse: outage.begin })
    // A canned answer may bring a fault of its own. The journal names the first that strikes.
    const canned = Effect.flatMap(normal, (answer) => {
      const own = answer.fault
      if (own === undefined || isNone(own)) return Effect.succeed(answer)
      const struck = isNone(fault) ? amend({ fault: own._tag }) : Effect.void
      return Effect.andThen(struck, injected(own, Effect.succeed(answer)))
    })
    return injected(fault, canned).pipe(
      Effect.zipWith(DateTime.now, (answer, now) => ({
        ...answer,
        headers: platform.headers(requestId, now, answer.headers)
      })),
      Effect.tap(({ error, status, usage }) => amend({ error, status, usage }))
    )
  }

  const exchange = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest, params: Params) {
    const description = yield* describe(request)
    const upload = yield* endpoint.read(incoming(request), endpoint.maxBytes).pipe(
      Effect.interruptible,
      Effect.onError(() => abandoned(request, description))
    )
    if (yield* outage.isOn) return yield* Effect.ignore(write(request, Answer.disconnect("reset")))

    const { method, path } = description
    const fault = yield* nextFault({ method, path, model: modelOf(upload, params, platform) })
    const { amend, requestId } = yield* record(request, {
      ...description,
      body: bodyOf(upload),
      fault: isNone(fault) ? undefined : fault._tag,
      outcome: "pending"
    })
    const apiRequest = { ...description, headers: request.headers, params, upload, requestId }
    const exit = yield* write(request, respond(apiRequest, fault, amend)).pipe(
      Effect.match({ onSuccess: (): Outcome => "answered", onFailure: ({ by }) => outcomes[by] }),
      Effect.interruptible,
      Effect.exit
    )
    yield* amend({ outcome: yield* unlessClosing(outcomeOf(exit)) })
  })

  // Only reading and writing can be interrupted: a request is written down, come what may, and so is its outcome. The
  // answer is on its way by then, and the server sends nothing more.
  return (request: HttpServerRequest.HttpServerRequest, params: Params) =>
    exchange(request, params).pipe(Effect.uninterruptible, Effect.ignore, Effect.as(HttpServerResponse.empty()))
}
