/**
 * The body of a refusal, made safe for the SDK, which reads it whole before it tells of the status: it ends, and it is
 * neither large nor deep.
 */
import type { Attempt } from "../road/attempt.ts"
import { readerOf } from "./body.ts"
import { cleanBody, maxKept } from "./size.ts"
import { bytesOf, concat, decodeUtf8 } from "./utf8.ts"
import { isDeep } from "./writeJson.ts"

/** How long the body of a refusal may be silent, and how long it may take. What has come until then has to do. */
const silenceMillis = 2000
const patienceMillis = 10_000

/** No body of a refusal is read beyond this. */
const maxBytes = 16 * 1024 * 1024

/** Replaces the response's `text` by one that ends, and keeps what it read for the error of the attempt. */
export const boundErrorBody = (attempt: Attempt, response: Response): void => {
  if (response.ok) return
  let read: Promise<string> | undefined
  Reflect.defineProperty(response, "text", {
    configurable: true,
    value: () => read ??= readErrorText(response).then((text) => forSdk(attempt, text))
  })
}

/** The body of an error: JSON, or text where it is not JSON. Given up with the signal. */
export const readErrorBody = async (response: Response, signal: AbortSignal): Promise<unknown> =>
  bodyOf(await readErrorText(response, signal))

const bodyOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text === "" ? undefined : text
  }
}

/** The SDK writes bodies into its messages, recursively. What is cut has no secrets, or half of one might be left. */
const forSdk = (attempt: Attempt, text: string): string => {
  const value = bodyOf(text)
  attempt.errorBody = { value }
  if (isDeep(value)) return ""
  if (text.length <= maxKept) return text
  const cut = cleanBody(attempt.env.scrub, value)
  return typeof cut === "string" ? cut : JSON.stringify(cut)
}

/** As much as has come when the time is up, when it is too much, or when the connection breaks. */
const readErrorText = async (response: Response, signal?: AbortSignal): Promise<string> => {
  const pieces: Array<Uint8Array> = []
  const reader = readerOf(response)
  signal?.addEventListener("abort", reader.cancel, { once: true })
  const start = performance.now()
  let complete = false
  try {
    for (let size = 0; size < maxBytes && performance.now() - start < patienceMillis;) {
      const chunk = await within(silenceMillis, reader.read())
      complete = chunk?.done === true
      if (chunk === undefined || complete) break
      if (chunk.value === undefined) continue
      const bytes = bytesOf(chunk.value)
      pieces.push(bytes)
      size += bytes.length
    }
  } catch {
    // What has come has to do.
  }
  if (!complete) reader.cancel()
  return decodeUtf8(concat(pieces))
}

/** `undefined` where it takes longer. By a real timer: a test that holds the clock must not hold the connection. */
const within = async <A>(millis: number, promise: PromiseLike<A>): Promise<A | undefined> => {
  const { promise: up, resolve } = Promise.withResolvers<undefined>()
  // @effect-diagnostics globalTimers:off
  const timer = setTimeout(() => resolve(undefined), millis)
  try {
    return await Promise.race([promise, up])
  } finally {
    clearTimeout(timer)
  }
}
