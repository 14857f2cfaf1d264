/** A response body that is pulled chunk by chunk, decoded, and watched for silence. */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type * as ClaudeError from "../../ClaudeError.ts"
import type { Attempt } from "../road/attempt.ts"
import type { Exchange, Failure } from "../road/exchange.ts"
import { startTimer } from "../road/timer.ts"
import type { Progress } from "../road/trip.ts"
import type { MessageFold } from "../stream/messageFold.ts"
import { none, type Usage } from "../usage/usage.ts"
import { Arrival } from "./arrival.ts"
import { type Arrived, interrupted, stalled, unreadable } from "./failures.ts"
import { bytesOf, concat } from "./utf8.ts"

/** Where a body comes from. */
export interface Source {
  readonly attempt: Attempt
  readonly response: Response
}

/** Makes items of bytes, for every split of them. */
export interface Decoder<A> {
  /** The items that these bytes complete. */
  readonly push: (bytes: Uint8Array) => ReadonlyArray<A>
  /** The items that the end of the body completes. */
  readonly end: () => ReadonlyArray<A>
  /** Whether anything has come. */
  readonly started: boolean
  /** Whether what has come is handed on, so that the answer cannot begin anew. Until then a failure is the call's. */
  readonly begun: boolean
  /** Whether the last item is there. */
  readonly complete: boolean
  /** What is wrong. It comes after the items before it. */
  readonly failure: Failure | undefined
  /** What an error says of what has arrived. */
  readonly arrived: Arrived
  /** Where the items make a message. */
  readonly fold?: MessageFold | undefined
  /** What has been used so far, of what is counted. */
  readonly usage?: Progress["usage"]
}

/** What a reader gives: bytes, if it keeps its word. */
interface Chunk {
  readonly done?: boolean | undefined
  readonly value?: unknown
}

/** An exchange whose body may be given up for its silence. */
export type StreamExchange = Exchange<ClaudeError.StreamStalledError>

/** A body as it is pulled. */
export interface BodyReader {
  readonly read: () => PromiseLike<Chunk>
  /** Gives the rest up. */
  readonly cancel: () => void
}

/** How long a body may take to end after its last item before the connection is given up instead of reused. */
const drainMillis = 1000

export class Body<A> implements Progress {
  readonly arrival = new Arrival()
  private readonly exchange: StreamExchange
  private readonly source: Source
  private readonly decoder: Decoder<A>
  private readonly idleTimeout: Duration.Duration
  private readonly reader: BodyReader
  private broken: Failure | undefined
  private ended = false
  private silentSince: number | undefined
  private disarm: (() => void) | undefined
  /** The read under way. A puller that is interrupted leaves it to the next one: what it brings would be lost. */
  private reading: PromiseLike<Chunk> | undefined

  constructor(exchange: StreamExchange, source: Source, decoder: Decoder<A>, idleTimeout: Duration.Duration) {
    this.exchange = exchange
    this.source = source
    this.decoder = decoder
    this.idleTimeout = idleTimeout
    this.reader = readerOf(source.response)
  }

  get complete(): boolean {
    return this.ended || this.decoder.complete
  }

  get failure(): Failure | undefined {
    return this.broken ?? this.decoder.failure
  }

  get fold(): MessageFold | undefined {
    return this.decoder.fold
  }

  usage(isFinal: boolean): Usage {
    return this.decoder.usage?.(isFinal) ?? none
  }

  /** The items of the next chunk that has any. */
  readonly pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, Failure> = Effect.suspend(() => {
    const { complete, failure } = this
    if (failure !== undefined) return Effect.fail(failure)
    if (complete) return Cause.done()
    this.silentSince = this.source.attempt.monotonicMillis()
    this.watch()
    return this.next
  })

  /** What comes until the answer has begun. Up to then a failure is the call's, and not yet the stream's. */
  readonly first: Effect.Effect<ReadonlyArray<A>, Failure> = Effect.suspend(() => this.gather([]))

  private gather(items: ReadonlyArray<A>): Effect.Effect<ReadonlyArray<A>, Failure> {
    return Pull.matchEffect(this.pull, {
      onSuccess: (chunk) => {
        const all = items.length === 0 ? chunk : [...items, ...chunk]
        return this.decoder.begun ? Effect.succeed(all) : this.gather(all)
      },
      onFailure: Effect.failCause,
      onDone: () => Effect.succeed(items)
    })
  }

  /** Gives the connection back if the body has ended or ends at once, and closes it otherwise. */
  readonly release: Effect.Effect<void> = Effect.sync(() => {
    this.disarm?.()
    if (!this.complete || this.failure !== undefined) {
      this.exchange.abort()
      // A `fetch` may ignore its signal.
      return this.reader.cancel()
    }
    this.exchange.settle()
    if (this.ended) return
    // A real timer: a test that holds the clock must not hold the connection.
    // @effect-diagnostics-next-line globalTimersInEffect:off
    const timer = setTimeout(() => this.exchange.abort(), drainMillis)
    const settle = () => clearTimeout(timer)
    this.reader.read().then(({ done }) => done === true ? settle() : this.exchange.abort(), settle)
  })

