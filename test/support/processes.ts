/** Servers of a test: on a free port, in a folder of their own, ended with the scope. */
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

export const freePort = Effect.promise(async () => {
  const server = createServer()
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : 0
})

/** Open to all, for programs that refuse to run as root. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => {
    const path = mkdtempSync(join(tmpdir(), "effect-claude-"))
    chmodSync(path, 0o777)
    return path
  }),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

export interface Running {
  readonly end: (signal: NodeJS.Signals) => Effect.Effect<void>
}

const ended = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

/** Runs a program, and waits until it says `ready` on its output. */
export const run = (
  path: string,
  args: ReadonlyArray<string>,
  options: { readonly ready?: string; readonly uid?: number | undefined } = {}
): Effect.Effect<Running> =>
  Effect.promise(async () => {
    const { ready, uid } = options
    const child = spawn(path, args, {
      stdio: ["ignore", "pipe", "pipe"],
      ...(uid === undefined ? {} : { uid, gid: uid })
    })
    let output = ""
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output += chunk.toString()
        if (ready !== undefined && output.includes(ready)) resolve()
      }
      child.stdout.on("data", read)
      child.stderr.on("data", read)
      child.on("error", reject)
      child.on("exit", (code) => ready === undefined && code === 0 ? resolve() : reject(new Error(output)))
    })
    return {
      end: (signal) =>
        Effect.promise(async () => {
          if (ended(child)) return
          child.kill(signal)
          await once(child, "exit")
        })
    }
  })
