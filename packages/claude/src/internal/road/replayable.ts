/** Uploads that can be read only once, read before the first attempt: a second attempt would send nothing. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as ClaudeError from "../../ClaudeError.ts"
import { readerOf } from "../answer/body.ts"
import { rejected, timedOut } from "../answer/failures.ts"
import { bytesOf } from "../answer/utf8.ts"
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

class Unreadable extends Error {
  readonly param: string

  constructor(param: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`${param}: could not be read: ${why}. Pass a File, a Blob, or a stream that nobody has read from.`, { cause })
    this.param = param
  }
}

/** The same value, with every upload in it that has to be read as a `Blob`. */
const readAll = async (value: unknown, path: string, signal: AbortSignal): Promise<unknown> => {
  if (typeof value !== "object" || value === null || isReusable(value)) return value
  if (isSource(value)) return readOne(value, path, signal)
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
type Source = { readonly blob: () => Promise<Blob>; readonly headers: Headers } | AsyncIterable<unknown>

const isSource = (value: object): value is Source =>
  ("blob" in value && typeof value.blob === "function" && "headers" in value) || Symbol.asyncIterator in value

const readOne = async (value: Source, path: string, signal: AbortSignal): Promise<Blob> => {
  try {
    return named(await readingOf(value).wait(signal), value)
  } catch (cause) {
    throw new Unreadable(path, cause)
  }
}

/** The one reading of a source that can be read once. One that failed is kept too: the source is not whole any more. */
const readings = new WeakMap<object, Reading>()

const readingOf = (source: Source): Reading => {
  if (!isSingleUse(source)) return new Reading(source)
  const known = readings.get(source)
  if (known !== undefined) return known
  const reading = new Reading(source)
  readings.set(source, reading)
  return reading
}

/** An iterable that gives a new iterator each time can be read again. */
const isSingleUse = (source: Source): boolean =>
  "blob" in source || "getReader" in source || "pipe" in source ||
  Object.is(source[Symbol.asyncIterator](), source)

/** A source as it is read: shared by all who wait for it, and given up when nobody does any more. */
class Reading {
  private readonly controller = new AbortController()
  private readonly blob: Promise<Blob>
  private waiting = 0

  constructor(source: Source) {
    this.blob = blobOf(source, this.controller.signal)
  }

  async wait(signal: AbortSignal): Promise<Blob> {
    this.waiting++
    try {
      return await Promise.race([this.blob, aborted(signal)])
    } finally {
      this.waiting--
      if (this.waiting === 0) this.controller.abort(new Error("nobody waited for it, and a part of it is gone"))
    }
  }
}

const aborted = (signal: AbortSignal): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>()
  // A race that is over hears of it, too.
  promise.catch(() => undefined)
  if (signal.aborted) reject(signal.reason)
  else signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  return promise
}

const blobOf = async (source: Source, signal: AbortSignal): Promise<Blob> => {
  if (Reflect.get(source, "bodyUsed") === true) throw new TypeError("its body was read already")
  const type = "blob" in source ? source.headers.get("content-type") : null
  const body: unknown = "blob" in source ? Reflect.get(source, "body") : source
  const parts = "blob" in source && (body === undefined || body === null)
    ? [await source.blob()]
    : await piecesOf(body, signal)
  return new Blob(parts, type === null ? {} : { type })
}

const piecesOf = async (body: unknown, signal: AbortSignal): Promise<Array<Uint8Array<ArrayBuffer>>> => {
  const reader = readerOf({ body })
  const givenUp = aborted(signal)
  // A Node stream that is silent does not hear that its iterator is left.
  const destroy: unknown = Reflect.get(Object(body), "destroy")
  const cancel = () => typeof destroy === "function" ? Reflect.apply(destroy, body, []) : reader.cancel()
  const pieces: Array<Uint8Array<ArrayBuffer>> = []
  try {
    while (true) {
      const { done, value } = await Promise.race([reader.read(), givenUp])
      if (done === true) return pieces
      // A copy: who made the piece may use its memory again.
      pieces.push(new Uint8Array(bytesOf(value)))
    }
  } catch (cause) {
    cancel()
    throw cause
  }
}

/** The SDK reads the name of an upload from these (`getName` in its internal/uploads.ts). */
const nameFields = ["name", "url", "filename", "path"] as const

const named = (blob: Blob, value: object): Blob => {
  const name = nameFields.map((field): unknown => Reflect.get(value, field)).find(Boolean)
  return name === undefined ? blob : Object.defineProperty(blob, "name", { value: String(name) })
}
