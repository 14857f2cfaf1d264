/** A body that notes what passes through it, chunk by chunk as the client pulls. */
import type { Response as Recorded } from "./cassetteSchema.ts"

/** How a body ended, if not by itself. */
export type End = Recorded["end"]

export class WatchedBody {
  readonly stream: ReadableStream<Uint8Array>
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>
  private readonly signal: AbortSignal
  private readonly chunks: Array<Uint8Array> = []
  private onEnd: ((chunks: ReadonlyArray<Uint8Array>, end: End) => void) | undefined

  constructor(
    body: ReadableStream<Uint8Array>,
    signal: AbortSignal,
    onEnd: (chunks: ReadonlyArray<Uint8Array>, end: End) => void
  ) {
    this.reader = body.getReader()
    this.signal = signal
    this.onEnd = onEnd
    this.stream = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const chunk = await this.next()
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
      cancel: () => this.abandon()
    }, { highWaterMark: 0 })
  }

  abandon(): void {
    this.end("abandoned")
    this.reader.cancel().catch(() => {})
  }

  /** Reads what the client has left, such as a body that its headers call empty. */
  async drain(): Promise<void> {
    while (this.onEnd !== undefined) await this.next().catch(() => {})
  }

  private async next(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.reader.read().catch((cause: unknown) => {
      this.end(this.signal.aborted ? "abandoned" : "cut")
      throw cause
    })
    if (done) this.end(undefined)
    // A copy: what reads the body may do to its chunks what it likes.
    else this.chunks.push(value.slice())
    return value
  }

  private end(end: End): void {
    this.onEnd?.(this.chunks, end)
    this.onEnd = undefined
  }
}
