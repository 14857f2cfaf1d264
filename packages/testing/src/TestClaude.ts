/**
 * The Claude service with answers of your choice: no HTTP, no key.
 *
 * **Details**
 *
 * {@link layer} takes the methods that the program under test calls, at their paths, and nothing else. A method that is
 * not given dies with a message that names it. Each method is a function, typed as the real one, or a shorthand:
 *
 * - {@link reply} and {@link message}: a message, for `create`, `parse`, `object`, `objectWithMessage` and `stream`.
 * - {@link events}: the events of a stream, which may break.
 * - {@link page}: the items of a list, for `list` and `listPage`.
 * - {@link fail}: a failure, with {@link error} for errors that need little said.
 * - {@link response}: a response with its status and headers, which the real service reads.
 * - {@link sequence}: one of these after the other, a call each.
 *
 * {@link calls} tells what was called with what.
 *
 * The rest is the real service. Interceptors run around each stub, whether they come from `Claude.withInterceptor` or
 * `Interceptor.layer`, so a few lines test an interceptor. Parameters are checked, and each call has its span.
 *
 * `object`, `objectWithMessage` and `objectStream` are made from `create` and `stream`, as in the real service, if only those
 * are given.
 *
 * **Gotchas**
 *
 * - Nothing is sent. So there are no retries and no timeouts, whatever policy is in force, and an interceptor's `attempt` and
 *   `answered` hooks run for a {@link response} only. `Effect.retry` in the program works as ever. To test retry policies,
 *   put the real client before the {@link module:Simulator}.
 * - A call happens when its effect or its stream runs. Run twice, it is two calls. A call that an interceptor or the check
 *   of its parameters refuses does not reach its stub, and is not in {@link calls}.
 * - A stub of `object`, `objectWithMessage` or `objectStream` replaces the whole method: interceptors do not see it, and
 *   nothing is asked again. Give `create` or `stream` instead to have them see the requests.
 * - To interceptors, a `list` is one call, which ends when its first items are there.
 *
 * **Example** (A program that falls back)
 *
 * ```ts
 * import { TestClaude } from "@effect-claude/testing"
 * import { Effect } from "effect"
 * import { Claude, Message } from "effect-claude"
 *
 * const greet = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   const message = yield* claude.messages.create({
 *     model: "claude-opus-5-5",
 *     max_tokens: 256,
 *     messages: [{ role: "user", content: "Say hello." }]
 *   })
 *   return Message.text(message)
 * }).pipe(Effect.catchTag("OverloadedError", () => Effect.succeed("Hello from the cache.")))
 *
 * export const test = Effect.gen(function*() {
 *   const greetings = [yield* greet, yield* greet] // => ["Hello!", "Hello from the cache."]
 *   const calls = yield* TestClaude.calls // => [{ method: "messages.create", args: [{ model: …
 *   return { greetings, calls }
 * }).pipe(Effect.provide(TestClaude.layer({
 *   messages: { create: TestClaude.sequence([TestClaude.reply("Hello!"), TestClaude.fail("OverloadedError")]) }
 * })))
 * ```
 *
 * **Example** (Testing an interceptor)
 *
 * ```ts
 * import { TestClaude } from "@effect-claude/testing"
 * import { Effect } from "effect"
 * import { Claude, Interceptor } from "effect-claude"
 *
 * const ends: Array<string> = []
 *
 * const recording = Interceptor.make({
 *   ended: (call, end) => Effect.sync(() => ends.push(`${call.operation.name} ${end._tag}`))
 * })
 *
 * export const test = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   yield* Effect.exit(claude.models.retrieve("claude-opus-5-5"))
 *   return ends // => ["models.retrieve Failed"]
 * }).pipe(
 *   Claude.withInterceptor(recording),
 *   Effect.provide(TestClaude.layer({ models: { retrieve: TestClaude.fail("NotFoundError") } }))
 * )
 * ```
 *
 * @since 0.1.0
 */
import type * as Beta from "@anthropic-ai/sdk/resources/beta/messages/messages"
import type * as Messages from "@anthropic-ai/sdk/resources/messages/messages"
import * as Claude from "effect-claude/Claude"
import type * as ClaudeError from "effect-claude/ClaudeError"
import type * as Reason from "effect-claude/Reason"
import type * as StructuredOutput from "effect-claude/StructuredOutput"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import * as Answering from "./internal/answering.ts"
import * as CannedError from "./internal/cannedError.ts"
import * as CannedMessage from "./internal/cannedMessage.ts"
import * as Shorthands from "./internal/shorthands.ts"
import * as StubbedService from "./internal/stubbedService.ts"

