/** Why a call has no credentials. */
import * as Cause from "effect/Cause"
import { withoutExcerpt } from "../secrets.ts"
import { connectionFailure, knownConnectionFailure } from "./connection.ts"

/** Thrown where a request needs a key or a token and there is none: nothing was sent. */
export class CredentialsFailure extends Error {
  override readonly name = "CredentialsFailure"
  /** Whether the next attempt may well have credentials. */
  readonly retryable: boolean

  constructor(message: string, retryable: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.retryable = retryable
  }
}

/** What a caller's effect or provider failed with, as a failure of credentials. */
export const credentialsFailure = (what: string, cause: unknown): CredentialsFailure =>
  new CredentialsFailure(`${what}: ${messageOf(cause)}`, isTransient(cause), cause)

/** The end of a caller's effect. Defects count as failures: the call is not to die of its credentials. */
export const failureOfCause = (what: string, cause: Cause.Cause<unknown>): CredentialsFailure =>
  Cause.hasInterruptsOnly(cause)
    ? new CredentialsFailure(`${what}: interrupted`, true)
    : credentialsFailure(what, Cause.squash(cause))

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

/** What an error says and what its causes add: `fetch failed: connect ECONNREFUSED 127.0.0.1:8080`. */
export const messageOf = (error: unknown): string => {
  const texts = chainOf(error).flatMap((part) => field(part, "message") || field(part, "code") || field(part, "_tag"))
  const distinct = texts.filter((text, index) => typeof text === "string" && texts.indexOf(text) === index)
  return distinct.map((text) => withoutExcerpt(String(text))).join(": ") ||
    (typeof error === "string" ? error : "no reason given")
}

/** An error and its causes. */
const chainOf = (error: unknown): ReadonlyArray<unknown> => {
  const chain = new Set<unknown>()
  for (let part = error; part !== undefined && !chain.has(part); part = field(part, "cause")) chain.add(part)
  return [...chain]
}

const isTransientStatus = (status: unknown): boolean =>
  status === 408 || status === 429 || (typeof status === "number" && status >= 500 && status !== 501)

/** The status that an error came from: the SDK's, a fetch's, that of Effect's `HttpClient`. */
const statusOf = (error: unknown): unknown =>
  field(error, "statusCode") ?? field(error, "status") ?? field(field(error, "response"), "status")

/** What the error says of itself counts, else its status, its code or its name. */
export const isTransient = (error: unknown): boolean => {
  const chain = chainOf(error)
  const said = chain.map((part) => field(part, "isRetryable")).find((value) => typeof value === "boolean")
  return said ?? (knownConnectionFailure(chain)?.transient === true ||
    chain.some((part) => isTransientStatus(statusOf(part)) || field(part, "name") === "TimeoutError"))
}

/** A `fetch` that failed is worth another attempt, unless it is known to fail again. */
export const isTransientFetchFailure = (error: unknown): boolean => connectionFailure(chainOf(error)).transient
