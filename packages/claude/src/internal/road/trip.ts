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
import { usageOfMessage } from "../usage/readUsage.ts"
import { none, sum, type Usage } from "../usage/usage.ts"
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
  /** What its answers have used, as far as they have come from here. */
  protected used: Usage | undefined
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

  constructor(interceptor: Interceptor, call: CallInfo, parent: Trace) {
    super(parent)
    this.interceptor = interceptor
    this.call = call
  }

  listen(f: (end: End) => Effect.Effect<void>): void {
    this.listeners.push(f)
  }

  /** Runs what waits for the end, then closes the scope. */
  end(outcome: Outcome, exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    const { attempts, call, interceptor, listeners, response, scope } = this
    // Nothing was recorded of what a hook gives that never was an answer: a stub's value.
    const usage = this.used ?? usageIn(call, exit)
    const end: End = { ...outcome, exit, usage, response, attempts }
    const hooks = listeners.map((listener) => Effect.suspend(() => listener(end)))
    const { ended } = interceptor
    if (ended !== undefined) hooks.push(Effect.suspend(() => ended(call, end)))
    const run = hooks.length === 0
      ? Effect.void
      : within(interceptor, Effect.forEach(hooks, survive, { discard: true }))
    return Effect.andThen(run, Effect.suspend(() => survive(Scope.closeUnsafe(scope, exit) ?? Effect.void)))
  }
}

/** Runs an effect as a hook of an interceptor. */
export const within = <A, E, R>(interceptor: Interceptor, self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateService(self, RunningHooks, (running) => [...running, interceptor])

/** A hook's defect is told, and spares the call and the hooks after it. */
const survive = (hook: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchCause(hook, (cause) => Effect.logError("A hook of an interceptor, or what it acquired, failed", cause))

export type Outcome = Pick<End, "_tag" | "error">

/** How a trip whose answer does not stay open has ended. */
export const outcomeOf = (exit: Exit.Exit<unknown, unknown>): Outcome => {
  if (Exit.isSuccess(exit)) return { _tag: "Completed", error: undefined }
  const error = exit.cause.reasons.filter(Cause.isFailReason).map((reason) => reason.error).find(
    ClaudeError.isClaudeError
  )
  if (error === undefined) {
    return { _tag: Cause.hasInterruptsOnly(exit.cause) ? "Cancelled" : "Failed", error }
  }
  return { _tag: "Failed", error }
}

const usageIn = ({ model, operation }: CallInfo, exit: Exit.Exit<unknown, unknown>): Usage =>
  Exit.isSuccess(exit) && operation.returns === "message" ? usageOfMessage(exit.value, { isFinal: true, model }) : none

/** How far an answer has arrived. */
export interface Progress {
  /** Whether the whole answer has arrived. */
  readonly complete: boolean
  readonly failure: Failure | undefined
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
    if (this.finished) return trip.end(this.outcome(), Exit.void)
    this.trips.push(trip)
    return Effect.void
  }

  finish(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.finished) return Effect.void
      this.finished = true
      const outcome = this.outcome()
      this.trace?.recordUsage(() => this.progress.usage(outcome._tag === "Completed"))
      return Effect.andThen(
        this.release,
        Effect.forEach(this.trips, (trip) => trip.end(outcome, exit), { discard: true })
      )
    })
  }

  /** By what has arrived, not by what was read. */
  private outcome(): Outcome {
    const { complete, died = false, failure } = this.progress
    if (died || failure !== undefined) return { _tag: "Failed", error: failure }
    return { _tag: complete ? "Completed" : "Cancelled", error: undefined }
  }
}