type AnyMethod = (...args: never) => unknown

/** An error of a channel, with any reason of its class. */
type AnyReason<E> = E extends { readonly _tag: infer Tag } ? Extract<Shorthands.AnyError, { readonly _tag: Tag }>
  : never

/** What is made of a message by a schema is unknown before there is one. */
type ReplyTo<Result> = unknown extends Result ? Reply<Messages.Message>
  : [Result] extends [StructuredOutput.Answer<Schema.Constraint, infer Message extends CannedMessage.AnyMessage>]
    ? Reply<Message>
  : [Result] extends [Messages.Message | Messages.RawMessageStreamEvent] ? Reply<Messages.Message>
  : [Result] extends [Beta.BetaMessage | Beta.BetaRawMessageStreamEvent] ? Reply<Beta.BetaMessage>
  : never

/**
 * What may stand for a call that gives `Result`: the same with any reason in its errors, or a shorthand.
 *
 * @category models
 * @since 0.1.0
 */
export type Answer<Result> = Result extends Stream.Stream<infer A, infer E, infer _>
  ? Stream.Stream<A, AnyReason<E>> | Shorthands.Events<A, AnyReason<E>> | Shorthand<A, A, E>
  : Result extends Effect.Effect<infer A, infer E, infer _> ?
      | Effect.Effect<A, AnyReason<E>>
      | Shorthand<A, A extends { getPaginatedItems(): Array<infer Item> } ? Item : never, E>
  : never

type Shorthand<A, Item, E> =
  | ReplyTo<A>
  | Shorthands.Page<Item>
  | Shorthands.Failure<AnyReason<E>>
  | Shorthands.Respond

type Step<Args extends ReadonlyArray<unknown>, Result> = ((...args: Args) => Answer<Result>) | Answer<Result>

/**
 * What may stand for a method.
 *
 * @category models
 * @since 0.1.0
 */
export type Stub<Method> = Method extends (...args: infer Args) => infer Result
  ? Step<Args, Result> | Sequence<Step<Args, Result>>
  : never

/**
 * Any part of the service, each method a function or a shorthand.
 *
 * @category models
 * @since 0.1.0
 */
export type Stubs<Resource = Claude.Service> = {
  readonly [Name in keyof Resource]?:
    | (Resource[Name] extends AnyMethod ? Stub<Resource[Name]> : Stubs<Resource[Name]>)
    | undefined
}

/**
 * The path of a method of the service, such as `"messages.batches.create"`.
 *
 * @category models
 * @since 0.1.0
 */
export type MethodPath<Resource = Claude.Service> = {
  readonly [Name in keyof Resource & string]: Resource[Name] extends AnyMethod ? Name
    : `${Name}.${MethodPath<Resource[Name]>}`
}[keyof Resource & string]

/** The arguments of the method at a path. */
type ArgsAt<Path, Resource = Claude.Service> = Path extends
  `${infer Name extends keyof Resource & string}.${infer Rest}` ? ArgsAt<Rest, Resource[Name]>
  : Path extends keyof Resource ? Resource[Path] extends (...args: infer Args) => unknown ? Args : never
  : never

/**
 * A call that was made.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  readonly method: MethodPath
  readonly args: ReadonlyArray<unknown>
}

/**
 * What was called of a layer's methods, in order.
 *
 * @category services
 * @since 0.1.0
 */
export class TestClaude extends Context.Service<TestClaude, {
  /** All calls that reached a stub, also those that failed or died, with their arguments as they were at the time. */
  readonly calls: Effect.Effect<ReadonlyArray<Call>>
  /** The arguments of each call of one method. */
  readonly callsTo: <Path extends MethodPath>(method: Path) => Effect.Effect<ReadonlyArray<ArgsAt<Path>>>
}>()("@effect-claude/testing/TestClaude") {}

/**
 * All calls so far that reached a stub, in order, also those that failed or died, with their arguments as they were at the
 * time.
 *
 * @category accessors
 * @since 0.1.0
 */
export const calls: Effect.Effect<ReadonlyArray<Call>, never, TestClaude> = Effect.flatMap(
  TestClaude,
  ({ calls }) => calls
)

