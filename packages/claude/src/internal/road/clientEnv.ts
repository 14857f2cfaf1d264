/** What the road knows of each client service, beside what is public of it. */
import type { BaseAnthropic } from "@anthropic-ai/sdk/client"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Redacted from "effect/Redacted"
import * as ClaudeLogger from "../../ClaudeLogger.ts"
import type { Interceptor } from "../../Interceptor.ts"
import type { Operation } from "../../Operation.ts"
import { decodeFailure } from "../answer/failures.ts"
import { StrictAnswers } from "../answer/strictAnswers.ts"
import { defaultMaxEventBytes } from "../config/defaults.ts"
import { makeLearningScrub, type Scrub } from "../secrets.ts"
import { Attempt } from "./attempt.ts"
import type { CallEnv } from "./callData.ts"
import type { ClientService } from "./clientService.ts"
import { Exchange } from "./exchange.ts"
import { type FetchWatch, marked, watched } from "./fetchWatch.ts"

const envs = new WeakMap<ClientService, CallEnv>()

/** The env of a service. One that somebody wrote by hand gets what its client says, and the logger of the context. */
export const envOf = (service: ClientService, context: Context.Context<never> = Context.empty()): CallEnv => {
  const known = envs.get(service)
  if (known !== undefined) return known
  const { client } = service
  const { scrub } = makeLearningScrub(secretsOf(client))
  const logger = ClaudeLogger.forSdk(Context.get(context, ClaudeLogger.ClaudeLogger), context, scrub)
  const env = new ClientEnv(watched(client), defaultsOf(client, {}), scrub, (message) => logger.warn(message))
  envs.set(service, env)
  return env
}

/** The service of an env. */
export const serviceOf = (env: CallEnv, client: BaseAnthropic): ClientService => {
  const service = new LiveClient(env, client)
  envs.set(service, env)
  return service
}

export const secretsOf = ({ apiKey, authToken, webhookKey }: BaseAnthropic): ReadonlyArray<Redacted.Redacted> =>
  [apiKey, authToken, webhookKey].flatMap((secret) => typeof secret === "string" ? [Redacted.make(secret)] : [])

const defaultIdleTimeout = Duration.seconds(60)

/** The defaults of calls through a client that somebody brought. */
export const defaultsOf = (
  client: BaseAnthropic,
  { idleTimeout, maxEventBytes, timeout, ...rest }: {
    readonly retry?: CallEnv["defaults"]["retry"]
    readonly timeout?: Duration.Input | undefined
    readonly idleTimeout?: Duration.Input | undefined
    readonly maxEventBytes?: number | undefined
    readonly budget?: CallEnv["defaults"]["budget"]
    readonly interceptors?: CallEnv["defaults"]["interceptors"] | undefined
  }
): CallEnv["defaults"] => ({
  retry: rest.retry,
  budget: rest.budget,
  interceptors: rest.interceptors ?? [],
  timeout: Duration.fromInputUnsafe(timeout ?? client.timeout ?? Duration.minutes(10)),
  timeoutChosen: timeout !== undefined,
  idleTimeout: Duration.fromInputUnsafe(idleTimeout ?? defaultIdleTimeout),
  maxEventBytes: maxEventBytes ?? defaultMaxEventBytes,
  webhookKey: typeof client.webhookKey === "string" ? Redacted.make(client.webhookKey) : undefined
})

export class ClientEnv implements CallEnv {
  readonly #client: BaseAnthropic
  readonly watch: FetchWatch | undefined
  readonly defaults: CallEnv["defaults"]
  readonly scrub: Scrub
  readonly warn: CallEnv["warn"]

  constructor(
    { client, watch }: { readonly client: BaseAnthropic; readonly watch: FetchWatch | undefined },
    defaults: CallEnv["defaults"],
    scrub: Scrub,
    warn: CallEnv["warn"]
  ) {
    this.#client = client
    this.watch = watch
    this.defaults = defaults
    this.scrub = scrub
    this.warn = warn
  }

  get client(): BaseAnthropic {
    return this.#client
  }

  /** Of the address in use now: a profile may bring its own with the first call. */
  get host(): string {
    return URL.parse(this.#client.baseURL)?.host ?? "the API"
  }
}

/** The same client, with interceptors inside its own. */
export const intercepted = (env: CallEnv, interceptors: ReadonlyArray<Interceptor>): CallEnv =>
  new ClientEnv(
    env,
    { ...env.defaults, interceptors: [...env.defaults.interceptors, ...interceptors] },
    env.scrub,
    env.warn
  )

const useOperation: Operation = {
  name: "use",
  method: "POST",
  route: "",
  shape: "json",
  repeatable: false,
  arity: 0,
  reasons: []
}

/** Keeps the client, which may hold keys, from what an inspection or a log of the service shows. */
class LiveClient implements ClientService {
  readonly #env: CallEnv
  readonly #client: BaseAnthropic

  constructor(env: CallEnv, client: BaseAnthropic) {
    this.#env = env
    this.#client = client
  }

  get client(): BaseAnthropic {
    return this.#client
  }

  readonly use: ClientService["use"] = (f) =>
    Effect.flatMap(Clock.Clock, (clock) => {
      const env = this.#env
      const attempt = new Attempt(env, useOperation, undefined, clock)
      const exchange = new Exchange(attempt, Duration.infinity)
      const answers = new StrictAnswers(exchange, env.defaults.timeout)
      attempt.onAnswer = answers.take
      return exchange.wait(async () => {
        env.watch?.begin(attempt)
        if (env.watch === undefined) attempt.recordSent()
        try {
          return Exit.succeed(
            await f(env.client, { signal: exchange.signal, maxRetries: 0, fetchOptions: marked(undefined, attempt) })
          )
        } catch (cause) {
          return Exit.fail(answers.failureOf(cause) ?? decodeFailure(attempt, cause))
        } finally {
          answers.end()
          env.watch?.end(attempt)
        }
      })
    })

  toJSON(): unknown {
    return { _id: "ClaudeClient", host: this.#env.host }
  }

  [Inspectable.NodeInspectSymbol](): unknown {
    return this.toJSON()
  }
}
