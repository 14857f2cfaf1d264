/** The gate: the interceptors that a call passes, and the hooks that each attempt passes. */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as ClaudeError from "../../ClaudeError.ts"
import type { Attempt as AttemptHandle, Call, CallChange, CallInfo, End, Interceptor } from "../../Interceptor.ts"
import { Arrival } from "../answer/arrival.ts"
import { textUntil } from "../answer/body.ts"
import { readErrorBody } from "../answer/errorBody.ts"
import { fromBody, interrupted, rejected } from "../answer/failures.ts"
import { problemOfEvent } from "../answer/messageProtocol.ts"
import { isRecord, type Parsed } from "../answer/parseEvent.ts"
import { open, type Reading } from "../answer/reading.ts"
import { type MessageEvent, MessageFold } from "../stream/messageFold.ts"
import { RowsUsage, usageOfMessage } from "../usage/readUsage.ts"
import { none, type Usage } from "../usage/usage.ts"
import { Attempt } from "./attempt.ts"
import { usageOfAttempt } from "./attemptUsage.ts"
import { type CallData, modelOf, paramsOf } from "./callData.ts"
import { envOf } from "./clientEnv.ts"
import { Exchange, type Failure } from "./exchange.ts"
import { HeadersInfo } from "./responseInfo.ts"
import { OpenAnswer, outcomeOf, type Progress, RunningHooks, type Trace, Trip } from "./trip.ts"

/** One run of a method. */
export interface Run {
  readonly reading: Reading
  readonly clock: Clock.Clock
  /** Outermost first. */
  readonly interceptors: ReadonlyArray<Interceptor>
  /** What the interceptors are around. */
  readonly perform: (data: CallData, trace: Trace) => Effect.Effect<unknown, Failure>
}

type Hooked<E = Failure> = Effect.Effect<unknown, E>

/** The call through the interceptors from `index` on. */
export const passCall = (run: Run, data: CallData, trace: Trace, index = 0): Hooked => {
  const interceptor = run.interceptors[index]
  if (interceptor === undefined) return run.perform(data, trace)
  return Effect.suspend(() => {
    const info = infoOf(data)
    const trip = new Trip(interceptor, info, trace)
    const go = (data: CallData) => passCall(run, data, trip, index + 1)
    const { call: hook } = interceptor
    if (hook === undefined) return Effect.onExit(go(data), (exit) => settle(trip, trace, exit))
    return Effect.onExit(
      asHook(
        interceptor,
        trip.scope,
        (leave) =>
          hook<unknown, Failure>(
            new CallHandle(run, data, trip, info),
            (call) => call instanceof CallHandle ? leave(go(call.data)) : notOurs(run, data, "call")
          )
      ),
      (exit) => settle(trip, trace, exit)
    )
  })
}

/** The attempt through the hooks from `index` on. */
export const passAttempt = (
  run: Run,
  data: CallData,
  attempt: Attempt,
  trace: Trace,
  perform: (headers: CallData["options"]["headers"]) => Hooked
): Hooked => {
  const hooked = run.interceptors.filter((interceptor) => interceptor.attempt !== undefined)
  const pass = (index: number, headers: CallData["options"]["headers"]): Hooked => {
    const interceptor = hooked[index]
    const hook = interceptor?.attempt
    if (interceptor === undefined || hook === undefined) return perform(headers)
    return Effect.suspend(() => {
      // Without hooks of its own: an attempt has a scope, and no end to be told.
      const trip = new Trip(noHooks, infoOf(data), trace)
      return Effect.onExit(
        asHook(
          interceptor,
          trip.scope,
          (leave) =>
            hook<unknown, Failure>(
              new AttemptHandleImpl(run, data, attempt, trip, headers),
              (next) =>
                next instanceof AttemptHandleImpl
                  ? leave(pass(index + 1, next.headers))
                  : notOurs(run, data, "attempt")
            )
        ),
        (exit) => settle(trip, trace, exit)
      )
    })
  }
  return pass(0, data.options.headers)
}

const noHooks: Interceptor = {}

const notOurs = (run: Run, data: CallData, what: string): Effect.Effect<never, ClaudeError.RequestRejectedError> =>
  Effect.suspend(() =>
    Effect.fail(
      rejected(
        attemptOf(run, data),
        `Interceptor: \`next\` needs the ${what} that the hook was given, or one made by its \`with\`.`
      )
    )
  )

/** Runs a hook in its trip's scope. `leave` runs what is inside the interceptor, which is none of the hook's own calls. */
const asHook = (
  interceptor: Interceptor,
  scope: Scope.Scope,
  hook: (leave: (inner: Hooked) => Hooked) => Effect.Effect<unknown, Failure, Scope.Scope>
): Hooked =>
  Effect.withFiber((fiber) => {
    const outside = fiber.getRef(RunningHooks)
    const leave = (inner: Hooked) => Effect.provideService(inner, RunningHooks, outside)
    return Effect.updateContext(Effect.suspend(() => hook(leave)), (context: Context.Context<never>) =>
      context.pipe(
        Context.add(Scope.Scope, scope),
        Context.add(RunningHooks, [...outside, interceptor])
      ))
  })

