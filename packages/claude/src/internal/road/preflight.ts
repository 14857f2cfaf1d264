/** What the API is sure to refuse and can be known here. Limits of models are not: they change. */
import * as Duration from "effect/Duration"
import { format } from "effect/Formatter"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { CallOptions } from "./callOptions.ts"
import { isHeaderName, isHeaderValue } from "./headers.ts"
import { maxDepth, type Walk, walkParams } from "./paramsWalk.ts"

export interface Refusal {
  readonly param: string
  readonly message: string
}

type Check = (params: Readonly<Record<string, unknown>>, walk: Walk) => Refusal | undefined

const megabytes = (count: number): number => count * 1024 * 1024

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const isBlankText = (block: unknown): boolean =>
  isRecord(block) && block.type === "text" && typeof block.text === "string" && block.text.trim() === ""

const refuseMessages: Check = ({ messages }) => {
  if (!Array.isArray(messages)) return undefined
  if (messages.length === 0) return { param: "messages", message: "messages: at least one message is required" }
  for (const [index, message] of messages.entries()) {
    const mayBeEmpty = index === messages.length - 1 && isRecord(message) && message.role === "assistant"
    const param = mayBeEmpty || !isRecord(message) ? undefined : blankIn(message.content, `messages.${index}.content`)
    if (param !== undefined) return { param, message: `${param}: text must not be blank` }
  }
  return undefined
}

const refuseSystem: Check = ({ system }) => {
  const param = Array.isArray(system) && system.length > 0 ? blankIn(system, "system") : undefined
  return param === undefined ? undefined : { param, message: `${param}: text must not be blank` }
}

/** The path of the first blank text in a content, if there is one. */
const blankIn = (content: unknown, path: string): string | undefined => {
  if (typeof content === "string") return content.trim() === "" ? path : undefined
  if (!Array.isArray(content)) return undefined
  if (content.length === 0) return path
  const index = content.findIndex(isBlankText)
  return index === -1 ? undefined : `${path}.${index}.text`
}

/** Zero asks for no answer, and fills the prompt cache. */
const refuseMaxTokens: Check = ({ max_tokens: value }) =>
  typeof value === "number" && Number.isInteger(value) && value >= 0
    ? undefined
    : {
      param: "max_tokens",
      message: `max_tokens: must be an integer of at least 0, not ${value === undefined ? "missing" : format(value)}`
    }

/** Types let it pass in a value that was made elsewhere, and the answer would be left open. */
const refuseStream: Check = ({ stream }) =>
  stream === true
    ? { param: "stream", message: "stream: must not be true. Use messages.stream for an answer in pieces" }
    : undefined

/** `JSON.stringify` throws at it, and so would interceptors that read it. */
const refuseEndless: Check = (_, { endless }) =>
  endless === undefined
    ? undefined
    : { param: endless, message: `${endless}: must not contain itself, or be nested in more than ${maxDepth} levels` }

const refuseSize = (limit: number): Check => (params, { bytes: most }) => {
  if (!(most > limit)) return undefined
  const bytes = new TextEncoder().encode(JSON.stringify(params)).length
  return bytes <= limit
    ? undefined
    : { param: "body", message: `body: ${bytes} bytes are more than the ${limit} that the endpoint takes` }
}

/** Parameters that the SDK sends as headers. */
const refuseHeaderParams: Check = ({ betas, workspace_id: workspace }) => {
  const values = [...(Array.isArray(betas) ? betas.entries() : []), ["workspace_id", workspace] as const]
  const wrong = values.find(([, value]) => typeof value === "string" && !isHeaderValue(value))
  if (wrong === undefined) return undefined
  const param = typeof wrong[0] === "number" ? `betas.${wrong[0]}` : wrong[0]
  return { param, message: `${param}: ${noHeaderValue}` }
}

/** Each request of a batch is held to what its message would be by itself, but for its size. */
const refuseRequests: Check = ({ requests }, walk) => {
  if (!Array.isArray(requests)) return undefined
  if (requests.length === 0) return { param: "requests", message: "requests: at least one request is required" }
  for (const [index, request] of requests.entries()) {
    const params = isRecord(request) && isRecord(request.params) ? request.params : undefined
    const refusal = params === undefined ? undefined : firstOf(messageChecks, params, walk)
    if (refusal === undefined) continue
    const path = `requests.${index}.params.`
    return { param: path + refusal.param, message: path + refusal.message }
  }
  return undefined
}

