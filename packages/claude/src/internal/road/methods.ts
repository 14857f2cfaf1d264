/** Methods of the service from rows of the operation table: an `Effect` or a `Stream` over the one road. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import type { Operation } from "../../Operation.ts"
import { rejected } from "../answer/failures.ts"
import type { AnyPage } from "../answer/page.ts"
import { Attempt } from "./attempt.ts"
import type { CallData, CallEnv } from "./callData.ts"
import type { CallOptions } from "./callOptions.ts"
import type { Failure } from "./exchange.ts"
import { type CalledIn, execute, spanOf } from "./execute.ts"
import { OpenAnswer, Trace } from "./trip.ts"
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
const whole = ({ calledIn, data }: Called): Effect.Effect<unknown, Failure> =>
  Effect.suspend(() => Effect.useSpan(...spanOf(data), (span) => execute(data, calledIn, span, new Trace(undefined))))

const wholeMethod: MakeMethod = (env, operation) => (...all) => whole(called(env, operation, all))

/** The method gives a page: the generated signature of one that is called so says it. */
const onePage = (call: Called): Effect.Effect<AnyPage, Failure> => Effect.map(whole(call), (page) => page as AnyPage)

/** All items of a list, a chunk a page. The next page is asked for when it is pulled. */
const listMethod: MakeMethod = (env, operation) => (...all) =>
  Stream.paginate(
    called(env, operation, all),
    (call) => Effect.map(onePage(call), (page) => [page.getPaginatedItems(), nextOf(call, page)] as const)
  )

/** The same call, with the query of the next page. */
const nextOf = ({ calledIn, data }: Called, page: AnyPage): Option.Option<Called> => {
  const next = page.hasNextPage() ? page.nextPageRequestOptions() : null
  const query = next?.query
  return query === undefined || query === null
    ? Option.none()
    : Option.some({ calledIn, data: { ...data, options: { ...data.options, query } } })
}

/** A call whose answer arrives in pieces. What the retry policy covers ends where the stream begins. */
const streamed = ({ calledIn, data }: Called): Stream.Stream<unknown, Failure> =>
  Stream.unwrap(Effect.gen(function*() {
    const span = yield* Effect.makeSpanScoped(...spanOf(data))
    const trace = new Trace(undefined)
    yield* Scope.addFinalizerExit(yield* Effect.scope, (exit) => trace.abandon(exit))
    const answer = yield* execute(data, calledIn, span, trace)
    if (!(answer instanceof OpenAnswer)) return yield* Effect.die(new Error(`${data.operation.name} gave no stream`))
    return Stream.fromPull(Effect.succeed(Effect.tapError(answer.pull, (end) => recordEnd(span, end))))
  }))

const recordEnd = (span: Tracer.Span, end: Failure | Cause.Done): Effect.Effect<void> =>
  Effect.sync(() => {
    if (!Cause.isDone(end)) span.attribute("error.type", end._tag)
  })

const streamMethod: MakeMethod = (env, operation) => (...all) => streamed(called(env, operation, all))

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
      const { id, processing_status, results_url: url } = batch as Batch
      return typeof url === "string" && url !== ""
        ? streamed({ ...call, data: { ...call.data, url } })
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
  readonly results_url: string | null
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
      return wholeMethod(env, operation)
  }
}

/** One page of a list. */
export const pageMethod: MakeMethod = wholeMethod
