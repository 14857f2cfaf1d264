/** A `fetch` that hands requests to a handler instead of to a socket, and fails in the way that Node's own does. */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import type * as Scope from "effect/Scope"
import { noteGiven } from "./hidden.ts"
import * as Outage from "./outage.ts"
import { replies, Reply } from "./writeWeb.ts"

type Handler = Effect.Effect<unknown, never, HttpServerRequest.HttpServerRequest | Scope.Scope>

export interface Loopback {
  readonly url: string
  readonly openConnections: Effect.Effect<number>
  readonly isClosing: Effect.Effect<boolean>
  readonly outage: Outage.Outage
  /** Makes the `fetch` of a handler. What it runs ends with the scope. */
  readonly serve: (handler: Handler) => Effect.Effect<typeof globalThis.fetch, never, Scope.Scope>
}

// Nobody can have a name under this one (RFC 6761, section 6.4), so a request that strays reaches nobody.
const host = "simulator.invalid"

const refused = () =>
  new TypeError("fetch failed", {
    cause: Object.assign(new Error(`connect ECONNREFUSED ${host}`), { code: "ECONNREFUSED", syscall: "connect" })
  })

/** Lets timers and everything else have their turn, as a socket would: promises alone never do. */
const turn: Effect.Effect<void> = Effect.callback((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

export const make: Effect.Effect<Loopback, never, Scope.Scope> = Effect.gen(function*() {
  const open = new Set<Reply>()
  let closing = false
  let isDown = false

  const outage = yield* Outage.make({
    goDown: () => {
      isDown = true
    },
    known: Effect.void,
    comeUp: Effect.sync(() => {
      isDown = false
    })
  })

  const serve = Effect.fnUntraced(function*(handler: Handler) {
    const run = yield* FiberSet.makeRuntime()
    // Finalizers run last in, first out: what is interrupted after this is interrupted by the simulator's end.
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        closing = true
      })
    )

    const exchange = (request: Request, reply: Reply) =>
      Effect.andThen(turn, handler).pipe(
        Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromWeb(request)),
        Effect.scoped,
        Effect.ensuring(Effect.sync(() => {
          open.delete(reply)
          reply.close()
        }))
      )

    const fetch: typeof globalThis.fetch = (input, init) => {
      const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
      if (signal?.aborted === true) return Promise.reject(signal.reason)
      if (closing || isDown) return Promise.reject(refused())
      const request = new Request(input, { ...init, signal: null })
      // A URL that is its own content goes to no server. The SDK fetches one to learn what a `fetch` can upload.
      if (request.url.startsWith("data:")) return globalThis.fetch(input, init)
      const leave = () => {
        signal?.removeEventListener("abort", abort)
        fiber.interruptUnsafe()
      }
      const reply = new Reply(request.method, leave)
      const abort = () => reply.abort(signal?.reason)
      signal?.addEventListener("abort", abort, { once: true })
      replies.set(request, reply)
      noteGiven(request, init)
      open.add(reply)
      const fiber = run(exchange(request, reply))
      fiber.addObserver(() => signal?.removeEventListener("abort", abort))
      return reply.response
    }
    return fetch
  })

  return {
    url: `http://${host}`,
    openConnections: Effect.sync(() => open.size),
    isClosing: Effect.sync(() => closing),
    outage,
    serve
  }
})