/** An open answer keeps its trip open; answers that were not handed on end here. */
const settle = (trip: Trip, trace: Trace, exit: Exit.Exit<unknown, Failure>): Effect.Effect<void> => {
  if (Exit.isSuccess(exit) && exit.value instanceof OpenAnswer) {
    const answer = exit.value
    return trip.abandon(Exit.interrupt(), answer).pipe(
      Effect.andThen(answer.keepOpen(trip)),
      Effect.andThen(trace.add(answer))
    )
  }
  const left = trip.abandon(Exit.interrupt())
  const end = trip.end(outcomeOf(exit), exit)
  return left === Effect.void ? end : Effect.andThen(left, end)
}

export const infoOf = (data: CallData): CallInfo => ({
  operation: data.operation,
  args: data.args,
  params: paramsOf(data) ?? {},
  model: modelOf(data),
  options: data.options,
  server: data.env.server,
  client: data.env.service
})

const changed = (data: CallData, { client, options, params }: CallChange): CallData => ({
  ...data,
  env: client === undefined ? data.env : envOf(client),
  options: options ?? data.options,
  args: params === undefined || !takesParams(data) ? data.args : [...data.args.slice(0, -1), params]
})

/** Ids of a method are not parameters, and a method without arguments has none. */
const takesParams = ({ args, operation }: CallData): boolean => operation.arity > 0 && typeof args.at(-1) !== "string"

/** An attempt of no request: `0` says that nothing was sent. */
const attemptOf = (run: Run, data: CallData): Attempt =>
  new Attempt(data.env, data.operation, modelOf(data), run.clock, 0)

class CallHandle implements Call<unknown, Failure> {
  readonly #run: Run
  readonly #data: CallData
  readonly #trip: Trip
  readonly #info: CallInfo

  constructor(run: Run, data: CallData, trip: Trip, info = infoOf(data)) {
    this.#run = run
    this.#data = data
    this.#trip = trip
    this.#info = info
  }

  get data(): CallData {
    return this.#data
  }

  get operation(): CallInfo["operation"] {
    return this.#info.operation
  }

  get args(): CallInfo["args"] {
    return this.#info.args
  }

  get params(): CallInfo["params"] {
    return this.#info.params
  }

  get model(): CallInfo["model"] {
    return this.#info.model
  }

  get options(): CallInfo["options"] {
    return this.#info.options
  }

  get server(): CallInfo["server"] {
    return this.#info.server
  }

  get client(): CallInfo["client"] {
    return this.#info.client
  }

