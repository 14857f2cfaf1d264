/** Methods of the service from rows of the operation table: one function for each shape of answer. */
import type { APIPromise } from "@anthropic-ai/sdk/core/api-promise"
import type { AbstractPage } from "@anthropic-ai/sdk/core/pagination"
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import type * as ClaudeError from "../ClaudeError.ts"
import type { Operation, Shape } from "../Operation.ts"
import type * as Reason from "../Reason.ts"
import type { Attempt } from "./attempt.ts"
import { type BodyKind, openBody } from "./bodyReader.ts"
import { bytes } from "./bytes.ts"
import {
  type Answer,
  type Call,
  type CallEnv,
  type CallOptions,
  type Failure,
  invoke,
  readBody,
  type Request,
  spanOf,
  travel,
  withTimeout
} from "./call.ts"
import { messageEvents, openEndedEvents } from "./events.ts"
import { exchange } from "./exchange.ts"
import { readParsed } from "./parsed.ts"
import { refuseBody } from "./refuseBody.ts"
import { rows } from "./rows.ts"
import { recordEvent, recordMessage } from "./telemetry.ts"
import { unwrapMethod } from "./webhooks.ts"

type CallFailure = ClaudeError.CallError<Reason.Coded>

/** A method of the service. Its types are those of the generated signature. */
export type Method = (...all: ReadonlyArray<unknown>) => unknown

type MakeMethod = (env: CallEnv, operation: Operation) => Method

const requestOf = (env: CallEnv, operation: Operation, all: ReadonlyArray<unknown>): Request => ({
  env,
  operation,
  args: Array.from({ length: operation.arity }, (_, index) => all[index]),
  options: (all[operation.arity] ?? {}) as CallOptions
})

/** A call whose answer is one body. */
const jsonMethod: MakeMethod = (env, operation) => (...all) => {
  const request = requestOf(env, operation, all)
  return answered(
    request,
    (attempt, signal) => received(attempt, invoke<APIPromise<unknown>>(request, attempt, signal))
  )
}

const received = async <A>(
  attempt: Attempt,
  promise: APIPromise<A>,
  bodyOf: (data: A) => unknown = (data) => data
): Promise<Answer<A>> => {
  const answer = await readBody(promise)
  refuseBody(attempt, answer.response, bodyOf(answer.data))
  return answer
}

/** A call whose answer the SDK parses further, by what the parameters say. */
const parsedMethod: MakeMethod = (env, operation) => (...all) => {
  const request = requestOf(env, operation, all)
  return answered(
    request,
    (attempt, signal) => readParsed(request, attempt, signal, (promise) => received(attempt, promise))
  )
}

const answered = <A>(
  request: Request,
  receive: (attempt: Attempt, signal: AbortSignal) => Promise<Answer<A>>
): Effect.Effect<A, CallFailure> => {
  const call: Call<A, CallFailure, never> = {
    ...request,
    attempt: (attempt, span) =>
      withTimeout(request, attempt, exchange(attempt, (signal) => receive(attempt, signal))).pipe(
        Effect.map(({ data, response }) => {
          recordResponse(span, attempt, response)
          recordMessage(span, attempt.env.scrub, data)
          return data
        })
      )
  }
  return Effect.useSpan(...spanOf(call), (span) => travel(call, span))
}

const recordResponse = (span: Tracer.Span, attempt: Attempt, response: Response): void => {
  span.attribute("http.response.status_code", response.status)
  const requestId = response.headers.get("request-id")
  if (requestId !== null) span.attribute("claude.request_id", attempt.scrub(requestId))
}

type AnyPage = AbstractPage<unknown>

/** One page of a list. */
export const pageMethod: MakeMethod = (env, operation) => (...all) => onePage(requestOf(env, operation, all))

const onePage = (request: Request): Effect.Effect<AnyPage, CallFailure> =>
  answered(
    request,
    (attempt, signal) => received(attempt, invoke<APIPromise<AnyPage>>(request, attempt, signal), bodyOfPage)
  )

/** The SDK makes an empty page of a body that is none, and keeps the body to itself. */
const bodyOfPage = (page: AnyPage): unknown => Reflect.get(page, "body")

/** All items of a list, a chunk a page. The next page is asked for when it is pulled. */
const listMethod: MakeMethod = (env, operation) => (...all) => {
  const request = requestOf(env, operation, all)
  return Stream.paginate(
    request,
    (request) => Effect.map(onePage(request), (page) => [page.getPaginatedItems(), nextOf(request, page)] as const)
  )
}