/**
 * The arguments of each call of one method so far, typed as the method's.
 *
 * @category accessors
 * @since 0.1.0
 */
export const callsTo = <Path extends MethodPath>(
  method: Path
): Effect.Effect<ReadonlyArray<ArgsAt<Path>>, never, TestClaude> =>
  Effect.flatMap(TestClaude, ({ callsTo }) => callsTo(method))

/**
 * The service with these methods. All others die when they are called, with a message that says which it was.
 *
 * Each build of the layer has its own calls and starts its sequences anew.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (methods: Stubs = {}): Layer.Layer<Claude.Claude | TestClaude> =>
  Layer.effectContext(
    Effect.map(StubbedService.make(methods), ({ calls, service }) =>
      Context.make(Claude.Claude, service).pipe(
        Context.add(TestClaude, {
          calls: Effect.sync(() => calls.slice() as ReadonlyArray<Call>),
          callsTo: <Path extends MethodPath>(method: Path) =>
            Effect.sync(() =>
              // The stub of a method takes the method's arguments.
              calls.filter((call) => call.method === method).map(({ args }) => args as ArgsAt<Path>)
            )
        })
      ))
  ).pipe(Layer.provide(Answering.layer))

/**
 * Stands for a method that gives a message, whole or in events. `message` is the message itself.
 *
 * @category models
 * @since 0.1.0
 */
export type Reply<M extends CannedMessage.AnyMessage> = Shorthands.Reply<M>

/**
 * A message with this text, from the model that was asked for. For `create`, `parse`, `object` and, in events, for `stream`.
 *
 * @category shorthands
 * @since 0.1.0
 */
export const reply = <M extends CannedMessage.AnyMessage = Messages.Message>(text: string): Reply<M> =>
  // A text is content for either API's message.
  new Shorthands.Reply(CannedMessage.complete<M>({ content: text } as CannedMessage.Fields<M>), false)

/**
 * A message with these fields. Of text, thinking and tool use blocks, and of `usage`, say only what matters; with a tool
 * use among the blocks, `stop_reason` is `"tool_use"`. For `create`, `parse`, `object` and, in events, for `stream`.
 *
 * @category shorthands
 * @since 0.1.0
 */
export const message = <M extends CannedMessage.AnyMessage = Messages.Message>(
  fields: NoInfer<CannedMessage.Fields<M>>
): Reply<M> => new Shorthands.Reply(CannedMessage.complete<M>(fields), fields.model !== undefined)

/**
 * The events that `stream` gives for a message.
 *
 * @category destructors
 * @since 0.1.0
 */
export const eventsOf = (reply: Reply<Messages.Message>): ReadonlyArray<Messages.RawMessageStreamEvent> =>
  CannedMessage.eventsOf(reply.message)

/**
 * Stands for a method that gives a stream.
 *
 * @category models
 * @since 0.1.0
 */
export type Events<Event, E> = Shorthands.Events<Event, E>

/**
 * These items of a stream, then a failure if one is given. As in the real service, the events of a message that end before
 * `message_stop` fail with a `StreamInterruptedError`.
 *
 * @category shorthands
 * @since 0.1.0
 */
export const events = <Event, E extends Shorthands.AnyError = never>(
  events: Iterable<Event>,
  options?: { readonly thenFail?: E | undefined }
): Events<Event, E> => new Shorthands.Events([...events], options?.thenFail)

/**
 * Stands for a method that gives a list.
 *
 * @category models
 * @since 0.1.0
 */
export type Page<Item> = Shorthands.Page<Item>

/**
 * The items of a list with one page. For `list` and `listPage`.
 *
 * @category shorthands
 * @since 0.1.0
 */
export const page = <Item>(items: Iterable<Item>): Page<Item> => new Shorthands.Page([...items])

/**
 * Stands for any method.
 *
 * @category models
 * @since 0.1.0
 */
export type Failure<E> = Shorthands.Failure<E>

/**
 * A failure: with an error, or with that which {@link error} makes of a tag.
 *
 * @category shorthands
 * @since 0.1.0
 */
export const fail: {
  <const Tag extends ErrorTag, const Named extends ReasonTag<Tag> = never>(
    tag: Tag,
    fields?: ErrorFields<Tag, Named>
  ): Failure<ErrorOf<Tag, Named>>
  <E extends Shorthands.AnyError>(error: E): Failure<E>
} = (tagOrError: ErrorTag | Shorthands.AnyError, fields?: object): Failure<never> =>
  new Shorthands.Failure(
    // Which error it is, the signatures above say.
    (typeof tagOrError === "string" ? CannedError.make(tagOrError, { ...fields }) : tagOrError) as never
  )

