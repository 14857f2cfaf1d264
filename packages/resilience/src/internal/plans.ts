/**
 * Fallbacks as execution plans of Effect. Each step of a plan provides {@link CurrentStep}, and what the plan runs is the
 * call as that step has it.
 */
import type * as ClaudeClient from "effect-claude/ClaudeClient"
import type * as ClaudeError from "effect-claude/ClaudeError"
import * as Interceptor from "effect-claude/Interceptor"
import type * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionPlan from "effect/ExecutionPlan"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { fallbackCalls } from "./metrics.ts"
import { outcomeOf } from "./outage.ts"
import { Targets } from "./targets.ts"

interface Rules {
  readonly retry: RetryPolicy.Input
  readonly cooldown: Duration.Duration
  readonly maxCooldown: Duration.Duration
}

/** A step of a fallback. `E` and `R` are what making its client may fail with and needs. */
export interface Step<out E = never, out R = never> {
  readonly name: string
  readonly model: string | ((model: string) => string)
  /** `undefined` for the client that the call goes through. */
  readonly client: Effect.Effect<ClaudeClient.Service, E, R | Scope.Scope> | undefined
  readonly when: (error: ClaudeError.ClaudeError) => boolean
  readonly params: (params: Interceptor.Params) => Interceptor.Params
}

/** A step whose client is there. */
interface Ready extends Omit<Step, "client"> {
  readonly client: ClaudeClient.Service | undefined
}

/** A step at its place in a plan. */
interface Place {
  readonly name: string
  readonly isFirst: boolean
  readonly isLast: boolean
  /** What this step makes of the call. */
  readonly change: (call: Interceptor.CallInfo) => Interceptor.CallChange
  /** Whether a later step would take a failure over. */
  readonly movesOn: (error: ClaudeError.ClaudeError) => boolean
}

type Plan = ExecutionPlan.ExecutionPlan<
  { provides: never; input: unknown; error: never; requirements: never }
>

interface Planned {
  readonly first: Place
  readonly plan: Plan
}

type Rejected = ClaudeError.RequestRejectedError

type Next<A, E> = (call: Interceptor.Call<A, E>) => Effect.Effect<A, E | Rejected, Scope.Scope>

const CurrentStep: Context.Reference<Place | undefined> = Context.Reference<Place | undefined>(
  "@effect-claude/resilience/CurrentStep",
  { defaultValue: () => undefined }
)

export const makeFallback = <E, R>(
  steps: ReadonlyArray<Step<E, R>>,
  rules: Rules
): Effect.Effect<Interceptor.Interceptor, E, R | Scope.Scope> =>
  Effect.gen(function*() {
    const ready = yield* Effect.forEach(steps, (step): Effect.Effect<Ready, E, R | Scope.Scope> =>
      step.client === undefined
        ? Effect.succeed({ ...step, client: undefined })
        : Effect.map(step.client, (client) => ({ ...step, client })))
    const memory = yield* Effect.provide(
      CircuitBreaker.make({
        tripPolicy: CircuitBreaker.consecutive(1),
        openDuration: Schedule.min([Schedule.exponential(rules.cooldown), Schedule.spaced(rules.maxCooldown)]),
        maxOpenDuration: rules.maxCooldown
      }),
      CircuitBreaker.layerStoreMemory()
    )
    yield* Effect.forkScoped(Stream.runForEach(memory.transitions, log))
    const fallback = new Fallback(ready, memory, rules)
    return Interceptor.make({
      call: (call, next) =>
        fallback.run(call, next)
    })
  })

const log = (transition: CircuitBreaker.Transition): Effect.Effect<void> => {
  switch (transition.to) {
    case "Open":
      return Effect.logWarning(
        `Fallback: ${transition.key} is down. Calls skip it for ${Duration.format(transition.retryAfter)}.`
      )
    case "HalfOpen":
      return Effect.logInfo(`Fallback: one call tries ${transition.key} again.`)
    case "Closed":
      return Effect.logInfo(`Fallback: ${transition.key} is back.`)
  }
}

