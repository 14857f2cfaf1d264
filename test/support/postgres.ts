/** A PostgreSQL of a test's own. */
import { Effect } from "effect"
import { chownSync } from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"
import { folder, freePort, run } from "./processes.ts"
import type { Found } from "./services.ts"

/** PostgreSQL does not run as root. */
const nobody = process.getuid?.() === 0 ? 65534 : undefined

export const postgres = (found: Found) =>
  Effect.gen(function*() {
    if (found._tag === "Url") return found.url
    const [dir, port] = [yield* folder, yield* freePort]
    if (nobody !== undefined) chownSync(dir, nobody, nobody)
    const data = join(dir, "data")
    yield* run(join(dirname(found.path), "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync"], {
      uid: nobody
    })
    yield* Effect.acquireRelease(
      run(found.path, ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", dir, "-F"], {
        ready: "database system is ready to accept connections",
        uid: nobody
      }),
      (server) => server.end("SIGINT")
    )
    return `postgres://postgres@127.0.0.1:${port}/postgres`
  })
