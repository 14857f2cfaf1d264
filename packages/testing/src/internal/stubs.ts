/** What a test has given in place of methods, and the calls that were made. */
import * as Effect from "effect/Effect"
import { hasProperty } from "effect/Predicate"
import * as Stream from "effect/Stream"
import { type Call, effectOf, type Handler, handlerOf, streamOf } from "./shorthands.ts"

/** The stubs of a service, by the paths of their methods. */
export class Stubs {
  readonly calls: Array<Call> = []
  readonly #given: object
  readonly #stubs = new Map<string, Stub>()

  constructor(given: object) {
    this.#given = given
  }

  has(path: string): boolean {
    return this.#givenAt(path) !== undefined
  }

  /** The one stub of a path: a sequence counts its calls. Where none is given, one that dies and says so. */
  get(path: string): Stub {
    const known = this.#stubs.get(path)
    if (known !== undefined) return known
    const stub = new Stub(path, handlerOf(this.#givenAt(path)), this.calls)
    this.#stubs.set(path, stub)
    return stub
  }

  #givenAt(path: string): unknown {
    return path.split(".").reduce<unknown>(
      (tree, name) => hasProperty(tree, name) ? tree[name] : undefined,
      this.#given
    )
  }
}

/** A call, and what its stub answers. */
export interface Answered {
  readonly call: Call
  readonly answer: unknown
}

/** What stands for a method. Each run of its answers is a call. */
export class Stub {
  readonly method: string
  readonly #handler: Handler
  readonly #calls: Array<Call>

  constructor(method: string, handler: Handler, calls: Array<Call>) {
    this.method = method
    this.#handler = handler
    this.#calls = calls
  }

  /** What answers a call, which is counted. */
  readonly answerTo = (...args: ReadonlyArray<unknown>): Answered => {
    const call = this.#called(args)
    return { call, answer: this.#handler(call) }
  }

  readonly effect = (...args: ReadonlyArray<unknown>): ReturnType<typeof effectOf> =>
    Effect.suspend(() => {
      const { answer, call } = this.answerTo(...args)
      return effectOf(answer, call)
    })

  readonly stream = (...args: ReadonlyArray<unknown>): ReturnType<typeof streamOf> =>
    Stream.suspend(() => {
      const { answer, call } = this.answerTo(...args)
      return streamOf(answer, call)
    })

  #called(args: ReadonlyArray<unknown>): Call {
    const { method } = this
    this.#calls.push({ method, args: args.map((arg) => snapshot(arg)) })
    return { method, args }
  }
}

/** As it is now, since programs add to the messages that they have sent. What is not plain data stays itself. */
const snapshot = (value: unknown, within: ReadonlyArray<unknown> = []): unknown => {
  if (typeof value !== "object" || value === null || within.includes(value)) return value
  const inner = [...within, value]
  if (Array.isArray(value)) return value.map((item) => snapshot(item, inner))
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, snapshot(member, inner)]))
}
