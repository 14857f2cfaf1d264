/** Trips through interceptors, and answers that are still arriving when a trip hands them on. */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as ClaudeError from "../../ClaudeError.ts"
import type { CallInfo, End, Interceptor, ResponseInfo } from "../../Interceptor.ts"
import type { Failure } from "./exchange.ts"

/** The interceptors whose hooks are running: calls that a hook makes do not pass its interceptor again. */
export const RunningHooks: Context.Reference<ReadonlyArray<Interceptor>> = Context.Reference<
  ReadonlyArray<Interceptor>
>("effect-claude/RunningHooks", { defaultValue: () => [] })

/** What a call has sent and received, as the interceptors around it see it. */
export class Trace {
  readonly parent: Trace | undefined
  attempts = 0
  response: ResponseInfo | undefined
  private readonly answers = new Set<OpenAnswer>()
  private closed = false

  constructor(parent: Trace | undefined) {
    this.parent = parent
  }

  recordSent(): void {
    this.attempts++
    this.parent?.recordSent()
  }

  recordResponse(response: ResponseInfo): void {
    this.response = response
    this.parent?.recordResponse(response)
  }

  /** The answer ends with this, at the latest. */
  add(answer: OpenAnswer): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.closed) return answer.finish(Exit.interrupt())
      this.answers.add(answer)
      return Effect.void
    })
  }

  /** Ends the open answers below, all but one that is handed on. */
  abandon(exit: Exit.Exit<unknown, unknown>, except?: OpenAnswer): Effect.Effect<void> {
    this.closed = true
    const left = [...this.answers].filter((answer) => answer !== except)
    return left.length === 0 ? Effect.void : Effect.forEach(left, (answer) => answer.finish(exit), { discard: true })
  }
}

/** One entry into an interceptor. */
export class Trip extends Trace {
  readonly scope = Scope.makeUnsafe()
  private readonly interceptor: Interceptor
  private readonly call: CallInfo
  private readonly listeners: Array<(end: End) => Effect.Effect<void>> = []
  private ended: End | undefined

  constructor(interceptor: Interceptor, call: CallInfo, parent: Trace) {
    super(parent)
    this.interceptor = interceptor
    this.call = call
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
    const { attempts, call, interceptor, listeners, response, scope } = this
    const end: End = this.ended = { ...outcome, exit, response, attempts }
    const hooks = listeners.map((listener) => Effect.suspend(() => listener(end)))
    const { ended } = interceptor
    if (ended !== undefined) hooks.push(Effect.suspend(() => ended(call, end)))
    const run = hooks.length === 0
      ? Effect.void
      : within(interceptor, Effect.forEach(hooks, survive, { discard: true }))
    return Effect.andThen(run, survive(Scope.close(scope, exit)))
  }
}

/** Runs an effect as a hook of an interceptor. */
export const within = <A, E, R>(interceptor: Interceptor, self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateService(self, RunningHooks, (running) => [...running, interceptor])

/** A hook's defect is told, and spares the call and the hooks after it. */
const survive = (hook: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchCause(hook, (cause) => Effect.logError("A hook of an interceptor, or what it acquired, failed", cause))

export type Outcome = Pick<End, "_tag" | "error" | "usage">

/** How a trip whose answer does not stay open has ended. */
export const outcomeOf = (exit: Exit.Exit<unknown, unknown>): Outcome => {
  if (Exit.isSuccess(exit)) return { _tag: "Completed", error: undefined, usage: usageIn(exit.value) }
  const error = exit.cause.reasons.filter(Cause.isFailReason).map((reason) => reason.error).find(
    ClaudeError.isClaudeError
  )
  if (error === undefined) {
    return { _tag: Cause.hasInterruptsOnly(exit.cause) ? "Cancelled" : "Failed", error, usage: undefined }
  }
  return { _tag: "Failed", error, usage: "partial" in error ? error.partial?.usage : undefined }
}

const usageIn = (value: unknown): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, "usage") : undefined

/** How far an answer has arrived. */
export interface Progress {
  /** Whether the whole answer has arrived. */
  readonly complete: boolean
  readonly failure: Failure | undefined
  readonly usage: unknown
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
    if (this.finished) return trip.end(this.outcome(), Exit.void)
    this.trips.push(trip)
    return Effect.void
  }

  finish(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.finished) return Effect.void
      this.finished = true
      const outcome = this.outcome()
      return Effect.andThen(
        this.release,
        Effect.forEach(this.trips, (trip) => trip.end(outcome, exit), { discard: true })
      )
    })
  }

  /** By what has arrived, not by what was read. */
  private outcome(): Outcome {
    const { complete, died = false, failure, usage } = this.progress
    if (died) return { _tag: "Failed", error: failure, usage }
    if (failure !== undefined) return { _tag: "Failed", error: failure, usage }
    if (complete) return { _tag: "Completed", error: undefined, usage }
    return { _tag: "Cancelled", error: undefined, usage }
  }
}
