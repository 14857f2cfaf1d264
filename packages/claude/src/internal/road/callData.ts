/** The data of a call, and of the client that it goes through. */
import type { BaseAnthropic } from "@anthropic-ai/sdk/client"
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import type { Interceptor, Server } from "../../Interceptor.ts"
import type { Operation } from "../../Operation.ts"
import type * as RetryPolicy from "../../RetryPolicy.ts"
import type { ErrorEnv } from "./attempt.ts"
import type { CallOptions } from "./callOptions.ts"
import type { ClientService } from "./clientService.ts"
import type { FetchWatch } from "./fetchWatch.ts"

/** What the road needs of a client. */
export interface CallEnv extends ErrorEnv {
  readonly server: Server
  readonly client: BaseAnthropic
  /** The client as others see it. */
  readonly service: ClientService
  /** Sees what the client hands to `fetch`. `undefined` where its `fetch` is out of reach. */
  readonly watch: FetchWatch | undefined
  readonly defaults: {
    readonly retry: RetryPolicy.Input | undefined
    readonly timeout: Duration.Duration
    readonly timeoutChosen: boolean
    readonly idleTimeout: Duration.Duration
    /** The most bytes of one event of a stream, or of one row. */
    readonly maxEventBytes: number
    readonly webhookKey: Redacted.Redacted | undefined
    readonly budget: RetryPolicy.RetryBudget | undefined
    readonly interceptors: ReadonlyArray<Interceptor>
  }
  readonly warn: (message: string) => void
}

/** The data of a call. */
export interface CallData {
  readonly env: CallEnv
  readonly operation: Operation
  /** Those before the options. */
  readonly args: ReadonlyArray<unknown>
  readonly options: CallOptions
  /** Where the rows are, for a method that learns that from the API. */
  readonly url?: string
  /** How many rows there are, where the API has said so. */
  readonly rows?: number | undefined
  /** Whether a stream of a message is wanted as the message alone, so that every failure is the call's. */
  readonly folds?: boolean
}

/** The parameters come last. */
export const paramsOf = ({ args }: CallData): Readonly<Record<string, unknown>> | undefined => {
  const params = args.at(-1)
  return typeof params === "object" && params !== null ? params as Readonly<Record<string, unknown>> : undefined
}

/** The parameters of a `GET` filter, and name no model to run. */
export const modelOf = (data: CallData): string | undefined => {
  const model = data.operation.method === "GET" ? undefined : fieldOf(paramsOf(data), "model")
  return typeof model === "string" ? model : undefined
}

/** A field of what a caller wrote, which may be a getter that throws. The checks before sending say so. */
export const fieldOf = (params: object | undefined, name: string): unknown => {
  try {
    return params === undefined ? undefined : Reflect.get(params, name)
  } catch {
    return undefined
  }
}
