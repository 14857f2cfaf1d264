/** The service with what a test gives in place of its methods: the operations tell what each method is. */
import * as Claude from "effect-claude/Claude"
import * as Operation from "effect-claude/Operation"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Answering from "./answering.ts"
import { type AnyError, type Call, Respond, streamOf } from "./shorthands.ts"
import { type Stub, Stubs } from "./stubs.ts"

type Method = (...args: ReadonlyArray<unknown>) => unknown
type EffectMethod = Answering.Stub["effect"]
type StreamMethod = Answering.Stub["stream"]

/** Over the service of `Answering.layer`. */
export const make = (
  given: object
): Effect.Effect<
  { readonly service: Claude.Service; readonly calls: ReadonlyArray<Call> },
  never,
  Claude.Claude
> =>
  Effect.map(Claude.Claude, (real) => {
    const stubs = new Stubs(given)
    return { calls: stubs.calls, service: mapMethods(real, (...method) => stubbed(stubs, ...method)) }
  })

/** The same tree with other functions at its ends. */
const mapMethods = <Resource extends object>(
  resource: Resource,
  f: (real: Method, path: string, beside: object) => Method,
  parent = ""
): Resource =>
  Object.fromEntries(
    Object.entries(resource).map(([name, member]: [string, object]) => [
      name,
      isMethod(member) ? f(member, parent + name, resource) : mapMethods(member, f, `${parent}${name}.`)
    ])
  ) as Resource

const isMethod = (member: object): member is Method => typeof member === "function"

/** Methods of our own, by path, and the methods that they are made of. */
const madeOf: ReadonlyMap<string, string> = new Map([
  ["messages.object", "messages.create"],
  ["messages.objectWithMessage", "messages.create"],
  ["messages.objectStream", "messages.stream"],
  ["beta.messages.object", "beta.messages.create"],
  ["beta.messages.objectWithMessage", "beta.messages.create"],
  ["beta.messages.objectStream", "beta.messages.stream"]
])

const stubbed = (stubs: Stubs, real: Method, path: string, beside: object): Method => {
  const below = madeOf.get(path)
  if (below === undefined) return answered(real, stubs.get(path), beside)
  // An object that is given has no message below it. One that is not is made of a message, as in the real service.
  return stubs.has(path) || !stubs.has(below)
    ? itself(stubs.get(path), below)
    : answered(real, stubs.get(below), beside)
}

/** The stub in place of a method, without any call. */
const itself = (stub: Stub, path: string): Method => Operation.get(path)?.shape === "events" ? stub.stream : stub.effect

/** The real method, whose calls the stub answers. It is called at once, for it notes the scope that it is called in. */
const answered = (real: Method, stub: Stub, beside: object): Method => {
  // What a method gives, its operation tells.
  switch (Operation.get(stub.method)?.shape) {
    case "events":
    case "bytes":
    case "rows":
      return (...args) => Answering.answeredStream((real as StreamMethod)(...args), stub)
    case "page":
      return list(Reflect.get(beside, `${stub.method.replace(/.*\./, "")}Page`), stub)
    case "custom":
      return stub.effect
    default:
      // Also what has no operation of its own: one page of the list beside it.
      return (...args) => Answering.answeredEffect((real as EffectMethod)(...args), stub)
  }
}

/** A list as one call, for its first page, that gives the items. They are open for as long as the stream is. */
const list = (page: EffectMethod, stub: Stub): StreamMethod => (...args) => {
  const call = page(...args)
  return Stream.unwrap(Effect.flatMap(Effect.scope, (scope) => {
    const answerTo: Answering.Stub["answerTo"] = (...args) => {
      const answered = stub.answerTo(...args)
      const { answer, call } = answered
      return answer instanceof Respond
        ? answered
        : { call, answer: Scope.provide(begun(streamOf(answer, call)), scope) }
    }
    // What answers the call is `answerTo`, or a response of which the real method has made a page.
    return Effect.map(
      Answering.answeredEffect(call, { ...stub, answerTo }),
      (items) => isItems(items) ? items : Stream.fromIterable((items as AnyPage).getPaginatedItems())
    )
  }))
}

// A stub fails with what its method does.
const isItems = (u: unknown): u is Stream.Stream<unknown, AnyError> => Stream.isStream(u)

interface AnyPage {
  readonly getPaginatedItems: () => ReadonlyArray<unknown>
}

/** The items, once the first of them is there. */
const begun = (items: Stream.Stream<unknown, AnyError>) =>
  Effect.map(Stream.peel(items, Sink.take(1)), ([first, rest]) => Stream.concat(Stream.fromIterable(first), rest))
