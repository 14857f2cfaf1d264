/** The real service over a client that sends nothing: an interceptor answers each call with the stub that was called. */
import { Anthropic } from "@anthropic-ai/sdk/client"
import * as Claude from "effect-claude/Claude"
import * as ClaudeClient from "effect-claude/ClaudeClient"
import type * as ClaudeError from "effect-claude/ClaudeError"
import * as Interceptor from "effect-claude/Interceptor"
import * as Operation from "effect-claude/Operation"
import * as RetryPolicy from "effect-claude/RetryPolicy"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type AnyError, effectOf, Respond, streamOf } from "./shorthands.ts"
import type { Answered } from "./stubs.ts"

/** What stands for a method: its answers to arguments, whole or item by item. */
export interface Stub {
  /** The path of the method. */
  readonly method: string
  readonly answerTo: (...args: ReadonlyArray<unknown>) => Answered
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

type Hooked<A, E extends ClaudeError.ClaudeError> = ReturnType<Interceptor.Call<A, E>["answer"]>

const answer = <A, E extends ClaudeError.ClaudeError>(
  call: Interceptor.Call<A, E>,
  { context, stub }: Answering,
  next: (call: Interceptor.Call<A, E>) => Hooked<A, E>
): Hooked<A, E> => {
  const { shape } = call.operation
  // Before the results of a batch, the real method asks where they are.
  if (shape === "json" && Operation.get(stub.method)?.shape === "rows") return call.answer(Response.json(endedBatch))
  return Effect.suspend(() => {
    const { answer, call: made } = stub.answerTo(...argsOf(call))
    const streams = shape === "events" || shape === "bytes" || shape === "rows"
    if (answer instanceof Respond) return responding(answer.to(made, streams), next(call))
    // A stub gives, and fails with, what its method does: `TestClaude.Stub` sees to that, and these types cannot.
    if (streams) {
      // @effect-diagnostics-next-line unsafeEffectTypeAssertion:off
      return call.answerItems(streamOf(answer, made) as Stream.Stream<unknown, E>)
    }
    // @effect-diagnostics-next-line unsafeEffectTypeAssertion:off
    const effect = effectOf(answer, made) as Effect.Effect<A, E>
    // In the program's context, where calls that the stub makes pass all interceptors.
    return Effect.updateContext(effect, () => context)
  })
}

/** The real road, on which the `fetch` of the client gives a response. Nothing is sent, so nothing is repeated. */
const responding = <A, E, R>(response: Response, call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Claude.withRetry(Effect.provideService(call, CurrentResponse, response), RetryPolicy.none)

const CurrentResponse: Context.Reference<Response | undefined> = Context.Reference<Response | undefined>(
  "@effect-claude/testing/CurrentResponse",
  { defaultValue: () => undefined }
)

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

/** How the `fetch` of a client, which no fiber reaches, finds the response of an attempt. */
const responseHeader = "x-testclaude-response"

const answering = (responses: Map<string, Response>) =>
  Interceptor.make({
    call: (call, next) =>
      Effect.flatMap(
        CurrentAnswering,
        (current) =>
          current === undefined
            ? Effect.die(new Error(`TestClaude: ${call.operation.name} was called without its stub.`))
            : answer(call, current, next)
      ),
    attempt: (attempt, next) =>
      Effect.flatMap(CurrentResponse, (response) => {
        if (response === undefined) return next(attempt)
        const name = crypto.randomUUID()
        responses.set(name, response)
        return next(attempt.with({ headers: { [responseHeader]: name } }))
      })
  })

const nothingIsSent = (): Promise<never> => Promise.reject(new Error("TestClaude sends nothing."))

/** Given credentials keep the SDK from looking for others in the environment. They go nowhere. */
const makeClient = (responses: Map<string, Response>): Anthropic =>
  new Anthropic({
    baseURL: "https://api.anthropic.com",
    credentials: () => Promise.resolve({ token: "TestClaude", expiresAt: null }),
    dangerouslyAllowBrowser: true,
    fetch: (_, init) => {
      const name = new Headers(init?.headers).get(responseHeader) ?? ""
      const response = responses.get(name)
      responses.delete(name)
      return response === undefined ? nothingIsSent() : Promise.resolve(response)
    },
    logLevel: "off",
    openTelemetry: false,
    webhookKey: null
  })

/** The service whose methods run through `answeredEffect` and `answeredStream`. */
// Provided last, the interceptor is inside all others. Fresh, since each place that it is built in has its own of those.
export const layer: Layer.Layer<Claude.Claude> = Layer.fresh(
  Layer.unwrap(Effect.sync(() => {
    const responses = new Map<string, Response>()
    const MuteClient = Layer.sync(ClaudeClient.ClaudeClient, () => ({
      client: makeClient(responses),
      use: () => Effect.die(new Error("TestClaude has no client to use."))
    }))
    return Claude.layerClient.pipe(
      Layer.provide(Layer.merge(MuteClient, Interceptor.layer(Effect.succeed(answering(responses)))))
    )
  }))
)