/**
 * Stands for any method that sends a request.
 *
 * @category models
 * @since 0.1.0
 */
export type Respond = Shorthands.Respond

/**
 * A response, which the real service reads: what it makes of a status, headers and a body is what the program gets. So
 * `attempt` and `answered` hooks run, `Claude.withResponse` and `MessageStream.open` tell of it, and a body that no method
 * returns is an `InvalidResponseError`. Nothing is repeated, whatever policy is in force: each response is a call.
 *
 * `body` is a {@link reply} or {@link message}, in events for `stream`; or else JSON, or a text as it is. `status` is 200 and
 * `headers` have a `request-id`, unless you say otherwise.
 *
 * **Example** (A program that slows down as its limit nears)
 *
 * ```ts
 * import { TestClaude } from "@effect-claude/testing"
 *
 * export const Nearly = TestClaude.layer({
 *   messages: {
 *     create: TestClaude.response(TestClaude.reply("Hello!"), {
 *       headers: { "anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "1" }
 *     })
 *   }
 * })
 * ```
 *
 * @category shorthands
 * @since 0.1.0
 */
export const response = (
  body: Reply<CannedMessage.AnyMessage> | Schema.Json,
  fields: { readonly status?: number | undefined; readonly headers?: Readonly<Record<string, string>> | undefined } = {}
): Respond => new Shorthands.Respond(body, fields)

/**
 * Stands for any method: each call takes the next step.
 *
 * @category models
 * @since 0.1.0
 */
export type Sequence<Step> = Shorthands.Sequence<Step>

/**
 * One step a call: shorthands, or functions as for a single method. A call too many dies with a message that says so; with
 * `repeatLast` it gets the last step again.
 *
 * @category shorthands
 * @since 0.1.0
 */
export const sequence = <Step>(
  steps: ReadonlyArray<Step>,
  options?: { readonly repeatLast?: boolean | undefined }
): Sequence<Step> => new Shorthands.Sequence(steps, options?.repeatLast ?? false)

/**
 * The tag of any error of a method's channel.
 *
 * @category models
 * @since 0.1.0
 */
export type ErrorTag = CannedError.Tag

/**
 * The tags of the reasons that an error class can carry.
 *
 * @category models
 * @since 0.1.0
 */
export type ReasonTag<Tag extends ErrorTag> = Exclude<Reason.Of<Tag>, Reason.Unspecified>["_tag"]

type ReasonOf<Named> = Extract<Reason.Coded, { readonly _tag: Named }>

/**
 * The error of a tag, with the named reason or none.
 *
 * @category models
 * @since 0.1.0
 */
export type ErrorOf<Tag extends ErrorTag, Named = never> = CannedError.Errors<Named>[Tag]

type ConstructorFields<Tag extends ErrorTag> = NonNullable<ConstructorParameters<typeof ClaudeError[Tag]>[0]>

/**
 * What an error class has, all of it optional. Durations may be written as `"2 seconds"`, a reason as its tag.
 *
 * @category models
 * @since 0.1.0
 */
export type ErrorFields<Tag extends ErrorTag, Named> =
  & {
    readonly [Field in Exclude<keyof ConstructorFields<Tag>, "_tag" | "reason">]?:
      | (Duration.Duration extends ConstructorFields<Tag>[Field] ? Duration.Input : ConstructorFields<Tag>[Field])
      | undefined
  }
  & { readonly reason?: Named | ReasonOf<Named> | undefined }

/**
 * An error of a method's channel as the API would cause it: message, type, request id and body have defaults, and every
 * field may be said.
 *
 * **Example** (A spend limit)
 *
 * ```ts
 * import { TestClaude } from "@effect-claude/testing"
 *
 * const error = TestClaude.error("RateLimitError", { reason: "EnforcedSpendLimitReachedError" })
 * error.isRetryable // => false
 * error.reason.errorCode // => "enforced_spend_limit_reached"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const error = <const Tag extends ErrorTag, const Named extends ReasonTag<Tag> = never>(
  tag: Tag,
  fields?: ErrorFields<Tag, Named>
): ErrorOf<Tag, Named> => CannedError.make<Tag, Named>(tag, { ...fields })
