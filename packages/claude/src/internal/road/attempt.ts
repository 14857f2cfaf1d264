/** One try of a call: what its errors tell. */
import type * as Clock from "effect/Clock"
import type { Operation } from "../../Operation.ts"
import type { Scrub } from "../secrets.ts"
import type { Scrubber } from "../secrets/scrubber.ts"

/** What errors need of a client. */
export interface ErrorEnv {
  readonly host: string
  readonly scrub: Scrub
  /** What is secret, as far as it is known. */
  readonly secrets: Scrubber
}

export class Attempt {
  readonly env: ErrorEnv
  readonly operation: Operation
  readonly model: string | undefined
  readonly clock: Clock.Clock
  readonly startedAt: number
  /** Counted from 1. */
  readonly number: number
  /** Whether the request may have been handed to `fetch`. */
  sent = false
  /** Aborts when the attempt is given up. */
  signal: AbortSignal | undefined
  /** The headers of the answer, once they are there. */
  answered: { readonly status: number; readonly headers: Headers } | undefined
  /** Betas that the request names beside those of its parameters. */
  betas: ReadonlyArray<string> = []
  /** Runs when the headers of an answer are there. */
  onAnswer: ((response: Response, accept: string | null) => void) | undefined
  /** Whether the request asks for a part of a file; `undefined` where that is not seen. */
  asksForPart: boolean | undefined
  /** What the answer says, where it refuses. */
  errorBody: { readonly value: unknown } | undefined
  /** Runs when the request is handed to `fetch`. */
  private readonly onSent: (() => void) | undefined

  constructor(
    env: ErrorEnv,
    operation: Operation,
    model: string | undefined,
    clock: Clock.Clock,
    number = 1,
    onSent?: () => void,
    startedAt = monotonicMillis(clock)
  ) {
    this.env = env
    this.operation = operation
    this.model = model
    this.clock = clock
    this.startedAt = startedAt
    this.number = number
    this.onSent = onSent
  }

  next(): Attempt {
    const { clock, env, model, number, onSent, operation, startedAt } = this
    return new Attempt(env, operation, model, clock, number + 1, onSent, startedAt)
  }

  /** The same attempt, made again: a hook may run it more than once. */
  again(): Attempt {
    const { clock, env, model, number, onSent, operation, startedAt } = this
    return new Attempt(env, operation, model, clock, number, onSent, startedAt)
  }

  recordSent(): void {
    this.sent = true
    this.onSent?.()
  }

  now(): number {
    return this.clock.currentTimeMillisUnsafe()
  }

  /** Of a clock that nobody sets, for what lasts. */
  monotonicMillis(): number {
    return monotonicMillis(this.clock)
  }

  elapsedMillis(): number {
    return Math.round(this.monotonicMillis() - this.startedAt)
  }

  get host(): string {
    return this.env.host
  }

  scrub(text: string): string
  scrub(text: string | undefined): string | undefined
  scrub(text: string | undefined): string | undefined {
    return text === undefined ? undefined : this.env.scrub(text)
  }
}

const monotonicMillis = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
