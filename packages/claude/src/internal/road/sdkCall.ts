/** How the SDK is asked to send a request: the only place that calls its methods. */
import type { Anthropic } from "@anthropic-ai/sdk"
import type { APIPromise } from "@anthropic-ai/sdk/core/api-promise"
import * as Duration from "effect/Duration"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import type * as ClaudeError from "../../ClaudeError.ts"
import type { Operation } from "../../Operation.ts"
import type * as Reason from "../../Reason.ts"
import { decodeFailure, rejected } from "../answer/failures.ts"
import type { Attempt } from "./attempt.ts"
import { type CallData, type CallEnv, fieldOf, modelOf } from "./callData.ts"
import { warningsTo } from "./console.ts"
import { marked } from "./fetchWatch.ts"
import { checkOrigin } from "./origins.ts"
import { maxTimerMillis } from "./timer.ts"

/** The headers of an answer, its body unread. */
export interface Received {
  readonly response: Response
  /** The query that was sent, which the next page of a list goes on from. */
  readonly query?: object | undefined
}

type Sent = Exit.Exit<Received, ClaudeError.CallError<Reason.Coded>>

/** Sends the request of an attempt. Resolves with the headers, or with the failure of the channel. */
export const send = async (
  data: CallData,
  attempt: Attempt,
  headers: CallData["options"]["headers"],
  signal: AbortSignal
): Promise<Sent> => {
  const { env, operation } = data
  attempt.signal = signal
  env.watch?.begin(attempt)
  try {
    const method = data.url === undefined ? sdkMethod(env, operation) : rowsFrom(env, data.url)
    if (method instanceof NoSuchMethod) {
      return Exit.fail(rejected(attempt, method, { reason: { _tag: "Unsupported" } }))
    }
    if (env.watch === undefined) attempt.recordSent()
    else attempt.betas = betasBeside(data, headers)
    const promise = warningsTo(
      modelOf(data),
      env.warn,
      () => method(...sentArgs(data), requestOptions(data, attempt, headers, signal)) as APIPromise<unknown>
    )
    const response = await promise.asResponse()
    attempt.answered = response
    return Exit.succeed(operation.shape === "page" ? { response, query: await queryOf(promise) } : { response })
  } catch (cause) {
    return Exit.fail(decodeFailure(attempt, cause))
  } finally {
    env.watch?.end(attempt)
  }
}

/** The SDK chooses the form of a message by a parameter that the methods here do not have. */
const sentArgs = ({ args, operation }: CallData): ReadonlyArray<unknown> =>
  operation.shape === "events" && operation.returns === "message"
    ? args.map((params) => ({ ...params as object, stream: true }))
    : args

/** The second request of the SDK's `results` (`resources/messages/batches.ts`), which hands out no response. */
const rowsFrom = ({ client, watch }: CallEnv, url: string): SdkMethod => (...args) => {
  // Nothing keeps credentials from other origins where the client's `fetch` is out of reach.
  if (watch === undefined) checkOrigin(client.buildURL(url, undefined), [client.baseURL], [])
  const { headers, ...options } = args.at(-1) as Anthropic.RequestOptions
  const params = args.at(-2)
  const { betas, workspace_id: workspace } = (params ?? {}) as {
    readonly betas?: unknown
    readonly workspace_id?: unknown
  }
  return client.get(url, {
    ...options,
    headers: {
      Accept: "application/binary",
      ...(betas === undefined || betas === null ? {} : { "anthropic-beta": String(betas) }),
      ...(workspace === undefined || workspace === null ? {} : { "anthropic-workspace-id": String(workspace) }),
      ...headers as Record<string, string | null>
    }
  })
}

/** What the SDK made of the parameters: some travel as headers, and the rest is the query. */
const queryOf = async (promise: APIPromise<unknown>): Promise<object | undefined> => {
  const props: unknown = Reflect.get(promise, "_responseProps")
  if (typeof props !== "function") return undefined
  const { options } = await Reflect.apply(props, promise, []) as { readonly options: Anthropic.RequestOptions }
  return options.query ?? undefined
}

/** The SDK's request options for an attempt. A timeout that nobody chose stays unsaid: it would lift the SDK's guard. */
const requestOptions = (
  { env, operation, options }: CallData,
  attempt: Attempt,
  headers: CallData["options"]["headers"],
  signal: AbortSignal
): Anthropic.RequestOptions => {
  const { fetchOptions, headers: _, idleTimeout: __, retry: ___, timeout, ...rest } = options
  const chosen = timeout !== undefined || env.defaults.timeoutChosen
  const millis = chosen ? Math.ceil(Duration.toMillis(timeoutOf(env, options))) : 0
  return {
    ...rest,
    ...(chosen ? { timeout: Math.min(maxTimerMillis, millis) } : {}),
    headers: sentHeaders(operation, plainHeaders(env, headers), attempt),
    fetchOptions: marked(fetchOptions, attempt),
    maxRetries: 0,
    signal
  }
}

