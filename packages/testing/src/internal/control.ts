/** Paths for whoever runs the simulator as a server, and has only HTTP to steer it. They want no credentials. */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import * as Fault from "../Fault.ts"
import * as Replies from "../Replies.ts"
import * as Scenario from "../Scenario.ts"
import type { JournalEntry } from "./journal.ts"
import type { BucketState } from "./limits.ts"
import * as Page from "./page/response.ts"
import { JsonProblem, parse, reading } from "./reading.ts"

/** What can be steered. */
export interface Controls {
  readonly journal: Effect.Effect<ReadonlyArray<JournalEntry>>
  readonly remaining: Effect.Effect<number>
  readonly script: (faults: Iterable<Fault.Fault>) => Effect.Effect<void>
  readonly play: (scenario: Scenario.Scenario) => Effect.Effect<void>
  readonly answer: (replies: Replies.Replies) => Effect.Effect<void>
  readonly reset: Effect.Effect<void>
}

/** What can be watched besides. */
export interface Stage extends Controls {
  readonly state: Effect.Effect<{
    readonly requests: number
    readonly faults: number
    readonly replies: number
    readonly connections: number
    readonly limits: ReadonlyArray<BucketState>
  }>
  /** The name that the simulator was told to listen on. */
  readonly host: string | undefined
}

const refused = (status: number, error: string) => HttpServerResponse.jsonUnsafe({ error }, { status })

/** Names that no public name server can point at this machine: addresses, names without a dot, and reserved ones. */
const isPrivate = (hostname: string): boolean => /^[\d.]+$|^\[|^[^.]+$|\.(?:localhost|internal|test)$/.test(hostname)

const hostnameOf = (host: string): string => host.replace(/:\d+$/, "").toLowerCase()

/** Why a request may come from a page of another site, if so. Whoever is no browser sends none of these headers. */
const foreign = (
  { headers, method }: HttpServerRequest.HttpServerRequest,
  own: string | undefined
): string | undefined => {
  const { host = "", origin } = headers
  const hostname = hostnameOf(host)
  if (!isPrivate(hostname) && hostname !== own?.toLowerCase()) {
    return `The name ${JSON.stringify(hostname)} may be another site's. Use the address, or localhost.`
  }
  const site = headers["sec-fetch-site"]
  // Whoever follows a link sees an answer, and the page with the link does not.
  const isRead = method === "GET" && headers["sec-fetch-mode"] === "navigate"
  const isForeign = (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) ||
    ((site === "cross-site" || site === "same-site") && !isRead)
  return isForeign ? "Pages of other sites may not steer the simulator." : undefined
}

type Handler<E> = (
  request: HttpServerRequest.HttpServerRequest
) => Effect.Effect<HttpServerResponse.HttpServerResponse, E>

const Faults = reading(Schema.Array(Fault.Fault))

/** A JSON that says so: a page of another site cannot send one unasked. */
const bodyOf = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<unknown, JsonProblem> =>
  /^application\/json\b/i.test(request.headers["content-type"] ?? "")
    ? Effect.flatMap(
      Effect.mapError(request.text, () => new JsonProblem({ message: "the body cannot be read" })),
      parse
    )
    : Effect.fail(new JsonProblem({ message: "send JSON, with the header \"content-type: application/json\"" }))

const noStore = { "cache-control": "no-store", "x-content-type-options": "nosniff" }

export const routes = ({ answer, host, journal, play, remaining, reset, script, state }: Stage) => {
  const guarded = (handler: Handler<JsonProblem>) => (request: HttpServerRequest.HttpServerRequest) => {
    const why = foreign(request, host)
    if (why !== undefined) return Effect.succeed(refused(403, why))
    return handler(request).pipe(
      Effect.catchTag("JsonProblem", ({ message }) => Effect.succeed(refused(400, message))),
      Effect.map(HttpServerResponse.setHeaders(noStore))
    )
  }
  const lastOf: Handler<never> = (request) =>
    Effect.map(journal, (entries) => {
      const last = Number(HttpServerRequest.searchParamsFromURL(new URL(request.url, "http://simulator"))["last"])
      return HttpServerResponse.jsonUnsafe(last > 0 ? entries.slice(-last) : entries)
    })
  const show = <A>(value: Effect.Effect<A>): Handler<never> => () => Effect.map(value, HttpServerResponse.jsonUnsafe)
  const order = <A>(act: (body: unknown) => Effect.Effect<A, JsonProblem>): Handler<JsonProblem> => (request) =>
    Effect.map(Effect.flatMap(bodyOf(request), act), HttpServerResponse.jsonUnsafe)

  const faults = (orders: unknown) =>
    (Array.isArray(orders)
      ? Effect.flatMap(Faults(orders), script)
      : Effect.flatMap(Scenario.fromUnknown(orders), play)).pipe(
        Effect.andThen(Effect.map(remaining, (remaining) => ({ remaining })))
      )
  const replies = (orders: unknown) =>
    Effect.flatMap(Replies.fromUnknown(orders), (replies) => Effect.as(answer(replies), { replies: replies.length }))

  return [
    HttpRouter.route("GET", "/__simulator", guarded(() => Effect.succeed(Page.response))),
    HttpRouter.route("GET", "/__simulator/journal", guarded(lastOf)),
    HttpRouter.route("GET", "/__simulator/state", guarded(show(state))),
    HttpRouter.route("POST", "/__simulator/faults", guarded(order(faults))),
    HttpRouter.route("POST", "/__simulator/replies", guarded(order(replies))),
    HttpRouter.route("POST", "/__simulator/reset", guarded(order(() => Effect.as(reset, {}))))
  ]
}
