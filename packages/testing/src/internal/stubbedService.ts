/** The service, with what a test gives in place of its methods. */
import * as Claude from "effect-claude/Claude"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { type Call, effectOf, type Handler, handlerOf, streamOf } from "./shorthands.ts"

interface Tree {
  readonly [name: string]: unknown
}

/**
 * The real service, over a client that is never used: it has every method, and what a method of it gives tells whether
 * that is an effect or a stream.
 */
const real: Effect.Effect<Claude.Service> = Effect.scoped(
  Effect.map(
    Layer.build(Claude.layer({ apiKey: Redacted.make("never-used"), fetch: () => Promise.reject(new Error()) })),
    (context) => Context.get(context, Claude.Claude)
  )
).pipe(Effect.orDie)

export const make = (
  stubs: object
): Effect.Effect<{ readonly service: Claude.Service; readonly calls: ReadonlyArray<Call> }> =>
  Effect.map(real, (real) => {
    const calls: Array<Call> = []
    // The same tree with other functions at its ends.
    return { calls, service: stubbed(real as unknown as Tree, stubs as Tree, "", calls) as unknown as Claude.Service }
  })

const stubbed = (real: Tree, stubs: Tree, path: string, calls: Array<Call>): Tree =>
  Object.fromEntries(
    Object.entries(real).map(([name, member]) => [
      name,
      isMethod(member)
        ? method(member, handlerOf(stubs[name]), path + name, calls)
        : stubbed(member as Tree, (stubs[name] ?? {}) as Tree, `${path}${name}.`, calls)
    ])
  )

/** As it is now, since programs add to the messages that they have sent. What is not plain data stays itself. */
const snapshot = (value: unknown, within: ReadonlyArray<unknown> = []): unknown => {
  if (typeof value !== "object" || value === null || within.includes(value)) return value
  const inner = [...within, value]
  if (Array.isArray(value)) return value.map((item) => snapshot(item, inner))
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, snapshot(member, inner)]))
}

type Method = (...args: ReadonlyArray<unknown>) => unknown

const isMethod = (member: unknown): member is Method => typeof member === "function"

const method = (real: Method, handler: Handler, path: string, calls: Array<Call>): Method => (...args) => {
  const call = { method: path, args }
  const answer = (): unknown => {
    calls.push({ method: path, args: args.map((arg) => snapshot(arg)) })
    return handler(call)
  }
  return Stream.isStream(real(...args))
    ? Stream.suspend(() => streamOf(answer(), call))
    : Effect.suspend(() => effectOf(answer(), call))
}
