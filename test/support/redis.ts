/** A Redis that a test can stop and start. */
import { Effect } from "effect"
import { folder, freePort, run, type Running } from "./processes.ts"
import type { Found } from "./services.ts"

export interface Redis {
  readonly url: string
  readonly start: Effect.Effect<void>
  /** Ends it, as a shutdown (`SIGTERM`) or a crash (`SIGKILL`) does. */
  readonly end: (signal: "SIGTERM" | "SIGKILL") => Effect.Effect<void>
}

/** `isDurable`: what it has acknowledged survives a crash. Otherwise it comes back empty. */
export const redis = (found: Found, options: { readonly isDurable?: boolean; readonly isDown?: boolean } = {}) =>
  Effect.gen(function*() {
    if (found._tag === "Url") return yield* Effect.die(new Error("A Redis of others cannot be stopped"))
    const [dir, port] = [yield* folder, yield* freePort]
    const durable = options.isDurable === true ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--save", ""]
    let running: Running | undefined
    const start = Effect.flatMap(
      run(found.path, ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, ...durable], {
        ready: "Ready to accept connections"
      }),
      (started) =>
        Effect.sync(() => {
          running = started
        })
    )
    const end = (signal: NodeJS.Signals) => Effect.suspend(() => running?.end(signal) ?? Effect.void)
    if (options.isDown !== true) yield* start
    yield* Effect.addFinalizer(() => end("SIGKILL"))
    const made: Redis = { url: `redis://127.0.0.1:${port}`, start, end }
    return made
  })
