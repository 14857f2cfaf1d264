/** The real service over a client that sends nothing: an interceptor answers each call with the stub that was called. */
import { BaseAnthropic } from "@anthropic-ai/sdk/client"
import * as Claude from "effect-claude/Claude"
import * as ClaudeClient from "effect-claude/ClaudeClient"
import type * as ClaudeError from "effect-claude/ClaudeError"
import * as Interceptor from "effect-claude/Interceptor"
import * as Operation from "effect-claude/Operation"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { AnyError } from "./shorthands.ts"

/** What stands for a method: its answers to arguments, whole or item by item. */
export interface Stub {
  /** The path of the method. */
  readonly method: string
  readonly effect: (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, AnyError>
  readonly stream: (...args: ReadonlyArray<unknown>) => Stream.Stream<unknown, AnyError>
}

/** What answers the calls of a method, and the context in which the program runs it. */
interface Answering {
  readonly stub: Stub
  readonly context: Context.Context<never>
}

const CurrentAnswering: Context.Reference<Answering | undefined> = Context.Reference<Answering | undefined>(
  "@effect-claude/testing/CurrentAnswering",
  { defaultValue: () => undefined }
)

const answeredBy = (stub: Stub) => (context: Context.Context<never>): Context.Context<never> =>
  Context.add(context, CurrentAnswering, { stub, context })

/** The effect of a method, whose calls the stub answers. */
export const answeredEffect = <A, E>(self: Effect.Effect<A, E>, stub: Stub): Effect.Effect<A, E> =>
  Effect.updateContext(self, answeredBy(stub))

/** The stream of a method, whose calls the stub answers. */
export const answeredStream = <A, E>(self: Stream.Stream<A, E>, stub: Stub): Stream.Stream<A, E> =>
  Stream.updateContext(self, answeredBy(stub))

const answer = <A, E extends ClaudeError.ClaudeError>(
  call: Interceptor.Call<A, E>,
  { context, stub }: Answering
): ReturnType<Interceptor.Call<A, E>["answer"]> => {
  const { shape } = call.operation
  // Before the results of a batch, the real method asks where they are.
  if (shape === "json" && Operation.get(stub.method)?.shape === "rows") return call.answer(Response.json(endedBatch))
  const args = argsOf(call)
  // A stub gives, and fails with, what its method does: `TestClaude.Stub` sees to that, and these types cannot.
  switch (shape) {
    case "events":
    case "bytes":
    case "rows":
      // @effect-diagnostics-next-line unsafeEffectTypeAssertion:off
      return call.answerItems(stub.stream(...args) as Stream.Stream<unknown, E>)
    default: {
      // @effect-diagnostics-next-line unsafeEffectTypeAssertion:off
      const effect = stub.effect(...args) as Effect.Effect<A, E>
      // In the program's context, where calls that the stub makes pass all interceptors.
      return Effect.updateContext(effect, () => context)
    }
  }
}

const endedBatch = {
  id: "msgbatch_01TestClaude00000000",
  type: "message_batch",
  processing_status: "ended",
  results_url: "https://api.anthropic.com/v1/messages/batches/msgbatch_01TestClaude00000000/results"
}

/** As the program has passed them, without what it has left out. */
const argsOf = ({ args, options }: Interceptor.CallInfo): ReadonlyArray<unknown> => {
  const all = Object.keys(options).length === 0 ? args : [...args, options]
  return all.slice(0, all.findLastIndex((arg) => arg !== undefined) + 1)
}

const answering = Interceptor.make({
  call: (call) =>
    Effect.flatMap(
      CurrentAnswering,
      (current) =>
        current === undefined
          ? Effect.die(new Error(`TestClaude: ${call.operation.name} was called without its stub.`))
          : answer(call, current)
    )
})

const nothingIsSent = (): Promise<never> => Promise.reject(new Error("TestClaude sends nothing."))

/** The credentials are never asked for: given, they keep the SDK from looking for others in the environment. */
const makeClient = (): BaseAnthropic =>
  new BaseAnthropic({
    baseURL: "https://api.anthropic.com",
    credentials: nothingIsSent,
    dangerouslyAllowBrowser: true,
    fetch: nothingIsSent,
    logLevel: "off",
    openTelemetry: false,
    webhookKey: null
  })

const MuteClient = Layer.sync(ClaudeClient.ClaudeClient, () => ({
  client: makeClient(),
  use: () => Effect.die(new Error("TestClaude has no client to use."))
}))

/** The service whose methods run through `answeredEffect` and `answeredStream`. */
// Provided last, the interceptor is inside all others. Fresh, since each place that it is built in has its own of those.
export const layer: Layer.Layer<Claude.Claude> = Layer.fresh(
  Claude.layerClient.pipe(Layer.provide(Layer.merge(MuteClient, Interceptor.layer(Effect.succeed(answering)))))
)