class Fallback {
  private readonly steps: ReadonlyArray<Ready>
  private readonly memory: CircuitBreaker.CircuitBreaker
  private readonly rules: Rules
  private readonly targets = new Targets()
  /** By the model that calls name; `undefined` where no step does. */
  private readonly plans = new Map<string | undefined, Planned | undefined>()
  /** What a step that is skipped had failed with: the steps after it are asked about that. */
  private readonly downBy = new Map<string, ClaudeError.ClaudeError>()
  private readonly causes = new WeakMap<ClaudeError.ClaudeError, ClaudeError.ClaudeError>()
  /** The steps that may be down. All others are up, and need not be looked up. */
  private readonly suspects = new Set<string>()
  private readonly counters = new Map<string, Metric.Counter<number>>()

  constructor(steps: ReadonlyArray<Ready>, memory: CircuitBreaker.CircuitBreaker, rules: Rules) {
    this.steps = steps
    this.memory = memory
    this.rules = rules
  }

  run<A, E extends ClaudeError.ClaudeError>(
    call: Interceptor.Call<A, E>,
    next: Next<A, E>
  ): Effect.Effect<A, E | Rejected, Scope.Scope> {
    const plan = call.model === undefined ? undefined : this.planOf(call.model)
    if (plan === undefined) return next(call)
    const steps = (failed?: E | Rejected) =>
      Effect.withExecutionPlan(
        Effect.flatMap(
          CurrentStep,
          (place) => place === undefined ? next(call) : this.enter(place, call, next, failed)
        ),
        plan.plan
      )
    // While all is well there is nothing to plan.
    return this.suspects.has(this.targets.nameOf(call))
      ? steps()
      : Effect.catch(this.attempt(plan.first, call, next), steps)
  }

  private planOf(model: string): Planned | undefined {
    const at = this.steps.findIndex((step) => step.client === undefined && step.model === model)
    const key = at < 0 ? undefined : model
    if (!this.plans.has(key)) {
      this.plans.set(key, this.makePlan(at < 0 ? this.steps.filter(takesAnyModel) : this.steps.slice(at + 1), key))
    }
    return this.plans.get(key)
  }

  /** The call as it is, then these steps. */
  private makePlan(after: ReadonlyArray<Ready>, model: string | undefined): Planned | undefined {
    if (after.length === 0) return undefined
    const takesOver = (step: Ready, error: ClaudeError.ClaudeError) =>
      mayRepeat(error) && step.when(this.causeOf(error))
    const laterThan = (index: number): Place["movesOn"] => (error) =>
      after.slice(index).some((step) => takesOver(step, error))
    const first: Place = {
      name: this.steps.find((step) => step.client === undefined && step.model === model)?.name ?? "call",
      isFirst: true,
      isLast: false,
      change: () => ({}),
      movesOn: laterThan(0)
    }
    const provided = (place: Place) => ({ provide: Context.make(CurrentStep, place) as Context.Context<never> })
    const plan = ExecutionPlan.make(
      provided(first),
      ...after.map((step, index) => ({
        ...provided({
          name: step.name,
          isFirst: false,
          isLast: index === after.length - 1,
          change: (call) => changeBy(step, call),
          movesOn: laterThan(index + 1)
        }),
        while: (error: ClaudeError.ClaudeError) => takesOver(step, error)
      }))
    )
    return { first, plan }
  }

  /** Makes the call as a step has it. With `failed`, the first step has been made and has failed so. */
  private enter<A, E extends ClaudeError.ClaudeError>(
    place: Place,
    call: Interceptor.Call<A, E>,
    next: Next<A, E>,
    failed: E | Rejected | undefined
  ): Effect.Effect<A, E | Rejected, Scope.Scope> {
    const changed = call.with(place.change(call))
    if (place.isLast) return this.attempt(place, changed, next)
    const isMade = place.isFirst && failed !== undefined
    const attempt = isMade ? Effect.fail(failed) : this.attempt(place, changed, next)
    const key = this.targets.nameOf(changed)
    // The exit as a value: what fails outside it is the refusal.
    const remembered = this.memory.execute(Effect.exit(attempt), {
      key,
      classify: (exit) => Exit.isSuccess(exit) ? this.judge(place, key, exit.value) : CircuitBreaker.ignored
    })
    return Effect.matchEffect(remembered, {
      onSuccess: (exit) => exit,
      onFailure: ({ reason }) => isMade ? attempt : this.skip(place, key, changed, reason)
    })
  }

