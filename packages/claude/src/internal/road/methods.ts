/** Methods of the service from rows of the operation table: an `Effect` or a `Stream` over the one road. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Operation } from "../../Operation.ts"
import { WholeMessage } from "../answer/events.ts"
import { invalidResponse, rejected } from "../answer/failures.ts"
import type { AnyPage } from "../answer/page.ts"
import { field } from "../answer/shapes.ts"
import { type MessageEvent, MessageFold } from "../stream/messageFold.ts"
import { rememberWhole } from "../stream/whole.ts"
import { Attempt } from "./attempt.ts"
import { rememberModels } from "./batchModels.ts"
import type { CallData, CallEnv } from "./callData.ts"
import type { CallOptions } from "./callOptions.ts"
import type { Failure } from "./exchange.ts"
import { type CalledIn, execute, executeOpen } from "./execute.ts"
import { unwrapMethod } from "./webhooks.ts"

/** A method of the service. Its types are those of the generated signature. */
export type Method = (...all: ReadonlyArray<unknown>) => unknown

type MakeMethod = (env: CallEnv, operation: Operation) => Method

/** A call, and where its method was called. */
interface Called {
  readonly data: CallData
  readonly calledIn: CalledIn
}

const called = (env: CallEnv, operation: Operation, all: ReadonlyArray<unknown>): Called => ({
  data: {
    env,
    operation,
    args: Array.from({ length: operation.arity }, (_, index) => all[index]),
    options: (all[operation.arity] ?? {}) as CallOptions
  },
  calledIn: Fiber.getCurrent()?.context
})

/** A call whose answer is read whole. */
const whole = ({ calledIn, data }: Called): Effect.Effect<unknown, Failure> => execute(data, calledIn)

const wholeMethod: MakeMethod = (env, operation) => (...all) => whole(called(env, operation, all))

/** The method gives a page: the generated signature of one that is called so says it. */
const onePage = (call: Called): Effect.Effect<AnyPage, Failure> => Effect.map(whole(call), (page) => page as AnyPage)

/** All items of a list, a chunk a page. The next page is asked for when it is pulled. */
const listMethod: MakeMethod = (env, operation) => (...all) => {
  const first = called(env, operation, all)
  return Stream.suspend(() => {
    const asked = new Set<string>()
    return Stream.paginate(
      first,
      (call) =>
        Effect.flatMap(
          onePage(call),
          (page) => Effect.map(nextOf(call, page, asked), (next) => [page.getPaginatedItems(), next] as const)
        )
    )
  })
}

/** The same call, with the query of the next page. A cursor that was given before would lead round in a circle. */
const nextOf = (
  { calledIn, data }: Called,
  page: AnyPage,
  asked: Set<string>
): Effect.Effect<Option.Option<Called>, Failure> => {
  const { has_more: hasMore } = page as AnyPage & { readonly has_more?: unknown }
  if (!page.hasNextPage() && hasMore !== true) return Effect.succeedNone
  const query = page.nextPageRequestOptions()?.query
  if (query === undefined || query === null) {
    return brokenList(data, "`has_more` is true, and there is no cursor to go on from")
  }
  const key = JSON.stringify(query)
  if (asked.has(key)) return brokenList(data, "the server gave the same cursor twice")
  asked.add(key)
  return Effect.succeedSome({ calledIn, data: { ...data, options: { ...data.options, query } } })
}

const brokenList = ({ env, operation }: CallData, problem: string): Effect.Effect<never, Failure> =>
  Effect.flatMap(Clock.Clock, (clock) =>
    Effect.fail(
      invalidResponse(new Attempt(env, operation, undefined, clock), undefined, "unexpected-shape", {
        message: `${operation.name}: the list cannot go on: ${problem}`
      })
    ))

/** A call whose answer arrives in pieces. What the retry policy covers ends where the stream begins. */
const streamed = ({ calledIn, data }: Called): Stream.Stream<unknown, Failure> =>
  Stream.unwrap(Effect.map(executeOpen(data, calledIn), ({ pull }) => Stream.fromPull(Effect.succeed(pull))))

const streamMethod: MakeMethod = (env, operation) => (...all) => {
  const call = called(env, operation, all)
  const stream = streamed(call)
  if (operation.returns === "message") rememberWhole(stream, wholeMessage(call))
  return stream
}

/** The message of a stream, whose whole arrival the retry policy covers: nothing is handed on before the end. */
const wholeMessage = ({ calledIn, data }: Called): Effect.Effect<unknown, Failure> =>
  Effect.suspend(() => {
    const fold = new MessageFold()
    let message: unknown
    return Stream.runForEach(streamed({ calledIn, data: { ...data, folds: true } }), (item) =>
      Effect.sync(() => {
        if (item instanceof WholeMessage) message = item.message
        // Items of an interceptor, which are no answer of the wire.
        else fold.add(item as MessageEvent)
      })).pipe(Effect.map(() => message ?? fold.message))
  })

/** Makes a batch, and keeps the models of its requests for the errors of its rows. */
const batchMethod: MakeMethod = (env, operation) => (...all) =>
  Effect.tap(whole(called(env, operation, all)), (batch) =>
    Effect.sync(() => {
      // The checks before sending have seen the parameters, and those of the answer its id.
      rememberModels(
        (batch as Batch).id,
        (all[0] as { readonly requests: Parameters<typeof rememberModels>[1] }).requests
      )
    }))

/** The results of a batch: a call that asks where they are, and one that reads them. */
const rowsMethod: MakeMethod = (env, operation) => {
  const batchOperation: Operation = {
    ...operation,
    name: operation.name.replace(/results$/, "retrieve"),
    route: operation.route.replace(/\/results$/, ""),
    shape: "json",
    returns: "message_batch"
  }
  return (...all) => {
    const call = called(env, operation, all)
    const batch = whole({ ...call, data: { ...call.data, operation: batchOperation } })
    return Stream.unwrap(Effect.map(batch, (batch) => {
      const { id, processing_status, request_counts: counts, results_url: url } = batch as Batch
      return typeof url === "string" && url !== ""
        ? streamed({ ...call, data: { ...call.data, url, rows: rowsOf(counts) } })
        : Stream.fromEffect(Effect.flatMap(Clock.Clock, (clock) =>
          Effect.fail(
            rejected(
              new Attempt(env, operation, undefined, clock, 0),
              `${operation.name}: batch ${id} has no results yet (processing_status: ${processing_status}). ` +
                "Wait until it has ended."
            )
          )))
    }))
  }
}

interface Batch {
  readonly id: string
  readonly processing_status: string
  readonly request_counts?: object | null
  readonly results_url: string | null
}

/** A batch that has ended has a row for each of its requests. A gateway may leave the counts out. */
const rowsOf = (counts: Batch["request_counts"]): number | undefined => {
  const all = ["succeeded", "errored", "canceled", "expired"].map((name) => field(counts, name))
  return all.every((count) => typeof count === "number") ? all.reduce((sum, count) => sum + count, 0) : undefined
}

export const methodOf: MakeMethod = (env, operation) => {
  switch (operation.shape) {
    case "page":
      return listMethod(env, operation)
    case "rows":
      return rowsMethod(env, operation)
    case "events":
    case "bytes":
      return streamMethod(env, operation)
    case "custom":
      return unwrapMethod(env, operation) as Method
    default:
      return operation.name.endsWith("messages.batches.create")
        ? batchMethod(env, operation)
        : wholeMethod(env, operation)
  }
}

/** One page of a list. */
export const pageMethod: MakeMethod = wholeMethod