/** Sizes of what is in memory, or says its size, as files and blobs do. */
const sizeOf = (file: unknown): number | undefined => {
  if (file instanceof Blob) return file.size
  return file instanceof ArrayBuffer || ArrayBuffer.isView(file) ? file.byteLength : undefined
}

const refuseFile = (limit: number): Check => ({ file }) => {
  const bytes = sizeOf(file)
  return bytes === undefined || bytes <= limit
    ? undefined
    : { param: "file", message: `file: ${bytes} bytes are more than the ${limit} that the endpoint takes` }
}

const firstOf = (
  checks: ReadonlyArray<Check>,
  params: Readonly<Record<string, unknown>>,
  walk: Walk
): Refusal | undefined => {
  for (const check of checks) {
    const refusal = check(params, walk)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

const messageChecks = [refuseMessages, refuseSystem, refuseMaxTokens]
const message = [refuseEndless, ...messageChecks, refuseSize(megabytes(32))]

/** By the method's path, which a beta method shares with its twin. */
const checks: Readonly<Record<string, ReadonlyArray<Check>>> = {
  "messages.create": [refuseStream, ...message],
  "messages.parse": [refuseStream, ...message],
  "messages.stream": message,
  "messages.countTokens": [refuseEndless, refuseMessages, refuseSystem, refuseSize(megabytes(32))],
  "messages.batches.create": [refuseEndless, refuseRequests, refuseSize(megabytes(256))],
  "files.upload": [refuseFile(megabytes(500))]
}

interface Options {
  readonly timeout?: Duration.Input | undefined
  readonly idleTimeout?: Duration.Input | undefined
  readonly headers?: CallOptions["headers"]
}

/** Why a call with these options would be refused, or `undefined`. */
export const refuseOptions = (options: Options): Refusal | undefined =>
  readable("options", () => {
    const { headers, idleTimeout, timeout } = options
    return refuseDuration("timeout", timeout) ?? refuseDuration("idleTimeout", idleTimeout) ?? refuseHeaders(headers)
  })

/** A getter may throw, once it is asked again too. */
const readable = (param: string, check: () => Refusal | undefined): Refusal | undefined => {
  try {
    return check()
  } catch (cause) {
    return { param, message: `${param}: could not be read: ${cause instanceof Error ? cause.message : String(cause)}` }
  }
}

const refuseDuration = (param: string, input: Duration.Input | undefined): Refusal | undefined => {
  const parsed = input === undefined ? undefined : Duration.fromInput(input)
  return parsed === undefined || Option.exists(parsed, Duration.isGreaterThan(Duration.zero))
    ? undefined
    : { param, message: `${param}: must be a duration above zero, such as "90 seconds", not ${format(input)}` }
}

const noHeaderValue = "the value has line breaks or other characters that no header can have (RFC 9110, section 5.5)"

/**
 * The error of `Headers` would show the value, which may be a secret. A name that is none may be a secret in the wrong
 * place, and is not shown.
 */
const refuseHeaders = (headers: CallOptions["headers"] = {}): Refusal | undefined => {
  for (const [name, value] of Object.entries(headers)) {
    if (!isHeaderName(name)) {
      return { param: "headers", message: "headers: invalid header name (RFC 9110, section 5.1)" }
    }
    const text = Redacted.isRedacted(value) ? Redacted.value(value) : value
    if (text !== null && !isHeaderValue(String(text).trim())) {
      return {
        param: `headers.${name}`,
        message: `headers.${name}: ${noHeaderValue}`
      }
    }
  }
  return undefined
}

/** Why the call would be refused, or `undefined`. `args` are the method's arguments before its options. */
export const preflight = (operation: string, args: ReadonlyArray<unknown>): Refusal | undefined => {
  const params = args.at(-1)
  if (!isRecord(params)) return undefined
  return readable("params", () => {
    const walk = walkParams(params)
    const { problem } = walk
    if (problem !== undefined) return { param: problem.path, message: `${problem.path}: ${problem.message}` }
    return firstOf([refuseHeaderParams, ...checks[operation.replace(/^beta\./, "")] ?? []], params, walk)
  })
}