  /** The quick policy is for steps that another one follows. */
  private attempt<A, E extends ClaudeError.ClaudeError>(
    place: Place,
    call: Interceptor.Call<A, E>,
    next: Next<A, E>
  ): Effect.Effect<A, E | Rejected, Scope.Scope> {
    const quick = place.isLast ? call : call.with({ options: { ...call.options, retry: this.rules.retry } })
    return Effect.onExit(next(quick), (exit) => this.count(place, exit))
  }

  private judge(place: Place, key: string, exit: Exit.Exit<unknown, ClaudeError.ClaudeError>): CircuitBreaker.Outcome {
    if (Exit.isSuccess(exit)) {
      this.suspects.delete(key)
      return CircuitBreaker.success
    }
    const error = errorIn(exit)
    const outcome = outcomeOf(error, place.movesOn)
    if (error !== undefined && outcome._tag === "Failure") {
      this.suspects.add(key)
      this.downBy.set(key, error)
    }
    return outcome
  }

  private skip(
    place: Place,
    key: string,
    call: Interceptor.CallInfo,
    reason: CircuitBreaker.CircuitBreakerErrorReason
  ): Effect.Effect<never, Rejected> {
    const rejection = Interceptor.reject(call, {
      reason: { _tag: "CircuitOpen", name: place.name },
      message: `Fallback: ${key} is down, and no later step takes the call over.`,
      retryAfter: reason._tag === "CircuitOpen" ? reason.retryAfter : undefined
    })
    return Effect.tapError(Effect.andThen(this.counted(place, "skipped"), rejection), (error) =>
      Effect.sync(() => {
        const cause = this.downBy.get(key)
        if (cause !== undefined) this.causes.set(error, cause)
      }))
  }

  private causeOf(error: ClaudeError.ClaudeError): ClaudeError.ClaudeError {
    return this.causes.get(error) ?? error
  }

  private count(place: Place, exit: Exit.Exit<unknown, ClaudeError.ClaudeError>): Effect.Effect<void> {
    if (Exit.isFailure(exit)) {
      return errorIn(exit) === undefined ? Effect.void : this.counted(place, "failed")
    }
    const counted = this.counted(place, "served")
    return place.isFirst
      ? counted
      : Effect.andThen(counted, Effect.annotateCurrentSpan("claude.fallback.step", place.name))
  }

  private counted({ name }: Place, result: "served" | "failed" | "skipped"): Effect.Effect<void> {
    const key = `${result} ${name}`
    let counter = this.counters.get(key)
    if (counter === undefined) {
      counter = Metric.withAttributes(fallbackCalls, { step: name, result })
      this.counters.set(key, counter)
    }
    return Metric.update(counter, 1)
  }
}

const takesAnyModel = ({ model }: Ready): boolean => typeof model !== "string"

/** What may have run is run again only where that is harmless. */
const mayRepeat = (error: ClaudeError.ClaudeError): boolean => error.outcome === "not-executed" || error.repeatable

const errorIn = (exit: Exit.Failure<unknown, ClaudeError.ClaudeError>): ClaudeError.ClaudeError | undefined => {
  const fail = exit.cause.reasons.find(Cause.isFailReason)
  return fail?.error
}

const changeBy = (step: Ready, { model = "", params }: Interceptor.CallInfo): Interceptor.CallChange => {
  const named = { ...params, model: typeof step.model === "string" ? step.model : step.model(model) }
  return { params: step.params(named), ...(step.client === undefined ? {} : { client: step.client }) }
}