  /** One effect and one promise a chunk, the items in a plain loop: this is where the time of a stream goes. */
  private readonly next: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, Failure> = Effect.callback((resume) => {
    this.exchange.listen((failure) => resume(Effect.fail(this.broken ??= failure)))
    this.reading ??= readFrom(this.reader)
    this.reading.then(
      (chunk) => {
        this.silentSince = undefined
        resume(Effect.suspend(() => this.take(chunk)))
      },
      (cause) => resume(Effect.suspend(() => Effect.fail(this.failure ?? (this.broken = this.cut(cause)))))
    )
  })

  private take(chunk: Chunk): Pull.Pull<Arr.NonEmptyReadonlyArray<A>, Failure> {
    if (this.broken !== undefined) return Effect.fail(this.broken)
    this.reading = undefined
    const items = this.decode(chunk)
    if (this.decoder.started) this.exchange.settle()
    const { fold } = this.decoder
    if (fold !== undefined) this.arrival.note(fold.deltas, this.source.attempt.clock)
    return Arr.isReadonlyArrayNonEmpty(items) ? Effect.succeed(items) : this.pull
  }

  /** Whatever throws here is an answer that cannot be read. */
  private decode(chunk: Chunk): ReadonlyArray<A> {
    try {
      const { done, value } = chunk
      if (done !== true) return this.decoder.push(bytesOf(value))
      const items = this.decoder.end()
      this.ended = this.decoder.complete
      if (!this.complete && this.failure === undefined) this.broken = this.cut()
      return items
    } catch (cause) {
      this.broken = unreadable(this.source.attempt, this.source.response, cause, this.decoder.arrived)
      return []
    }
  }

  /** Gives up when the server is silent for too long while somebody waits. One timer at a time, set anew when it fires. */
  private watch(): void {
    if (this.disarm !== undefined || !Duration.isFinite(this.idleTimeout)) return
    const limit = Duration.toMillis(this.idleTimeout)
    const check = () => {
      this.disarm = undefined
      if (this.silentSince === undefined) return
      const left = limit - (this.source.attempt.monotonicMillis() - this.silentSince)
      if (left > 0) this.disarm = startTimer(this.source.attempt.clock, left, check)
      else this.exchange.giveUp(stalled(this.source.attempt, this.decoder.arrived, this.idleTimeout))
    }
    this.disarm = startTimer(this.source.attempt.clock, limit, check)
  }

  private cut(cause?: unknown): Failure {
    return interrupted(this.source.attempt, this.decoder.arrived, cause)
  }
}

/** Bodies are web streams; a lean `fetch` may give any iterable of bytes. One that cannot be read fails when it is. */
export const readerOf = ({ body }: { readonly body: unknown }): BodyReader => {
  if (body === null || body === undefined) return empty
  try {
    if (hasMethod<ReadableStream<Uint8Array>, "getReader">(body, "getReader")) {
      const reader = body.getReader()
      return { read: () => reader.read(), cancel: () => void quietly(() => reader.cancel()) }
    }
    if (hasMethod<AsyncIterable<Uint8Array>, typeof Symbol.asyncIterator>(body, Symbol.asyncIterator)) {
      const iterator = body[Symbol.asyncIterator]()
      return { read: () => iterator.next(), cancel: () => void quietly(() => iterator.return?.()) }
    }
    return brokenReader(new TypeError("the body of the response is no stream of bytes"))
  } catch (cause) {
    return brokenReader(cause)
  }
}

/** Runs what nobody waits for, and whose failure matters to nobody. */
const quietly = async (run: () => unknown): Promise<void> => {
  try {
    await run()
  } catch {
    // The body is given up anyway.
  }
}

/** A reader of somebody's own may throw where it has to return. */
const readFrom = (reader: BodyReader): PromiseLike<Chunk> => {
  try {
    return Promise.resolve(reader.read())
  } catch (cause) {
    return Promise.reject(cause)
  }
}

/** By what an object can do: another package's streams are of another class. */
const hasMethod = <A extends object, K extends keyof A>(value: unknown, name: K): value is A =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, name) === "function"

/** The text of a body, which is given up with the signal. */
export const textUntil = async (response: Response, signal: AbortSignal): Promise<string> => {
  const pieces: Array<Uint8Array> = []
  const reader = readerOf(response)
  signal.addEventListener("abort", reader.cancel, { once: true })
  while (true) {
    const { done, value } = await reader.read()
    if (done === true) return new TextDecoder().decode(concat(pieces))
    pieces.push(bytesOf(value))
  }
}

const empty: BodyReader = { read: () => Promise.resolve({ done: true }), cancel: () => undefined }

const brokenReader = (cause: unknown): BodyReader => ({ read: () => Promise.reject(cause), cancel: () => undefined })
