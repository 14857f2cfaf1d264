/** Methods of the service from rows of the operation table: one function for each shape of answer. */
import type { APIPromise } from "@anthropic-ai/sdk/core/api-promise"
import type { AbstractPage } from "@anthropic-ai/sdk/core/pagination"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import type * as ClaudeError from "../ClaudeError.ts"
import type * as Reason from "../Reason.ts"
import type { Attempt } from "./attempt.ts"
import {
  type Call,
  type CallEnv,
  type CallOptions,
  type Failure,
  invoke,
  readBody,
  requestOptions,
  spanOf,
  travel,
  withTimeout
} from "./call.ts"
import { fromErrorBody, invalidResponse, isErrorBody } from "./decodeFailure.ts"
import { type Events, openEvents, type OpenStream } from "./events.ts"
import { exchange } from "./exchange.ts"
import type { Operation } from "./operation.ts"
import { recordEvent, recordMessage } from "./telemetry.ts"

type CallFailure = ClaudeError.CallError<Reason.Coded>

const split = (operation: Operation, all: ReadonlyArray<unknown>) => ({
  args: Array.from({ length: operation.arity }, (_, index) => all[index]),
  options: (all[operation.arity] ?? {}) as CallOptions
})

/** A call whose answer is one body. */
export const callMethod = (env: CallEnv, operation: Operation) => (...all: ReadonlyArray<unknown>) => {
  const request = { env, operation, ...split(operation, all) }
  return answered(request, (attempt, signal) => invoke<unknown>(request, attempt, signal), (data) => data)
}

type Request = Pick<Call<unknown, Failure, never>, "env" | "operation" | "args" | "options">

const answered = <A>(
  request: Request,
  send: (attempt: Attempt, signal: AbortSignal) => APIPromise<A>,
  bodyOf: (data: A) => unknown
): Effect.Effect<A, CallFailure> => {
  const call: Call<A, CallFailure, never> = {
    ...request,
    attempt: (attempt, span) =>
      withTimeout(request, attempt, exchange(attempt, (signal) => readBody(send(attempt, signal)))).pipe(
        Effect.flatMap(({ data, response }) => {
          const failure = refuseBody(attempt, response, bodyOf(data))
          if (failure !== undefined) return Effect.fail(failure)
          recordResponse(span, attempt, response)
          recordMessage(span, data)
          return Effect.succeed(data)
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

/** Why a body under a status of success is not the answer, or `undefined`. */
const refuseBody = (attempt: Attempt, response: Response, body: unknown): CallFailure | undefined => {
  const { returns, shape } = attempt.operation
  if (isErrorBody(body)) return fromErrorBody(attempt, response.headers, body)
  if (body === undefined || body === null || body === "") {
    return invalidResponse(attempt, response, "malformed-json", {
      message: `${attempt.host} answered with an empty body`
    })
  }
  if (typeof body !== "object") {
    return invalidResponse(attempt, response, "not-json", {
      message: `${attempt.host} answered with ${response.headers.get("content-type") ?? "text"} instead of JSON. ` +
        "Check the base URL, and proxies in between.",
      body
    })
  }
  if (shape === "page" && !Array.isArray(Reflect.get(body, "data"))) {
    return invalidResponse(attempt, response, "unexpected-shape", { message: "The answer is no page of a list", body })
  }
  return returns !== undefined && Reflect.get(body, "type") !== returns
    ? invalidResponse(attempt, response, "unexpected-shape", { message: `The answer is no ${returns}`, body })
    : undefined
}

type AnyPage = AbstractPage<unknown>

/** One page of a list. */
export const pageMethod = (env: CallEnv, operation: Operation) => (...all: ReadonlyArray<unknown>) =>
  firstPage({ env, operation, ...split(operation, all) })

const firstPage = (request: Request): Effect.Effect<AnyPage, CallFailure> =>
  answered(request, (attempt, signal) => invoke<AnyPage>(request, attempt, signal), bodyOfPage)

/** The SDK makes an empty page of a body that is none, and keeps the body to itself. */
const bodyOfPage = (page: AnyPage): unknown => Reflect.get(page, "body")

/** All items of a list, a chunk a page. The next page is asked for when it is pulled. */
export const listMethod = (env: CallEnv, operation: Operation) => (...all: ReadonlyArray<unknown>) => {
  const request = { env, operation, ...split(operation, all) }
  return Stream.paginate(undefined as AnyPage | undefined, (previous) =>
    Effect.map(
      previous === undefined ? firstPage(request) : nextPage(request, previous),
      (page) => [page.getPaginatedItems(), page.hasNextPage() ? Option.some(page) : Option.none()] as const
    ))
}

const nextPage = (request: Request, previous: AnyPage): Effect.Effect<AnyPage, CallFailure> =>
  answered(request, (attempt, signal) => {
    const { query: _, ...options } = requestOptions(request, attempt, signal)
    const next = { ...previous.nextPageRequestOptions(), ...options } as FinalRequestOptions
    return request.env.client.requestAPIList(previous.constructor as PageClass, next)
  }, bodyOfPage)

type PageClass = Parameters<CallEnv["client"]["requestAPIList"]>[0]

type FinalRequestOptions = Awaited<Parameters<CallEnv["client"]["requestAPIList"]>[1]>

/** A stream of events. The retry policy covers everything up to the first event; what comes after is the stream's. */
export const eventsMethod = (env: CallEnv, operation: Operation) => (...all: ReadonlyArray<unknown>) => {
  const { args, options } = split(operation, all)
  const request = { env, operation, args: args.map(streaming), options }
  const idleTimeout = options.idleTimeout === undefined
    ? env.defaults.idleTimeout
    : Duration.fromInputUnsafe(options.idleTimeout)
  const call: Call<OpenStream, Failure, Scope.Scope> = {
    ...request,
    attempt: (attempt, span) =>
      withTimeout(
        request,
        attempt,
        openEvents(attempt, idleTimeout, (signal) => invoke(request, attempt, signal).asResponse())
      ).pipe(Effect.tap(({ response }) => Effect.sync(() => recordResponse(span, attempt, response))))
  }
  return Stream.unwrap(Effect.gen(function*() {
    const span = yield* Effect.makeSpanScoped(...spanOf(call))
    const opened = yield* travel(call, span)
    const record = (events: Events) => Effect.sync(() => events.forEach((event) => recordEvent(span, event)))
    const pull = startingWith(opened).pipe(Effect.tap(record), Effect.tapError((error) => recordEnd(span, error)))
    return Stream.fromPull(Effect.succeed(pull))
  }))
}

const recordEnd = (span: Tracer.Span, end: Failure | Cause.Done): Effect.Effect<void> =>
  Effect.sync(() => {
    if (!Cause.isDone(end)) span.attribute("error.type", end._tag)
  })

const startingWith = ({ first, rest }: OpenStream): Pull.Pull<Events, Failure> => {
  let started = false
  return Effect.suspend(() => {
    if (started) return rest
    started = true
    return Effect.succeed(first)
  })
}

/** The parameters come last. */
const streaming = (arg: unknown, index: number, args: ReadonlyArray<unknown>): unknown =>
  index === args.length - 1 && typeof arg === "object" ? { ...arg, stream: true } : arg
