/** One try of a call: what its errors tell, and what it asks the SDK for. */
import type * as Clock from "effect/Clock"
import type * as Schema from "effect/Schema"
import type { Operation } from "../Operation.ts"
import { writeJson } from "./writeJson.ts"

export interface AttemptEnv {
  readonly host: string
  readonly scrub: (text: string) => string
}

export class Attempt {
  readonly env: AttemptEnv
  readonly operation: Operation
  readonly model: string | undefined
  readonly clock: Clock.Clock
  readonly startedAt: number
  /** Counted from 1. */
  readonly number: number
  /** Whether the client's middleware let the request through. */
  sent = false

  constructor(
    env: AttemptEnv,
    operation: Operation,
    model: string | undefined,
    clock: Clock.Clock,
    startedAt = clock.currentTimeMillisUnsafe(),
    number = 1
  ) {
    this.env = env
    this.operation = operation
    this.model = model
    this.clock = clock
    this.startedAt = startedAt
    this.number = number
  }

  next(): Attempt {
    return new Attempt(this.env, this.operation, this.model, this.clock, this.startedAt, this.number + 1)
  }

  now(): number {
    return this.clock.currentTimeMillisUnsafe()
  }

  elapsedMillis(): number {
    return Math.max(0, this.now() - this.startedAt)
  }

  get host(): string {
    return this.env.host
  }

  scrub(text: string): string
  scrub(text: string | undefined): string | undefined
  scrub(text: string | undefined): string | undefined {
    return text === undefined ? undefined : this.env.scrub(text)
  }

  /** The same JSON without secrets. What is no JSON is `undefined`, and so is what is nested too deeply. */
  scrubJson(value: unknown): Schema.Json | undefined {
    const json = writeJson(value, (_, part) => this.scrubPart(part))
    return json === undefined ? undefined : JSON.parse(json)
  }

  /** A text, or an object by its names: numbers stay what they are. */
  private scrubPart(part: unknown): unknown {
    if (typeof part === "string") return this.scrub(part)
    return typeof part !== "object" || part === null || Array.isArray(part)
      ? part
      : Object.fromEntries(Object.entries(part).map(([name, value]) => [this.scrub(name), value]))
  }

  /** The same error, or where it shows a secret one with only its name and its cleaned message. */
  scrubError(error: unknown): unknown {
    if (!(error instanceof Error)) return typeof error === "string" ? this.scrub(error) : error
    if (!this.shows(error)) return error
    const clean = new Error(this.scrub(error.message))
    clean.name = error.name
    delete clean.stack
    return clean
  }

  /** Whether a look at the value shows a secret: the SDK's errors keep the body and the headers of the answer. */
  private shows(value: unknown): boolean {
    const left = [value]
    const seen = new Set<unknown>()
    while (left.length > 0) {
      const part = left.pop()
      if (typeof part === "string" && this.scrub(part) !== part) return true
      if (typeof part !== "object" || part === null || seen.has(part)) continue
      seen.add(part)
      for (const inner of partsOf(part)) left.push(inner)
    }
    return false
  }
}

const partsOf = (value: object): ReadonlyArray<unknown> =>
  value instanceof Headers
    ? [...value.values()]
    : value instanceof Error
    ? [value.message, value.cause, ...Object.values(value)]
    : Object.entries(value).flat()
