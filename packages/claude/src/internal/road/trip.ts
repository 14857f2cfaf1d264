/** Trips through interceptors, and answers that are still arriving when a trip hands them on. */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as ClaudeError from "../../ClaudeError.ts"
import type { CallInfo, Chunks, End, Interceptor } from "../../Interceptor.ts"
import type { Arrival } from "../answer/arrival.ts"
import { isRecord } from "../answer/parseEvent.ts"
import { field } from "../answer/shapes.ts"
import type { MessageFold } from "../stream/messageFold.ts"
import { usageOfMessage } from "../usage/readUsage.ts"
import { none, sum, type Usage } from "../usage/usage.ts"
import type { Failure } from "./exchange.ts"
import type { HeadersInfo } from "./responseInfo.ts"

/** The interceptors whose hooks are running: calls that a hook makes do not pass its interceptor again. */
export const RunningHooks: Context.Reference<ReadonlyArray<Interceptor>> = Context.Reference<
  ReadonlyArray<Interceptor>
>("effect-claude/RunningHooks", { defaultValue: () => [] })

/** What a call has sent and received, as the interceptors around it see it. */
export class Trace {
  readonly parent: Trace | undefined
  readonly clock: Clock.Clock
  /** The span of the call. */
  readonly span: Tracer.Span
  /** By the monotonic clock, in nanoseconds. */
  readonly startedAt: bigint
  attempts = 0
  response: HeadersInfo | undefined
  /** What its answers have used, as far as they have come from here. */
  protected used: Usage | undefined
  private answered = 0
  private readonly answers = new Set<OpenAnswer>()
  private closed = false

  constructor(clock: Clock.Clock, span: Tracer.Span, parent?: Trace) {
    this.clock = clock
    this.span = span
    this.parent = parent
    this.startedAt = clock.monotonicTimeNanosUnsafe()
  }

  recordSent(): void {
    this.attempts++
    this.parent?.recordSent()
  }

  recordResponse(response: HeadersInfo): void {
    this.response = response
    this.answered = this.attempts
    this.parent?.recordResponse(response)
  }

  /** The response of the last attempt, unless there was none. */
  get lastResponse(): HeadersInfo | undefined {
    return this.answered === this.attempts ? this.response : undefined
  }

  recordUsage(usage: () => Usage): void {
    // Of a call without interceptors nobody asks.
    if (this.parent !== undefined) this.addUsage(usage())
  }

  private addUsage(usage: Usage): void {
    if (usage.lines.length === 0) return
    this.used = this.used === undefined ? usage : sum([this.used, usage])
    this.parent?.addUsage(usage)
  }

  /** The answer ends with this, at the latest. What it has used counts from the innermost on. */
  add(answer: OpenAnswer): Effect.Effect<void> {
    return Effect.suspend(() => {
      answer.trace ??= this
      if (this.closed) return answer.finish(Exit.interrupt())
      this.answers.add(answer)
      return Effect.void
    })
  }

  /** Ends the open answers below, all but one that is handed on. */
  abandon(exit: Exit.Exit<unknown, unknown>, except?: OpenAnswer): Effect.Effect<void> {
    this.closed = true
    if (this.answers.size === 0) return Effect.void
    const left = [...this.answers].filter((answer) => answer !== except)
    return left.length === 0 ? Effect.void : Effect.forEach(left, (answer) => answer.finish(exit), { discard: true })
  }
}

/** One entry into an interceptor. */
export class Trip extends Trace {
  private madeScope: Scope.Closeable | undefined
  private readonly interceptor: Interceptor
  private readonly call: CallInfo
  private readonly listeners: Array<(end: End) => Effect.Effect<void>> = []
  private ended: End | undefined

  constructor(interceptor: Interceptor, call: CallInfo, parent: Trace) {
    super(parent.clock, parent.span, parent)
    this.interceptor = interceptor
    this.call = call
  }

  /** Made when a hook may use it. */
  get scope(): Scope.Scope {
    return this.madeScope ??= Scope.makeUnsafe()
  }

  /** Runs at the end, or at once where that is over. */
  listen(f: (end: End) => Effect.Effect<void>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { ended, interceptor } = this
      if (ended !== undefined) return within(interceptor, survive(Effect.suspend(() => f(ended))))
      this.listeners.push(f)
      return Effect.void
    })
  }

  /** Runs what waits for the end, then closes the scope. */
  end(outcome: Outcome, exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    // Answers that were not handed on end just before.
    return Effect.suspend(() => {
      const { call, interceptor, listeners, madeScope } = this
      const { ended } = interceptor
      const close = () => {
        const closing = madeScope === undefined ? undefined : Scope.closeUnsafe(madeScope, exit)
        return closing === undefined ? Effect.void : survive(closing)
      }
      // Nothing was recorded of what a hook gives that never was an answer: a stub's value.
      const end = this.ended = new TripEnd(this, outcome, exit, this.used ?? usageIn(call, exit))
      const hooks = ended === undefined ? listeners : [...listeners, (end: End) => ended(call, end)]
      if (hooks.length === 0) return close()
      const run = Effect.forEach(hooks, (hook) => survive(Effect.suspend(() => hook(end))), { discard: true })
      // The end of a stream comes where it is read, which may be outside the call's span.
      const told = Effect.provideService(within(interceptor, run), Tracer.ParentSpan, this.span)
      return Effect.flatMap(told, close)
    })
  }
}

