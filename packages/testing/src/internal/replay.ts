/** A recorded answer as it was, cut where it was cut. */
import type { Response as Recorded } from "./cassetteSchema.ts"
import { chunksOf } from "./recordedBody.ts"

/** Statuses that have none (RFC 9110), which `Response` insists on. */
const withoutBody: ReadonlyArray<number> = [204, 205, 304]

export const replay = (recorded: Recorded | null, signal: AbortSignal): Response | Promise<Response> => {
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    else signal.addEventListener("abort", abort, { once: true })
  })
  aborted.catch(() => {})
  if (recorded === null || signal.aborted) return aborted
  const { end, headers, status } = recorded
  const chunks = [...chunksOf(recorded.body)]
  if (withoutBody.includes(status)) return new Response(null, { status, headers })
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      aborted.catch((reason: unknown) => controller.error(reason))
    },
    pull: (controller) => {
      const chunk = chunks.shift()
      if (chunk !== undefined) controller.enqueue(new Uint8Array(chunk))
      else if (end === undefined) controller.close()
      else controller.error(new TypeError("terminated", { cause: new Error(endings[end]) }))
    }
  }, { highWaterMark: 0 })
  return new Response(body, { status, headers })
}

const endings: Readonly<Record<NonNullable<Recorded["end"]>, string>> = {
  cut: "other side closed",
  abandoned: "the recording ends here: when it was made, the client went away"
}
