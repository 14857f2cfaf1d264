/** What the road knows of each client service, beside what is public of it. */
import type { BaseAnthropic } from "@anthropic-ai/sdk/client"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Redactable from "effect/Redactable"
import * as Redacted from "effect/Redacted"
import * as ClaudeLogger from "../../ClaudeLogger.ts"
import type { Interceptor, Server } from "../../Interceptor.ts"
import type { Operation } from "../../Operation.ts"
import { decodeFailure } from "../answer/failures.ts"
import { StrictAnswers } from "../answer/strictAnswers.ts"
import { defaultMaxEventBytes } from "../config/defaults.ts"
import { Scrubber } from "../secrets/scrubber.ts"
import { Attempt } from "./attempt.ts"
import type { CallEnv } from "./callData.ts"
import type { ClientService } from "./clientService.ts"
import { Exchange } from "./exchange.ts"
import { type FetchWatch, marked, watched } from "./fetchWatch.ts"

/** By service, and by client: a service that somebody wraps keeps the settings of its client. */
const envs = new WeakMap<ClientService | BaseAnthropic, CallEnv>()

/** The env of a service. One of another client gets what that client says, and the logger of the context. */
export const envOf = (service: ClientService, context: Context.Context<never> = Context.empty()): CallEnv => {
  const known = envs.get(service) ?? envs.get(service.client)
  if (known !== undefined) return known
  const { client } = service
  const secrets = new Scrubber(secretsOf(client))
  const logger = ClaudeLogger.forSdk(Context.get(context, ClaudeLogger.ClaudeLogger), context, secrets)
  const env = new ClientEnv(
    watched(client, secrets),
    defaultsOf(client, {}),
    secrets,
    (message) => logger.warn(message)
  )
  envs.set(service, env)
  return env
}

/** The service of an env. */
export const serviceOf = (env: CallEnv, client: BaseAnthropic): ClientService => {
  const service = new LiveClient(env, client)
  envs.set(service, env)
  envs.set(client, env)
  return service
}

/** What a client that somebody brought says of its secrets. Those that it asks for later are learned as they go out. */
export const secretsOf = (client: BaseAnthropic): ReadonlyArray<string> => [
  ...[client.apiKey, client.authToken, client.webhookKey].filter((secret) => typeof secret === "string"),
  ...secretHeadersOf(client)
]

/** Default headers that hold a secret, by their name or by what they look like: a brought client does not say which. */
const secretHeadersOf = (client: BaseAnthropic): ReadonlyArray<string> => {
  const options: unknown = Reflect.get(client, "_options")
  const given: unknown = typeof options === "object" && options !== null ? Reflect.get(options, "defaultHeaders") : null
  if (typeof given !== "object" || given === null) return []
  const entries: ReadonlyArray<readonly [string, unknown]> = Symbol.iterator in given
    ? [...given as Iterable<readonly [string, unknown]>]
    : Object.entries(given)
  return entries.flatMap(([, value]) => typeof value === "string" && looksSecret(value) ? [value] : [])
}

/** No word, no version, no date: letters and digits that go on without a space. */
const looksSecret = (value: string): boolean => /^(?=.*[A-Za-z])(?=.*\d)[\w.~+/=-]{16,}$/.test(value)

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
  #known: Address | undefined
  #service: ClientService | undefined
  readonly watch: FetchWatch | undefined
  readonly defaults: CallEnv["defaults"]
  readonly secrets: Scrubber
  readonly warn: CallEnv["warn"]

  constructor(
    { client, watch }: { readonly client: BaseAnthropic; readonly watch: FetchWatch | undefined },
    defaults: CallEnv["defaults"],
    secrets: Scrubber,
    warn: CallEnv["warn"]
  ) {
    this.#client = client
    this.watch = watch
    this.defaults = defaults
    this.secrets = secrets
    this.warn = warn
  }

  get client(): BaseAnthropic {
    return this.#client
  }

  get service(): ClientService {
    if (this.#service === undefined) {
      this.#service = new LiveClient(this, this.#client)
      envs.set(this.#service, this)
    }
    return this.#service
  }

  get scrub(): Scrubber["scrub"] {
    return this.secrets.scrub
  }

  /** Of the address in use now: a profile may bring its own with the first call. */
  get host(): string {
    return this.#address.host
  }

  get server(): Server {
    return this.#address.server
  }

  get #address(): Address {
    const known = this.#known
    return known !== undefined && known.baseURL === this.#client.baseURL
      ? known
      : this.#known = addressOf(this.#client)
  }
}

/** What a base URL says. */
interface Address {
  readonly baseURL: unknown
  readonly host: string
  readonly server: Server
}

const addressOf = (client: BaseAnthropic): Address => {
  const { baseURL } = client
  const url = URL.parse(baseURL)
  // A client of another platform names it. Those of older versions do not.
  const provider: unknown = Reflect.get(client, "_genAIProviderName")
  return {
    baseURL,
    host: url?.host ?? "the API",
    server: {
      provider: typeof provider === "string" ? provider : "anthropic",
      address: url?.hostname.replace(/^\[(.*)\]$/, "$1") ?? "",
      port: url === null ? 443 : url.port === "" ? url.protocol === "http:" ? 80 : 443 : Number(url.port)
    }
  }
}

/** The same client, with interceptors inside its own. */
export const intercepted = (env: CallEnv, interceptors: ReadonlyArray<Interceptor>): CallEnv =>
  new ClientEnv(
    env,
    { ...env.defaults, interceptors: [...env.defaults.interceptors, ...interceptors] },
    env.secrets,
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
  readonly client: BaseAnthropic

  constructor(env: CallEnv, client: BaseAnthropic) {
    this.#env = env
    this.client = client
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

  /** Effect's own `format` looks at nothing else. */
  [Redactable.symbolRedactable](): unknown {
    return this.toJSON()
  }
}
