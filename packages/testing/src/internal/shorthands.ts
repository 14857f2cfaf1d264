/** What a method of `TestClaude` may be given in place of a function. */
import { maybeParseBetaMessage } from "@anthropic-ai/sdk/lib/beta-parser"
import { maybeParseMessage } from "@anthropic-ai/sdk/lib/parser"
import type * as Beta from "@anthropic-ai/sdk/resources/beta/messages/messages"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import * as ClaudeError from "effect-claude/ClaudeError"
import { decode, type StructuredOutputError } from "effect-claude/StructuredOutput"
import * as Usage from "effect-claude/Usage"
import * as Effect from "effect/Effect"
import { hasProperty, isPromise } from "effect/Predicate"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type AnyMessage, asBeta, eventsOf } from "./cannedMessage.ts"
import { ItemPage } from "./itemPage.ts"

/** A call of a method. */
export interface Call {
  /** The method's path, such as `messages.create`. */
  readonly method: string
  readonly args: ReadonlyArray<unknown>
}

/** What a method may fail with. */
export type AnyError = ClaudeError.ClaudeError | ClaudeError.WebhookVerificationError | StructuredOutputError

/** What a method does with each call: gives an effect, a stream or a shorthand. */
export type Handler = (call: Call) => unknown

const TypeId = "~@effect-claude/testing/Shorthand"

/** A value that can stand for a method. */
abstract class Stub {
  readonly [TypeId] = TypeId

  /** A handler with a state of its own, if it has one. */
  abstract begin(): Handler
}

/** A stub that answers every call alike. */
abstract class Shorthand extends Stub {
  protected abstract readonly what: string

  begin(): Handler {
    return () => this
  }

  /** The answer of a method that gives an effect. */
  effect(call: Call): Effect.Effect<unknown, AnyError> {
    return Effect.die(this.misfit(call))
  }

  /** The answer of a method that gives a stream. */
  stream(call: Call): Stream.Stream<unknown, AnyError> {
    return Stream.die(this.misfit(call))
  }

  private misfit({ method }: Call): Error {
    return new Error(`TestClaude: ${method} cannot answer with ${this.what}.`)
  }
}

const isStub = (u: unknown): u is Stub => hasProperty(u, TypeId)

const isShorthand = (u: unknown): u is Shorthand => isStub(u) && hasProperty(u, "effect")

/** A message, whole or in events. */
export class Reply<out M extends AnyMessage> extends Shorthand {
  protected readonly what = "a message"
  /** The message itself. */
  readonly message: M
  private readonly keepsModel: boolean

  constructor(message: M, keepsModel: boolean) {
    super()
    this.message = message
    this.keepsModel = keepsModel
  }

  override effect(call: Call): Effect.Effect<unknown, AnyError> {
    const message = this.for(call)
    if (call.method.endsWith(".object")) return decoded(message, call)
    if (call.method.endsWith(".objectWithMessage")) {
      return Effect.map(decoded(message, call), (value) => ({ value, message, usage: Usage.of(message), tries: 1 }))
    }
    return call.method.endsWith(".parse") ? parsed(message, call) : Effect.succeed(message)
  }

  override stream(call: Call): Stream.Stream<unknown, AnyError> {
    // Its parts are not the events of a message.
    if (call.method.endsWith(".objectStream")) return super.stream(call)
    return Stream.fromIterable(eventsOf(this.for(call)))
  }

  /** The API answers with the model that was asked for. */
  for({ args: [params], method }: Call): AnyMessage {
    const model = !this.keepsModel && hasProperty(params, "model") ? { model: String(params.model) } : {}
    // A copy: what a program does to its message, the next call does not see.
    const message = { ...structuredClone(this.message), ...model }
    return method.startsWith("beta.") ? asBeta(message) : message
  }
}

const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }

/** As `messages.parse` reads it, by the parser in the parameters. */
const parsed = (
  message: AnyMessage,
  { args: [params], method }: Call
): Effect.Effect<unknown, ClaudeError.InvalidResponseError> =>
  Effect.try({
    // The types of the parameters hold the two APIs apart, as the method does.
    try: () =>
      method.startsWith("beta.")
        ? maybeParseBetaMessage(message as Beta.BetaMessage, params as Beta.MessageCreateParams, { logger: silent })
        : maybeParseMessage(message as Messages.Message, params as Messages.MessageCreateParams, { logger: silent }),
    catch: (cause) =>
      new ClaudeError.InvalidResponseError({
        message: cause instanceof Error ? cause.message : String(cause),
        problem: "unexpected-shape",
        operation: method,
        status: 200,
        contentType: "application/json",
        cause
      })
  })

/** As `messages.object` reads it, by the schema in the parameters. */
const decoded = (message: AnyMessage, { args: [params] }: Call): Effect.Effect<unknown, StructuredOutputError> =>
  // What its schema needs is in the type of the method.
  decode((params as { readonly schema: Schema.Codec<unknown, unknown> }).schema)(message)

/** A stream, item by item. */
export class Events<out Event, out E> extends Shorthand {
  protected readonly what = "events"
  readonly events: ReadonlyArray<Event>
  readonly failure: (E & AnyError) | undefined

  constructor(events: ReadonlyArray<Event>, failure: (E & AnyError) | undefined) {
    super()
    this.events = events
    this.failure = failure
  }

  override stream(call: Call): Stream.Stream<unknown, AnyError> {
    const failure = this.failure ?? (this.endsEarly ? this.interrupted(call) : undefined)
    const events = Stream.fromIterable(this.events)
    return failure === undefined ? events : Stream.concat(events, Stream.fail(failure))
  }

