/**
 * The discrete-event simulation: clients that call, a server that answers, and the retry policy itself (its real steps, run
 * by Effect) deciding what comes after a failure.
 *
 * A slice of the simulation is one fiber that runs in one go: `Effect.whileLoop` takes one step of one client's schedule
 * after another, so that a step costs no fiber of its own. Time stands in `now`, where the schedules' `Clock` reads it.
 */
import type * as ClaudeError from "effect-claude/ClaudeError"
import * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Pull from "effect/Pull"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Scheduler from "effect/Scheduler"
import type * as Scenario from "../Scenario.ts"
import { arrivals } from "./arrivals.ts"
import { EventQueue } from "./EventQueue.ts"
import { Prng } from "./Prng.ts"
import { Recorder } from "./Recorder.ts"
import * as Responder from "./Responder.ts"

type Asked = [unknown, Duration.Duration]
type Step = (now: number, error: ClaudeError.ClaudeError) => Pull.Pull<Asked, never, unknown>

/** Why a simulation cannot go on. */
export type Stop =
  | { readonly _tag: "Broken"; readonly cause: Cause.Cause<unknown> }
  | { readonly _tag: "BadDelay"; readonly delay: Duration.Duration }
  | { readonly _tag: "Endless"; readonly client: number; readonly attempts: number; readonly calls: number }

/** A client's state: about to call (0), at a stage of its call (1…), or with an answer on its way. */
const answering = 255

/** Events between two looks at the world outside. */
const eventsPerSlice = 50_000

const noClient = -1

export class Simulation {
  /** Virtual time in milliseconds. */
  now = 0
  stop: Stop | undefined
  readonly recorder: Recorder
  readonly services: Context.Context<never>

  private readonly scenario: Scenario.Scenario
  private readonly clients: number
  private readonly responder: Responder.Responder
  private readonly queue: EventQueue
  private readonly stage: Uint8Array
  private readonly attempts: Uint32Array
  private readonly arrivedAt: Float64Array
  private readonly failure: Array<Responder.Reply["failure"]>
  private readonly step: Array<Step | undefined>
  private readonly reply: Responder.Reply = { at: 0, stage: 0, failure: undefined }
  private asking = noClient
  private eventsLeft = 0
  private readonly budget: RetryPolicy.RetryBudget | undefined

  constructor(scenario: Scenario.Scenario, clients: number, seed: number, budget?: RetryPolicy.RetryBudget) {
    this.scenario = scenario
    this.clients = clients
    this.recorder = new Recorder(clients)
    this.responder = Responder.make(scenario, clients, new Prng(seed, 1))
    this.queue = new EventQueue(clients)
    this.stage = new Uint8Array(clients)
    this.attempts = new Uint32Array(clients)
    this.arrivedAt = arrivals(scenario.arrivals, clients, new Prng(seed, 0))
    this.failure = Array.from({ length: clients })
    this.step = Array.from({ length: clients })
    this.arrivedAt.forEach((time, client) => this.queue.push(time, client))
    this.services = Context.make(Random.Random, new Prng(seed, 2)).pipe(
      Context.add(Clock.Clock, virtualClock(() => this.now)),
      Context.add(Scheduler.PreventSchedulerYield, true),
      Context.add(RetryPolicy.CurrentBudget, budget)
    )
    this.budget = budget
  }

  get isOver(): boolean {
    return this.queue.isEmpty || this.stop !== undefined
  }

  /** How much of the crowd is done, from 0 to 1. */
  get progress(): number {
    return this.recorder.clientsDone / this.clients
  }

  /** Goes on for a while, in one go. */
  runSlice(policy: RetryPolicy.Input): void {
    this.eventsLeft = eventsPerSlice
    const exit = Effect.runSyncExitWith(this.services)(Effect.whileLoop({
      while: () => (this.asking = this.nextToAsk()) !== noClient,
      body: () => Effect.exit(this.ask(policy, this.asking)),
      step: (exit) => this.obey(this.asking, exit)
    }))
    if (Exit.isFailure(exit)) this.stop = { _tag: "Broken", cause: exit.cause }
  }

  /** Handles events until a client needs its policy. `noClient` at the end of the slice. */
  private nextToAsk(): number {
    while (!this.isOver && this.eventsLeft-- > 0) {
      this.now = this.queue.nextTime
      const client = this.queue.pop()
      const stage = this.stage[client] ?? 0
      if (stage !== answering) this.converse(client, stage)
      else if (this.failure[client] !== undefined) return client
      else this.succeed(client)
    }
    return noClient
  }

  /** A call begins, or goes on to its next stage. */
  private converse(client: number, stage: number): void {
    const { now, recorder, reply } = this
    if (stage === 0) {
      const attempts = this.attempts[client] = (this.attempts[client] ?? 0) + 1
      if (attempts === 1) this.budget?.earn()
      recorder.call(now)
    }
    this.responder.respond(now, client, stage, reply)
    this.stage[client] = reply.stage === 0 ? answering : reply.stage
    this.failure[client] = reply.failure
    this.queue.push(reply.at, client)
  }

  private succeed(client: number): void {
    this.step[client] = undefined
    this.recorder.success(this.now, this.sinceArrival(client), this.attempts[client] ?? 0)
  }

  /** The policy's word on a failed call. As in the library, a call without failures never starts its schedule. */
  private ask(policy: RetryPolicy.Input, client: number): Pull.Pull<Asked, never, unknown> {
    const failure = this.failure[client]
    if (failure === undefined) return Cause.done(undefined)
    this.recorder.failure(this.now, failure.spent)
    const step = this.step[client]
    if (step !== undefined) return step(this.now, failure.error)
    return Effect.flatMap(Schedule.toStep(policy), (step) => {
      this.step[client] = step
      return step(this.now, failure.error)
    })
  }

  private obey(client: number, exit: Exit.Exit<Asked, Cause.Done<unknown>>): void {
    if (Exit.isSuccess(exit)) this.retry(client, exit.value[1])
    else if (Pull.isDoneCause(exit.cause)) this.giveUp(client)
    else this.stop = { _tag: "Broken", cause: exit.cause }
  }

  private retry(client: number, delay: Duration.Duration): void {
    const millis = Duration.isDuration(delay) ? Duration.toMillis(delay) : Number.NaN
    if (!(millis >= 0 && millis < Infinity)) {
      this.stop = { _tag: "BadDelay", delay }
      return
    }
    const attempts = this.attempts[client] ?? 0
    this.recorder.retry(attempts, millis)
    this.stage[client] = 0
    this.queue.push(this.now + millis, client)
    if (this.isPastLimits(attempts, this.now + millis)) {
      this.stop = { _tag: "Endless", client, attempts, calls: this.recorder.callsSoFar }
    }
  }

  private isPastLimits(attempts: number, next: number): boolean {
    const { limits } = this.scenario
    return attempts >= limits.attempts || next > limits.horizon ||
      this.recorder.callsSoFar >= Math.max(10_000, limits.callsPerClient * this.clients)
  }

  private giveUp(client: number): void {
    this.step[client] = undefined
    this.recorder.giveUp(this.now, this.sinceArrival(client), this.attempts[client] ?? 0)
  }

  private sinceArrival(client: number): number {
    return this.now - (this.arrivedAt[client] ?? 0)
  }
}

/** A clock that says what time it is in the simulation. Nobody can sleep on it: waiting is what delays are for. */
const virtualClock = (millis: () => number): Clock.Clock => {
  const nanos = () => BigInt(Math.round(millis() * 1e6))
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: () => Effect.never
  }
}
