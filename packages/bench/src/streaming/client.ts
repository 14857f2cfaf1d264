/** A process for one client: runs what its parent sends it and answers with what it took. */
import process from "node:process"
import type { Client } from "./clients/params.ts"

export interface Task {
  readonly url: string
  /** How many streams to take in, one after another. */
  readonly streams: number
}

export interface Sample {
  /** CPU of the whole process, its collector's and helper threads included, in microseconds. */
  readonly cpuMicros: number
  readonly wallMillis: number
  /** From the call to its first event, the mean over the streams. */
  readonly firstMillis: number
}

const { run }: { readonly run: Client } = await import(`./clients/${process.argv[2]}.ts`)

const measure = async ({ streams, url }: Task): Promise<Sample> => {
  let first = 0
  const wall = performance.now()
  const cpu = process.cpuUsage()
  for (let index = 0; index < streams; index++) {
    const began = performance.now()
    let seen = false
    await run(url, () => {
      if (!seen) first += performance.now() - began
      seen = true
    })
    if (!seen) throw new Error(`${process.argv[2]} saw no event`)
  }
  const { system, user } = process.cpuUsage(cpu)
  return { cpuMicros: user + system, wallMillis: performance.now() - wall, firstMillis: first / streams }
}

process.on("message", (task: Task) => measure(task).then((sample) => process.send?.(sample)))
process.on("disconnect", () => process.exit())
process.send?.("ready")