  readonly with = (change: CallChange): CallHandle => new CallHandle(this.#run, changed(this.#data, change), this.#trip)

  readonly answer = (response: Response): Hooked =>
    answerWith(this.#run, this.#data, attemptOf(this.#run, this.#data), this.#trip, response)

  readonly answerItems = (
    items: Stream.Stream<unknown, ClaudeError.ClaudeError>
  ): Effect.Effect<unknown, Failure, Scope.Scope> =>
    this.#run.reading._tag === "Open"
      ? openItems(this.#run, this.#data, this.#trip, items)
      : Effect.suspend(() =>
        Effect.fail(
          rejected(
            attemptOf(this.#run, this.#data),
            `${this.#data.operation.name} does not stream. Answer it with \`call.answer(response)\`.`,
            { reason: { _tag: "Unsupported" } }
          )
        )
      )

  readonly onEnd = (f: (end: End) => Effect.Effect<void>): Effect.Effect<void> => this.#trip.listen(f)
}

class AttemptHandleImpl implements AttemptHandle<unknown, Failure> {
  readonly #run: Run
  readonly #data: CallData
  readonly #attempt: Attempt
  readonly #trip: Trip
  readonly #headers: CallData["options"]["headers"]

  constructor(run: Run, data: CallData, attempt: Attempt, trip: Trip, headers: CallData["options"]["headers"]) {
    this.#run = run
    this.#data = data
    this.#attempt = attempt
    this.#trip = trip
    this.#headers = headers
  }

  get headers(): CallData["options"]["headers"] {
    return this.#headers
  }

  get call(): CallInfo {
    return infoOf(this.#data)
  }

  get number(): number {
    return this.#attempt.number
  }

  readonly with = (
    { headers }: { readonly headers: NonNullable<CallData["options"]["headers"]> }
  ): AttemptHandleImpl =>
    new AttemptHandleImpl(this.#run, this.#data, this.#attempt, this.#trip, { ...this.#headers, ...headers })

  readonly answer = (response: Response): Hooked =>
    answerWith(this.#run, this.#data, this.#attempt, this.#trip, response)
}

/** Reads a response that did not come over the wire. */
const answerWith = (run: Run, data: CallData, attempt: Attempt, trace: Trace, response: Response): Hooked =>
  Effect.suspend(() => {
    trace.recordResponse(new HeadersInfo(response, attempt))
    const exchange = new Exchange<ClaudeError.StreamStalledError>(attempt, Duration.infinity)
    if (!response.ok) {
      return exchange.wait(() =>
        readErrorBody(response, exchange.signal).then((body) =>
          Exit.fail(fromBody(attempt, response.status, response.headers, body))
        )
      )
    }
    const { reading } = run
    const answer: Hooked = reading._tag === "Whole"
      ? exchange.wait(() =>
        reading.read({ attempt, response: untilAborted(response, exchange.signal) }, data, paramsOf(data))
      )
      : Effect.tap(
        Effect.onError(open(reading, data, exchange, response), () => Effect.sync(() => exchange.abort())),
        (answer) => trace.add(answer)
      )
    return Effect.onExit(answer, (exit) => Effect.sync(() => trace.recordUsage(() => usageOfAttempt(attempt, exit))))
  })

/** The response, whose text ends with the signal. */
const untilAborted = (response: Response, signal: AbortSignal): Response => {
  Reflect.defineProperty(response, "text", { configurable: true, value: () => textUntil(response, signal) })
  return response
}

const isOfCall = (error: ClaudeError.ClaudeError): error is Failure =>
  error._tag !== "StructuredOutputError" && error._tag !== "IncompleteMessageError" &&
  error._tag !== "WebhookVerificationError"

/** An open answer of items that are decoded already. The events of a message have to end with `message_stop`. */
const openItems = (
  run: Run,
  data: CallData,
  trace: Trace,
  items: Stream.Stream<unknown, ClaudeError.ClaudeError>
): Effect.Effect<OpenAnswer, never, Scope.Scope> =>
  Effect.flatMap(Stream.toPull(items), (pull) => {
    const given = new GivenItems(attemptOf(run, data))
    const watched = Effect.suspend(() => given.failure === undefined ? pull : Effect.fail(given.failure)).pipe(
      Effect.flatMap((items) => given.take(items)),
      Effect.catch((end) => Cause.isDone(end) ? given.end() : Effect.fail(given.fail(end))),
      Effect.onError((cause) =>
        Effect.sync(() => {
          given.died = Cause.hasDies(cause)
        })
      )
    )
    const answer = new OpenAnswer(watched, given, Effect.void)
    return Effect.as(trace.add(answer), answer)
  })

/** How far items that an interceptor gives have come. The events of a message have to end with `message_stop`. */
class GivenItems implements Progress {
  complete = false
  died = false
  failure: Failure | undefined
  readonly fold: MessageFold | undefined
  readonly arrival = new Arrival()
  private count = 0
  private readonly attempt: Attempt
  private readonly rows: RowsUsage | undefined

  constructor(attempt: Attempt) {
    this.attempt = attempt
    this.rows = attempt.operation.shape === "rows" ? new RowsUsage() : undefined
    this.fold = attempt.operation.returns === "message" ? new MessageFold() : undefined
  }

  usage(isFinal: boolean): Usage {
    return this.fold === undefined
      ? this.rows?.total(isFinal) ?? none
      : usageOfMessage(this.fold.modelAndUsage, { isFinal, model: this.attempt.model })
  }

  /** The items up to the first that is none. */
  take(items: Arr.NonEmptyReadonlyArray<unknown>): OpenAnswer["pull"] {
    const wrong = items.findIndex((item) => !this.accept(item))
    const taken = wrong === -1 ? items : items.slice(0, wrong)
    if (this.fold !== undefined) this.arrival.note(this.fold.deltas, this.attempt.clock)
    if (Arr.isReadonlyArrayNonEmpty(taken)) return Effect.succeed(taken)
    return this.failure === undefined ? Cause.done() : Effect.fail(this.failure)
  }

  private accept(item: unknown): boolean {
    this.count++
    this.rows?.add(item)
    if (this.fold === undefined || this.complete) return true
    const event = isRecord(item) && "type" in item && typeof item.type === "string" ? item as Parsed : undefined
    const problem = event === undefined ? "expected an object with a `type`" : problemOfEvent(event)
    if (problem !== undefined) {
      this.fail(rejected(this.attempt, `answerItems: item ${this.count} is no event of a message: ${problem}`))
      return false
    }
    // What is read of it has been looked at.
    this.fold.add(item as MessageEvent)
    this.complete = event?.type === "message_stop"
    return true
  }

  end(): OpenAnswer["pull"] {
    if (this.fold === undefined || this.complete) {
      this.complete = true
      return Cause.done()
    }
    const arrived = { count: this.count, unit: "events, before message_stop", partial: this.fold.message }
    return Effect.fail(this.fail(interrupted(this.attempt, arrived)))
  }

  fail(error: ClaudeError.ClaudeError): Failure {
    return this.failure = isOfCall(error) ? error : rejected(this.attempt, error)
  }
}
