/** Errors as the API would have them, from as little as their tag. */
import * as ClaudeError from "effect-claude/ClaudeError"
import * as Reason from "effect-claude/Reason"
import * as Duration from "effect/Duration"
import { hasProperty } from "effect/Predicate"

/** The tag of any error of a method's channel. */
export type Tag = Exclude<ClaudeError.ClaudeError["_tag"], "StructuredOutputError" | "IncompleteMessageError">

/** By tag: an `Extract` from the union of all would be too much for the compiler where it infers. */
export interface Errors<Named> extends ClaudeError.StatusErrorsByTag<Extract<Reason.Coded, { readonly _tag: Named }>> {
  readonly APIConnectionError: ClaudeError.APIConnectionError
  readonly APIConnectionTimeoutError: ClaudeError.APIConnectionTimeoutError
  readonly InvalidResponseError: ClaudeError.InvalidResponseError
  readonly StreamInterruptedError: ClaudeError.StreamInterruptedError
  readonly StreamStalledError: ClaudeError.StreamStalledError
  readonly RequestRejectedError: ClaudeError.RequestRejectedError
  readonly WebhookVerificationError: ClaudeError.WebhookVerificationError
}

const requestId = "req_011TestClaude000000000"

/** Of the errors that an HTTP status makes: what the API says. */
const statuses: ReadonlyMap<string, ClaudeError.StatusInfo> = new Map(
  ClaudeError.statuses.map((info) => [info.tag, info])
)

/** Of the others: what their classes have no default for, and their words. */
const others: Readonly<Partial<Record<Tag, Readonly<Record<string, unknown>>>>> = {
  APIConnectionError: { message: "No answer from api.anthropic.com: other side closed" },
  APIConnectionTimeoutError: { message: "No complete answer from api.anthropic.com within 10m" },
  InvalidResponseError: {
    message: "api.anthropic.com answered with text/html instead of JSON. Check the base URL, and proxies in between.",
    problem: "not-json",
    status: 200,
    contentType: "text/html; charset=utf-8",
    snippet: "<!DOCTYPE html> <html><head><title>Sign in</title></head></html>",
    requestId: undefined
  },
  StreamInterruptedError: { message: "The stream ended after 0 events, before message_stop", requestId },
  StreamStalledError: { message: "The stream was silent for 1m after 0 events, before message_stop", requestId },
  RequestRejectedError: { message: "max_tokens: must be an integer of at least 0, not -1", param: "max_tokens" },
  WebhookVerificationError: { message: "No matching signature found", problem: "not-verified" }
}

/** An error of this tag: what `given` says, and defaults for the rest. */
export const make = <T extends Tag, Named>(tag: T, given: Readonly<Record<string, unknown>>): Errors<Named>[T] => {
  const isSaid = (name: string): boolean => name !== "reason" && (given[name] !== undefined || !indispensable.has(name))
  const said = Object.entries(given).filter(([name]) => isSaid(name)).map(([name, value]) => [
    name,
    durationFields.has(name) && value !== undefined ? Duration.fromInputUnsafe(value as Duration.Input) : value
  ])
  const Class = classes.get(tag)
  if (Class === undefined) throw new Error(`TestClaude: ${tag} is not an error of a method.`)
  // The class checks its fields itself, and is the one of the tag.
  return Reflect.construct(Class, [{ ...defaultsOf(tag, given), ...Object.fromEntries(said) }]) as Errors<Named>[T]
}

const classes: ReadonlyMap<string, new(fields: never) => unknown> = new Map<string, new(fields: never) => unknown>([
  ...ClaudeError.ClaudeError.members.map((member) => [member.prototype.name, member] as const),
  ["WebhookVerificationError", ClaudeError.WebhookVerificationError]
])

/** An error without one of these is none. */
const indispensable: ReadonlySet<string> = new Set(["message", "problem", "status"])

const durationFields: ReadonlySet<string> = new Set(["elapsed", "idleTimeout", "retryAfter", "timeout"])

const defaultsOf = (tag: Tag, given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const info = statuses.get(tag)
  if (info === undefined) return others[tag] ?? {}
  const { status, types: [type] } = info
  const message = given.message ?? info.message
  const reason = reasonOf(tag, given.reason)
  return {
    status,
    type,
    message,
    requestId,
    body: {
      type: "error",
      error: { type: given.type ?? type, message, ...(reason === undefined ? {} : { details: reason.details }) },
      request_id: given.requestId ?? requestId
    },
    ...(reason === undefined ? {} : { reason })
  }
}

interface Named {
  readonly _tag: string
  readonly errorCode: string
  readonly details: unknown
}

const codes = Reason.errorCodes()

const reasonOf = (tag: Tag, reason: unknown): Named | undefined => {
  if (hasProperty(reason, "details")) return reason as Named
  if (typeof reason !== "string") return undefined
  const errorCode = codes.get(reason)?.errorCode
  if (errorCode === undefined) throw new Error(`TestClaude: ${reason} is not a reason of ${tag}.`)
  return { _tag: reason, errorCode, details: { error_code: errorCode } }
}