/** The longest that one attempt may take. */
export const timeoutOf = (env: CallEnv, options: CallData["options"]): Duration.Duration =>
  options.timeout === undefined ? env.defaults.timeout : Duration.fromInputUnsafe(options.timeout)

/** The longest silence of a stream. */
export const idleTimeoutOf = (env: CallEnv, options: CallData["options"]): Duration.Duration =>
  options.idleTimeout === undefined ? env.defaults.idleTimeout : Duration.fromInputUnsafe(options.idleTimeout)

/** What the headers of an attempt say beside the caller's, which may set or remove each of them. */
const sentHeaders = (
  operation: Operation,
  headers: Readonly<Record<string, string | null>>,
  { betas, number }: Attempt
) => {
  const ours: Record<string, string> = {
    // The SDK counts retries of its own loop only. What it says of the first attempt is true.
    ...(number === 1 ? {} : { "x-stainless-retry-count": String(number - 1) }),
    // `fetch` decodes what is compressed, and takes a cut of it for the whole.
    ...(endsWithItsBody(operation) ? { "accept-encoding": "identity" } : {})
  }
  const given = Object.entries(headers)
  const names = new Set(given.map(([name]) => name.toLowerCase()))
  return {
    ...Object.fromEntries(Object.entries(ours).filter(([name]) => !names.has(name))),
    // Those that are merged with the parameters' are set when the request is on its way.
    ...Object.fromEntries(given.filter(([name, value]) => betas.length === 0 || value === null || !isBetaHeader(name)))
  }
}

/** Whether nothing in the answer says that it is whole: files, rows, and events that come until the server ends them. */
const endsWithItsBody = ({ returns, shape }: Operation): boolean =>
  shape === "bytes" || shape === "rows" || (shape === "events" && returns !== "message")

const isBetaHeader = (name: string): boolean => name.toLowerCase() === "anthropic-beta"

/** The betas of the client and of the call, where the parameters name some too: the SDK would send only the last of them. */
const betasBeside = (data: CallData, headers: CallData["options"]["headers"]): ReadonlyArray<string> => {
  const ofCall = Object.entries(headers ?? {}).filter(([name]) => isBetaHeader(name)).map(([, value]) => value)
  if (ofCall.includes(null)) return []
  const options: unknown = Reflect.get(data.env.client, "_options")
  const defaults: unknown = fieldOf(Object(options), "defaultHeaders")
  const ofClient = typeof defaults === "object" && defaults !== null
    ? Object.entries(defaults).filter(([name]) => isBetaHeader(name)).map(([, value]: [string, unknown]) => value)
    : []
  return [...ofClient, ...ofCall].filter((value) => typeof value === "string")
}

/** The headers of a call as the SDK takes them. The secret ones are known as such from here on, by name and by value. */
const plainHeaders = (
  { secrets }: CallEnv,
  headers: CallData["options"]["headers"] = {}
): Readonly<Record<string, string | null>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (!Redacted.isRedacted(value)) return [name, value]
      const secret = Redacted.value(value)
      secrets.learnHeaderName(name)
      secrets.learn(secret)
      return [name, secret]
    })
  )

export type SdkMethod = (...args: ReadonlyArray<unknown>) => unknown

/** A client that lacks a method. */
export class NoSuchMethod extends Error {}

/** The SDK's method, on its resource. */
export const sdkMethod = ({ client }: CallEnv, { name, sdk = name, shape }: Operation): SdkMethod | NoSuchMethod => {
  const lacking = (cause?: unknown) =>
    new NoSuchMethod(
      `This client (${client.constructor.name}) has no ${name}${cause instanceof Error ? `: ${cause.message}` : ""}`
    )
  const path = sdk.split(".")
  let resource: unknown = client
  let method: unknown = client
  for (const part of path) {
    resource = method
    if (typeof resource !== "object" || resource === null) return lacking()
    try {
      method = Reflect.get(resource, part)
    } catch (cause) {
      // Clients of other platforms have getters that throw in place of what they lack.
      return lacking(cause)
    }
  }
  if (typeof method !== "function") return lacking()
  const run: SdkMethod = (...args) => Reflect.apply(method, resource, args)
  return shape === "parsed" ? sentByCreate(method, resource as object) : run
}

/** A promise that `parse` waits for in vain. */
const unanswered = new Promise<never>(() => undefined)

/** The request of `parse`: the SDK sends it with `this.create`, and then parses the answer, which is done elsewhere here. */
const sentByCreate = (parse: Function, resource: object): SdkMethod => (...args) => {
  let sent: unknown
  const create = (...args: ReadonlyArray<unknown>) => {
    sent = Reflect.apply(Reflect.get(resource, "create"), resource, args)
    return unanswered
  }
  Reflect.apply(parse, Object.create(resource, { create: { value: create } }), args)
  return sent
}
