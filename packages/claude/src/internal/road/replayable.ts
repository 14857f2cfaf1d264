/** Uploads that can be read only once, read before the first attempt: a second attempt would send nothing. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../ClaudeError.ts"
import { rejected, timedOut } from "../answer/failures.ts"
import type { Attempt } from "./attempt.ts"
import { type CallData, paramsOf } from "./callData.ts"

/** The same call with its uploads in memory. Fails where one of them cannot be read. */
export const replayable = (
  data: CallData,
  attempt: Attempt,
  timeout: Duration.Duration
): Effect.Effect<CallData, ClaudeError.RequestRejectedError | ClaudeError.APIConnectionTimeoutError> => {
  const params = paramsOf(data)
  if (params === undefined) return Effect.succeed(data)
  const read = Effect.map(
    Effect.tryPromise({
      try: (signal) => readAll(params, "", signal),
      catch: (failure) =>
        failure instanceof Unreadable
          ? rejected(attempt, failure, { param: failure.param })
          : rejected(attempt, failure)
    }),
    (read) => read === params ? data : { ...data, args: [...data.args.slice(0, -1), read] }
  )
  return Duration.isFinite(timeout)
    ? Effect.timeoutOrElse(read, { duration: timeout, orElse: () => Effect.fail(timedOut(attempt, timeout)) })
    : read
}

/** What was read, by its source: a stream that was read once is not empty the next time. */
const blobs = new WeakMap<object, Promise<Blob>>()

class Unreadable extends Error {
  readonly param: string

  constructor(param: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`${param}: could not be read: ${why}. Pass a File, a Blob, or a stream that nobody has read from.`, { cause })
    this.param = param
  }
}

/** The same value, with every single-use upload in it as a `Blob`. */
const readAll = async (value: unknown, path: string, signal: AbortSignal): Promise<unknown> => {
  if (typeof value !== "object" || value === null || isReusable(value)) return value
  if (isSingleUse(value)) return readOne(value, path, signal)
  const entries = Object.entries(value)
  const read = await Promise.all(
    entries.map(([name, part]) => readAll(part, path === "" ? name : `${path}.${name}`, signal))
  )
  if (read.every((part, index) => part === entries[index]?.[1])) return value
  return Array.isArray(value) ? read : Object.fromEntries(entries.map(([name], index) => [name, read[index]]))
}

const isReusable = (value: object): boolean =>
  value instanceof Blob || value instanceof ArrayBuffer || ArrayBuffer.isView(value)

/** A `Response` of whatever `fetch`, a Node stream, a web stream, or any async iterable. */
type SingleUse = { readonly blob: () => Promise<Blob>; readonly headers: Headers } | AsyncIterable<Uint8Array>

const isSingleUse = (value: object): value is SingleUse =>
  ("blob" in value && typeof value.blob === "function" && "headers" in value) || Symbol.asyncIterator in value

const readOne = async (value: SingleUse, path: string, signal: AbortSignal): Promise<Blob> => {
  const reading = blobs.get(value) ?? blobOf(value, signal).then((blob) => named(blob, value))
  blobs.set(value, reading)
  try {
    return await reading
  } catch (cause) {
    blobs.delete(value)
    throw new Unreadable(path, cause)
  }
}

const blobOf = async (value: SingleUse, signal: AbortSignal): Promise<Blob> => {
  if ("blob" in value) {
    const type = value.headers.get("content-type")
    const blob = await value.blob()
    return type === null ? blob : new Blob([blob], { type })
  }
  const pieces: Array<Uint8Array<ArrayBuffer>> = []
  for await (const piece of value) {
    signal.throwIfAborted()
    pieces.push(typeof piece === "string" ? new TextEncoder().encode(piece) : piece.slice())
  }
  return new Blob(pieces)
}

/** The SDK reads the name of an upload from these (`getName` in its internal/uploads.ts). */
const nameFields = ["name", "url", "filename", "path"] as const

const named = (blob: Blob, value: object): Blob => {
  const name = nameFields.map((field): unknown => Reflect.get(value, field)).find(Boolean)
  return name === undefined ? blob : Object.defineProperty(blob, "name", { value: String(name) })
}
