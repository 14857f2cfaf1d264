/** A response body, pulled chunk by chunk under an idle timeout, whose connection ends with the scope that reads it. */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import type * as ClaudeError from "../../ClaudeError.ts"
import type * as Reason from "../../Reason.ts"
import type { Attempt } from "../road/attempt.ts"
import { type Arrived, interrupted, stalled } from "./decodeFailure.ts"
import { exchange } from "../road/exchange.ts"

export type Failure = ClaudeError.StreamError<Reason.Coded>

type Reader = ReadableStreamDefaultReader<Uint8Array>

/** How long a body may take to end after its last item before the connection is given up instead of reused. */
const drainMillis = 1000

/** What a reader is made of. */
export interface Body {
  readonly attempt: Attempt
  readonly response: Response
  readonly reader: Reader
  readonly controller: AbortController
  readonly idleTimeout: Duration.Duration
}

export abstract class BodyReader<A> {
  protected readonly body: Body
  protected failure: Failure | undefined
  protected stopped = false
  protected count = 0
  private silentSince: number | undefined
  /** The read under way. A puller that is interrupted leaves it to the next one: what it brings would be lost. */
  private reading: ReturnType<Reader["read"]> | undefined

  constructor(body: Body) {
    this.body = body
  }

  /** What is counted. */
  protected abstract readonly unit: string

  /**
   * The items that a chunk completes, or the end of the body. Sets `stopped` where they are the last, and `failure` where
   * something is wrong, which waits until what came before it is handed on.
   */
  protected abstract accept(chunk: Uint8Array | undefined): Array<A>

  /** The items of the next chunk that has any. */
  readonly pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, Failure> = Effect.suspend(() => {
    if (this.failure !== undefined) return Effect.fail(this.failure)
    if (this.stopped) return Cause.done()
    this.silentSince = this.body.attempt.now()
    return this.next
  })

  /** Aborts when the server is silent for too long while somebody waits. */
  readonly watch: Effect.Effect<void> = Effect.suspend(() => {
    const { attempt, controller, idleTimeout } = this.body
    const limit = Duration.toMillis(idleTimeout)
    const silent = this.silentSince === undefined ? 0 : attempt.now() - this.silentSince
    if (silent < limit) return Effect.delay(this.watch, Duration.millis(limit - silent))
    this.failure = stalled(attempt, this.arrived, idleTimeout)
    controller.abort()
    return Effect.void
  })

  /** Gives the connection back if the body has ended or ends at once, and closes it otherwise. */
  readonly release: Effect.Effect<void> = Effect.sync(() => {
    const { controller, reader } = this.body
    if (!this.stopped) return controller.abort()
    // A real timer: a test that holds the clock must not hold the connection.
    // @effect-diagnostics-next-line globalTimersInEffect:off
    const timer = setTimeout(() => controller.abort(), drainMillis)
    const settle = () => clearTimeout(timer)
    reader.read().then(({ done }) => done ? settle() : controller.abort(), settle)
  })

  /** Fails where nothing comes at all: then the failure still is the call's, and not yet the stream's. */
  readonly first: Effect.Effect<Arr.NonEmptyReadonlyArray<A>, Failure> = Effect.suspend(() =>
    Pull.catchDone(this.pull, () => Effect.fail(this.cut()))
  )

  /** One effect and one promise a chunk, the items in a plain loop: this is where the time of a stream goes. */
  private readonly next: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, Failure> = Effect.callback((resume) => {
    this.reading ??= this.body.reader.read()
    this.reading.then(
      ({ value }) => {
        this.silentSince = undefined
        resume(Effect.suspend(() => this.take(value)))
      },
      (cause) => resume(Effect.suspend(() => Effect.fail(this.failure ?? this.cut(cause))))
    )
  })

  private take(chunk: Uint8Array | undefined): Pull.Pull<Arr.NonEmptyReadonlyArray<A>, Failure> {
    if (this.failure !== undefined) return Effect.fail(this.failure)
    this.reading = undefined
    const items = this.accept(chunk)
    if (chunk === undefined && !this.stopped && this.failure === undefined) this.failure = this.cut()
    return Arr.isArrayNonEmpty(items) ? Effect.succeed(items) : this.pull
  }

  protected get arrived(): Arrived {
    const requestId = this.body.response.headers.get("request-id") ?? undefined
    return { count: this.count, unit: this.unit, requestId }
  }

  protected cut(cause?: unknown): Failure {
    return interrupted(this.body.attempt, this.arrived, cause)
  }
}

/** A kind of body. */
export interface BodyKind<A> {
  readonly make: (body: Body) => BodyReader<A>
  /** Fails where the headers say that this is another kind. */
  readonly check: (attempt: Attempt, response: Response) => Effect.Effect<void, Failure>
}

/**
 * Sends the request and makes a reader of the answer's body. The connection is closed with the scope, and at once when this
 * fails or is interrupted.
 */
export const openBody = <A>(
  kind: BodyKind<A>,
  attempt: Attempt,
  idleTimeout: Duration.Duration,
  send: (signal: AbortSignal) => PromiseLike<Response>
): Effect.Effect<BodyReader<A>, Failure, Scope.Scope> =>
  Effect.suspend(() => {
    const controller = new AbortController()
    return Effect.gen(function*() {
      const response = yield* exchange(attempt, () => send(controller.signal))
      yield* kind.check(attempt, response)
      const stream = response.body ?? new Blob().stream()
      const reader = kind.make({ attempt, response, reader: stream.getReader(), controller, idleTimeout })
      yield* Effect.addFinalizer(() => reader.release)
      if (Duration.isFinite(idleTimeout)) yield* Effect.forkScoped(reader.watch)
      return reader
    }).pipe(Effect.onError(() => Effect.sync(() => controller.abort())))
  })