  /** The events of a message end with `message_stop`; those of a session with anything. */
  private get endsEarly(): boolean {
    return typeOf(this.events[0]) === "message_start" && typeOf(this.events.at(-1)) !== "message_stop"
  }

  private interrupted({ method }: Call): ClaudeError.StreamInterruptedError {
    const events = this.events.length
    return new ClaudeError.StreamInterruptedError({
      message: `The stream ended after ${events} events, before message_stop`,
      operation: method,
      events
    })
  }
}

const typeOf = (event: unknown): unknown => hasProperty(event, "type") ? event.type : undefined

/** The items of a list. */
export class Page<out Item> extends Shorthand {
  protected readonly what = "a page of a list"
  readonly items: ReadonlyArray<Item>

  constructor(items: ReadonlyArray<Item>) {
    super()
    this.items = items
  }

  override effect(): Effect.Effect<unknown> {
    return Effect.sync(() => new ItemPage(this.items))
  }

  override stream(): Stream.Stream<unknown> {
    return Stream.fromIterable(this.items)
  }
}

/** How a response is, beside its body. */
export interface ResponseFields {
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** A response, which the real service reads. */
export class Respond extends Shorthand {
  protected readonly what = "a response, which is for methods that send a request"
  private readonly body: unknown
  private readonly fields: ResponseFields

  constructor(body: unknown, fields: ResponseFields) {
    super()
    this.body = body
    this.fields = fields
  }

  /** A new one for each call: a body is read once. */
  to(call: Call, streams: boolean): Response {
    const { headers, status = 200 } = this.fields
    const [type, text] = this.written(call, streams)
    return new Response(text, {
      status,
      headers: { "content-type": type, "request-id": "req_01TestClaude00000000", ...headers }
    })
  }

  private written(call: Call, streams: boolean): readonly [type: string, text: string] {
    const { body } = this
    if (typeof body === "string") return [streams ? "text/event-stream" : "application/json", body]
    if (!(body instanceof Reply)) return ["application/json", JSON.stringify(body)]
    const message = body.for(call)
    return streams
      ? [
        "text/event-stream",
        eventsOf(message).map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("")
      ]
      : ["application/json", JSON.stringify(message)]
  }
}

/** A failure. */
export class Failure<out E> extends Shorthand {
  protected readonly what = "a failure"
  readonly error: E & AnyError

  constructor(error: E & AnyError) {
    super()
    this.error = error
  }

  override effect(): Effect.Effect<never, AnyError> {
    return Effect.fail(this.error)
  }

  override stream(): Stream.Stream<never, AnyError> {
    return Stream.fail(this.error)
  }
}

/** Steps, one a call. Each method of each layer counts its own calls. */
export class Sequence<out Step> extends Stub {
  readonly steps: ReadonlyArray<Step>
  private readonly repeatLast: boolean

  constructor(steps: ReadonlyArray<Step>, repeatLast: boolean) {
    super()
    this.steps = steps
    this.repeatLast = repeatLast
  }

  begin(): Handler {
    const handlers = this.steps.map(handlerOf)
    let calls = 0
    return (call) => {
      const handler = handlers[calls++] ?? (this.repeatLast ? handlers.at(-1) : undefined)
      return handler === undefined ? Effect.die(this.exhausted(call, calls)) : handler(call)
    }
  }

  private exhausted({ method }: Call, calls: number): Error {
    const steps = this.steps.length
    return new Error(
      `TestClaude: ${method} was called ${calls} times, but its sequence has ${steps} step${steps === 1 ? "" : "s"}. ` +
        "Add a step, or let the last one repeat: TestClaude.sequence([…], { repeatLast: true })."
    )
  }
}

/** What a method was given, as a handler. */
export const handlerOf = (given: unknown): Handler => {
  if (given === undefined) return ({ method }) => Effect.die(missing(method))
  if (typeof given === "function") return ({ args }) => Reflect.apply(given, undefined, args)
  return isStub(given) ? given.begin() : () => given
}

// What an effect or a stream of the caller's fails with and needs, its type has shown.
const isEffect = (u: unknown): u is Effect.Effect<unknown, AnyError> => Effect.isEffect(u)
const isStream = (u: unknown): u is Stream.Stream<unknown, AnyError> => Stream.isStream(u)

/** The answer to a call as an effect. */
export const effectOf = (answer: unknown, call: Call): Effect.Effect<unknown, AnyError> => {
  if (isShorthand(answer)) return answer.effect(call)
  return isEffect(answer) ? answer : Effect.die(noAnswer(call.method, answer))
}

/** The answer to a call as a stream. */
export const streamOf = (answer: unknown, call: Call): Stream.Stream<unknown, AnyError> => {
  if (isShorthand(answer)) return answer.stream(call)
  if (isStream(answer)) return answer
  return isEffect(answer) ? Stream.fromEffect(answer) : Stream.die(noAnswer(call.method, answer))
}

const missing = (method: string): Error => {
  const names = method.split(".")
  const where = `${names.map((name) => `{ ${name}: `).join("")}…${" }".repeat(names.length)}`
  return new Error(`TestClaude: ${method} is not given, and was called. Give it: TestClaude.layer(${where}).`)
}

const noAnswer = (method: string, answer: unknown): Error =>
  new Error(
    `TestClaude: ${method} answered with ${nameOf(answer)}. Answer with an Effect, a Stream or a shorthand such as ` +
      "TestClaude.reply(\"…\")."
  )

const nameOf = (answer: unknown): string => {
  if (answer instanceof Sequence) return "a sequence from within a function"
  if (isPromise(answer)) return "a promise"
  if (typeof answer === "function") return "a function"
  return typeof answer === "object" && answer !== null ? "an object" : String(answer)
}