/** The same call, with the query of the next page. */
const nextOf = (request: Request, page: AnyPage): Option.Option<Request> => {
  const next = page.hasNextPage() ? page.nextPageRequestOptions() : null
  const query = next?.query
  return query === undefined || query === null
    ? Option.none()
    : Option.some({ ...request, options: { ...request.options, query } })
}

type Items<A> = Pull.Pull<Arr.NonEmptyReadonlyArray<A>, Failure>

/** A body that arrives bit by bit. `open` is what the retry policy covers; what comes after is the stream's own. */
const streamed = <A>(
  request: Request,
  open: (attempt: Attempt, idleTimeout: Duration.Duration, span: Tracer.Span) => Effect.Effect<
    Items<A>,
    Failure,
    Scope.Scope
  >
): Stream.Stream<A, Failure> => {
  const { env, options } = request
  const idleTimeout = options.idleTimeout === undefined
    ? env.defaults.idleTimeout
    : Duration.fromInputUnsafe(options.idleTimeout)
  const call: Call<Items<A>, Failure, Scope.Scope> = {
    ...request,
    attempt: (attempt, span) => withTimeout(request, attempt, open(attempt, idleTimeout, span))
  }
  return Stream.unwrap(Effect.gen(function*() {
    const span = yield* Effect.makeSpanScoped(...spanOf(call))
    const items = yield* travel(call, span)
    return Stream.fromPull(Effect.succeed(Effect.tapError(items, (end) => recordEnd(span, end))))
  }))
}

const recordEnd = (span: Tracer.Span, end: Failure | Cause.Done): Effect.Effect<void> =>
  Effect.sync(() => {
    if (!Cause.isDone(end)) span.attribute("error.type", end._tag)
  })

/** A body of its kind as it comes. */
const bodyMethod = <A>(
  kind: BodyKind<A>,
  send: (request: Request, attempt: Attempt, signal: AbortSignal) => PromiseLike<Response>
): MakeMethod =>
(env, operation) =>
(...all) => {
  const request = requestOf(env, operation, all)
  return streamed(request, (attempt, idleTimeout, span) =>
    Effect.map(
      openBody(kind, attempt, idleTimeout, (signal) => recorded(span, attempt, send(request, attempt, signal))),
      (reader) => reader.pull
    ))
}

const recorded = (span: Tracer.Span, attempt: Attempt, response: PromiseLike<Response>): PromiseLike<Response> =>
  response.then((response) => {
    recordResponse(span, attempt, response)
    return response
  })

const responseOf = (request: Request, attempt: Attempt, signal: AbortSignal): Promise<Response> =>
  invoke<APIPromise<unknown>>(request, attempt, signal).asResponse()

/** The SDK asks for the batch, then for its results, and hands out no response. Its decoder holds one, not yet read. */
const responseOfRows = async (request: Request, attempt: Attempt, signal: AbortSignal): Promise<Response> =>
  Reflect.get(await invoke<Promise<object>>(request, attempt, signal), "response") as Response

/** The events of a message: a failure before the first of them still is one of the call. */
const messageMethod: MakeMethod = (env, operation) => (...all) => {
  const plain = requestOf(env, operation, all)
  const request = { ...plain, args: plain.args.map((params) => ({ ...params as object, stream: true })) }
  return streamed(
    request,
    (attempt, idleTimeout, span) =>
      openBody(
        messageEvents((event) => recordEvent(span, attempt.env.scrub, event)),
        attempt,
        idleTimeout,
        (signal) => recorded(span, attempt, responseOf(request, attempt, signal))
      ).pipe(
        Effect.flatMap((reader) => Effect.map(reader.first, (first) => startingWith(first, reader.pull)))
      )
  )
}

const startingWith = <A>(first: Arr.NonEmptyReadonlyArray<A>, rest: Items<A>): Items<A> => {
  let started = false
  return Effect.suspend(() => {
    if (started) return rest
    started = true
    return Effect.succeed(first)
  })
}

const eventsMethod: MakeMethod = (env, operation) =>
  (operation.returns === "message" ? messageMethod : bodyMethod(openEndedEvents, responseOf))(env, operation)

const makers: Readonly<Record<Shape, MakeMethod>> = {
  json: jsonMethod,
  parsed: parsedMethod,
  page: listMethod,
  events: eventsMethod,
  bytes: bodyMethod(bytes, responseOf),
  rows: bodyMethod(rows, responseOfRows),
  custom: (env, operation) => unwrapMethod(env, operation) as Method
}

export const methodOf: MakeMethod = (env, operation) => makers[operation.shape](env, operation)