/** Runs an effect as a hook of an interceptor. */
export const within = <A, E, R>(interceptor: Interceptor, self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateService(self, RunningHooks, (running) => [...running, interceptor])

/** A hook's defect is told, and spares the call and the hooks after it. */
export const survive = (hook: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchCause(hook, (cause) => Effect.logError("A hook of an interceptor, or what it acquired, failed", cause))

/** How a call ended, and what of its answer there is. */
export interface Outcome {
  readonly _tag: End["_tag"]
  readonly error: ClaudeError.ClaudeError | undefined
  /** An answer that arrived whole. */
  readonly value?: unknown
  /** One that arrives in pieces. */
  readonly progress?: Progress
}

/** How a trip whose answer does not stay open has ended. */
export const outcomeOf = (exit: Exit.Exit<unknown, unknown>): Outcome => {
  if (Exit.isSuccess(exit)) return { _tag: "Completed", error: undefined, value: exit.value }
  const error = exit.cause.reasons.filter(Cause.isFailReason).map((reason) => reason.error).find(
    ClaudeError.isClaudeError
  )
  if (error === undefined) return { _tag: Cause.hasInterruptsOnly(exit.cause) ? "Cancelled" : "Failed", error }
  return { _tag: "Failed", error, value: "partial" in error ? error.partial : undefined }
}

/** The message of an outcome as far as it is known without putting its content together. */
export const envelopeOf = ({ progress, value }: Outcome): object | undefined => {
  const envelope: unknown = progress === undefined ? value : progress.fold?.envelope
  return isRecord(envelope) ? envelope : undefined
}

const usageIn = ({ model, operation }: CallInfo, exit: Exit.Exit<unknown, unknown>): Usage =>
  Exit.isSuccess(exit) && operation.returns === "message" ? usageOfMessage(exit.value, { isFinal: true, model }) : none

/** What of an end takes time is worked out when it is asked for. */
class TripEnd implements End {
  readonly _tag: End["_tag"]
  readonly error: End["error"]
  readonly exit: End["exit"]
  readonly response: End["response"]
  readonly attempts: number
  readonly elapsed: Duration.Duration
  readonly usage: Usage
  readonly #outcome: Outcome
  readonly #startedAt: bigint

  constructor({ attempts, clock, response, startedAt }: Trace, outcome: Outcome, exit: End["exit"], usage: Usage) {
    this._tag = outcome._tag
    this.error = outcome.error
    this.exit = exit
    this.response = response
    this.attempts = attempts
    this.elapsed = Duration.nanos(clock.monotonicTimeNanosUnsafe() - startedAt)
    this.usage = usage
    this.#outcome = outcome
    this.#startedAt = startedAt
  }

  get chunks(): Chunks | undefined {
    return chunksOf(this.#outcome, this.#startedAt)
  }

  get message(): End["message"] {
    const { progress } = this.#outcome
    const message: unknown = progress === undefined ? envelopeOf(this.#outcome) : progress.fold?.message
    // A body of that type has been looked at by the reading of answers.
    return field(message, "type") === "message" ? message as End["message"] : undefined
  }

  get model(): string | undefined {
    const envelope = envelopeOf(this.#outcome)
    const model = field(envelope, "type") === "message" ? field(envelope, "model") : undefined
    return typeof model === "string" ? model : undefined
  }
}

/** When the content arrived, counted from a time. An interceptor may have given what had arrived before. */
export const chunksOf = ({ progress }: Outcome, from: bigint): Chunks | undefined => {
  if (progress === undefined || progress.arrival.count === 0) return undefined
  const { count, first, last } = progress.arrival
  const since = (time: bigint) => Duration.nanos(time > from ? time - from : 0n)
  return { count, first: since(first), last: since(last) }
}

/** How far an answer has arrived. */
export interface Progress {
  /** Whether the whole answer has arrived. */
  readonly complete: boolean
  readonly failure: Failure | undefined
  /** Where the items make a message. */
  readonly fold: MessageFold | undefined
  readonly arrival: Arrival
  /** What has been used so far. `isFinal`: whether that is all. */
  readonly usage: (isFinal: boolean) => Usage
  /** Whether what gives the items has a defect. */
  readonly died?: boolean
}

/** An answer that arrives in pieces. It ends once: when it has arrived, when it fails, or when its reader goes away. */
export class OpenAnswer {
  readonly pull: Pull.Pull<Arr.NonEmptyReadonlyArray<unknown>, Failure>
  private readonly progress: Progress
  private readonly release: Effect.Effect<void>
  private readonly trips: Array<Trip> = []
  private finished = false
  /** Where it was opened. */
  trace: Trace | undefined

  constructor(
    pull: Pull.Pull<Arr.NonEmptyReadonlyArray<unknown>, Failure>,
    progress: Progress,
    release: Effect.Effect<void>
  ) {
    this.progress = progress
    this.release = release
    this.pull = Effect.catch(pull, (end) =>
      Effect.andThen(
        Effect.uninterruptible(this.finish(Cause.isDone(end) ? Exit.void : Exit.fail(end))),
        Effect.fail(end)
      ))
  }

  /** The trip stays open for as long as this answer does. Trips come innermost first. */
  keepOpen(trip: Trip): Effect.Effect<void> {
    if (this.finished) return trip.end(this.outcome, Exit.void)
    this.trips.push(trip)
    return Effect.void
  }

  finish(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.finished) return Effect.void
      this.finished = true
      const { outcome } = this
      this.trace?.recordUsage(() => this.progress.usage(outcome._tag === "Completed"))
      return Effect.andThen(
        this.release,
        Effect.forEach(this.trips, (trip) => trip.end(outcome, exit), { discard: true })
      )
    })
  }

  /** By what has arrived, not by what was read. */
  get outcome(): Outcome {
    const { progress } = this
    const { complete, died = false, failure: error } = progress
    return { _tag: died || error !== undefined ? "Failed" : complete ? "Completed" : "Cancelled", error, progress }
  }
}
